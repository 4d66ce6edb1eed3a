using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// <see cref="ExactAttention"/> for two patches per sample, in which everything hangs on two score differences a sample; the samples
/// run side by side in the lanes of a vector.
/// </summary>
/// <remarks>
/// With D = k_0 - k_1, a_a = q_a . D, s_a0 = sigma(a_a), s_a1 = sigma(-a_a) and sigma_i = 1 / (1 + exp(y_i F_i)):
/// <code>
/// b_a = (y_i / n) sigma_i s_a0 s_a1 (u_0 - u_1)       C = b_0 q_0 + b_1 q_1
/// W_Q along patch a: b_a D     W_K along patch 0: C, along patch 1: -C
/// row of W_{V,+1} along patch b: (y_i / (n m_v)) sigma_i (s_0b + s_1b)
/// </code>
/// A sample of which some factor may fall below exp(-300) is computed from logarithms instead, with binary exponents.
/// </remarks>
internal sealed unsafe class PairAttention : IAttentionPass<double>
{
    private readonly int _n, _m_v;
    private readonly RowPanels _rows;
    private readonly double[] _labels;
    private readonly AlignedBlock _samples, _weights, _value;
    private AlignedBlock? _query, _key;
    private bool _ordinary;

    /// <param name="data">Samples of two patches.</param>
    /// <param name="rows">How projections and coefficients lie in memory: 2 n rows.</param>
    /// <param name="m_v">Rows of W_{V,+1}.</param>
    public PairAttention(Dataset data, RowPanels rows, int m_v)
    {
        (_n, _rows, _m_v, _labels) = (data.Count, rows, m_v, data.Labels);
        int padded = Rows.Pad(_n);
        _samples = new AlignedBlock(PairSamples.Arrays * padded);
        for (int i = 0; i < _n; i++) Samples.Y[i] = _labels[i];
        _weights = new AlignedBlock(PairWeights.Arrays * padded);
        _value = new AlignedBlock(2 * _n);
        QueryExponent = new int[2 * _n];
        KeyExponent = new int[2 * _n];
        ValueExponent = new int[2 * _n];
    }

    public Span<double> QueryCoefficient => _query!.Span;

    public Span<double> KeyCoefficient => _key!.Span;

    public Span<double> ValueCoefficient => _value.Span;

    public int[] QueryExponent { get; }

    public int[] KeyExponent { get; }

    public int[] ValueExponent { get; }

    public bool Scaled { get; private set; }

    /// <summary>The numbers of the samples.</summary>
    public PairSamples Samples => new(_samples.Pointer, Rows.Pad(_n));

    /// <summary>The weights of the samples.</summary>
    public PairWeights Weights => new(_weights.Pointer, Rows.Pad(_n));

