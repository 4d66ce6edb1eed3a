using Workbook.Core.Data;
using Workbook.Core.Numerics;

namespace Workbook.Core.Models.Deep;

/// <summary>A matrix or vector among the weights above layer 1.</summary>
/// <param name="Name">For instance <c>2.W_Q</c>: layer and matrix.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns; 1 for a gain.</param>
/// <param name="At">Place of its first entry; row-major.</param>
public sealed record DeepBlock(string Name, int Rows, int Columns, int At)
{
    /// <summary>Entries.</summary>
    public int Size => Rows * Columns;
}

/// <summary>
/// The deeper transformer of <see cref="DeepSpec"/> for n samples of L tokens, forward beside backward, from the projections of layer 1 to the outputs and back.
/// How those projections come from the data is the caller's: dense, or in the few columns that patches touch.
/// </summary>
/// <remarks>
/// Letters: P = n L tokens, w = 2 m_v, c = 2 m_k + w. The weights above layer 1 are one flat array, layer by layer: packed
/// <c>[W_Q; W_K; W_V]</c> [c, w], W_1 [hidden, w], W_2 [w, hidden], and with normalisation two gains [w]. Kept for the backward pass, per layer: what
/// each block read, its projections, softmax outputs and active hidden units. No allocation in <see cref="Forward"/> and <see cref="Backward"/>.
/// </remarks>
public sealed class DeepTransformer
{
    private readonly DeepSpec _spec;
    private readonly int _n, _length, _tokens, _w, _c, _m, _hidden;
    private readonly Layer[] _layers;
    private readonly double[] _firstSoftmax, _firstOut, _d, _dBlock, _dRead, _dProjections, _dActive;

    /// <summary>Sets up the buffers for n samples of L tokens.</summary>
    public DeepTransformer(DeepSpec spec, int n, int length)
    {
        ArgumentNullException.ThrowIfNull(spec);
        _spec = spec.Validate();
        (_n, _length, _tokens, _w, _c, _m, _hidden) = (n, length, n * length, spec.Width, spec.Projection, spec.First.MK, spec.Hidden);
        Blocks = Layout(spec);
        _firstSoftmax = new double[n * length * length];
        _firstOut = new double[_tokens * _w];
        _layers = [.. Enumerable.Range(0, spec.Depth - 1).Select(k => new Layer(spec, _tokens, length, k * PerLayer(spec)))];
        (_d, _dBlock, _dRead) = (new double[_tokens * _w], new double[_tokens * _w], new double[_tokens * _w]);
        _dProjections = new double[_tokens * _c];
        _dActive = new double[_tokens * _hidden];
        Output = new double[n];
    }

    /// <summary>The weights above layer 1 by name.</summary>
    public IReadOnlyList<DeepBlock> Blocks { get; }

    /// <summary>F_i of the last forward pass, [n].</summary>
    public double[] Output { get; }

    /// <summary>Number of weights above layer 1.</summary>
    public static int UpperSize(DeepSpec spec) => checked((spec.Depth - 1) * PerLayer(spec));

    /// <summary>Names and places of the weights above layer 1.</summary>
    public static IReadOnlyList<DeepBlock> Layout(DeepSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var blocks = new List<DeepBlock>();
        int at = 0;
        for (int layer = 2; layer <= spec.Depth; layer++)
        {
            Add("W_Q", spec.First.MK, spec.Width);
            Add("W_K", spec.First.MK, spec.Width);
            Add("W_V", spec.Width, spec.Width);
            Add("W_1", spec.Hidden, spec.Width);
            Add("W_2", spec.Width, spec.Hidden);
            if (spec.Norm == Normalisation.None) continue;
            Add("g_A", spec.Width, 1);
            Add("g_M", spec.Width, 1);

            void Add(string name, int rows, int columns)
            {
                blocks.Add(new DeepBlock($"{layer}.{name}", rows, columns, at));
                at += rows * columns;
            }
        }
        return blocks;
    }

