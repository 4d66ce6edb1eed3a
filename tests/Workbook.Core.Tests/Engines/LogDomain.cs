using Workbook.Core.Data;
using Workbook.Core.Models;

namespace Workbook.Core.Tests.Engines;

/// <summary>
/// The descent direction (minus the gradient) of every entry of every matrix, term by term in the log domain: each product is a sign and a
/// logarithm, positive and negative terms are summed apart, and what is returned is sign, log size, and how much of it cancelled. Slow, and
/// exact to rounding at any size.
/// </summary>
internal static class LogDomain
{
    /// <summary>A number as sign and log |.|, and |sum| / sum |.| of the terms it came from.</summary>
    public readonly record struct Signed(int Sign, double Log, double Certainty);

    private sealed class Sum
    {
        private readonly List<double> _plus = [], _minus = [];

        public void Add(double log, params ReadOnlySpan<double> factors)
        {
            int sign = 1;
            foreach (double f in factors)
            {
                sign *= Math.Sign(f);
                log += Math.Log(Math.Abs(f));
            }
            if (sign != 0) (sign > 0 ? _plus : _minus).Add(log);
        }

        public Signed Total()
        {
            double plus = LogSum(_plus), minus = LogSum(_minus), top = Math.Max(plus, minus);
            if (double.IsNegativeInfinity(top)) return new(0, top, 1);
            double part = Math.Exp(Math.Min(plus, minus) - top);
            return new(plus > minus ? 1 : minus > plus ? -1 : 0, top + Math.Log(1 - part), (1 - part) / (1 + part));
        }
    }

    private static double LogSum(List<double> logs)
    {
        if (logs.Count == 0) return double.NegativeInfinity;
        double top = logs.Max();
        return double.IsNegativeInfinity(top) ? top : top + Math.Log(logs.Sum(x => Math.Exp(x - top)));
    }

    /// <summary>For each matrix its entries, row-major.</summary>
    public static Dictionary<WeightMatrix, Signed[]> Descent(TransformerWeights w, Dataset data)
    {
        var (n, length, d, m_k, m_v) = (data.Count, data.Length, data.Dimension, w.MK, w.MV);
        double[] x = data.ToDense(), v = w.MeanValue();
        var query = Sums(m_k * d);
        var key = Sums(m_k * d);
        var value = Sums(d);
        for (int i = 0; i < n; i++)
        {
            double[] Patch(int l) => x[((i * length + l) * d)..((i * length + l + 1) * d)];
            double[] Project(double[] matrix, int l) => [.. Enumerable.Range(0, m_k).Select(r => Patch(l).Select((p, c) => p * matrix[r * d + c]).Sum())];
            double[][] q = [.. Enumerable.Range(0, length).Select(l => Project(w.Query, l))], k = [.. Enumerable.Range(0, length).Select(l => Project(w.Key, l))];
            double[] u = [.. Enumerable.Range(0, length).Select(l => Patch(l).Select((p, c) => p * v[c]).Sum())];
            double f = 0;
            var logA = new double[length, length];
            for (int a = 0; a < length; a++)
            {
                double[] z = [.. Enumerable.Range(0, length).Select(b => q[a].Zip(k[b], (s, t) => s * t).Sum())];
                double all = LogSum([.. z]);
                for (int b = 0; b < length; b++)
                {
                    logA[a, b] = z[b] - all;
                    f += Math.Exp(logA[a, b]) * u[b];
                }
            }
            double margin = data.Labels[i] * f, y = data.Labels[i];
            double logSigma = margin > 0 ? -margin - Math.Log(1 + Math.Exp(-margin)) : -Math.Log(1 + Math.Exp(margin));
            for (int a = 0; a < length; a++)
                for (int b = 0; b < length; b++)
                {
                    for (int c = 0; c < d; c++) value[c].Add(logSigma + logA[a, b], y, x[(i * length + b) * d + c], 1.0 / (n * m_v));
                    // b_ab k_b + b_ac k_c = (pair) (k_b - k_c): pairs, so that nothing cancels that is equal but for rounding.
                    for (int other = 0; other < length; other++)
                    {
                        if (other == b) continue;
                        double log = logSigma + logA[a, b] + logA[a, other], difference = (u[b] - u[other]) / n;
                        for (int r = 0; r < m_k; r++)
                            for (int c = 0; c < d; c++)
                            {
                                if (other > b) query[r * d + c].Add(log, y, difference, k[b][r] - k[other][r], x[(i * length + a) * d + c]);
                                key[r * d + c].Add(log, y, difference, q[a][r], x[(i * length + b) * d + c]);
                            }
                    }
                }
        }
        Signed[] row = [.. value.Select(s => s.Total())];
        return new()
        {
            [WeightMatrix.Query] = [.. query.Select(s => s.Total())],
            [WeightMatrix.Key] = [.. key.Select(s => s.Total())],
            [WeightMatrix.ValuePositive] = [.. Enumerable.Range(0, m_v).SelectMany(_ => row)],
            [WeightMatrix.ValueNegative] = [.. Enumerable.Range(0, m_v).SelectMany(_ => row.Select(s => s with { Sign = -s.Sign }))],
        };
    }

    private static Sum[] Sums(int count) => [.. Enumerable.Range(0, count).Select(_ => new Sum())];
}