    public void Forward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        BeginScores();
        fixed (double* pq = q, pk = k)
            for (int j = 0; j < _rows.Count; j++) AddScores(j, pq, pk);
        Weigh(u);
    }

    public void Backward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        _query ??= new AlignedBlock(_rows.Size);
        _key ??= new AlignedBlock(_rows.Size);
        TakeWeights();
        fixed (double* pq = q, pk = k)
            for (int j = 0; j < _rows.Count; j++)
            {
                int start = _rows.Start(j);
                PairDescent.Coefficients(_n, pq + start, pk + start, _rows.Pitch(j), Weights, _query.Pointer + start, _key.Pointer + start, clear: false);
            }
        GC.KeepAlive(this);
    }

    // The same in parts, for an engine that does all of a step on one panel before it turns to the next:
    // TakeWeights, BeginScores; of each panel TurnToDescent, then new projections, then AddScores; Weigh.

    /// <summary>Forgets the scores.</summary>
    public void BeginScores()
    {
        var at = Samples;
        new Span<double>(at.A0, 2 * at.Padded).Clear();
    }

    /// <summary>Adds the part of panel j to the scores; <paramref name="q"/> and <paramref name="k"/> are the whole projections.</summary>
    public void AddScores(int j, double* q, double* k) =>
        PairKernels.Scores(_n, q + _rows.Start(j), k + _rows.Start(j), _rows.Pitch(j), _rows.Pitch(j), Samples);

    /// <summary>Margins and coefficients of the scores, once the scores are complete.</summary>
    public void Weigh(ReadOnlySpan<double> u)
    {
        var at = Samples;
        for (int i = 0; i < _n; i++) (at.U0[i], at.U1[i]) = (u[2 * i], u[2 * i + 1]);
        Weigh();
    }

    /// <summary>The same where scores and values are in their places in <see cref="Samples"/>.</summary>
    public void Weigh()
    {
        _ordinary = PairDescent.Weigh(Samples, Weights, _n, _m_v, -LogSize.Unscaled);
        GC.KeepAlive(this);
    }

    /// <summary>Weights with exponents, where some need one.</summary>
    public void Rescale()
    {
        if (!(Scaled | !_ordinary)) return;
        var at = Weights;
        Scaled = false;
        for (int i = 0; i < _n; i++)
        {
            if (at.Size[i] < -LogSize.Unscaled) SetExponents(i, 0, 0, 0, 0);
            else FromLogarithms(i, Samples, at);
        }
    }

    /// <summary>The same, and value coefficients.</summary>
    public void TakeWeights()
    {
        Rescale();
        var at = Weights;
        double* value = _value.Pointer, v0 = at.V0, v1 = at.V1;
        for (int i = 0; i < _n; i++) (value[2 * i], value[2 * i + 1]) = (v0[i], v1[i]);
        GC.KeepAlive(this);
    }

    /// <summary>Panel j from projections to coefficients, which go to memory of one panel; the projections become zero.</summary>
    public void TurnToDescent(int j, double* q, double* k, double* onQuery, double* onKey) =>
        PairDescent.Coefficients(_n, q + _rows.Start(j), k + _rows.Start(j), _rows.Pitch(j), Weights, onQuery, onKey, clear: true);

    private void FromLogarithms(int i, in PairSamples at, in PairWeights into)
    {
        double logSigma = LogisticLoss.LogSigmoid(-at.Margin[i]), factor = at.Y[i] / _n, onScores = factor * (at.U0[i] - at.U1[i]);
        double log00 = LogisticLoss.LogSigmoid(at.A0[i]), log01 = LogisticLoss.LogSigmoid(-at.A0[i]);
        double log10 = LogisticLoss.LogSigmoid(at.A1[i]), log11 = LogisticLoss.LogSigmoid(-at.A1[i]);
        double size0 = logSigma + log00 + log01, size1 = logSigma + log10 + log11;
        double on0 = logSigma + LogSum(log00, log10), on1 = logSigma + LogSum(log01, log11);
        int e0 = LogSize.Exponent(size0), e1 = LogSize.Exponent(size1), v0 = LogSize.Exponent(on0), v1 = LogSize.Exponent(on1), top = Math.Max(e0, e1);
        into.B0[i] = onScores * LogSize.Mantissa(size0, e0);
        into.B1[i] = onScores * LogSize.Mantissa(size1, e1);
        into.C0[i] = LogSize.Scale(into.B0[i], e0 - top);
        into.C1[i] = LogSize.Scale(into.B1[i], e1 - top);
        into.V0[i] = factor / _m_v * LogSize.Mantissa(on0, v0);
        into.V1[i] = factor / _m_v * LogSize.Mantissa(on1, v1);
        SetExponents(i, e0, e1, v0, v1);
        Scaled |= (e0 | e1 | v0 | v1) != 0;
    }

    private void SetExponents(int i, int e0, int e1, int v0, int v1)
    {
        (QueryExponent[2 * i], QueryExponent[2 * i + 1]) = (e0, e1);
        KeyExponent[2 * i] = KeyExponent[2 * i + 1] = Math.Max(e0, e1);
        (ValueExponent[2 * i], ValueExponent[2 * i + 1]) = (v0, v1);
    }

    private static double LogSum(double x, double y) => Math.Max(x, y) + LogisticLoss.Log1P(Math.Exp(-Math.Abs(x - y)));

    /// <summary>Writes losses, margins and softmax outputs; the families are the engine's.</summary>
    public void Observe(Dataset data, Observation into)
    {
        var at = Samples;
        new Span<double>(at.Margin, _n).CopyTo(into.Margin);
        into.SummariseMargins();
        for (int i = 0; i < _n; i++)
        {
            // sigma(a) is the weight on key 0; the signal may be key 1.
            int signal = data.SignalPatch?[i] ?? 0, sign = signal == 0 ? 1 : -1;
            double onSignal = sign * at.A0[i], onNoise = sign * at.A1[i];
            if (signal == 1) (onSignal, onNoise) = (onNoise, onSignal);
            into.LogS11[i] = LogisticLoss.LogSigmoid(onSignal);
            into.LogS21[i] = LogisticLoss.LogSigmoid(onNoise);
        }
        GC.KeepAlive(this);
    }
}
