using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Training in the six families of inner products themselves (THEORY, section 5): the state is q_mu, k_mu [m_k], y q_xi, y k_xi
/// [n, m_k], v_mu, y v_xi [n], and explicit columns for the coordinates that two or more noises share. Exact for signal-noise
/// data under a rule that is linear or scale-invariant in the gradient; O(n m_k) per step, independent of d and s.
/// </summary>
/// <remarks>
/// A coordinate that only xi_i touches has gradient (coefficient of sample i) * xi_{i,c}, so all of them together move
/// &lt;w, xi_i&gt; by G_i times the direction of the coefficient: G_i = sum |xi_{i,c}| for a scale-invariant rule, sum xi_{i,c}^2
/// for a linear one, over those coordinates. Every quantity is therefore held as
/// <c>start + rate * G * a</c>, where a accumulates directions: under SignGD with a constant rate a is an integer, and no
/// rounding accumulates at any horizon.
/// <para>
/// With D_i = k_mu - y_i k_xi_i (a row of m_k), the score differences are a_{i,1} = q_mu . D_i and a_{i,2} = y_i q_xi_i . D_i, and
/// with C_i = beta_{i,1} q_mu + beta_{i,2} y_i q_xi_i all descent coefficients follow:
/// <code>
/// q_mu: -sum_i beta_{i,1} D_i     y_i q_xi_i: -beta_{i,2} D_i
/// k_mu: -sum_i C_i                y_i k_xi_i:  C_i
/// </code>
/// One block of coordinates, rows of <c>stride</c> neurons: [q_mu | k_mu | y q_xi (n) | y k_xi (n) | shared W_Q | shared W_K],
/// then the value's scalars [v_mu | y v_xi (n) | shared v].
/// </para>
/// </remarks>
public sealed class ReducedEngine : TrainingEngine
{
    /// <summary>Beyond this the product of exponentials carries an exponent; see <see cref="ExactAttention"/>.</summary>
    private const double UnscaledRange = 300;

    private const double Ln2 = 0.69314718055994530942;

    private readonly OptimizerState<double> _state;
    private readonly SharedCoordinates _shared;
    private readonly int _n, _m_k, _stride, _rows, _signalColumn;
    private readonly double _signal;
    // Per coordinate of the block: accumulated directions, and per row (or scalar) the start and the factor G.
    private readonly double[] _a, _start, _factor, _now, _descent;
    private readonly double[] _yq, _yk, _yv, _difference;
    private readonly double[] _score1, _score2, _margin;
    private readonly double[] _beta1, _beta2, _onSignal, _onNoise;
    private readonly int[] _e1, _e2, _eSignal, _eNoise;
    private int[] _exponents = [];
    private bool _scaled;

    /// <summary>Projects W(0) onto mu and the noises and sets up the state.</summary>
    /// <exception cref="InputException">The problem is not one that this engine trains exactly (<see cref="Refusal"/>).</exception>
    public ReducedEngine(TrainingProblem problem) : base(problem)
    {
        if (Refusal(problem) is string why) throw new InputException("the reduced engine is not exact here: " + why);
        var data = Problem.Data;
        (_n, _m_k) = (data.Count, Problem.Weights.MK);
        _stride = Rows.Pad(_m_k);
        _signalColumn = Array.FindIndex(data.Mu!, x => x != 0);
        _signal = data.Mu![_signalColumn];
        _shared = new SharedCoordinates(data);
        int shared = _shared.Coordinates.Length;
        _rows = 2 + 2 * _n + 2 * shared;
        int scalars = 1 + _n + shared, size = checked(_rows * _stride + scalars);
        _a = new double[size];
        _start = new double[size];
        _descent = new double[size];
        _factor = new double[_rows + scalars];
        _yq = new double[_n * _stride];
        _yk = new double[_n * _stride];
        _yv = new double[_n];
        _difference = new double[_n * _stride];
        (_score1, _score2, _margin) = (new double[_n], new double[_n], new double[_n]);
        (_beta1, _beta2, _onSignal, _onNoise) = (new double[_n], new double[_n], new double[_n], new double[_n]);
        (_e1, _e2, _eSignal, _eNoise) = (new int[_n], new int[_n], new int[_n], new int[_n]);
        Start();
        _now = [.. _start];
        _state = Problem.Optimizer.CreateState<double>(size);
    }

    /// <inheritdoc/>
    public override string Name => "reduced";

    /// <summary>Coordinates that two or more noises share, which this engine carries one by one.</summary>
    public int SharedCount => _shared.Coordinates.Length;

