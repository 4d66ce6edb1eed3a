using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines.Deep;

/// <summary>
/// Trains the two-layer transformer with h heads (<see cref="MultiHeadTransformer"/>) on signal-noise data, in the columns of an
/// <see cref="InputBasis"/>: exact for every rule, O(h (n + shared entries) d_k) per step where the rule has a closure, independent of d and s.
/// </summary>
/// <remarks>
/// Shapes: P = 2 n patches; a row of <c>width</c> doubles holds <c>[q of all heads | k of all heads | v of all heads]</c>, each head padded to
/// <c>stride</c>. Per sample i with patches 0 and 1 and per head, with D = k_0 - k_1 and z_a = &lt;q_a, D&gt;: the softmax outputs are
/// sigmoid(z_a) on key 0 and sigmoid(-z_a) on key 1, and with <c>beta_a = (y_i / (n h)) (-l'_i) sigmoid(z_a) sigmoid(-z_a) (v_0 - v_1)</c>
/// <code>
/// descent of q_a: beta_a D      of k_0: sum_a beta_a q_a = -(that of k_1)      of v_b: (y_i / (n m_v)) (-l'_i) sum_a s_ab
/// </code>
/// Signs survive underflow: once a score or margin leaves +-300, <see cref="ExactAttention"/> forms the coefficients with exponents.
/// The whole row of a column is one block of the optimizer's coordinates.
/// </remarks>
public sealed class MultiHeadEngine
{
    /// <summary>Beyond this the product of exponentials carries an exponent, as in <see cref="ExactAttention"/>.</summary>
    private const double UnscaledRange = 300;

    private readonly InputBasis _basis;
    private readonly OptimizerState<double> _state;
    private readonly ExactAttention[] _exact;
    private readonly int _n, _d_k, _stride, _keyAt, _valueAt, _width;
    private readonly double[] _a, _start, _now, _descent, _y, _dy, _difference, _score, _exponential, _beta, _margin, _sigma;
    private readonly double[] _q, _k, _u;
    private int[] _exponents = [];
    private bool _scaled;
    private double[]? _initial;

