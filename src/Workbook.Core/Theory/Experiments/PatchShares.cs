using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// What trained weights do with the two patches of samples, for data on which the six families are not defined: with a signal patch x_i and a noise patch xi_i of its own in each sample,
/// <c>y_i &lt;v, x_i&gt;</c> and <c>y_i &lt;v, xi_i&gt;</c> take the place of value signal and value noise, and the attention that the noise patch receives that of the softmax outputs.
/// </summary>
/// <param name="Signal">Mean over samples of <c>y_i &lt;v, x_i&gt;</c>.</param>
/// <param name="Noise">Mean over samples of <c>y_i &lt;v, xi_i&gt;</c>.</param>
/// <param name="NoiseDeviation">Standard deviation over samples of <c>y_i &lt;v, xi_i&gt;</c>.</param>
/// <param name="NoiseAttention">Mean over samples of the noise patch's attention, <c>1 - (s_11 + s_21) / 2</c>.</param>
/// <param name="EvenError">Share of samples with <c>y_i &lt;v, x_i + xi_i&gt; &lt;= 0</c>: the error that v alone would make, attention being even.</param>
public sealed record PatchShares(double Signal, double Noise, double NoiseDeviation, double NoiseAttention, double EvenError)
{
    /// <summary>Measures weights on samples of two patches.</summary>
    /// <exception cref="ArgumentException">The samples do not have two patches with a known signal patch.</exception>
    public static PatchShares Of(TransformerWeights weights, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(data);
        if (data.Length != 2 || data.SignalPatch is null) throw new ArgumentException("two patches with a known signal patch are needed.", nameof(data));
        double[] v = weights.MeanValue(), signal = new double[data.Count], noise = new double[data.Count], attention = new double[data.Count];
        int wrong = 0;
        for (int i = 0; i < data.Count; i++)
        {
            var (x, xi) = data.Pair(i);
            (signal[i], noise[i]) = (data.Labels[i] * Dot(data, x, v, 0), data.Labels[i] * Dot(data, xi, v, 0));
            if (!(signal[i] + noise[i] > 0)) wrong++;
            double[] kx = Project(data, x, weights.Key, weights), kn = Project(data, xi, weights.Key, weights);
            double OnNoise(int query)
            {
                double gap = 0;
                foreach (var (q, a, b) in Project(data, query, weights.Query, weights).Zip(kx, kn)) gap += q * (a - b);
                return 1 / (1 + Math.Exp(gap));
            }

            attention[i] = (OnNoise(x) + OnNoise(xi)) / 2;
        }

        double mean = noise.Average();
        return new PatchShares(signal.Average(), mean, Math.Sqrt(noise.Average(u => (u - mean) * (u - mean))), attention.Average(), wrong / (double)data.Count);
    }

    private static double[] Project(Dataset data, int patch, double[] matrix, TransformerWeights weights)
    {
        var to = new double[weights.MK];
        for (int r = 0; r < weights.MK; r++) to[r] = Dot(data, patch, matrix, r * weights.D);
        return to;
    }

    private static double Dot(Dataset data, int patch, double[] row, int from)
    {
        ReadOnlySpan<int> at = data.Coordinates(patch);
        ReadOnlySpan<double> x = data.Values(patch);
        double sum = 0;
        for (int e = 0; e < at.Length; e++) sum += x[e] * row[from + at[e]];
        return sum;
    }
}
