using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Training on the touched columns only. A coordinate outside every patch of the training set has gradient exactly zero under
/// every rule here, so leaving it out changes nothing: exact for any data, model width and optimizer, at a cost per step of
/// O(entries of X * m_k), independent of d.
/// </summary>
/// <remarks>
/// W_V enters through v alone: all rows of W_{V,j} have the gradient j g, so one shared displacement a moves them all
/// (W_{V,j,r} = W_{V,j,r}(0) + j a) and v = v(0) + 2 a.
/// One block of coordinates: [W_Q columns | W_K columns | a], columns of <c>stride</c> neurons.
/// </remarks>
public sealed class SupportEngine : TrainingEngine
{
    private readonly TouchedColumns _touched;
    private readonly ExactAttention _attention;
    private readonly OptimizerState<double> _state;
    private readonly int _stride, _m_k, _columns;
    private readonly double[] _w, _v0, _descent, _q, _k, _u;
    private int[] _exponents = [];
    private (double[] Query, double[] Key, double Value)? _untouched;

    /// <summary>Draws the touched columns of W(0) and sets up the buffers of a step.</summary>
    public SupportEngine(TrainingProblem problem) : base(problem)
    {
        var data = Problem.Data;
        _touched = new TouchedColumns(data);
        _columns = _touched.Coordinates.Length;
        _m_k = Problem.Weights.MK;
        _stride = Rows.Pad(_m_k);
        int size = checked(2 * _columns * _stride + _columns);
        _w = new double[size];
        _descent = new double[size];
        _v0 = new double[_columns];
        var scratch = new double[Problem.Weights.MV];
        for (int k = 0; k < _columns; k++)
        {
            int c = _touched.Coordinates[k];
            Problem.Weights.Column(WeightMatrix.Query, c, Query(k)[.._m_k]);
            Problem.Weights.Column(WeightMatrix.Key, c, Key(k)[.._m_k]);
            _v0[k] = Problem.Weights.MeanValue(c, scratch);
        }
        _attention = new ExactAttention(data, _m_k, _stride, Problem.Weights.MV);
        int patches = data.Count * data.Length;
        _q = new double[patches * _stride];
        _k = new double[patches * _stride];
        _u = new double[patches];
        _state = Problem.Optimizer.CreateState<double>(size);
    }

    /// <inheritdoc/>
    public override string Name => "support";

    private Span<double> Query(int column) => _w.AsSpan(column * _stride, _stride);

    private Span<double> Key(int column) => _w.AsSpan((_columns + column) * _stride, _stride);

    private double Value(int column) => _v0[column] + 2 * _w[2 * _columns * _stride + column];

    /// <inheritdoc/>
    public override void Forward()
    {
        var data = Problem.Data;
        Array.Clear(_q);
        Array.Clear(_k);
        for (int p = 0; p < _u.Length; p++)
        {
            var at = data.Coordinates(p);
            var x = data.Values(p);
            var q = _q.AsSpan(p * _stride, _stride);
            var k = _k.AsSpan(p * _stride, _stride);
            double u = 0;
            for (int e = 0; e < at.Length; e++)
            {
                int column = _touched.Local[at[e]];
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
        bool scaled = _attention.Scaled;
        if (scaled && _exponents.Length == 0) _exponents = new int[_w.Length];
        int value = 2 * _columns * _stride;
        for (int k = 0; k < _columns; k++)
        {
            int eq = _touched.Gather(k, _attention.QueryCoefficient, _attention.QueryExponent, scaled, _descent.AsSpan(k * _stride, _stride));
            int ek = _touched.Gather(k, _attention.KeyCoefficient, _attention.KeyExponent, scaled, _descent.AsSpan((_columns + k) * _stride, _stride));
            (_descent[value + k], int ev) = _touched.Gather(k, _attention.ValueCoefficient, _attention.ValueExponent, scaled);
            if (!scaled) continue;
            _exponents.AsSpan(k * _stride, _stride).Fill(eq);
            _exponents.AsSpan((_columns + k) * _stride, _stride).Fill(ek);
            _exponents[value + k] = ev;
        }
        Problem.Optimizer.Direction(_state, _descent, scaled ? _exponents : default(ReadOnlySpan<int>), _descent);
        for (int k = 0; k < _w.Length; k++) _w[k] += eta * _descent[k];
    }

    /// <inheritdoc/>
    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        var data = Problem.Data;
        _attention.Observe(data, into);
        if (data.FamiliesRefused is not null) { into.ClearFamilies(); return; }
        // Columns of mu that no patch touches (a mu from a file need not be a patch) stay at W(0).
        _untouched ??= UntouchedSignal();
        _untouched.Value.Query.CopyTo(into.QuerySignal, 0);
        _untouched.Value.Key.CopyTo(into.KeySignal, 0);
        into.ValueSignal = _untouched.Value.Value;
        for (int c = 0; c < data.Dimension; c++)
        {
            double mu = data.Mu![c];
            if (mu == 0 || _touched.Local[c] < 0) continue;
            int column = _touched.Local[c];
            for (int r = 0; r < _m_k; r++)
            {
                into.QuerySignal[r] += mu * Query(column)[r];
                into.KeySignal[r] += mu * Key(column)[r];
            }
            into.ValueSignal += mu * Value(column);
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

    /// <summary>q_mu, k_mu and v_mu of the columns that never move.</summary>
    private (double[] Query, double[] Key, double Value) UntouchedSignal()
    {
        var (query, key, column) = (new double[_m_k], new double[_m_k], new double[_m_k]);
        double value = 0;
        var scratch = new double[Problem.Weights.MV];
        for (int c = 0; c < Problem.Data.Dimension; c++)
        {
            double mu = Problem.Data.Mu![c];
            if (mu == 0 || _touched.Local[c] >= 0) continue;
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
            int c = _touched.Coordinates[k];
            for (int r = 0; r < _m_k; r++)
            {
                weights.Query[r * d + c] = Query(k)[r];
                weights.Key[r * d + c] = Key(k)[r];
            }
            double a = _w[2 * _columns * _stride + k];
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
        for (int k = 0; k < _columns; k++)
        {
            int c = _touched.Coordinates[k];
            Query(k).CopyTo(columns.Query(c));
            Key(k).CopyTo(columns.Key(c));
            columns.Value[c] = Value(k);
        }
    }
}
