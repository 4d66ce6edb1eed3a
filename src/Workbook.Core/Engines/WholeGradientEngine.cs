using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Training on the touched columns for rules that have to see the whole gradient (<see cref="WholeGradientRule"/>): norms, maxima of rows, and sums over
/// some of the samples. Every other coordinate has gradient zero, so what the rule is shown is complete: exact for any data and rule, at
/// O(entries of X * m_k) a step.
/// </summary>
/// <remarks>
/// W_V enters through v alone: all rows of W_{V,j} have the gradient j g and move by j a, and v = v(0) + 2 a. The block of coordinates is that of
/// <see cref="GradientLayout"/>. A sample that does not take part in a step has its coefficients cleared, and their exponents set below all others.
/// </remarks>
public sealed class WholeGradientEngine : TrainingEngine
{
    private const int BelowAll = int.MinValue / 2;

    private readonly GradientLayout _layout;
    private readonly WholeGradientRule? _rule;
    private readonly ExactAttention _attention;
    private readonly OptimizerState<double> _state;
    private readonly int _stride, _m_k, _columns, _patches;
    private readonly int[] _coordinates, _local, _start, _patch;
    private readonly double[] _value, _w, _v0, _descent, _q, _k, _u;
    private readonly bool[] _chosen;
    private int[] _exponents = [];
    private (double[] Query, double[] Key, double Value)? _untouched;

    /// <summary>Draws the touched columns of W(0) and sets up the buffers of a step. Takes any rule, also those that act coordinate by coordinate.</summary>
    /// <exception cref="InputException">The rule does not fit the number of samples.</exception>
    public WholeGradientEngine(TrainingProblem problem) : base(problem)
    {
        var data = Problem.Data;
        _rule = Problem.Optimizer as WholeGradientRule;
        _rule?.CheckSamples(data.Count);
        _coordinates = data.TouchedCoordinates();
        _columns = _coordinates.Length;
        _patches = data.Count * data.Length;
        _local = new int[data.Dimension];
        Array.Fill(_local, -1);
        for (int k = 0; k < _columns; k++) _local[_coordinates[k]] = k;
        (_start, _patch, _value) = ByColumn();
        _m_k = Problem.Weights.MK;
        _stride = Rows.Pad(_m_k);
        _layout = new GradientLayout(_columns, _m_k, _stride, Problem.Weights.MV);
        _w = new double[checked(_layout.Size)];
        _descent = new double[_w.Length];
        _v0 = new double[_columns];
        var scratch = new double[Problem.Weights.MV];
        for (int k = 0; k < _columns; k++)
        {
            Problem.Weights.Column(WeightMatrix.Query, _coordinates[k], Query(k)[.._m_k]);
            Problem.Weights.Column(WeightMatrix.Key, _coordinates[k], Key(k)[.._m_k]);
            _v0[k] = Problem.Weights.MeanValue(_coordinates[k], scratch);
        }
        _attention = new ExactAttention(data, _m_k, _stride, Problem.Weights.MV);
        _q = new double[_patches * _stride];
        _k = new double[_patches * _stride];
        _u = new double[_patches];
        _chosen = new bool[data.Count];
        _state = Problem.Optimizer.CreateState<double>(_w.Length);
    }

    /// <inheritdoc/>
    public override string Name => "whole-gradient";

    private Span<double> Query(int column) => _w.AsSpan(column * _stride, _stride);

    private Span<double> Key(int column) => _w.AsSpan(_layout.KeyAt + column * _stride, _stride);

    private double Value(int column) => _v0[column] + 2 * _w[_layout.ValueAt + column];

    /// <summary>The data by coordinate: where each column's entries begin, the patch of an entry and its value.</summary>
    private (int[] Start, int[] Patch, double[] Value) ByColumn()
    {
        var data = Problem.Data;
        var start = new int[_columns + 1];
        foreach (int c in data.Index) start[_local[c] + 1]++;
        for (int k = 0; k < _columns; k++) start[k + 1] += start[k];
        var (patch, value, next) = (new int[data.Index.Length], new double[data.Index.Length], start[..^1]);
        for (int p = 0; p < _patches; p++)
            for (int e = data.RowStart[p]; e < data.RowStart[p + 1]; e++)
            {
                int at = next[_local[data.Index[e]]]++;
                (patch[at], value[at]) = (p, data.Value[e]);
            }
        return (start, patch, value);
    }