    /// <summary>Why this engine is not exact for a problem (one sentence), or null where it is.</summary>
    public static string? Refusal(TrainingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var data = problem.Data;
        if (problem.Optimizer.Closure == Closure.None)
            return "Adam with eps > 0 moves each coordinate by an amount that depends on |xi_c|; use eps = 0, or the support engine.";
        if (data.FamiliesRefused is string families) return families;
        if (data.Mu!.Count(x => x != 0) != 1) return "mu has to lie along one coordinate.";
        int signalColumn = Array.FindIndex(data.Mu!, x => x != 0);
        for (int i = 0; i < data.Count; i++)
        {
            var (signal, noise) = data.Pair(i);
            var at = data.Coordinates(signal);
            if (at.Length != 1 || at[0] != signalColumn || data.Values(signal)[0] != data.Labels[i] * data.Mu![signalColumn])
                return $"the signal patch of sample {i} is not y mu.";
            if (data.Coordinates(noise).Contains(signalColumn)) return $"the noise of sample {i} is not orthogonal to mu.";
        }
        return null;
    }

    private static int QueryRow(int i) => 2 + i;

    private int KeyRow(int i) => 2 + _n + i;

    private int SharedQueryRow(int k) => 2 + 2 * _n + k;

    private int SharedKeyRow(int k) => SharedQueryRow(k) + _shared.Coordinates.Length;

    private int Scalars => _rows * _stride;

    private ReadOnlySpan<double> Now(int row) => _now.AsSpan(row * _stride, _stride);

    private Span<double> Descent(int row) => _descent.AsSpan(row * _stride, _stride);

    private double ValueSignal => _now[Scalars];

    private double SharedValue(int k) => _now[Scalars + 1 + _n + k];

    private void Start()
    {
        var data = Problem.Data;
        bool linear = Problem.Optimizer.Closure == Closure.Linear;
        var columns = new ColumnCache(Problem.Weights, _stride);
        double signalFactor = linear ? _signal * _signal : Math.Abs(_signal);
        columns.Load(_signalColumn);
        Rows.Add(_signal, columns.Query, _start.AsSpan(0, _stride));
        Rows.Add(_signal, columns.Key, _start.AsSpan(_stride, _stride));
        _start[Scalars] = _signal * columns.Value;
        _factor[0] = _factor[1] = signalFactor;
        // A row of W_V moves by a, v by twice that.
        _factor[_rows] = 2 * signalFactor;
        for (int i = 0; i < _n; i++)
        {
            int noise = data.Pair(i).Noise;
            var at = data.Coordinates(noise);
            var xi = data.Values(noise);
            double factor = 0, y = data.Labels[i];
            for (int e = 0; e < at.Length; e++)
            {
                if (_shared.Local[at[e]] >= 0) continue;
                columns.Load(at[e]);
                Rows.Add(y * xi[e], columns.Query, _start.AsSpan(QueryRow(i) * _stride, _stride));
                Rows.Add(y * xi[e], columns.Key, _start.AsSpan(KeyRow(i) * _stride, _stride));
                _start[Scalars + 1 + i] += y * xi[e] * columns.Value;
                factor += linear ? xi[e] * xi[e] : Math.Abs(xi[e]);
            }
            _factor[QueryRow(i)] = _factor[KeyRow(i)] = factor;
            _factor[_rows + 1 + i] = 2 * factor;
        }
        for (int k = 0; k < _shared.Coordinates.Length; k++)
        {
            columns.Load(_shared.Coordinates[k]);
            columns.Query.CopyTo(_start.AsSpan(SharedQueryRow(k) * _stride, _stride));
            columns.Key.CopyTo(_start.AsSpan(SharedKeyRow(k) * _stride, _stride));
            _start[Scalars + 1 + _n + k] = columns.Value;
            _factor[SharedQueryRow(k)] = _factor[SharedKeyRow(k)] = 1;
            _factor[_rows + 1 + _n + k] = 2;
        }
    }

    /// <inheritdoc/>
    public override void Forward()
    {
        Assemble();
        var qMu = Now(0);
        var kMu = Now(1);
        for (int i = 0; i < _n; i++)
        {
            var difference = _difference.AsSpan(i * _stride, _stride);
            Rows.Combine(kMu, -1, _yk.AsSpan(i * _stride, _stride), difference);
            _score1[i] = Rows.Dot(qMu, difference);
            _score2[i] = Rows.Dot(_yq.AsSpan(i * _stride, _stride), difference);
            double onSignal = Sigmoid(_score1[i]) + Sigmoid(_score2[i]), onNoise = Sigmoid(-_score1[i]) + Sigmoid(-_score2[i]);
            _margin[i] = onSignal * ValueSignal + onNoise * _yv[i];
        }
    }

