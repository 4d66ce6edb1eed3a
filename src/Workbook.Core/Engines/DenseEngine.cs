using System.Numerics;
using System.Runtime.InteropServices;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Training of the model as it stands: every entry of W_Q, W_K [m_k, d] and of all rows of W_{V,+1}, W_{V,-1} [m_v, d], on
/// dense patches X [P, d], P = n L. Exact for any data and rule; O(n L d m) per step.
/// </summary>
/// <remarks>
/// In double, gradients whose size leaves the range are summed column by column with exponents
/// (<see cref="TouchedColumns"/>), so that no sign is lost. In float nothing is protected: that engine does what a plain
/// float32 script does, freezing included.
/// One block of weights: [W_Q | W_K | W_{V,+1} | W_{V,-1}], each row-major. All rows of W_{V,+1} have one gradient and those of
/// W_{V,-1} its negative, so the gradient, the rule's memory and its directions hold one row for them: [W_Q | W_K | row].
/// u = X v needs the mean of the rows only, summed before it meets the data.
/// </remarks>
/// <typeparam name="T">double or float.</typeparam>
public sealed class DenseEngine<T> : TrainingEngine where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly IAttentionPass<T> _attention;
    private readonly OptimizerState<T> _state;
    private readonly TouchedColumns? _touched;
    private readonly int _d, _m_k, _m_v, _stride, _patches, _keyAt, _positiveAt, _negativeAt;
    private readonly T[] _w, _descent, _x, _q, _k, _u, _v;
    private int[] _exponents = [];

    /// <summary>Draws all of W(0) and sets up the buffers of a step.</summary>
    public DenseEngine(TrainingProblem problem) : base(problem)
    {
        var data = Problem.Data;
        (_d, _m_k, _m_v, _patches) = (data.Dimension, Problem.Weights.MK, Problem.Weights.MV, data.Count * data.Length);
        _stride = Rows.Pad(_m_k);
        long size = 2L * _d * ((long)_m_k + _m_v);
        if (size > Array.MaxLength) throw new InputException($"the dense engine would hold {size} weights; at most {Array.MaxLength} fit.");
        _keyAt = _m_k * _d;
        _positiveAt = 2 * _keyAt;
        _negativeAt = _positiveAt + _m_v * _d;
        var start = Problem.Weights.Materialise();
        _w = Convert([.. start.Query, .. start.Key, .. start.ValuePositive, .. start.ValueNegative]);
        _descent = new T[_positiveAt + _d];
        _x = Convert(data.ToDense());
        _q = new T[_patches * _stride];
        _k = new T[_patches * _stride];
        _u = new T[_patches];
        _v = new T[_d];
        if (typeof(T) == typeof(double))
        {
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

    private Span<T> Query => _w.AsSpan(0, _m_k * _d);

    private Span<T> Key => _w.AsSpan(_keyAt, _m_k * _d);

    private Span<T> ValuePositive => _w.AsSpan(_positiveAt, _m_v * _d);

    private Span<T> ValueNegative => _w.AsSpan(_negativeAt, _m_v * _d);

    /// <inheritdoc/>
    public override void Forward()
    {
        Project(Query, _q, _m_k, _stride);
        Project(Key, _k, _m_k, _stride);
        MeanValue();
        Project(_v, _u, 1, 1);
        _attention.Forward(_q, _k, _u);
    }

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
        for (int c = 0; c < _d; c++) _v[c] /= m_v;
    }

    /// <summary>y += a x.</summary>
    private static void Add(T a, ReadOnlySpan<T> x, Span<T> y)
    {
        if (typeof(T) == typeof(double)) VectorOps.Axpy(double.CreateChecked(a), MemoryMarshal.Cast<T, double>(x), MemoryMarshal.Cast<T, double>(y));
        else VectorOps.Axpy(float.CreateChecked(a), MemoryMarshal.Cast<T, float>(x), MemoryMarshal.Cast<T, float>(y));
    }

    /// <summary>X W^T: [P, rows].</summary>
    private void Project(ReadOnlySpan<T> w, T[] into, int rows, int stride) =>
        Multiply(transposeA: false, transposeB: true, _patches, rows, _d, _x, _d, w, _d, into, stride);

    /// <summary>C^T X: [rows, d].</summary>
    private void Spread(ReadOnlySpan<T> coefficients, int rows, int stride, Span<T> into) =>
        Multiply(transposeA: true, transposeB: false, rows, _d, _patches, coefficients, stride, _x, _d, into, _d);

    private static void Multiply(bool transposeA, bool transposeB, int m, int n, int k, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b, int ldb, Span<T> c, int ldc)
    {
        if (typeof(T) == typeof(double))
            MatrixProduct.Multiply(transposeA, transposeB, m, n, k, 1.0, MemoryMarshal.Cast<T, double>(a), lda, MemoryMarshal.Cast<T, double>(b), ldb, 0.0, MemoryMarshal.Cast<T, double>(c), ldc);
        else
            MatrixProduct.Multiply(transposeA, transposeB, m, n, k, 1f, MemoryMarshal.Cast<T, float>(a), lda, MemoryMarshal.Cast<T, float>(b), ldb, 0f, MemoryMarshal.Cast<T, float>(c), ldc);
    }

    /// <inheritdoc/>
    protected override void Advance(double eta)
    {
        _attention.Backward(_q, _k, _u);
        if (_attention.Scaled) GatherScaled();
        else
        {
            Spread(_attention.QueryCoefficient, _m_k, _stride, _descent.AsSpan(0, _m_k * _d));
            Spread(_attention.KeyCoefficient, _m_k, _stride, _descent.AsSpan(_keyAt, _m_k * _d));
            Spread(_attention.ValueCoefficient, 1, 1, _descent.AsSpan(_positiveAt));
        }
        Problem.Optimizer.Direction(_state, _descent, _attention.Scaled ? _exponents : default(ReadOnlySpan<int>), _descent);
        T rate = T.CreateChecked(eta);
        Add(rate, _descent.AsSpan(0, _positiveAt), _w.AsSpan(0, _positiveAt));
        var row = _descent.AsSpan(_positiveAt, _d);
        for (int r = 0; r < _m_v; r++)
        {
            Add(rate, row, ValuePositive.Slice(r * _d, _d));
            Add(-rate, row, ValueNegative.Slice(r * _d, _d));
        }
    }

    /// <summary>The same sums, each column at its own scale. Only in double.</summary>
    private void GatherScaled()
    {
        if (_exponents.Length == 0) _exponents = new int[_descent.Length];
        Array.Clear(_descent);
        Array.Clear(_exponents);
        var (entries, top) = (new double[_touched!.Entries], new int[_touched.Count]);
        GatherScaled(_attention.QueryCoefficient, _attention.QueryExponent, 0, entries, top);
        GatherScaled(_attention.KeyCoefficient, _attention.KeyExponent, _keyAt, entries, top);
        _touched.Scale(_attention.ValueExponent, entries, top);
        var value = new double[_touched.Count];
        SparseRows.Run(_touched.ByColumnWith(entries), MemoryMarshal.Cast<T, double>(_attention.ValueCoefficient), value);
        for (int j = 0; j < value.Length; j++)
        {
            var (c, k) = (_touched.Coordinates[j], _touched.Column[j]);
            _descent[_positiveAt + c] = T.CreateChecked(value[k]);
            _exponents[_positiveAt + c] = top[k];
        }
    }

    private unsafe void GatherScaled(Span<T> coefficients, int[] exponents, int matrix, double[] entries, int[] top)
    {
        _touched!.Scale(exponents, entries, top);
        var columns = new double[checked(_touched.Count * _stride)];
        fixed (double* from = MemoryMarshal.Cast<T, double>(coefficients), to = columns)
            SparseRows.Run<TakeSum>(_touched.ByColumnWith(entries), from, _stride, to, _stride, _stride, 0);
        for (int j = 0; j < _touched.Count; j++)
            for (int r = 0; r < _m_k; r++)
            {
                var (k, at) = (_touched.Column[j], matrix + r * _d + _touched.Coordinates[j]);
                _descent[at] = T.CreateChecked(columns[k * _stride + r]);
                _exponents[at] = top[k];
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
            into.QuerySignal[r] = AlongSignal(Query.Slice(r * _d, _d));
            into.KeySignal[r] = AlongSignal(Key.Slice(r * _d, _d));
        }
        into.ValueSignal = 0;
        for (int r = 0; r < _m_v; r++)
            into.ValueSignal += AlongSignal(ValuePositive.Slice(r * _d, _d)) - AlongSignal(ValueNegative.Slice(r * _d, _d));
        into.ValueSignal /= _m_v;
        for (int i = 0; i < data.Count; i++)
        {
            int noise = data.Pair(i).Noise;
            double y = data.Labels[i];
            for (int r = 0; r < _m_k; r++)
            {
                into.QueryNoise[i * _m_k + r] = y * double.CreateChecked(_q[noise * _stride + r]);
                into.KeyNoise[i * _m_k + r] = y * double.CreateChecked(_k[noise * _stride + r]);
            }
            into.ValueNoise[i] = y * double.CreateChecked(_u[noise]);
        }
    }

    private double AlongSignal(ReadOnlySpan<T> row)
    {
        double sum = 0;
        double[] mu = Problem.Data.Mu!;
        for (int c = 0; c < mu.Length; c++)
            if (mu[c] != 0) sum += mu[c] * double.CreateChecked(row[c]);
        return sum;
    }

    /// <inheritdoc/>
    public override TransformerWeights CurrentWeights()
    {
        // Filled in place: what a diverged run holds is its weights too, though no input may look like it.
        var weights = new TransformerWeights(_m_k, _m_v, _d);
        Back(Query, weights.Query);
        Back(Key, weights.Key);
        Back(ValuePositive, weights.ValuePositive);
        Back(ValueNegative, weights.ValueNegative);
        return weights;
    }

    private protected override void WriteColumns(ColumnWeights columns)
    {
        for (int c = 0; c < _d; c++)
        {
            var q = columns.Query(c);
            var k = columns.Key(c);
            for (int r = 0; r < _m_k; r++)
            {
                q[r] = double.CreateChecked(_w[r * _d + c]);
                k[r] = double.CreateChecked(_w[_keyAt + r * _d + c]);
            }
        }
        var value = new double[_d];
        for (int r = 0; r < _m_v; r++)
            for (int c = 0; c < _d; c++)
                value[c] += double.CreateChecked(_w[_positiveAt + r * _d + c]) - double.CreateChecked(_w[_negativeAt + r * _d + c]);
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
