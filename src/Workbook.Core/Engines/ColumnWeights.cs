using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// W_Q and W_K column by column and the mean value v: the layout in which a sparse patch is projected fastest, used to evaluate samples
/// outside the training set.
/// </summary>
/// <remarks>
/// A column is one row, [q, 0 .. | k, v, 0 ..]: q and k padded to whole vectors, v just behind k. So one pass over the entries of a patch gives q, k and u
/// together, and where m_k is no multiple of 8 u costs nothing. In an inner product of a q and a k the lane of v meets a zero.
/// </remarks>
internal sealed unsafe class ColumnWeights(int d, int m_k)
{
    /// <summary>Samples that are worked on together: their projections stay in the first-level cache.</summary>
    private const int Block = 32;

    private readonly int _stride = Rows.Pad(m_k), _width = Rows.Pad(m_k) + Rows.Pad(m_k + 1), _m_k = m_k;
    private readonly AlignedBlock _columns = new(checked(d * (Rows.Pad(m_k) + Rows.Pad(m_k + 1))));

    // Of a block: projections, laid out as the columns, and what attention keeps of a sample.
    private readonly AlignedBlock _rows = new(checked(2 * Block * (Rows.Pad(m_k) + Rows.Pad(m_k + 1)))), _samples = new(PairSamples.Arrays * Block);
    private double[] _margin = [];

    /// <summary>Column c of W_Q, padded with zeros.</summary>
    public Span<double> Query(int c) => _columns.Span.Slice(c * _width, _stride);

    /// <summary>Column c of W_K, padded; v_c lies in the padding, so it is written after the column.</summary>
    public Span<double> Key(int c) => _columns.Span.Slice(c * _width + _stride, _stride);

    /// <summary>v, by column.</summary>
    public Values Value => new(this);

    /// <summary>The mean value v, one entry in the row of each column.</summary>
    public readonly ref struct Values(ColumnWeights columns)
    {
        private readonly ColumnWeights _of = columns;

        /// <summary>v_c.</summary>
        public ref double this[int c] => ref _of._columns.Span[c * _of._width + _of._stride + _of._m_k];
    }

    /// <summary>Mean loss and share of samples with y F &lt;= 0, summed in the samples' order.</summary>
    public (double Loss, double Error) Evaluate(TestSet test)
    {
        double loss = 0;
        int wrong = 0;
        foreach (Dataset batch in test.Batches())
        {
            if (_margin.Length < batch.Count) _margin = new double[batch.Count];
            var margin = _margin.AsSpan(0, batch.Count);
            if (batch.Length == 2) PairMargins(batch, margin); else Margins(batch, margin);
            for (int i = 0; i < margin.Length; i++)
            {
                // Written so that NaN counts as wrong; a sum, not a branch that nothing can predict.
                wrong += margin[i] > 0 ? 0 : 1;
                margin[i] = -margin[i];
            }
            Elementary.LogOnePlusExp(margin, margin);
            foreach (double l in margin) loss += l;
        }
        return (loss / test.Count, (double)wrong / test.Count);
    }

    /// <summary>y F of samples of two patches.</summary>
    private void PairMargins(Dataset batch, Span<double> margin)
    {
        var at = new PairSamples(_samples.Pointer, Block);
        double* u = _rows.Pointer + _stride + _m_k;
        for (int first = 0; first < batch.Count; first += Block)
        {
            int count = Math.Min(Block, batch.Count - first);
            // Entries keep their numbers in the whole batch.
            var patches = new SparseMatrix(batch.RowStart.AsSpan(2 * first, 2 * count + 1), batch.Index, batch.Value);
            SparseRows.Run<TakeSum>(patches, _columns.Pointer, _width, _rows.Pointer, _width, _width, 0);
            new Span<double>(at.A0, 2 * Block).Clear();
            for (int i = 0; i < count; i++)
            {
                at.Y[i] = batch.Labels[first + i];
                at.U0[i] = u[2 * i * _width];
                at.U1[i] = u[(2 * i + 1) * _width];
            }
            PairKernels.Scores(count, _rows.Pointer, _rows.Pointer + _stride, _stride, _width, at);
            PairKernels.Margins(at);
            new Span<double>(at.Margin, count).CopyTo(margin[first..]);
        }
        GC.KeepAlive(this);
    }

    /// <summary>y F of samples of any number of patches.</summary>
    private void Margins(Dataset batch, Span<double> margin)
    {
        int length = batch.Length;
        var rows = new AlignedBlock(checked(length * _width));
        var z = new double[length];
        for (int i = 0; i < batch.Count; i++)
        {
            var patches = new SparseMatrix(batch.RowStart.AsSpan(i * length, length + 1), batch.Index, batch.Value);
            SparseRows.Run<TakeSum>(patches, _columns.Pointer, _width, rows.Pointer, _width, _width, 0);
            double f = 0;
            for (int a = 0; a < length; a++)
            {
                double top = double.NegativeInfinity, sum = 0, weighted = 0;
                var q = rows.Span.Slice(a * _width, _stride);
                for (int b = 0; b < length; b++) top = Math.Max(top, z[b] = Rows.Dot(q, rows.Span.Slice(b * _width + _stride, _stride)));
                for (int b = 0; b < length; b++)
                {
                    double w = Math.Exp(z[b] - top);
                    sum += w;
                    weighted += w * rows.Pointer[b * _width + _stride + _m_k];
                }
                f += weighted / sum;
            }
            margin[i] = batch.Labels[i] * f;
        }
        GC.KeepAlive(rows);
        GC.KeepAlive(this);
    }
}