    /// <summary>Sets up the state for the weights of the problem, cut into heads.</summary>
    /// <exception cref="InputException">The rows do not divide among the heads, or the data is not signal-noise data.</exception>
    public MultiHeadEngine(TrainingProblem problem, int heads)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Problem = problem.Validate();
        MultiHeadTransformer.CheckHeads(heads, problem.Weights.MK, problem.Weights.MV);
        var data = problem.Data;
        if (Refusal(data) is string why) throw new InputException("several heads are trained on signal-noise data only: " + why);
        Heads = heads;
        (_n, _d_k) = (data.Count, problem.Weights.MK / heads);
        _stride = Rows.Pad(_d_k);
        _keyAt = heads * _stride;
        _valueAt = 2 * _keyAt;
        _width = _valueAt + Rows.Pad(heads);
        _basis = new InputBasis(data, problem.Optimizer.Closure);
        int size = checked(_basis.Columns * _width);
        (_a, _start, _descent) = (new double[size], new double[size], new double[size]);
        (_y, _dy) = (new double[2 * _n * _width], new double[2 * _n * _width]);
        _difference = new double[_n * _keyAt];
        (_score, _exponential, _beta) = (new double[2 * _n * heads], new double[2 * _n * heads], new double[2 * _n * heads]);
        (_margin, _sigma) = (new double[_n], new double[_n]);
        _exact = [.. Enumerable.Range(0, heads).Select(_ => new ExactAttention(data, _d_k, _stride, problem.Weights.MV))];
        (_q, _k, _u) = (new double[2 * _n * _stride], new double[2 * _n * _stride], new double[2 * _n]);
        var columns = new ColumnCache(problem.Weights, heads, _stride);
        foreach (var (c, column, x, _) in _basis.Coordinates())
            Rows.Add(x, columns.Load(c), _start.AsSpan(column * _width, _width));
        _now = [.. _start];
        _state = problem.Optimizer.CreateState<double>(size);
    }

    /// <summary>Data, all weights at step 0, rule.</summary>
    public TrainingProblem Problem { get; }

    /// <summary>Heads h.</summary>
    public int Heads { get; }

    /// <summary>Rows d_k of W_Q and W_K in one head.</summary>
    public int HeadWidth => _d_k;

    /// <summary>Updates done so far.</summary>
    public int Step { get; private set; }

    /// <summary>Multiply-adds of one step on the touched coordinates: projections and their gradients (4 n_x m_k + 2 n_x h, n_x entries of X), scores and theirs (12 n m_k).</summary>
    public long MultiplyAdds => Problem.Data.Index.LongLength * (4L * Problem.Weights.MK + 2 * Heads) + 12L * _n * Problem.Weights.MK;

    private static string? Refusal(Dataset data)
    {
        if (data.FamiliesRefused is string families) return families;
        for (int i = 0; i < data.Count; i++)
        {
            int signal = data.Pair(i).Signal;
            var at = data.Coordinates(signal);
            for (int e = 0; e < at.Length; e++)
                if (data.Values(signal)[e] != data.Labels[i] * data.Mu![at[e]]) return $"the signal patch of sample {i} is not y mu.";
            if (at.Length != data.Mu!.Count(x => x != 0)) return $"the signal patch of sample {i} is not y mu.";
        }
        return null;
    }

    /// <summary>Projections, scores and margins at the current weights.</summary>
    public void Forward()
    {
        SparseRows.Multiply(_width, _basis.Start, _basis.Column, _basis.Value, _now, _y);
        PairAttention.Scores(_n, Heads, _stride, _width, _y, _difference, _score);
        double top = 0;
        for (int k = 0; k < _score.Length; k++)
        {
            double size = Math.Abs(_score[k]);
            top = Math.Max(top, size);
            _exponential[k] = -size;
        }
        Elementary.Exp(_exponential, _exponential);
        double largest = 0;
        for (int i = 0; i < _n; i++)
        {
            double f = 0;
            for (int g = 0; g < Heads; g++)
            {
                int at = 2 * (i * Heads + g), p = 2 * i * _width + _valueAt + g;
                double on0 = Sigmoid(at) + Sigmoid(at + 1);
                // The two outputs of a query are taken apart, not as 1 - s: near one both matter.
                double on1 = Complement(at) + Complement(at + 1);
                f += on0 * _y[p] + on1 * _y[p + _width];
            }
            _margin[i] = Problem.Data.Labels[i] * f / Heads;
            largest = Math.Max(largest, _margin[i]);
        }
        // Written so that NaN is not scaled.
        _scaled = top + largest >= UnscaledRange;
    }

    private double Sigmoid(int at) => (_score[at] >= 0 ? 1 : _exponential[at]) / (1 + _exponential[at]);

    private double Complement(int at) => (_score[at] >= 0 ? _exponential[at] : 1) / (1 + _exponential[at]);

    /// <summary>One update with the rule's rate of this step; <see cref="Forward"/> came before.</summary>
    public void Update()
    {
        if (_scaled) DescentScaled(); else Descent();
        var rule = Problem.Optimizer;
        Directions.Write(rule, _state, _descent, _scaled ? _exponents : default(ReadOnlySpan<int>));
        // With a constant rate the sum of directions is kept and scaled once: integers under SignGD.
        double? constant = rule.Eta.Constant;
        double step = constant is null ? rule.Eta.At(Step) : 1, rate = constant ?? 1;
        // A row of W_V moves by a, v by twice that.
        SparseRows.Step(_width, _valueAt, step, rate, _basis.Factor, _descent, _a, _start, _now);
        Step++;
    }

    private void Descent()
    {
        double perHead = 1.0 / ((double)_n * Heads), perRow = 1.0 / ((double)_n * Problem.Weights.MV);
        for (int i = 0; i < _n; i++) _sigma[i] = -Math.Abs(_margin[i]);
        Elementary.Exp(_sigma, _sigma);
        for (int i = 0; i < _n; i++)
        {
            // -l' = 1 / (1 + e^margin), from e^-|margin|.
            double signed = Problem.Data.Labels[i] * (_margin[i] >= 0 ? _sigma[i] : 1) / (1 + _sigma[i]);
            int p0 = 2 * i * _width + _valueAt, p1 = p0 + _width;
            for (int g = 0; g < Heads; g++)
            {
                int at = 2 * (i * Heads + g);
                double e0 = _exponential[at], e1 = _exponential[at + 1], delta = signed * perHead * (_y[p0 + g] - _y[p1 + g]);
                _beta[at] = delta * e0 / ((1 + e0) * (1 + e0));
                _beta[at + 1] = delta * e1 / ((1 + e1) * (1 + e1));
                _dy[p0 + g] = signed * perRow * (Sigmoid(at) + Sigmoid(at + 1));
                _dy[p1 + g] = signed * perRow * (Complement(at) + Complement(at + 1));
            }
        }
        PairAttention.Descent(_n, Heads, _stride, _width, _y, _difference, _beta, _dy);
        SparseRows.Multiply(_width, _basis.ColumnStart, _basis.ColumnPatch, _basis.ColumnValue, _dy, _descent);
    }

    /// <summary>The same descent with a binary exponent per head and family: every sum is taken at the scale of its largest term.</summary>
    private void DescentScaled()
    {
        if (_exponents.Length == 0) _exponents = new int[_descent.Length];
        Array.Clear(_descent);
        Array.Clear(_exponents);
        for (int g = 0; g < Heads; g++)
        {
            for (int p = 0; p < 2 * _n; p++)
            {
                _y.AsSpan(p * _width + g * _stride, _stride).CopyTo(_q.AsSpan(p * _stride));
                _y.AsSpan(p * _width + _keyAt + g * _stride, _stride).CopyTo(_k.AsSpan(p * _stride));
                _u[p] = _y[p * _width + _valueAt + g] / Heads;
            }
            ExactAttention attention = _exact[g];
            attention.Forward(_q, _k, _u);
            // The loss derivative is that of all heads together.
            _margin.CopyTo(attention.Margin, 0);
            attention.Backward(_q, _k, _u);
            for (int column = 0; column < _basis.Columns; column++)
            {
                Gather(column, attention.QueryCoefficient, attention.QueryExponent, _stride, g * _stride);
                Gather(column, attention.KeyCoefficient, attention.KeyExponent, _stride, _keyAt + g * _stride);
                Gather(column, attention.ValueCoefficient, attention.ValueExponent, 1, _valueAt + g);
            }
        }
    }

    private void Gather(int column, ReadOnlySpan<double> coefficients, ReadOnlySpan<int> exponents, int length, int at)
    {
        int top = int.MinValue;
        for (int e = _basis.ColumnStart[column]; e < _basis.ColumnStart[column + 1]; e++)
            if (_basis.ColumnValue[e] != 0) top = Math.Max(top, exponents[_basis.ColumnPatch[e]]);
        if (top == int.MinValue) return;
        var sum = _descent.AsSpan(column * _width + at, length);
        for (int e = _basis.ColumnStart[column]; e < _basis.ColumnStart[column + 1]; e++)
        {
            int p = _basis.ColumnPatch[e];
            double x = Math.ScaleB(_basis.ColumnValue[e], exponents[p] - top);
            for (int r = 0; r < length; r++) sum[r] += x * coefficients[p * length + r];
        }
        _exponents.AsSpan(column * _width + at, length).Fill(top);
    }

    /// <summary>Copies what head g shows: its own families and softmax outputs, with the margins and losses of the whole model.</summary>
    public void Observe(int g, Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        var data = Problem.Data;
        _margin.CopyTo(into.Margin, 0);
        into.SummariseMargins();
        int any = data.Pair(0).Signal * _width;
        double sign = data.Labels[0];
        for (int r = 0; r < _d_k; r++)
        {
            into.QuerySignal[r] = sign * _y[any + g * _stride + r];
            into.KeySignal[r] = sign * _y[any + _keyAt + g * _stride + r];
        }
        into.ValueSignal = sign * _y[any + _valueAt + g];
        for (int i = 0; i < _n; i++)
        {
            var (signal, noise) = data.Pair(i);
            double y = data.Labels[i];
            for (int r = 0; r < _d_k; r++)
            {
                into.QueryNoise[i * _d_k + r] = y * _y[noise * _width + g * _stride + r];
                into.KeyNoise[i * _d_k + r] = y * _y[noise * _width + _keyAt + g * _stride + r];
            }
            into.ValueNoise[i] = y * _y[noise * _width + _valueAt + g];
            // Scores are for key 0 over key 1.
            int at = 2 * (i * Heads + g), first = signal == 2 * i ? 1 : -1;
            into.LogS11[i] = LogisticLoss.LogSigmoid(first * _score[at + signal - 2 * i]);
            into.LogS21[i] = LogisticLoss.LogSigmoid(first * _score[at + noise - 2 * i]);
        }
    }

    /// <summary>Loss and share of errors on other samples at the current weights.</summary>
    public (double Loss, double Error) Evaluate(TestSet test)
    {
        ArgumentNullException.ThrowIfNull(test);
        double[] columns = AllColumns();
        double loss = 0, wrong = 0;
        double[] rows = [], scores = [];
        foreach (Dataset batch in test.Batches())
            for (int i = 0; i < batch.Count; i++)
            {
                int length = batch.Length;
                if (rows.Length < length * _width) (rows, scores) = (new double[length * _width], new double[length]);
                Array.Clear(rows);
                for (int l = 0; l < length; l++)
                {
                    var at = batch.Coordinates(i * length + l);
                    var x = batch.Values(i * length + l);
                    for (int e = 0; e < at.Length; e++) Rows.Add(x[e], columns.AsSpan(at[e] * _width, _width), rows.AsSpan(l * _width, _width));
                }
                double f = 0;
                for (int g = 0; g < Heads; g++)
                    for (int a = 0; a < length; a++)
                    {
                        double top = double.NegativeInfinity, sum = 0, weighted = 0;
                        for (int b = 0; b < length; b++)
                            top = Math.Max(top, scores[b] = Rows.Dot(rows.AsSpan(a * _width + g * _stride, _stride), rows.AsSpan(b * _width + _keyAt + g * _stride, _stride)));
                        for (int b = 0; b < length; b++)
                        {
                            double weight = Math.Exp(scores[b] - top);
                            sum += weight;
                            weighted += weight * rows[b * _width + _valueAt + g];
                        }
                        f += weighted / sum;
                    }
                double margin = batch.Labels[i] * f / Heads;
                loss += LogisticLoss.Value(margin);
                if (!(margin > 0)) wrong++;
            }
        return (loss / test.Count, wrong / test.Count);
    }

    /// <summary>All d columns at the current step, [d, width].</summary>
    private double[] AllColumns()
    {
        var weights = Problem.Weights;
        if (_initial is null)
        {
            var cache = new ColumnCache(weights, Heads, _stride);
            _initial = new double[checked(weights.D * _width)];
            for (int c = 0; c < weights.D; c++) cache.Load(c).CopyTo(_initial.AsSpan(c * _width, _width));
        }
        double[] columns = [.. _initial];
        double rate = Problem.Optimizer.Eta.Constant ?? 1;
        foreach (var (c, column, _, move) in _basis.Coordinates())
        {
            Rows.Add(rate * move, _a.AsSpan(column * _width, _valueAt), columns.AsSpan(c * _width, _valueAt));
            Rows.Add(2 * rate * move, _a.AsSpan(column * _width + _valueAt, _width - _valueAt), columns.AsSpan(c * _width + _valueAt, _width - _valueAt));
        }
        return columns;
    }

    /// <summary>All weights at the current step.</summary>
    public TransformerWeights CurrentWeights()
    {
        var weights = Problem.Weights.Materialise();
        int d = weights.D, values = weights.MV / Heads;
        double rate = Problem.Optimizer.Eta.Constant ?? 1;
        foreach (var (c, column, _, move) in _basis.Coordinates())
            for (int g = 0; g < Heads; g++)
            {
                int at = column * _width;
                for (int r = 0; r < _d_k; r++)
                {
                    weights.Query[(g * _d_k + r) * d + c] += rate * move * _a[at + g * _stride + r];
                    weights.Key[(g * _d_k + r) * d + c] += rate * move * _a[at + _keyAt + g * _stride + r];
                }
                for (int r = g * values; r < (g + 1) * values; r++)
                {
                    weights.ValuePositive[r * d + c] += rate * move * _a[at + _valueAt + g];
                    weights.ValueNegative[r * d + c] -= rate * move * _a[at + _valueAt + g];
                }
            }
        return weights;
    }

    /// <summary>One column of W(0) as a row [q of all heads | k of all heads | v of all heads].</summary>
    private sealed class ColumnCache(InitialWeights weights, int heads, int stride)
    {
        private readonly double[] _row = new double[2 * heads * stride + Rows.Pad(heads)], _column = new double[Math.Max(weights.MK, weights.MV)];

        public ReadOnlySpan<double> Load(int c)
        {
            int d_k = weights.MK / heads, values = weights.MV / heads;
            for (int matrix = 0; matrix < 2; matrix++)
            {
                weights.Column((WeightMatrix)matrix, c, _column.AsSpan(0, weights.MK));
                for (int g = 0; g < heads; g++) _column.AsSpan(g * d_k, d_k).CopyTo(_row.AsSpan((matrix * heads + g) * stride, d_k));
            }
            var v = _row.AsSpan(2 * heads * stride, heads);
            v.Clear();
            for (int sign = 1; sign >= -1; sign -= 2)
            {
                weights.Column(sign == 1 ? WeightMatrix.ValuePositive : WeightMatrix.ValueNegative, c, _column.AsSpan(0, weights.MV));
                for (int r = 0; r < weights.MV; r++) v[r / values] += sign * _column[r];
            }
            for (int g = 0; g < heads; g++) v[g] /= values;
            return _row;
        }
    }
}
