using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Workbook.Core.Engines.Dense;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Training of the model as it stands: every entry of W_Q, W_K [m_k, d] and of all rows of W_{V,+1}, W_{V,-1} [m_v, d], on
/// patches X [P, d], P = n L. Exact for any data and rule; O(n L d m) per step, less where patches are mostly zero (<see cref="PatchMatrix{T}"/>).
/// </summary>
/// <remarks>
/// In double, gradients whose size leaves the range are summed column by column with exponents
/// (<see cref="TouchedColumns"/>), so that no sign is lost. In float nothing is protected: that engine does what a plain
/// float32 script does, freezing included.
/// A row per column c of W: [w_{Q,c} | v_c | w_{K,c}], each padded with zeros to whole vectors, so that X times this block is all projections and X^T times
/// the coefficients, laid out alike, all gradients. The rows of W_V stand beside it: all rows of W_{V,+1} have one gradient and those of W_{V,-1} its
/// negative, so the gradient, the rule's memory and its directions hold one number a column for them. u = X v needs the mean of the rows only, summed before it
/// meets the data.
/// <para>
/// Of two patches attention knows the keys by their difference alone (<see cref="PairAttention"/>), and W_K moves along the difference of the patches. In double W_K
/// therefore meets the n rows x_0 - x_1 instead of the 2 n patches.
/// </para>
/// </remarks>
/// <typeparam name="T">double or float.</typeparam>
public sealed unsafe class DenseEngine<T> : TrainingEngine where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly PatchMatrix<T> _x;
    private readonly PatchMatrix<T>? _differences;
    private readonly IAttentionPass<T> _attention;
    private readonly OptimizerState<T> _state;
    private readonly TouchedColumns? _touched;
    private readonly int _d, _m_k, _m_v, _stride, _width, _keyAt, _patches, _negativeAt;
    // Rows of whole vectors, so that none crosses a cache line.
    private readonly AlignedBlock<T> _w, _descent, _rows, _q, _k;
    private readonly T[] _values, _u, _v;
    private int[] _exponents = [];
    private ScaledEntries? _scaled;
    // Of a scaled sum over columns: entries, sums of rows, sums of scalars.
    private double[] _entries = [], _columns = [], _columnValues = [];

    /// <summary>Draws all of W(0) and sets up the buffers of a step.</summary>
    public DenseEngine(TrainingProblem problem) : base(problem)
    {
        var data = Problem.Data;
        (_d, _m_k, _m_v, _patches) = (data.Dimension, Problem.Weights.MK, Problem.Weights.MV, data.Count * data.Length);
        int vector = 64 / sizeof(T);
        _stride = checked(_m_k + vector - 1) / vector * vector;
        _keyAt = checked(_stride + PatchMatrix<T>.VectorBytes / sizeof(T));
        _width = checked(_keyAt + _stride);
        long size = 2L * _d * ((long)_m_k + _m_v);
        if (size > Array.MaxLength) throw new InputException($"the dense engine would hold {size} weights; at most {Array.MaxLength} fit.");
        _negativeAt = _m_v * _d;
        var start = Problem.Weights.Materialise();
        _w = new(checked(_d * _width));
        var w = _w.Span;
        for (int c = 0; c < _d; c++)
            for (int r = 0; r < _m_k; r++)
            {
                w[QueryAt(r, c)] = T.CreateChecked(start.Query[r * _d + c]);
                w[KeyAt(r, c)] = T.CreateChecked(start.Key[r * _d + c]);
            }
        _values = Convert([.. start.ValuePositive, .. start.ValueNegative]);
        _descent = new(_w.Length);
        _x = PatchMatrix<T>.Patches(data);
        _rows = new(checked(_patches * _width));
        _q = new(_patches * _stride);
        _k = new(_patches * _stride);
        _u = new T[_patches];
        _v = new T[_d];
        if (typeof(T) == typeof(double))
        {
            if (data.Length == 2) _differences = PatchMatrix<T>.Differences(data);
            _attention = (IAttentionPass<T>)(data.Length == 2
                ? new PairAttention(data, new RowPanels(_patches, _stride, _stride), _m_v)
                : (object)new ExactAttention(data, _m_k, _stride, _m_v));
            _touched = new TouchedColumns(data);
        }
        else _attention = (IAttentionPass<T>)(object)new PlainAttention(data, _m_k, _stride, _m_v);
        _state = Problem.Optimizer.CreateState<T>(_descent.Length);
    }

    /// <inheritdoc/>
    public override string Name => "dense";

    private Span<T> ValuePositive => _values.AsSpan(0, _m_v * _d);

    private Span<T> ValueNegative => _values.AsSpan(_negativeAt, _m_v * _d);

    private int QueryAt(int r, int c) => c * _width + r;

    private int KeyAt(int r, int c) => c * _width + _keyAt + r;

    private int ValueAt(int c) => c * _width + _stride;

    /// <inheritdoc/>
    public override void Forward()
    {
        MeanValue();
        Project();
        _attention.Forward(_q.Span, _k.Span, _u);
    }

    /// <summary>q and u of all patches, and k; of two patches row 2 i of k is k_0 - k_1 of sample i, and row 2 i + 1 zero.</summary>
    private void Project()
    {
        T* w = _w.Pointer, rows = _rows.Pointer;
        Span<T> q = _q.Span, k = _k.Span;
        _x.Project(_differences is null ? _width : _keyAt, w, _width, rows, _width);
        for (int p = 0; p < _patches; p++)
        {
            ReadOnlySpan<T> row = RowOf(_x, p);
            row[.._stride].CopyTo(q[(p * _stride)..]);
            _u[p] = row[_stride];
            if (_differences is null) row[_keyAt..].CopyTo(k[(p * _stride)..]);
        }
        if (_differences is null) return;
        _differences.Project(_stride, w + _keyAt, _width, rows, _width);
        for (int i = 0; i < _differences.Row.Length; i++) RowOf(_differences, i)[.._stride].CopyTo(k[(2 * i * _stride)..]);
    }

    /// <summary>What belongs to row p of a matrix, in the order in which it multiplies.</summary>
    private Span<T> RowOf(PatchMatrix<T> x, int p) => _rows.Span.Slice(x.Row[p] * _width, _width);

    /// <summary>v = (sum of the rows of W_{V,+1} - sum of the rows of W_{V,-1}) / m_v.</summary>
    private void MeanValue()
    {
        Array.Clear(_v);
        for (int r = 0; r < _m_v; r++)
        {
            Add(T.One, ValuePositive.Slice(r * _d, _d), _v);
            Add(-T.One, ValueNegative.Slice(r * _d, _d), _v);
        }
        T m_v = T.CreateChecked(_m_v);
        var w = _w.Span;
        for (int c = 0; c < _d; c++) w[ValueAt(c)] = _v[c] / m_v;
    }

    /// <summary>y += a x.</summary>
    private static void Add(T a, ReadOnlySpan<T> x, Span<T> y)
    {
        if (typeof(T) == typeof(double)) VectorOps.Axpy(Unsafe.BitCast<T, double>(a), MemoryMarshal.Cast<T, double>(x), MemoryMarshal.Cast<T, double>(y));
        else VectorOps.Axpy(Unsafe.BitCast<T, float>(a), MemoryMarshal.Cast<T, float>(x), MemoryMarshal.Cast<T, float>(y));
    }

    /// <inheritdoc/>
    protected override void Advance(double eta)
    {
        _attention.Backward(_q.Span, _k.Span, _u);
        if (_attention.Scaled) GatherScaled(); else Gather();
        Span<T> descent = _descent.Span;
        Problem.Optimizer.Direction(_state, descent, _attention.Scaled ? _exponents : default(ReadOnlySpan<int>), descent);
        T rate = T.CreateChecked(eta);
        Add(rate, descent, _w.Span);
        for (int c = 0; c < _d; c++) _v[c] = descent[ValueAt(c)];
        for (int r = 0; r < _m_v; r++)
        {
            Add(rate, _v, ValuePositive.Slice(r * _d, _d));
            Add(-rate, _v, ValueNegative.Slice(r * _d, _d));
        }
    }

    /// <summary>All gradients: X^T times the coefficients of all patches.</summary>
    private void Gather()
    {
        T* rows = _rows.Pointer, descent = _descent.Pointer;
        for (int p = 0; p < _patches; p++)
        {
            var row = RowOf(_x, p);
            _attention.QueryCoefficient.Slice(p * _stride, _stride).CopyTo(row);
            row[_stride.._keyAt].Clear();
            row[_stride] = _attention.ValueCoefficient[p];
            if (_differences is null) _attention.KeyCoefficient.Slice(p * _stride, _stride).CopyTo(row[_keyAt..]);
        }
        _x.Spread(_differences is null ? _width : _keyAt, rows, _width, descent, _width);
        if (_differences is null) return;
        for (int i = 0; i < _differences.Row.Length; i++) _attention.KeyCoefficient.Slice(2 * i * _stride, _stride).CopyTo(RowOf(_differences, i));
        _differences.Spread(_stride, rows, _width, descent + _keyAt, _width);
        GC.KeepAlive(this);
    }

    /// <summary>The same sums, each column at its own scale. Only in double.</summary>
    private void GatherScaled()
    {
        if (_exponents.Length == 0)
        {
            _exponents = new int[_descent.Length];
            (_scaled, _entries, _columns, _columnValues) = (new ScaledEntries(_touched!), new double[_touched!.Entries], new double[checked(_touched.Count * _stride)], new double[_touched.Count]);
        }
        var descent = _descent.Span;
        descent.Clear();
        Array.Clear(_exponents);
        _attention.TakeExponents(_scaled!.Exponents);
        _scaled.Scale(_touched!.Count);
        GatherScaled(_attention.QueryCoefficient, ScaledEntries.Query, 0);
        GatherScaled(_attention.KeyCoefficient, ScaledEntries.Key, _keyAt);
        SparseRows.Run(_touched.ByColumnWith(_scaled.Values), MemoryMarshal.Cast<T, double>(_attention.ValueCoefficient), _columnValues);
        for (int j = 0; j < _columnValues.Length; j++)
        {
            var (at, k) = (ValueAt(_touched.Coordinates[j]), _touched.Column[j]);
            descent[at] = T.CreateChecked(_columnValues[k]);
            _exponents[at] = _scaled.Top(ScaledEntries.Value, k);
        }
    }

    private void GatherScaled(Span<T> coefficients, int matrix, int place)
    {
        _scaled!.Read(matrix, _entries);
        fixed (double* from = MemoryMarshal.Cast<T, double>(coefficients), to = _columns)
            SparseRows.Run<TakeSum<double>>(_touched!.ByColumnWith(_entries), from, _stride, to, _stride, _stride, 0);
        var descent = _descent.Span;
        for (int j = 0; j < _touched.Count; j++)
        {
            var (k, at) = (_touched.Column[j], _touched.Coordinates[j] * _width + place);
            for (int r = 0; r < _m_k; r++) descent[at + r] = T.CreateChecked(_columns[k * _stride + r]);
            _exponents.AsSpan(at, _m_k).Fill(_scaled.Top(matrix, k));
        }
    }

    /// <inheritdoc/>
    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        var data = Problem.Data;
        _attention.Observe(data, into);
        if (data.FamiliesRefused is not null) { into.ClearFamilies(); return; }
        for (int r = 0; r < _m_k; r++)
        {
            into.QuerySignal[r] = AlongSignal(_w.Span[QueryAt(r, 0)..], _width);
            into.KeySignal[r] = AlongSignal(_w.Span[KeyAt(r, 0)..], _width);
        }
        into.ValueSignal = 0;
        for (int r = 0; r < _m_v; r++)
            into.ValueSignal += AlongSignal(ValuePositive.Slice(r * _d, _d), 1) - AlongSignal(ValueNegative.Slice(r * _d, _d), 1);
        into.ValueSignal /= _m_v;
        ReadOnlySpan<T> q = _q.Span, k = _differences is null ? _k.Span : Keys();
        for (int i = 0; i < data.Count; i++)
        {
            int noise = data.Pair(i).Noise;
            double y = data.Labels[i];
            for (int r = 0; r < _m_k; r++)
            {
                into.QueryNoise[i * _m_k + r] = y * double.CreateChecked(q[noise * _stride + r]);
                into.KeyNoise[i * _m_k + r] = y * double.CreateChecked(k[noise * _stride + r]);
            }
            into.ValueNoise[i] = y * double.CreateChecked(_u[noise]);
        }
    }

    /// <summary>k of every patch, where a step needs their differences alone: until the next step. Only in double.</summary>
    private ReadOnlySpan<T> Keys()
    {
        var data = Problem.Data;
        SparseRows.Run<TakeSum<double>>(new(data.RowStart, data.Index, data.Value), (double*)(_w.Pointer + _keyAt), _width, (double*)_rows.Pointer, _stride, _stride, 0);
        return _rows.Span[..(_patches * _stride)];
    }

    private double AlongSignal(ReadOnlySpan<T> row, int step)
    {
        double sum = 0;
        double[] mu = Problem.Data.Mu!;
        for (int c = 0; c < mu.Length; c++)
            if (mu[c] != 0) sum += mu[c] * double.CreateChecked(row[c * step]);
        return sum;
    }

    /// <inheritdoc/>
    public override TransformerWeights CurrentWeights()
    {
        // Filled in place: what a diverged run holds is its weights too, though no input may look like it.
        var weights = new TransformerWeights(_m_k, _m_v, _d);
        var w = _w.Span;
        for (int c = 0; c < _d; c++)
            for (int r = 0; r < _m_k; r++)
            {
                weights.Query[r * _d + c] = double.CreateChecked(w[QueryAt(r, c)]);
                weights.Key[r * _d + c] = double.CreateChecked(w[KeyAt(r, c)]);
            }
        Back(ValuePositive, weights.ValuePositive);
        Back(ValueNegative, weights.ValueNegative);
        return weights;
    }

    private protected override void WriteColumns(ColumnWeights columns)
    {
        var w = _w.Span;
        for (int c = 0; c < _d; c++)
        {
            var q = columns.Query(c);
            var k = columns.Key(c);
            for (int r = 0; r < _m_k; r++)
            {
                q[r] = double.CreateChecked(w[QueryAt(r, c)]);
                k[r] = double.CreateChecked(w[KeyAt(r, c)]);
            }
        }
        var value = new double[_d];
        for (int r = 0; r < _m_v; r++)
            for (int c = 0; c < _d; c++)
                value[c] += double.CreateChecked(_values[r * _d + c]) - double.CreateChecked(_values[_negativeAt + r * _d + c]);
        for (int c = 0; c < _d; c++) columns.Value[c] = value[c] / _m_v;
    }

    private static T[] Convert(double[] values)
    {
        if (values is T[] same) return same;
        var converted = new T[values.Length];
        for (int k = 0; k < values.Length; k++) converted[k] = T.CreateChecked(values[k]);
        return converted;
    }

    private static void Back(ReadOnlySpan<T> values, double[] into)
    {
        for (int k = 0; k < values.Length; k++) into[k] = double.CreateChecked(values[k]);
    }
}