    /// <summary>The weights above layer 1 at step 0: matrices N(0, gain^2 / columns), normalisation gains 1.</summary>
    public static double[] InitialUpper(DeepSpec spec, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var weights = new double[UpperSize(spec)];
        ulong number = 0;
        foreach (DeepBlock block in Layout(spec))
        {
            var entries = weights.AsSpan(block.At, block.Size);
            if (block.Columns == 1) { entries.Fill(1); continue; }
            // One substream a matrix: a deeper model starts with the same lower layers.
            new RandomStream(seed, Streams.WeightUpper, number++).Gaussians(0, entries);
            double scale = spec.Gain / Math.Sqrt(block.Columns);
            foreach (ref double entry in entries) entry *= scale;
        }
        return weights;
    }

    /// <summary>Multiply-adds of the matrix products of a forward and a backward pass above the projections of layer 1, attention included.</summary>
    public long MultiplyAdds
    {
        get
        {
            long attention = (long)_tokens * _length * (3L * _m + 3L * _w), linear = (long)_tokens * _w * (_c + 2L * _hidden);
            return _spec.Depth * attention + (_spec.Depth - 1) * 3 * linear;
        }
    }

    private static int PerLayer(DeepSpec spec) => spec.Width * (spec.Projection + 2 * spec.Hidden + (spec.Norm == Normalisation.None ? 0 : 2));

    /// <summary>Softmax outputs s [n, L, L] of a layer (1 .. D) in the last forward pass.</summary>
    public ReadOnlySpan<double> SoftmaxOutputs(int layer) => layer == 1 ? _firstSoftmax : _layers[layer - 2].Softmax;

    /// <summary>Softmax outputs of the last forward pass that are exactly 0, in all layers: the signs of their gradients are lost.</summary>
    public int LostOutputs()
    {
        int lost = 0;
        for (int layer = 1; layer <= _spec.Depth; layer++)
            foreach (double s in SoftmaxOutputs(layer))
                if (s == 0) lost++;
        return lost;
    }

    /// <summary>projections of layer 1 [P, c], upper weights -> <see cref="Output"/> [n].</summary>
    public void Forward(ReadOnlySpan<double> projections, ReadOnlySpan<double> upper)
    {
        AttentionBlock.Forward(_n, _length, _m, _w, 1, projections, _firstSoftmax, _firstOut);
        double[] h = _firstOut;
        foreach (Layer layer in _layers) h = ForwardLayer(layer, h, upper);
        MeanReadout.Forward(_n, _length, _w / 2, h, Output);
    }

    private double[] ForwardLayer(Layer layer, double[] h, ReadOnlySpan<double> upper)
    {
        double[] read = Read(h, upper.Slice(layer.GainA, _spec.Norm == Normalisation.None ? 0 : _w), layer.ReadA, layer.InverseA);
        LinearBlock.Forward(_tokens, _w, _c, read, upper.Slice(layer.Projection, _c * _w), layer.Projections);
        AttentionBlock.Forward(_n, _length, _m, _w, Scale, layer.Projections, layer.Softmax, layer.AfterA);
        if (_spec.Residual) ShortVectors.Add(1, h, layer.AfterA);
        read = Read(layer.AfterA, upper.Slice(layer.GainM, _spec.Norm == Normalisation.None ? 0 : _w), layer.ReadM, layer.InverseM);
        MlpBlock.Forward(_tokens, _w, _hidden, read, upper.Slice(layer.First, _hidden * _w), upper.Slice(layer.Second, _w * _hidden), layer.Active, layer.AfterM);
        if (_spec.Residual) ShortVectors.Add(1, layer.AfterA, layer.AfterM);
        return layer.AfterM;
    }

    private double Scale => 1 / Math.Sqrt(_m);

    /// <summary>What a block reads: h normalised, or h itself.</summary>
    private double[] Read(double[] h, ReadOnlySpan<double> gain, double[] into, double[] inverse)
    {
        if (_spec.Norm == Normalisation.None) return h;
        RmsNorm.Forward(_tokens, _w, h, gain, into, inverse);
        return into;
    }

