using System.Runtime.CompilerServices;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// The reduced dynamics under any rule for which they close: every quantity is <c>start + rate * G * a</c>, a the sum of directions.
/// </summary>
internal sealed class AccumulatedDynamics : ReducedDynamics
{
    /// <summary>Beyond this the product of exponentials carries an exponent; see <see cref="ExactAttention"/>.</summary>
    private const double UnscaledRange = 300;

    private const double Ln2 = 0.69314718055994530942;

    private readonly OptimizerState<double> _state;
    private readonly SharedCoordinates _shared;
    private readonly int _n, _m_k, _stride, _rows;
    private readonly double? _constant;
    // Per coordinate of the block: accumulated directions, and per row (or scalar) the start and the factor G.
    private readonly double[] _a, _start, _factor, _now, _descent;
    private readonly double[] _yq, _yk, _yv, _difference;
    private readonly double[] _score1, _score2, _margin;
    private readonly double[] _s11, _s12, _s21, _s22;
    private readonly double[] _beta1, _beta2, _onSignal, _onNoise;
    private readonly int[] _e1, _e2, _eSignal, _eNoise;
    private int[] _exponents = [];
    private bool _scaled;

    public AccumulatedDynamics(ReducedStart start) : base(start)
    {
        (_n, _m_k, _stride, _rows, _shared) = (start.N, start.MK, start.Stride, start.Rows, start.Shared);
        (_start, _factor) = (start.Start, start.Factor);
        _constant = start.Problem.Optimizer.Eta.Constant;
        _a = new double[_start.Length];
        _descent = new double[_start.Length];
        _yq = new double[_n * _stride];
        _yk = new double[_n * _stride];
        _yv = new double[_n];
        _difference = new double[_n * _stride];
        (_score1, _score2, _margin) = (new double[_n], new double[_n], new double[_n]);
        (_s11, _s12, _s21, _s22) = (new double[_n], new double[_n], new double[_n], new double[_n]);
        (_beta1, _beta2, _onSignal, _onNoise) = (new double[_n], new double[_n], new double[_n], new double[_n]);
        (_e1, _e2, _eSignal, _eNoise) = (new int[_n], new int[_n], new int[_n], new int[_n]);
        _now = [.. _start];
        _state = start.Problem.Optimizer.CreateState<double>(_start.Length);
    }

    public override void Dispose() { }

    public override int Evaluated => _state.Step;

    /// <summary>With a constant rate directions are summed and scaled once; otherwise each comes with its rate.</summary>
    public override double Rate => _constant ?? 1;

    public override void Moved(int step, int row, Span<double> sum) => _a.AsSpan(row * _stride, sum.Length).CopyTo(sum);

    public override double Moved(int step, int scalar) => _a[Scalars + scalar];

    private int Scalars => _rows * _stride;

    private ReadOnlySpan<double> Now(int row) => _now.AsSpan(row * _stride, _stride);

    private Span<double> Descent(int row) => _descent.AsSpan(row * _stride, _stride);

    private double ValueSignal => _now[Scalars];

