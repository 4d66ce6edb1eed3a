using Workbook.Core.Data;
using Workbook.Core.Models;

namespace Workbook.Core.Engines;

/// <summary>
/// W_Q and W_K column by column (all m_k neurons of a coordinate side by side) and the mean value v: the layout in which a
/// sparse patch is projected fastest, used to evaluate samples outside the training set.
/// </summary>
internal sealed class ColumnWeights(int d, int m_k)
{
    private readonly int _stride = Rows.Pad(m_k);
    private readonly double[] _query = new double[checked(d * Rows.Pad(m_k))], _key = new double[checked(d * Rows.Pad(m_k))];

    public double[] Value { get; } = new double[d];

    public Span<double> Query(int c) => _query.AsSpan(c * _stride, _stride);

    public Span<double> Key(int c) => _key.AsSpan(c * _stride, _stride);

    /// <summary>Mean loss and share of samples with y F &lt;= 0, summed in the samples' order.</summary>
    public (double Loss, double Error) Evaluate(TestSet test)
    {
        double loss = 0, wrong = 0;
        double[] q = [], k = [], u = [];
        foreach (Dataset batch in test.Batches())
        {
            int length = batch.Length;
            if (u.Length < length) (q, k, u) = (new double[length * _stride], new double[length * _stride], new double[length]);
            for (int i = 0; i < batch.Count; i++)
            {
                Array.Clear(q);
                Array.Clear(k);
                for (int l = 0; l < length; l++) u[l] = Project(batch, i * length + l, q.AsSpan(l * _stride, _stride), k.AsSpan(l * _stride, _stride));
                double margin = batch.Labels[i] * Attend(length, q, k, u);
                loss += LogisticLoss.Value(margin);
                if (!(margin > 0)) wrong++;
            }
        }
        return (loss / test.Count, wrong / test.Count);
    }

    private double Project(Dataset data, int patch, Span<double> q, Span<double> k)
    {
        var at = data.Coordinates(patch);
        var x = data.Values(patch);
        double u = 0;
        for (int e = 0; e < at.Length; e++)
        {
            int c = at[e];
            Rows.Add(x[e], _query.AsSpan(c * _stride, _stride), q);
            Rows.Add(x[e], _key.AsSpan(c * _stride, _stride), k);
            u += x[e] * Value[c];
        }
        return u;
    }

    private double Attend(int length, double[] q, double[] k, double[] u)
    {
        double f = 0;
        Span<double> z = stackalloc double[Math.Min(length, 64)];
        if (length > 64) z = new double[length];
        for (int a = 0; a < length; a++)
        {
            double top = double.NegativeInfinity, sum = 0, weighted = 0;
            for (int b = 0; b < length; b++)
                top = Math.Max(top, z[b] = Rows.Dot(q.AsSpan(a * _stride, _stride), k.AsSpan(b * _stride, _stride)));
            for (int b = 0; b < length; b++)
            {
                double w = Math.Exp(z[b] - top);
                sum += w;
                weighted += w * u[b];
            }
            f += weighted / sum;
        }
        return f;
    }
}
