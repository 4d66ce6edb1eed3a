using System.Numerics;
using System.Runtime.Intrinsics;
using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// W_Q and W_K column by column and the mean value v: the layout in which a sparse patch is projected fastest, used to evaluate samples
/// outside the training set.
/// </summary>
/// <remarks>
/// A column is one row, [q (m_k) | k (m_k) | 0 ..], padded only at its end: a test set reads columns in no order, and what it costs is the cache
/// lines that this takes.
/// </remarks>
internal sealed unsafe class ColumnWeights(int d, int m_k)
{
    // Samples that are worked on together, and those of the paper's distribution that are drawn together: both stay in the first-level cache.
    private const int Block = 16, Drawn = 128;

    // Scores read whole vectors.
    private const int Slack = 16;

    private readonly int _width = Rows.Pad(checked(2 * m_k)), _m_k = m_k;
    private readonly AlignedBlock<double> _columns = new(checked(d * Rows.Pad(2 * m_k) + Slack)), _value = new(d);

    // Of a block: projections, laid out as the columns, two of a sample, or a sample's sums; and what attention keeps of a sample.
    private readonly AlignedBlock<double> _rows = new(checked(2 * Block * Rows.Pad(2 * m_k) + Slack)), _samples = new(PairSamples.Arrays * Drawn), _window = Window();
    private readonly AlignedBlock<double> _sums = new(Drawn * TestKernels.Line + TestKernels.RoomOfSample);

    // The columns once more in groups of neurons, from the first test set of the paper's distribution on; and which of them have changed since.
    private readonly bool[] _isStale = new bool[d];
    private readonly List<int> _stale = [];
    private AlignedBlock<double>? _lines;
    private NoiseSamples? _drawn;
    private double[] _margin = new double[Drawn];

    private static AlignedBlock<double> Window()
    {
        var window = new AlignedBlock<double>(16);
        window.Span[..8].Fill(BitConverter.Int64BitsToDouble(-1));
        return window;
    }

    /// <summary>Column c of W_Q, to be written before the next evaluation.</summary>
    public Span<double> Query(int c)
    {
        Touch(c);
        return _columns.Span.Slice(c * _width, _m_k);
    }

    /// <summary>Column c of W_K, to be written before the next evaluation.</summary>
    public Span<double> Key(int c)
    {
        Touch(c);
        return _columns.Span.Slice(c * _width + _m_k, _m_k);
    }

    /// <summary>v, by column.</summary>
    public Span<double> Value => _value.Span;

    /// <summary>Mean loss and share of samples with y F &lt;= 0.</summary>
    public (double Loss, double Error) Evaluate(TestSet test)
    {
        var sum = default(Sum);
        if (test is INoiseTest noise)
        {
            // Nothing below looks whether a coordinate is one of ours.
            CheckDimension(noise.Dimension);
            Pack();
            noise.Begin();
            for (int first = 0; first < test.Count; first += Drawn)
            {
                int count = Math.Min(Drawn, test.Count - first);
                NoiseSamples samples = noise.Samples(first, count, ref _drawn, out int at);
                NoiseMargins(samples, at, count, _margin);
                sum.Add(_margin.AsSpan(0, count));
            }
        }
        else
        {
            foreach (Dataset batch in test.Batches())
            {
                CheckDimension(batch.Dimension);
                if (_margin.Length < batch.Count) _margin = new double[batch.Count];
                var margin = _margin.AsSpan(0, batch.Count);
                if (batch.Length == 2) PairMargins(batch, margin); else Margins(batch, margin);
                sum.Add(margin);
            }
        }
        return (sum.Loss / test.Count, (double)sum.Wrong / test.Count);
    }

    private void Touch(int c)
    {
        if (_isStale[c]) return;
        _isStale[c] = true;
        _stale.Add(c);
    }

    /// <summary>Brings the columns in groups up to date.</summary>
    private void Pack()
    {
        _lines ??= new AlignedBlock<double>(checked(_isStale.Length * _width));
        foreach (int c in _stale)
        {
            double* query = _columns.Pointer + (nint)c * _width, key = query + _m_k, line = _lines.Pointer + (nint)c * _width;
            int r = 0;
            for (; r <= _m_k - TestKernels.GroupNeurons; r += TestKernels.GroupNeurons, line += TestKernels.Line)
            {
                Vector256.Load(key + r).Store(line);
                Vector256.Load(query + r).Store(line + TestKernels.GroupNeurons);
            }
            for (; r < _m_k; r++, line++) (line[0], line[TestKernels.GroupNeurons]) = (key[r], query[r]);
            _isStale[c] = false;
        }
        _stale.Clear();
        GC.KeepAlive(this);
    }

    private void CheckDimension(int dimension)
    {
        if (dimension > _value.Length) throw new InputException($"the test samples have dimension {dimension}; the weights have {_value.Length} columns.");
    }