    private double SharedValue(int k) => _now[Scalars + 1 + _n + k];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int step)
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
            (_s11[i], _s12[i]) = Sigmoids(_score1[i]);
            (_s21[i], _s22[i]) = Sigmoids(_score2[i]);
            double onSignal = _s11[i] + _s21[i], onNoise = _s12[i] + _s22[i];
            _margin[i] = onSignal * ValueSignal + onNoise * _yv[i];
        }
    }

    /// <summary>y q_xi, y k_xi, y v_xi: the private part and the shared columns' part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Assemble()
    {
        for (int i = 0; i < _n; i++)
        {
            var q = _yq.AsSpan(i * _stride, _stride);
            var k = _yk.AsSpan(i * _stride, _stride);
            Now(ReducedStart.QueryRow(i)).CopyTo(q);
            Now(Begin.KeyRow(i)).CopyTo(k);
            double v = _now[Scalars + 1 + i];
            for (int e = _shared.SampleStart[i]; e < _shared.SampleStart[i + 1]; e++)
            {
                var (column, yx) = (_shared.SampleColumn[e], _shared.SampleValue[e]);
                Rows.Add(yx, Now(Begin.SharedQueryRow(column)), q);
                Rows.Add(yx, Now(Begin.SharedKeyRow(column)), k);
                v += yx * SharedValue(column);
            }
            _yv[i] = v;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Advance(int step, double eta)
    {
        Coefficients();
        if (_scaled) GatherScaled(); else Gather();
        Begin.Problem.Optimizer.Direction(_state, _descent, _scaled ? _exponents : default(ReadOnlySpan<int>), _descent);
        // With a constant rate the sum of directions is kept and scaled once: integers under SignGD.
        double unit = _constant is null ? eta : 1;
        for (int row = 0; row < _rows; row++)
        {
            int at = row * _stride;
            Rows.Add(unit, _descent.AsSpan(at, _stride), _a.AsSpan(at, _stride));
            Rows.Combine(_start.AsSpan(at, _stride), Rate * _factor[row], _a.AsSpan(at, _stride), _now.AsSpan(at, _stride));
        }
        for (int k = Scalars; k < _a.Length; k++)
        {
            _a[k] += unit * _descent[k];
            _now[k] = _start[k] + Rate * _factor[_rows + k - Scalars] * _a[k];
        }
    }

    /// <summary>beta_{i,1}, beta_{i,2} and the value's coefficients, each a mantissa and (where needed) a binary exponent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Coefficients()
    {
        _scaled = false;
        double perRow = 1.0 / ((double)_n * Begin.Problem.Weights.MV);
        for (int i = 0; i < _n; i++)
        {
            double a1 = _score1[i], a2 = _score2[i], margin = _margin[i], delta = _yv[i] - ValueSignal;
            if (Math.Max(Math.Abs(a1), Math.Abs(a2)) + Math.Max(margin, 0) < UnscaledRange)
            {
                double sigma = Sigmoids(margin).Other, s11 = _s11[i], s12 = _s12[i], s21 = _s21[i], s22 = _s22[i];
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

    /// <summary>sigma(x) and sigma(-x) from one exponential.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (double Of, double Other) Sigmoids(double x)
    {
        double e = Math.Exp(-Math.Abs(x)), large = 1 / (1 + e), small = e / (1 + e);
        return x >= 0 ? (large, small) : (small, large);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gather()
    {
        _descent.AsSpan(0, 2 * _stride).Clear();
        _descent.AsSpan(Begin.SharedQueryRow(0) * _stride).Clear();
        for (int i = 0; i < _n; i++)
        {
            var difference = _difference.AsSpan(i * _stride, _stride);
            var query = Descent(ReducedStart.QueryRow(i));
            var key = Descent(Begin.KeyRow(i));
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
                Rows.Add(yx, query, Descent(Begin.SharedQueryRow(column)));
                Rows.Add(yx, key, Descent(Begin.SharedKeyRow(column)));
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
            Rows.Add(-_beta2[i], difference, Descent(ReducedStart.QueryRow(i)));
            SetExponent(ReducedStart.QueryRow(i), _e2[i]);
            int own = Math.Max(_e1[i], _e2[i]);
            AddKey(i, 1, own, Descent(Begin.KeyRow(i)));
            SetExponent(Begin.KeyRow(i), own);
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
            Rows.Add(-yx * Math.ScaleB(_beta2[i], _e2[i] - topQuery), _difference.AsSpan(i * _stride, _stride), Descent(Begin.SharedQueryRow(column)));
            AddKey(i, yx, topKey, Descent(Begin.SharedKeyRow(column)));
            _descent[scalar] += yx * Math.ScaleB(_onNoise[i], _eNoise[i] - topValue);
        }
        SetExponent(Begin.SharedQueryRow(column), topQuery);
        SetExponent(Begin.SharedKeyRow(column), topKey);
        _exponents[scalar] = topValue;
    }

    /// <summary>row += factor C_i, C_i brought to the exponent <paramref name="top"/>.</summary>
    private void AddKey(int i, double factor, int top, Span<double> row)
    {
        Rows.Add(factor * Math.ScaleB(_beta1[i], _e1[i] - top), Now(0), row);
        Rows.Add(factor * Math.ScaleB(_beta2[i], _e2[i] - top), _yq.AsSpan(i * _stride, _stride), row);
    }

    private void SetExponent(int row, int exponent) => _exponents.AsSpan(row * _stride, _stride).Fill(exponent);

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
}