    /// <summary>y q_xi, y k_xi, y v_xi: the private part and the shared columns' part.</summary>
    private void Assemble()
    {
        for (int i = 0; i < _n; i++)
        {
            var q = _yq.AsSpan(i * _stride, _stride);
            var k = _yk.AsSpan(i * _stride, _stride);
            Now(QueryRow(i)).CopyTo(q);
            Now(KeyRow(i)).CopyTo(k);
            double v = _now[Scalars + 1 + i];
            for (int e = _shared.SampleStart[i]; e < _shared.SampleStart[i + 1]; e++)
            {
                var (column, yx) = (_shared.SampleColumn[e], _shared.SampleValue[e]);
                Rows.Add(yx, Now(SharedQueryRow(column)), q);
                Rows.Add(yx, Now(SharedKeyRow(column)), k);
                v += yx * SharedValue(column);
            }
            _yv[i] = v;
        }
    }

    /// <inheritdoc/>
    protected override void Advance(double eta)
    {
        Coefficients();
        if (_scaled) GatherScaled(); else Gather();
        Problem.Optimizer.Direction(_state, _descent, _scaled ? _exponents : default(ReadOnlySpan<int>), _descent);
        // With a constant rate the sum of directions is kept and scaled once: integers under SignGD.
        double? constant = Problem.Optimizer.Eta.Constant;
        double step = constant is null ? eta : 1, rate = constant ?? 1;
        for (int row = 0; row < _rows; row++)
        {
            int at = row * _stride;
            Rows.Add(step, _descent.AsSpan(at, _stride), _a.AsSpan(at, _stride));
            Rows.Combine(_start.AsSpan(at, _stride), rate * _factor[row], _a.AsSpan(at, _stride), _now.AsSpan(at, _stride));
        }
        for (int k = Scalars; k < _a.Length; k++)
        {
            _a[k] += step * _descent[k];
            _now[k] = _start[k] + rate * _factor[_rows + k - Scalars] * _a[k];
        }
    }

    /// <summary>beta_{i,1}, beta_{i,2} and the value's coefficients, each a mantissa and (where needed) a binary exponent.</summary>
    private void Coefficients()
    {
        _scaled = false;
        double perRow = 1.0 / ((double)_n * Problem.Weights.MV);
        for (int i = 0; i < _n; i++)
        {
            double a1 = _score1[i], a2 = _score2[i], margin = _margin[i], delta = _yv[i] - ValueSignal;
            if (Math.Max(Math.Abs(a1), Math.Abs(a2)) + Math.Max(margin, 0) < UnscaledRange)
            {
                double sigma = Sigmoid(-margin);
                double s11 = Sigmoid(a1), s12 = Sigmoid(-a1), s21 = Sigmoid(a2), s22 = Sigmoid(-a2);
                _beta1[i] = sigma / _n * s11 * s12 * delta;
                _beta2[i] = sigma / _n * s21 * s22 * delta;
                _onSignal[i] = sigma * (s11 + s21) * perRow;
                _onNoise[i] = sigma * (s12 + s22) * perRow;
                _e1[i] = _e2[i] = _eSignal[i] = _eNoise[i] = 0;
            }
            else
            {
                _scaled = true;
                double logSigma = LogisticLoss.LogSigmoid(-margin);
                double l11 = LogisticLoss.LogSigmoid(a1), l12 = LogisticLoss.LogSigmoid(-a1), l21 = LogisticLoss.LogSigmoid(a2), l22 = LogisticLoss.LogSigmoid(-a2);
                (_beta1[i], _e1[i]) = Split(logSigma + l11 + l12, delta / _n);
                (_beta2[i], _e2[i]) = Split(logSigma + l21 + l22, delta / _n);
                (_onSignal[i], _eSignal[i]) = Split(logSigma + LogSum(l11, l21), perRow);
                (_onNoise[i], _eNoise[i]) = Split(logSigma + LogSum(l12, l22), perRow);
            }
        }
    }

    private static (double, int) Split(double log, double factor)
    {
        int exponent = log < -1e9 ? (int)(-1e9 / Ln2) : (int)Math.Floor(log / Ln2);
        return (Math.Exp(log - exponent * Ln2) * factor, exponent);
    }