    // Losses add up in eight lanes, sample i of a chunk in lane i mod 8, on every machine.
    private struct Sum
    {
        private Vector512<double> _loss;
        private double _rest;

        public int Wrong;

        public readonly double Loss => Vector512.Sum(_loss) + _rest;

        /// <summary>Adds losses and errors of margins, and spoils the margins.</summary>
        public void Add(Span<double> margin)
        {
            // Written so that NaN counts as wrong.
            int lanes = Vector512<double>.Count, whole = margin.Length / lanes * lanes;
            for (int i = 0; i < whole; i += lanes)
            {
                var m = Vector512.Create<double>(margin[i..]);
                Wrong += lanes - BitOperations.PopCount(Vector512.GreaterThan(m, Vector512<double>.Zero).ExtractMostSignificantBits());
                (-m).CopyTo(margin[i..]);
            }
            for (int i = whole; i < margin.Length; i++)
            {
                Wrong += margin[i] > 0 ? 0 : 1;
                margin[i] = -margin[i];
            }
            Elementary.LogOnePlusExp(margin, margin);
            for (int i = 0; i < whole; i += lanes) _loss += Vector512.Create<double>(margin[i..]);
            foreach (double l in margin[whole..]) _rest += l;
        }
    }

    /// <summary>y F of samples {y mu, xi} of the paper's distribution, mu the first coordinate.</summary>
    private void NoiseMargins(NoiseSamples samples, int from, int count, double[] margin)
    {
        // Labels are padded to whole vectors, as what is computed from them.
        var at = new PairSamples(_samples.Pointer, Rows.Pad(count));
        double v_mu = _value.Pointer[0];
        fixed (int* index = samples.Index)
        fixed (double* value = samples.Value, labels = samples.Labels, to = margin)
        {
            int entry = from * samples.Pitch;
            at.Y = labels + from;
            at.Margin = to;
            TestKernels.Noise(new TestKernels.NoiseBlock
            {
                Count = count, S = samples.S, Pitch = samples.Pitch, Groups = _width / TestKernels.Line,
                Index = index + entry, Value = value + entry, Y = at.Y, Lines = _lines!.Pointer, V = _value.Pointer,
                Sums = _sums.Pointer, Room = _sums.Pointer + Drawn * TestKernels.Line, NoiseValue = at.U1,
            });
            TestKernels.Together(count, _sums.Pointer, at.Y, at.A0, at.A1);
            for (int i = 0; i < count; i++) at.U0[i] = at.Y[i] * v_mu;
            PairKernels.Margins(at);
        }
        GC.KeepAlive(this);
    }

    /// <summary>y F of samples of any two patches.</summary>
    private void PairMargins(Dataset batch, Span<double> margin)
    {
        var at = new PairSamples(_samples.Pointer, Block);
        Span<double> u = stackalloc double[2 * Block];
        for (int first = 0; first < batch.Count; first += Block)
        {
            int count = Math.Min(Block, batch.Count - first);
            // Entries keep their numbers in the whole batch.
            var patches = new SparseMatrix(batch.RowStart.AsSpan(2 * first, 2 * count + 1), batch.Index, batch.Value);
            SparseRows.Run<TakeSum<double>>(patches, _columns.Pointer, _width, _rows.Pointer, _width, _width, 0);
            SparseRows.Run(patches, _value.Span, u[..(2 * count)]);
            for (int i = 0; i < count; i++)
            {
                at.Y[i] = batch.Labels[first + i];
                at.U0[i] = u[2 * i];
                at.U1[i] = u[2 * i + 1];
            }
            TestKernels.Scores(count, _m_k, _window.Pointer, _rows.Pointer, _width, at.A0, at.A1);
            PairKernels.Margins(at);
            new Span<double>(at.Margin, count).CopyTo(margin[first..]);
        }
        GC.KeepAlive(this);
    }

    /// <summary>y F of samples of any number of patches.</summary>
    private void Margins(Dataset batch, Span<double> margin)
    {
        int length = batch.Length;
        var rows = new AlignedBlock<double>(checked(length * _width));
        var (z, u) = (new double[length], new double[length]);
        for (int i = 0; i < batch.Count; i++)
        {
            var patches = new SparseMatrix(batch.RowStart.AsSpan(i * length, length + 1), batch.Index, batch.Value);
            SparseRows.Run<TakeSum<double>>(patches, _columns.Pointer, _width, rows.Pointer, _width, _width, 0);
            SparseRows.Run(patches, _value.Span, u);
            double f = 0;
            for (int a = 0; a < length; a++)
            {
                double top = double.NegativeInfinity, sum = 0, weighted = 0;
                double* q = rows.Pointer + a * _width;
                for (int b = 0; b < length; b++) top = Math.Max(top, z[b] = TestKernels.Dot(_m_k, q, rows.Pointer + b * _width + _m_k));
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
        GC.KeepAlive(rows);
        GC.KeepAlive(this);
    }
}