    /// <inheritdoc/>
    public override void Forward()
    {
        var data = Problem.Data;
        Array.Clear(_q);
        Array.Clear(_k);
        for (int p = 0; p < _patches; p++)
        {
            var at = data.Coordinates(p);
            var x = data.Values(p);
            var q = _q.AsSpan(p * _stride, _stride);
            var k = _k.AsSpan(p * _stride, _stride);
            double u = 0;
            for (int e = 0; e < at.Length; e++)
            {
                int column = _local[at[e]];
                Rows.Add(x[e], Query(column), q);
                Rows.Add(x[e], Key(column), k);
                u += x[e] * Value(column);
            }
            _u[p] = u;
        }
        _attention.Forward(_q, _k, _u);
    }

    /// <inheritdoc/>
    protected override void Advance(double eta)
    {
        _attention.Backward(_q, _k, _u);
        LeaveOut();
        bool scaled = _attention.Scaled;
        if (scaled && _exponents.Length == 0) _exponents = new int[_w.Length];
        Span<double> onQuery = _attention.QueryCoefficient, onKey = _attention.KeyCoefficient, onValue = _attention.ValueCoefficient;
        for (int k = 0; k < _columns; k++)
        {
            int eq = Gather(k, onQuery, _attention.QueryExponent, scaled, _descent.AsSpan(k * _stride, _stride));
            int ek = Gather(k, onKey, _attention.KeyExponent, scaled, _descent.AsSpan(_layout.KeyAt + k * _stride, _stride));
            int ev = Gather(k, onValue, _attention.ValueExponent, scaled, out _descent[_layout.ValueAt + k]);
            if (!scaled) continue;
            _exponents.AsSpan(k * _stride, _stride).Fill(eq);
            _exponents.AsSpan(_layout.KeyAt + k * _stride, _stride).Fill(ek);
            _exponents[_layout.ValueAt + k] = ev;
        }
        ReadOnlySpan<int> exponents = scaled ? _exponents : default(ReadOnlySpan<int>);
        if (_rule is null) Problem.Optimizer.Direction(_state, _descent, exponents, _descent);
        else _rule.Direction(_layout, _state, _descent, exponents, _descent);
        for (int k = 0; k < _w.Length; k++) _w[k] += eta * _descent[k];
    }

    /// <summary>Takes the samples that the rule has not chosen out of the sums; the others weigh n / b, so that the sum is the mean over b.</summary>
    private void LeaveOut()
    {
        if (_rule is null) return;
        _rule.Choose(Step, _chosen);
        int b = _chosen.Count(true);
        if (b == _chosen.Length) return;
        double weight = (double)_chosen.Length / b;
        Span<double> onQuery = _attention.QueryCoefficient, onKey = _attention.KeyCoefficient, onValue = _attention.ValueCoefficient;
        for (int p = 0; p < _patches; p++)
        {
            bool takesPart = _chosen[p / Problem.Data.Length];
            double factor = takesPart ? weight : 0;
            foreach (ref double c in onQuery.Slice(p * _stride, _stride)) c *= factor;
            foreach (ref double c in onKey.Slice(p * _stride, _stride)) c *= factor;
            onValue[p] *= factor;
            if (!takesPart) _attention.QueryExponent[p] = _attention.KeyExponent[p] = _attention.ValueExponent[p] = BelowAll;
        }
    }

    /// <summary>sum over patches p of x_{p,c} C_p 2^(E_p) for one column, at the scale of its largest term: mantissas into <paramref name="sum"/>, the exponent returned.</summary>
    private int Gather(int column, ReadOnlySpan<double> coefficients, int[] exponents, bool scaled, Span<double> sum)
    {
        sum.Clear();
        int top = scaled ? TopExponent(column, exponents) : 0;
        for (int e = _start[column]; e < _start[column + 1]; e++)
        {
            int p = _patch[e];
            Rows.Add(scaled ? Math.ScaleB(_value[e], exponents[p] - top) : _value[e], coefficients.Slice(p * _stride, _stride), sum);
        }
        return top;
    }