    private static double LogSum(double x, double y) => Math.Max(x, y) + LogisticLoss.Log1P(Math.Exp(-Math.Abs(x - y)));

    private static double Sigmoid(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    private void Gather()
    {
        _descent.AsSpan(0, 2 * _stride).Clear();
        _descent.AsSpan(SharedQueryRow(0) * _stride).Clear();
        for (int i = 0; i < _n; i++)
        {
            var difference = _difference.AsSpan(i * _stride, _stride);
            var query = Descent(QueryRow(i));
            var key = Descent(KeyRow(i));
            query.Clear();
            key.Clear();
            Rows.Add(-_beta1[i], difference, Descent(0));
            Rows.Add(-_beta2[i], difference, query);
            Rows.Add(_beta1[i], Now(0), key);
            Rows.Add(_beta2[i], _yq.AsSpan(i * _stride, _stride), key);
            Rows.Add(-1, key, Descent(1));
            _descent[Scalars] += _onSignal[i];
            _descent[Scalars + 1 + i] = _onNoise[i];
            for (int e = _shared.SampleStart[i]; e < _shared.SampleStart[i + 1]; e++)
            {
                var (column, yx) = (_shared.SampleColumn[e], _shared.SampleValue[e]);
                Rows.Add(yx, query, Descent(SharedQueryRow(column)));
                Rows.Add(yx, key, Descent(SharedKeyRow(column)));
                _descent[Scalars + 1 + _n + column] += yx * _onNoise[i];
            }
        }
    }

    /// <summary>The same sums with exponents: each row or scalar is summed at the scale of its largest term.</summary>
    private void GatherScaled()
    {
        if (_exponents.Length == 0) _exponents = new int[_a.Length];
        Array.Clear(_descent);
        int top1 = _e1.Max(), top = Math.Max(top1, _e2.Max()), topSignal = _eSignal.Max();
        SetExponent(0, top1);
        SetExponent(1, top);
        _exponents[Scalars] = topSignal;
        for (int i = 0; i < _n; i++)
        {
            var difference = _difference.AsSpan(i * _stride, _stride);
            Rows.Add(-Math.ScaleB(_beta1[i], _e1[i] - top1), difference, Descent(0));
            AddKey(i, -1, top, Descent(1));
            Rows.Add(-_beta2[i], difference, Descent(QueryRow(i)));
            SetExponent(QueryRow(i), _e2[i]);
            int own = Math.Max(_e1[i], _e2[i]);
            AddKey(i, 1, own, Descent(KeyRow(i)));
            SetExponent(KeyRow(i), own);
            _descent[Scalars] += Math.ScaleB(_onSignal[i], _eSignal[i] - topSignal);
            _descent[Scalars + 1 + i] = _onNoise[i];
            _exponents[Scalars + 1 + i] = _eNoise[i];
        }
        for (int column = 0; column < _shared.Coordinates.Length; column++) GatherShared(column);
    }

    private void GatherShared(int column)
    {
        int topQuery = int.MinValue, topKey = int.MinValue, topValue = int.MinValue;
        for (int e = _shared.ColumnStart[column]; e < _shared.ColumnStart[column + 1]; e++)
        {
            int i = _shared.ColumnSample[e];
            topQuery = Math.Max(topQuery, _e2[i]);
            topKey = Math.Max(topKey, Math.Max(_e1[i], _e2[i]));
            topValue = Math.Max(topValue, _eNoise[i]);
        }
        int scalar = Scalars + 1 + _n + column;
        for (int e = _shared.ColumnStart[column]; e < _shared.ColumnStart[column + 1]; e++)
        {
            var (i, yx) = (_shared.ColumnSample[e], _shared.ColumnValue[e]);
            Rows.Add(-yx * Math.ScaleB(_beta2[i], _e2[i] - topQuery), _difference.AsSpan(i * _stride, _stride), Descent(SharedQueryRow(column)));
            AddKey(i, yx, topKey, Descent(SharedKeyRow(column)));
            _descent[scalar] += yx * Math.ScaleB(_onNoise[i], _eNoise[i] - topValue);
        }
        SetExponent(SharedQueryRow(column), topQuery);
        SetExponent(SharedKeyRow(column), topKey);
        _exponents[scalar] = topValue;
    }

    /// <summary>row += factor C_i, C_i brought to the exponent <paramref name="top"/>.</summary>
    private void AddKey(int i, double factor, int top, Span<double> row)
    {
        Rows.Add(factor * Math.ScaleB(_beta1[i], _e1[i] - top), Now(0), row);
        Rows.Add(factor * Math.ScaleB(_beta2[i], _e2[i] - top), _yq.AsSpan(i * _stride, _stride), row);
    }

    private void SetExponent(int row, int exponent) => _exponents.AsSpan(row * _stride, _stride).Fill(exponent);

    /// <inheritdoc/>
    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        _margin.CopyTo(into.Margin, 0);
        into.SummariseMargins();
        into.ValueSignal = ValueSignal;
        _yv.CopyTo(into.ValueNoise, 0);
        Now(0)[.._m_k].CopyTo(into.QuerySignal);
        Now(1)[.._m_k].CopyTo(into.KeySignal);
        for (int i = 0; i < _n; i++)
        {
            _yq.AsSpan(i * _stride, _m_k).CopyTo(into.QueryNoise.AsSpan(i * _m_k));
            _yk.AsSpan(i * _stride, _m_k).CopyTo(into.KeyNoise.AsSpan(i * _m_k));
            into.LogS11[i] = LogisticLoss.LogSigmoid(_score1[i]);
            into.LogS21[i] = LogisticLoss.LogSigmoid(_score2[i]);
        }
    }

