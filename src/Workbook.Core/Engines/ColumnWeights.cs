using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// W_Q and W_K column by column and the mean value v: the layout in which a sparse patch is projected fastest, used to evaluate samples
/// outside the training set.
/// </summary>
/// <remarks>A column is one row [q (stride) | k (stride)], so a patch is projected onto both with one pass over its entries.</remarks>
internal sealed unsafe class ColumnWeights(int d, int m_k)
{
    /// <summary>Samples that are worked on together: their projections stay in the first-level cache.</summary>
    private const int Block = 32;

    private readonly AlignedBlock _columns = new(checked(2 * d * Rows.Pad(m_k)));

    /// <summary>m_k padded to whole vectors.</summary>
    public int Stride { get; } = Rows.Pad(m_k);

    public double[] Value { get; } = new double[d];

    public Span<double> Query(int c) => _columns.Span.Slice(2 * c * Stride, Stride);

    public Span<double> Key(int c) => _columns.Span.Slice((2 * c + 1) * Stride, Stride);

    /// <summary>Mean loss and share of samples with y F &lt;= 0, summed in the samples' order.</summary>
    public (double Loss, double Error) Evaluate(TestSet test)
    {
        double loss = 0, wrong = 0;
        double[] margins = [];
        foreach (Dataset batch in test.Batches())
        {
            if (margins.Length < batch.Count) margins = new double[batch.Count];
            var margin = margins.AsSpan(0, batch.Count);
            if (batch.Length == 2) PairMargins(batch, margin); else Margins(batch, margin);
            // Written so that NaN counts as wrong.
            foreach (double m in margin)
                if (!(m > 0)) wrong++;
            for (int i = 0; i < margin.Length; i++) margin[i] = -margin[i];
            Elementary.LogOnePlusExp(margin, margin);
            foreach (double l in margin) loss += l;
        }
        return (loss / test.Count, wrong / test.Count);
    }

    /// <summary>y F of samples of two patches.</summary>
    private void PairMargins(Dataset batch, Span<double> margin)
    {
        int width = 2 * Stride;
        using var rows = new NativeBuffer<double>(2 * Block * width);
        using var samples = new NativeBuffer<double>(PairSamples.Arrays * Block);
        var at = new PairSamples(samples.Pointer, Block);
        Span<double> u = stackalloc double[2 * Block];
        for (int first = 0; first < batch.Count; first += Block)
        {
            int count = Math.Min(Block, batch.Count - first);
            // Entries keep their numbers in the whole batch.
            var patches = new SparseMatrix(batch.RowStart.AsSpan(2 * first, 2 * count + 1), batch.Index, batch.Value);
            SparseRows.Run<TakeSum>(patches, _columns.Pointer, width, rows.Pointer, width, width, 0);
            SparseRows.Run(patches, Value, u[..(2 * count)]);
            new Span<double>(at.A0, 2 * Block).Clear();
            for (int i = 0; i < count; i++) (at.Y[i], at.U0[i], at.U1[i]) = (batch.Labels[first + i], u[2 * i], u[2 * i + 1]);
            PairKernels.Scores(count, rows.Pointer, rows.Pointer + Stride, Stride, width, at);
            PairKernels.Margins(at);
            new Span<double>(at.Margin, count).CopyTo(margin[first..]);
        }
        GC.KeepAlive(this);
    }

    /// <summary>y F of samples of any number of patches.</summary>
    private void Margins(Dataset batch, Span<double> margin)
    {
        int length = batch.Length, width = 2 * Stride;
        using var rows = new NativeBuffer<double>(checked(length * width));
        double[] u = new double[length], z = new double[length];
        for (int i = 0; i < batch.Count; i++)
        {
            var patches = new SparseMatrix(batch.RowStart.AsSpan(i * length, length + 1), batch.Index, batch.Value);
            SparseRows.Run<TakeSum>(patches, _columns.Pointer, width, rows.Pointer, width, width, 0);
            SparseRows.Run(patches, Value, u);
            double f = 0;
            for (int a = 0; a < length; a++)
            {
                double top = double.NegativeInfinity, sum = 0, weighted = 0;
                var q = rows.Span.Slice(a * width, Stride);
                for (int b = 0; b < length; b++) top = Math.Max(top, z[b] = Rows.Dot(q, rows.Span.Slice(b * width + Stride, Stride)));
                for (int b = 0; b < length; b++)
                {
                    double w = Math.Exp(z[b] - top);
                    sum += w;
                    weighted += w * u[b];
                }
                f += weighted / sum;
            }
            margin[i] = batch.Labels[i] * f;
        }
        GC.KeepAlive(this);
    }
}