    /// <summary>
    /// dL/dF [n], with what <see cref="Forward"/> kept -> d projections of layer 1 [P, c] and d upper, both overwritten.
    /// </summary>
    public void Backward(ReadOnlySpan<double> projections, ReadOnlySpan<double> upper, ReadOnlySpan<double> dOutput, Span<double> dProjections, Span<double> dUpper)
    {
        MeanReadout.Backward(_n, _length, _w / 2, dOutput, _d);
        for (int k = _layers.Length - 1; k >= 0; k--) BackwardLayer(_layers[k], k == 0 ? _firstOut : _layers[k - 1].AfterM, upper, dUpper);
        AttentionBlock.Backward(_n, _length, _m, _w, 1, projections, _firstSoftmax, _d, dProjections);
    }

    /// <summary>_d is dL/d(after the layer) and becomes dL/d(before it).</summary>
    private void BackwardLayer(Layer layer, double[] h, ReadOnlySpan<double> upper, Span<double> dUpper)
    {
        bool norm = _spec.Norm != Normalisation.None;
        MlpBlock.Backward(_tokens, _w, _hidden, norm ? layer.ReadM : layer.AfterA, upper.Slice(layer.First, _hidden * _w), upper.Slice(layer.Second, _w * _hidden), layer.Active,
            _d, _dActive, _dRead, dUpper.Slice(layer.First, _hidden * _w), dUpper.Slice(layer.Second, _w * _hidden));
        Through(layer.AfterA, layer.GainM, layer.InverseM, upper, dUpper);
        AttentionBlock.Backward(_n, _length, _m, _w, Scale, layer.Projections, layer.Softmax, _d, _dProjections);
        LinearBlock.Backward(_tokens, _w, _c, norm ? layer.ReadA : h, upper.Slice(layer.Projection, _c * _w), _dProjections, _dRead, dUpper.Slice(layer.Projection, _c * _w));
        Through(h, layer.GainA, layer.InverseA, upper, dUpper);
    }

    /// <summary>From dL/d(what a block read) in _dRead and dL/d(after the block) in _d to dL/d(before the block) in _d.</summary>
    private void Through(double[] before, int gain, double[] inverse, ReadOnlySpan<double> upper, Span<double> dUpper)
    {
        double[] d = _dRead;
        if (_spec.Norm != Normalisation.None)
        {
            RmsNorm.Backward(_tokens, _w, before, upper.Slice(gain, _w), inverse, _dRead, _dBlock, dUpper.Slice(gain, _w));
            d = _dBlock;
        }
        if (_spec.Residual) ShortVectors.Add(1, d, _d);
        else d.CopyTo(_d, 0);
    }

    /// <summary>Places of a layer's weights and what its forward pass keeps.</summary>
    private sealed class Layer
    {
        public Layer(DeepSpec spec, int tokens, int length, int at)
        {
            int w = spec.Width;
            (Projection, First) = (at, at + spec.Projection * w);
            Second = First + spec.Hidden * w;
            // Without normalisation the gains have no entries, and nothing is read at these places.
            (GainA, GainM) = spec.Norm == Normalisation.None ? (0, 0) : (Second + spec.Hidden * w, Second + spec.Hidden * w + w);
            (AfterA, AfterM, Projections) = (new double[tokens * w], new double[tokens * w], new double[tokens * spec.Projection]);
            (Softmax, Active) = (new double[tokens * length], new double[tokens * spec.Hidden]);
            if (spec.Norm == Normalisation.None) return;
            (ReadA, ReadM, InverseA, InverseM) = (new double[tokens * w], new double[tokens * w], new double[tokens], new double[tokens]);
        }

        public int Projection { get; }

        public int First { get; }

        public int Second { get; }

        public int GainA { get; }

        public int GainM { get; }

        public double[] AfterA { get; }

        public double[] AfterM { get; }

        public double[] Projections { get; }

        public double[] Softmax { get; }

        public double[] Active { get; }

        public double[] ReadA { get; } = [];

        public double[] ReadM { get; } = [];

        public double[] InverseA { get; } = [];

        public double[] InverseM { get; } = [];
    }
}