    /// <summary>How far coordinate c of row r has moved, for the coordinates of one sample alone and for shared ones.</summary>
    private void ForEachColumn(Action<int, int, int, int, double> visit)
    {
        // (coordinate, row of W_Q, row of W_K, scalar, factor): W_c = W_c(0) + rate * factor * a.
        var data = Problem.Data;
        bool linear = Problem.Optimizer.Closure == Closure.Linear;
        visit(_signalColumn, 0, 1, Scalars, linear ? _signal : Math.Sign(_signal));
        for (int i = 0; i < _n; i++)
        {
            int noise = data.Pair(i).Noise;
            var at = data.Coordinates(noise);
            var xi = data.Values(noise);
            for (int e = 0; e < at.Length; e++)
                if (_shared.Local[at[e]] < 0)
                    visit(at[e], QueryRow(i), KeyRow(i), Scalars + 1 + i, data.Labels[i] * (linear ? xi[e] : Math.Sign(xi[e])));
        }
        for (int k = 0; k < _shared.Coordinates.Length; k++)
            visit(_shared.Coordinates[k], SharedQueryRow(k), SharedKeyRow(k), Scalars + 1 + _n + k, 1);
    }

    /// <inheritdoc/>
    public override TransformerWeights CurrentWeights()
    {
        var weights = Problem.Weights.Materialise();
        int d = weights.D;
        double rate = Problem.Optimizer.Eta.Constant ?? 1;
        ForEachColumn((c, query, key, scalar, factor) =>
        {
            for (int r = 0; r < _m_k; r++)
            {
                weights.Query[r * d + c] += rate * factor * _a[query * _stride + r];
                weights.Key[r * d + c] += rate * factor * _a[key * _stride + r];
            }
            for (int r = 0; r < weights.MV; r++)
            {
                weights.ValuePositive[r * d + c] += rate * factor * _a[scalar];
                weights.ValueNegative[r * d + c] -= rate * factor * _a[scalar];
            }
        });
        return weights;
    }

    private protected override void WriteColumns(ColumnWeights columns)
    {
        double rate = Problem.Optimizer.Eta.Constant ?? 1;
        var start = new ColumnCache(Problem.Weights, _stride);
        ForEachColumn((c, query, key, scalar, factor) =>
        {
            start.Load(c);
            Rows.Combine(start.Query, rate * factor, _a.AsSpan(query * _stride, _stride), columns.Query(c));
            Rows.Combine(start.Key, rate * factor, _a.AsSpan(key * _stride, _stride), columns.Key(c));
            columns.Value[c] = start.Value + 2 * rate * factor * _a[scalar];
        });
    }

    /// <summary>One column of W(0) at a time, padded.</summary>
    private sealed class ColumnCache(InitialWeights weights, int stride)
    {
        private readonly double[] _query = new double[stride], _key = new double[stride], _scratch = new double[weights.MV];

        public ReadOnlySpan<double> Query => _query;

        public ReadOnlySpan<double> Key => _key;

        public double Value { get; private set; }

        public void Load(int c)
        {
            weights.Column(WeightMatrix.Query, c, _query.AsSpan(0, weights.MK));
            weights.Column(WeightMatrix.Key, c, _key.AsSpan(0, weights.MK));
            Value = weights.MeanValue(c, _scratch);
        }
    }
}
