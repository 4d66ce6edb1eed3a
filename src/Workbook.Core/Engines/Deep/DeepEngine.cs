using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Models.Deep;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines.Deep;

/// <summary>
/// Trains a <see cref="DeepTransformer"/>: layer 1 in the columns of an <see cref="InputBasis"/>, everything above by matrix products. For any data and
/// rule; the cost of a step does not depend on d.
/// </summary>
/// <remarks>
/// One block of the optimizer's coordinates: <c>[columns of layer 1, c = 2 m_k + w each | upper weights]</c>. A row of layer 1 is
/// <c>[q | k | v]</c> as in <see cref="AttentionBlock"/>.
/// <para>
/// <b>Where it stops to be exact.</b> All is plain double. Softmax derivatives are taken without cancellation and the private coordinates of a patch
/// have columns of their own; loss derivatives that underflow together (margins past 460) share a binary exponent. So a sign is right until a softmax
/// output leaves the range of double (1e-308), or a sample's loss derivative is below 1e-319 of the largest; <see cref="SignsLost"/> says when
/// one of them is exactly 0. At depth 1 and figure-1 that is <c>m_k (eta ell t)^2 &gt; 745</c>, t about 1,900; <see cref="MultiHeadEngine"/> has no such limit.
/// </para>
/// </remarks>
public sealed class DeepEngine
{
    /// <summary>Once a loss derivative is below exp of this, all of them carry a common exponent: what is multiplied to them on the way down must not underflow either.</summary>
    private const double Unscaled = -460;

    /// <summary>Scaled, the largest derivative is exp of this.</summary>
    private const double ScaledTop = 276;

    /// <summary>A derivative beyond this, relative to the largest, would be below exp(-460) again: it counts as 0, before its products get slow and inexact as subnormal numbers.</summary>
    private const double RelativeRange = ScaledTop - Unscaled;

    private const double Ln2 = 0.69314718055994530942;

    private readonly InputBasis _basis;
    private readonly OptimizerState<double> _state;
    private readonly int _n, _m_k, _m_v, _width, _size;
    private int[] _exponents = [];
    private readonly double[] _a, _start, _w, _gradient, _y, _dy, _dOutput;
    private readonly sbyte[] _signs;
    private DeepTransformer? _tested;
    private double[]? _initial;

    /// <summary>Draws the weights of a seed and sets up the buffers.</summary>
    /// <param name="data">The training set.</param>
    /// <param name="spec">The model.</param>
    /// <param name="optimizer">The rule.</param>
    /// <param name="seed">Seed of all weights: layer 1 as in the paper's model, those above from a stream of their own.</param>
    public DeepEngine(Dataset data, DeepSpec spec, Optimizer optimizer, ulong seed)
        : this(data, spec, optimizer, InitialWeights.Gaussian(spec.Validate().First, data.Dimension, seed), DeepTransformer.InitialUpper(spec, seed)) { }