    private int Gather(int column, ReadOnlySpan<double> coefficients, int[] exponents, bool scaled, out double sum)
    {
        sum = 0;
        int top = scaled ? TopExponent(column, exponents) : 0;
        for (int e = _start[column]; e < _start[column + 1]; e++)
            sum += (scaled ? Math.ScaleB(_value[e], exponents[_patch[e]] - top) : _value[e]) * coefficients[_patch[e]];
        return top;
    }

    private int TopExponent(int column, int[] exponents)
    {
        int top = BelowAll;
        for (int e = _start[column]; e < _start[column + 1]; e++)
            if (_value[e] != 0) top = Math.Max(top, exponents[_patch[e]]);
        return top == BelowAll ? 0 : top;
    }

    /// <inheritdoc/>
    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        var data = Problem.Data;
        _attention.Observe(data, into);
        if (data.FamiliesRefused is not null) { into.ClearFamilies(); return; }
        _untouched ??= UntouchedSignal();
        _untouched.Value.Query.CopyTo(into.QuerySignal, 0);
        _untouched.Value.Key.CopyTo(into.KeySignal, 0);
        into.ValueSignal = _untouched.Value.Value;
        for (int k = 0; k < _columns; k++)
        {
            double mu = data.Mu![_coordinates[k]];
            if (mu == 0) continue;
            for (int r = 0; r < _m_k; r++)
            {
                into.QuerySignal[r] += mu * Query(k)[r];
                into.KeySignal[r] += mu * Key(k)[r];
            }
            into.ValueSignal += mu * Value(k);
        }
        for (int i = 0; i < data.Count; i++)
        {
            int noise = data.Pair(i).Noise;
            double y = data.Labels[i];
            for (int r = 0; r < _m_k; r++)
            {
                into.QueryNoise[i * _m_k + r] = y * _q[noise * _stride + r];
                into.KeyNoise[i * _m_k + r] = y * _k[noise * _stride + r];
            }
            into.ValueNoise[i] = y * _u[noise];
        }
    }

    /// <summary>q_mu, k_mu and v_mu of the columns that no patch touches (a mu from a file need not be a patch): they stay at W(0).</summary>
    private (double[] Query, double[] Key, double Value) UntouchedSignal()
    {
        var (query, key, column, scratch) = (new double[_m_k], new double[_m_k], new double[_m_k], new double[Problem.Weights.MV]);
        double value = 0;
        for (int c = 0; c < Problem.Data.Dimension; c++)
        {
            double mu = Problem.Data.Mu![c];
            if (mu == 0 || _local[c] >= 0) continue;
            Problem.Weights.Column(WeightMatrix.Query, c, column);
            for (int r = 0; r < _m_k; r++) query[r] += mu * column[r];
            Problem.Weights.Column(WeightMatrix.Key, c, column);
            for (int r = 0; r < _m_k; r++) key[r] += mu * column[r];
            value += mu * Problem.Weights.MeanValue(c, scratch);
        }
        return (query, key, value);
    }

    /// <inheritdoc/>
    public override TransformerWeights CurrentWeights()
    {
        var weights = Problem.Weights.Materialise();
        int d = weights.D;
        for (int k = 0; k < _columns; k++)
        {
            int c = _coordinates[k];
            for (int r = 0; r < _m_k; r++)
            {
                weights.Query[r * d + c] = Query(k)[r];
                weights.Key[r * d + c] = Key(k)[r];
            }
            double a = _w[_layout.ValueAt + k];
            for (int r = 0; r < weights.MV; r++)
            {
                weights.ValuePositive[r * d + c] += a;
                weights.ValueNegative[r * d + c] -= a;
            }
        }
        return weights;
    }

    private protected override void WriteColumns(ColumnWeights columns)
    {
        int m_k = Problem.Weights.MK;
        for (int k = 0; k < _columns; k++)
        {
            Query(k)[..m_k].CopyTo(columns.Query(_coordinates[k]));
            Key(k)[..m_k].CopyTo(columns.Key(_coordinates[k]));
            columns.Value[_coordinates[k]] = Value(k);
        }
    }
}
