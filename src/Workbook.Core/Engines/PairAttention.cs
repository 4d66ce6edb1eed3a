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
    private readonly AlignedBlock _samples, _b, _query, _key, _value;

    /// <param name="data">Samples of two patches.</param>
    /// <param name="rows">How projections and coefficients lie in memory: 2 n rows.</param>
    /// <param name="m_v">Rows of W_{V,+1}.</param>
    public PairAttention(Dataset data, RowPanels rows, int m_v)
    {
        (_n, _rows, _m_v, _labels) = (data.Count, rows, m_v, data.Labels);
        int padded = Rows.Pad(_n);
        _samples = new AlignedBlock(PairSamples.Arrays * padded);
        for (int i = 0; i < _n; i++) Samples.Y[i] = _labels[i];
        _b = new AlignedBlock(4 * _n);
        _query = new AlignedBlock(rows.Size);
        _key = new AlignedBlock(rows.Size);
        _value = new AlignedBlock(2 * _n);
        QueryExponent = new int[2 * _n];
        KeyExponent = new int[2 * _n];
        ValueExponent = new int[2 * _n];
    }

    public Span<double> QueryCoefficient => _query.Span;

    public Span<double> KeyCoefficient => _key.Span;

    public Span<double> ValueCoefficient => _value.Span;

    public int[] QueryExponent { get; }

    public int[] KeyExponent { get; }

    public int[] ValueExponent { get; }

    public bool Scaled { get; private set; }

    private PairSamples Samples => new(_samples.Pointer, Rows.Pad(_n));

    public void Forward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        var at = Samples;
        new Span<double>(at.A0, 2 * at.Padded).Clear();
        for (int i = 0; i < _n; i++) (at.U0[i], at.U1[i]) = (u[2 * i], u[2 * i + 1]);
        fixed (double* pq = q, pk = k)
            for (int j = 0; j < _rows.Count; j++)
                PairKernels.Scores(_n, pq + _rows.Start(j), pk + _rows.Start(j), _rows.Pitch(j), _rows.Pitch(j), at);
        PairKernels.Margins(at);
        GC.KeepAlive(this);
    }

    public void Backward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        var at = Samples;
        bool wasScaled = Scaled;
        Scaled = false;
        double* b = _b.Pointer, value = _value.Pointer;
        for (int i = 0; i < _n; i++, b += 4, value += 2)
        {
            double margin = at.Margin[i], size = Math.Max(Math.Abs(at.A0[i]), Math.Abs(at.A1[i])) + Math.Max(margin, 0);
            if (size < -LogSize.Unscaled)
            {
                double factor = at.Y[i] / (1 + Math.Exp(margin)) / _n, onScores = factor * (at.U0[i] - at.U1[i]);
                b[2] = b[0] = onScores * at.P0[i];
                b[3] = b[1] = onScores * at.P1[i];
                value[0] = factor / _m_v * at.S0[i];
                value[1] = factor / _m_v * at.S1[i];
                if (wasScaled) SetExponents(i, 0, 0, 0, 0);
            }
            else FromLogarithms(i, at, b, value);
        }
        fixed (double* pq = q, pk = k)
            for (int j = 0; j < _rows.Count; j++)
            {
                int start = _rows.Start(j);
                PairKernels.Coefficients(_n, pq + start, pk + start, _rows.Pitch(j), _b.Pointer, _query.Pointer + start, _key.Pointer + start);
            }
        GC.KeepAlive(this);
    }

    private void FromLogarithms(int i, in PairSamples at, double* b, double* value)
    {
        double logSigma = LogisticLoss.LogSigmoid(-at.Margin[i]), factor = at.Y[i] / _n, onScores = factor * (at.U0[i] - at.U1[i]);
        double log00 = LogisticLoss.LogSigmoid(at.A0[i]), log01 = LogisticLoss.LogSigmoid(-at.A0[i]);
        double log10 = LogisticLoss.LogSigmoid(at.A1[i]), log11 = LogisticLoss.LogSigmoid(-at.A1[i]);
        double size0 = logSigma + log00 + log01, size1 = logSigma + log10 + log11;
        double on0 = logSigma + LogSum(log00, log10), on1 = logSigma + LogSum(log01, log11);
        int e0 = LogSize.Exponent(size0), e1 = LogSize.Exponent(size1), v0 = LogSize.Exponent(on0), v1 = LogSize.Exponent(on1), top = Math.Max(e0, e1);
        b[0] = onScores * LogSize.Mantissa(size0, e0);
        b[1] = onScores * LogSize.Mantissa(size1, e1);
        b[2] = LogSize.Scale(b[0], e0 - top);
        b[3] = LogSize.Scale(b[1], e1 - top);
        value[0] = factor / _m_v * LogSize.Mantissa(on0, v0);
        value[1] = factor / _m_v * LogSize.Mantissa(on1, v1);
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