    /// <summary>Takes given weights.</summary>
    /// <exception cref="InputException">A size that does not fit.</exception>
    public DeepEngine(Dataset data, DeepSpec spec, Optimizer optimizer, InitialWeights first, double[] upper)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(upper);
        (Data, Spec, Optimizer, First) = (data, spec.Validate(), optimizer.Validate(), first);
        if (first.D != data.Dimension) throw new InputException($"the weights have {first.D} columns; the data has dimension {data.Dimension}.");
        if (first.MK != spec.First.MK || first.MV != spec.First.MV)
            throw new InputException($"the weights of layer 1 have m_k = {first.MK}, m_v = {first.MV}; the model has {spec.First.MK}, {spec.First.MV}.");
        if (upper.Length != DeepTransformer.UpperSize(spec)) throw new InputException($"there are {upper.Length} weights above layer 1; the model has {DeepTransformer.UpperSize(spec)}.");
        (_n, _m_k, _m_v, _width) = (data.Count, spec.First.MK, spec.First.MV, spec.Projection);
        Model = new DeepTransformer(spec, data.Count, data.Length);
        _basis = new InputBasis(data, optimizer.Closure);
        _size = checked(_basis.Columns * _width);
        (_a, _start) = (new double[_size], new double[_size]);
        _gradient = new double[_size + upper.Length];
        var cache = new ColumnCache(first);
        foreach (var (c, column, x, _) in _basis.Coordinates()) ShortVectors.Add(x, cache.Load(c), _start.AsSpan(column * _width, _width));
        _w = [.. _start, .. upper];
        int patches = data.Count * data.Length;
        (_y, _dy, _dOutput) = (new double[patches * _width], new double[patches * _width], new double[_n]);
        _signs = new sbyte[patches * 2 * _m_k];
        Margin = new double[_n];
        _state = optimizer.CreateState<double>(_w.Length);
    }

    /// <summary>The training set.</summary>
    public Dataset Data { get; }

    /// <summary>The model's shape.</summary>
    public DeepSpec Spec { get; }

    /// <summary>The rule.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>Layer 1 at step 0.</summary>
    public InitialWeights First { get; }

    /// <summary>The layers, with what the last forward pass kept.</summary>
    public DeepTransformer Model { get; }

    /// <summary>Updates done so far.</summary>
    public int Step { get; private set; }

    /// <summary>y_i F_i of the last forward pass, [n].</summary>
    public double[] Margin { get; }

    /// <summary>Share of the signs of layer 1's query and key gradients (one per patch and neuron) that the last update turned round, 0 .. 1.</summary>
    public double Flips { get; private set; }

    /// <summary>Whether the last forward pass has a softmax output of exactly 0, or a sample whose loss derivative is 0 beside the largest.</summary>
    public bool SignsLost => Model.LostOutputs() > 0 || Margin.Max() - Math.Max(0, Margin.Min()) > RelativeRange;

    /// <summary>Weights above layer 1.</summary>
    public ReadOnlySpan<double> Upper => _w.AsSpan(_size);

    /// <summary>Multiply-adds of a step: projections of layer 1 on the non-zero entries of X and their gradients, and the model's.</summary>
    public long MultiplyAdds => 2L * Data.Index.Length * _width + Model.MultiplyAdds;

    /// <summary>Everything up to the margins at the current weights.</summary>
    public void Forward()
    {
        SparseRows.Multiply(_width, _basis.Start, _basis.Column, _basis.Value, _w, _y);
        Model.Forward(_y, Upper);
        for (int i = 0; i < _n; i++) Margin[i] = Data.Labels[i] * Model.Output[i];
    }

    /// <summary>One update with the rule's rate of this step; <see cref="Forward"/> came before.</summary>
    public void Update()
    {
        int exponent = LossDerivatives();
        Model.Backward(_y, Upper, _dOutput, _dy, _gradient.AsSpan(_size));
        CountFlips();
        SparseRows.Multiply(_width, _basis.ColumnStart, _basis.ColumnPatch, _basis.ColumnValue, _dy, _gradient);
        if (exponent != 0) (_exponents.Length == 0 ? _exponents = new int[_gradient.Length] : _exponents).AsSpan().Fill(exponent);
        Directions.Write(Optimizer, _state, _gradient, exponent != 0 ? _exponents : default(ReadOnlySpan<int>));
        double rate = Optimizer.Eta.At(Step);
        SparseRows.Step(_width, _width, -rate, 1, _basis.Factor, _gradient, _a, _start, _w);
        ShortVectors.Add(-rate, _gradient.AsSpan(_size), _w.AsSpan(_size));
        Step++;
    }

    /// <summary>dL/dF_i = y_i l'_i / n, times 2 to the exponent returned.</summary>
    private int LossDerivatives()
    {
        double top = LogisticLoss.LogSigmoid(-Margin.Min()), least = LogisticLoss.LogSigmoid(-Margin.Max());
        int exponent = least < Unscaled ? (int)Math.Floor((Math.Max(top, -1e9) - ScaledTop) / Ln2) : 0;
        for (int i = 0; i < _n; i++)
        {
            double log = LogisticLoss.LogSigmoid(-Margin[i]), scaled = top - log > RelativeRange ? 0 : Math.Exp(log - exponent * Ln2);
            _dOutput[i] = Data.Labels[i] / _n * (exponent == 0 ? LogisticLoss.Derivative(Margin[i]) : -scaled);
        }
        return exponent;
    }

    private void CountFlips()
    {
        int turned = 0, width = 2 * _m_k;
        for (int p = 0; p < _n * Data.Length; p++)
            for (int r = 0; r < width; r++)
            {
                double d = _dy[p * _width + r];
                sbyte sign = (sbyte)(d > 0 ? 1 : d < 0 ? -1 : 0);
                ref sbyte before = ref _signs[p * width + r];
                if (sign != before) turned++;
                before = sign;
            }
        Flips = Step == 0 ? double.NaN : (double)turned / _signs.Length;
    }

    /// <summary>
    /// Losses of the model, and layer 1's families and softmax outputs with the paper's definitions; its mean value is read through the fixed readout, as at depth 1.
    /// </summary>
    public void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        Margin.CopyTo(into.Margin, 0);
        into.SummariseMargins();
        int length = Data.Length;
        var s = Model.SoftmaxOutputs(1);
        for (int i = 0; i < _n; i++)
        {
            int signal = Data.SignalPatch?[i] ?? 0;
            into.LogS11[i] = Math.Log(s[(i * length + signal) * length + signal]);
            double sum = 0;
            for (int a = 0; a < length; a++)
                if (a != signal) sum += s[(i * length + a) * length + signal];
            into.LogS21[i] = Math.Log(sum / (length - 1));
        }
        if (Data.FamiliesRefused is not null) { into.ClearFamilies(); return; }
        var (first, y0) = (Data.Pair(0).Signal, Data.Labels[0]);
        for (int r = 0; r < _m_k; r++)
        {
            // The signal patch is y mu.
            into.QuerySignal[r] = y0 * _y[first * _width + r];
            into.KeySignal[r] = y0 * _y[first * _width + _m_k + r];
        }
        into.ValueSignal = y0 * MeanValue(_y.AsSpan(first * _width, _width));
        for (int i = 0; i < _n; i++)
        {
            int noise = Data.Pair(i).Noise;
            double y = Data.Labels[i];
            var row = _y.AsSpan(noise * _width, _width);
            for (int r = 0; r < _m_k; r++)
            {
                into.QueryNoise[i * _m_k + r] = y * row[r];
                into.KeyNoise[i * _m_k + r] = y * row[_m_k + r];
            }
            into.ValueNoise[i] = y * MeanValue(row);
        }
    }

    private double MeanValue(ReadOnlySpan<double> row)
    {
        double sum = 0;
        for (int r = 0; r < _m_v; r++) sum += row[2 * _m_k + r] - row[2 * _m_k + _m_v + r];
        return sum / _m_v;
    }

    /// <summary>Mean over samples and queries of the softmax output on the noise patch's token, per layer, [D]; 1/2 is undecided.</summary>
    public double[] NoiseAttention()
    {
        int length = Data.Length;
        var mean = new double[Spec.Depth];
        for (int layer = 1; layer <= Spec.Depth; layer++)
        {
            var s = Model.SoftmaxOutputs(layer);
            for (int i = 0; i < _n; i++)
                for (int a = 0; a < length; a++) mean[layer - 1] += 1 - s[(i * length + a) * length + (Data.SignalPatch?[i] ?? 0)];
            mean[layer - 1] /= _n * length;
        }
        return mean;
    }

    /// <summary>Loss and share of errors on other samples at the current weights.</summary>
    public (double Loss, double Error) Evaluate(TestSet test)
    {
        ArgumentNullException.ThrowIfNull(test);
        double[] columns = AllColumns();
        double loss = 0, wrong = 0;
        foreach (Dataset batch in test.Batches())
        {
            // Samples are judged in groups of a fixed size, so that memory does not grow with the test set.
            const int Group = 256;
            for (int from = 0; from < batch.Count; from += Group)
            {
                int count = Math.Min(Group, batch.Count - from), length = batch.Length;
                if (_tested is null || _tested.Output.Length != count) _tested = new DeepTransformer(Spec, count, length);
                var rows = new double[count * length * _width];
                for (int p = 0; p < count * length; p++)
                {
                    var at = batch.Coordinates(from * length + p);
                    var x = batch.Values(from * length + p);
                    for (int e = 0; e < at.Length; e++) ShortVectors.Add(x[e], columns.AsSpan(at[e] * _width, _width), rows.AsSpan(p * _width, _width));
                }
                _tested.Forward(rows, Upper);
                for (int i = 0; i < count; i++)
                {
                    double margin = batch.Labels[from + i] * _tested.Output[i];
                    loss += LogisticLoss.Value(margin);
                    if (!(margin > 0)) wrong++;
                }
            }
        }
        return (loss / test.Count, wrong / test.Count);
    }

    /// <summary>Layer 1 at the current step, column by column: [d, c] with rows [q | k | v].</summary>
    public double[] AllColumns()
    {
        if (_initial is null)
        {
            var cache = new ColumnCache(First);
            _initial = new double[checked(First.D * _width)];
            for (int c = 0; c < First.D; c++) cache.Load(c).CopyTo(_initial.AsSpan(c * _width, _width));
        }
        double[] columns = [.. _initial];
        foreach (var (c, column, _, move) in _basis.Coordinates())
            ShortVectors.Add(move, _a.AsSpan(column * _width, _width), columns.AsSpan(c * _width, _width));
        return columns;
    }

    /// <summary>One column of layer 1 at step 0 as a row [q | k | v of both signs].</summary>
    private sealed class ColumnCache(InitialWeights weights)
    {
        private readonly double[] _row = new double[2 * weights.MK + 2 * weights.MV];

        public ReadOnlySpan<double> Load(int c)
        {
            weights.Column(WeightMatrix.Query, c, _row.AsSpan(0, weights.MK));
            weights.Column(WeightMatrix.Key, c, _row.AsSpan(weights.MK, weights.MK));
            weights.Column(WeightMatrix.ValuePositive, c, _row.AsSpan(2 * weights.MK, weights.MV));
            weights.Column(WeightMatrix.ValueNegative, c, _row.AsSpan(2 * weights.MK + weights.MV, weights.MV));
            return _row;
        }
    }
}
