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
/// Of a sample of which some factor may fall below exp(-300) these are kept as mantissas with binary exponents (<see cref="PairDescent.Rescale"/>).
/// </remarks>
internal sealed unsafe class PairAttention : IAttentionPass<double>
{
    private readonly int _n, _m_v;
    private readonly RowPanels _rows;
    private readonly AlignedBlock<double> _samples, _weights, _value;
    // Where they lie.
    private readonly PairSamples _at;
    private readonly PairWeights _into;
    private AlignedBlock<double>? _query, _key;
    private bool _ordinary;

    /// <param name="data">Samples of two patches.</param>
    /// <param name="rows">How projections and coefficients lie in memory: 2 n rows.</param>
    /// <param name="m_v">Rows of W_{V,+1}.</param>
    public PairAttention(Dataset data, RowPanels rows, int m_v)
    {
        (_n, _rows, _m_v) = (data.Count, rows, m_v);
        int padded = Rows.Pad(_n);
        _samples = new AlignedBlock<double>(PairSamples.Arrays * padded);
        _weights = new AlignedBlock<double>(PairWeights.Arrays * padded);
        (_at, _into) = (new PairSamples(_samples.Pointer, padded), new PairWeights(_weights.Pointer, padded));
        for (int i = 0; i < _n; i++) _at.Y[i] = data.Labels[i];
        _value = new AlignedBlock<double>(2 * _n);
    }

    public Span<double> QueryCoefficient => _query!.Span;

    public Span<double> KeyCoefficient => _key!.Span;

    public Span<double> ValueCoefficient => _value.Span;

    public bool Scaled { get; private set; }

    /// <summary>The numbers of the samples.</summary>
    public ref readonly PairSamples Samples => ref _at;

    /// <summary>The weights of the samples.</summary>
    public ref readonly PairWeights Weights => ref _into;

    public void Forward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        BeginScores();
        fixed (double* pq = q, pk = k)
            for (int j = 0; j < _rows.Count; j++) AddScores(j, pq, pk);
        Weigh(u);
    }

    public void Backward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        _query ??= new AlignedBlock<double>(_rows.Size);
        _key ??= new AlignedBlock<double>(_rows.Size);
        TakeWeights();
        fixed (double* pq = q, pk = k)
            for (int j = 0; j < _rows.Count; j++)
            {
                int start = _rows.Start(j);
                PairDescent.Coefficients(_n, pq + start, pk + start, _rows.Pitch(j), _into, _query.Pointer + start, _key.Pointer + start, clear: false);
            }
        GC.KeepAlive(this);
    }

    // The same in parts, for an engine that does all of a step on one panel before it turns to the next:
    // TakeWeights, BeginScores; of each panel TurnToDescent, then new projections, then AddScores; Weigh.

    /// <summary>Forgets the scores.</summary>
    public void BeginScores() => new Span<double>(_at.A0, 2 * _at.Padded).Clear();

    /// <summary>Adds the part of panel j to the scores; <paramref name="q"/> and <paramref name="k"/> are the whole projections.</summary>
    public void AddScores(int j, double* q, double* k) =>
        PairKernels.Scores(_n, q + _rows.Start(j), k + _rows.Start(j), _rows.Pitch(j), _rows.Pitch(j), _at);

    /// <summary>Margins and coefficients of the scores, once the scores are complete.</summary>
    public void Weigh(ReadOnlySpan<double> u)
    {
        double* u0 = _at.U0, u1 = _at.U1;
        for (int i = 0; i < _n; i++) (u0[i], u1[i]) = (u[2 * i], u[2 * i + 1]);
        Weigh();
    }

    /// <summary>The same where scores and values are in their places in <see cref="Samples"/>.</summary>
    public void Weigh()
    {
        _ordinary = PairDescent.Weigh(_at, _into, _n, _m_v, -LogSize.Unscaled);
        GC.KeepAlive(this);
    }

    /// <summary>Weights with exponents, where some need one: those of <see cref="Weights"/>.</summary>
    public void Rescale()
    {
        if (!(Scaled | !_ordinary)) return;
        Scaled = PairDescent.Rescale(_at, _into, _n, _m_v, -LogSize.Unscaled);
        GC.KeepAlive(this);
    }

    /// <summary>The same, and value coefficients.</summary>
    public void TakeWeights()
    {
        Rescale();
        double* value = _value.Pointer, v0 = _into.V0, v1 = _into.V1;
        for (int i = 0; i < _n; i++) (value[2 * i], value[2 * i + 1]) = (v0[i], v1[i]);
        GC.KeepAlive(this);
    }

    public void TakeExponents(double* into)
    {
        double* e0 = _into.E0, e1 = _into.E1, f0 = _into.F0, f1 = _into.F1, other = into + ScaledEntries.Size;
        for (int i = 0; i < _n; i++, into += 2 * ScaledEntries.Size, other += 2 * ScaledEntries.Size)
        {
            into[ScaledEntries.Query] = e0[i];
            other[ScaledEntries.Query] = e1[i];
            into[ScaledEntries.Key] = other[ScaledEntries.Key] = Math.Max(e0[i], e1[i]);
            into[ScaledEntries.Value] = f0[i];
            other[ScaledEntries.Value] = f1[i];
        }

        GC.KeepAlive(this);
    }

    /// <summary>Panel j from projections to coefficients, which go to memory of one panel; the projections become zero.</summary>
    public void TurnToDescent(int j, double* q, double* k, double* onQuery, double* onKey) =>
        PairDescent.Coefficients(_n, q + _rows.Start(j), k + _rows.Start(j), _rows.Pitch(j), _into, onQuery, onKey, clear: true);

    /// <summary>Writes losses, margins and softmax outputs; the families are the engine's.</summary>
    public void Observe(Dataset data, Observation into)
    {
        new Span<double>(_at.Margin, _n).CopyTo(into.Margin);
        into.SummariseMargins();
        for (int i = 0; i < _n; i++)
        {
            // sigma(a) is the weight on key 0; the signal may be key 1.
            int signal = data.SignalPatch?[i] ?? 0, sign = signal == 0 ? 1 : -1;
            double onSignal = sign * _at.A0[i], onNoise = sign * _at.A1[i];
            if (signal == 1) (onSignal, onNoise) = (onNoise, onSignal);
            into.LogS11[i] = LogisticLoss.LogSigmoid(onSignal);
            into.LogS21[i] = LogisticLoss.LogSigmoid(onNoise);
        }
        GC.KeepAlive(this);
    }
}
