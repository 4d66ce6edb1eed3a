using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>From scores to the weights of all descents, a sample in each lane.</summary>
internal static unsafe class AccumulatedAttention<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Past this squares of descents would leave the range of a double: mantissas and binary exponents are kept apart.</summary>
    public const double UnscaledRange = 300;

    /// <summary>
    /// Margins; beta_a = (-l') / n s_a1 s_a2 Delta; the value's descents (-l') / (n m_v) (s_11 + s_21), (-l') / (n m_v) (s_12 + s_22). False where these may have left the range
    /// (<see cref="Scaled"/>), or something is not a number.
    /// </summary>
    /// <remarks>In stages: what one sample needs hangs on what it had before, and the processor looks ahead only so far; within a stage it finds other samples to go on with.</remarks>
    /// <param name="s">The state; scores and y v_xi are there.</param>
    /// <param name="perRow">1 / m_v.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Forward(AccumulatedState* s, double perRow)
    {
        double* noise = s->Descent + s->ValueNoise, onSignals = s->OnSignal, exp1 = s->Exp1, exp2 = s->Exp2, product1 = s->Own1, product2 = s->Own2, score1 = s->Score1, score2 = s->Score2, value = s->Value, margins = s->Margin;
        nint samples = s->Samples;
        TVector zero = TLanes.Create(0), vMu = TLanes.Create(s->Signal), limit = TLanes.Create(AttentionLanes<TVector, TLanes>.MostExponent);
        for (nint i = 0; i < samples; i += TLanes.Count)
        {
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(TLanes.Load(score1 + i)), limit), exp1 + i);
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(TLanes.Load(score2 + i)), limit), exp2 + i);
        }
        TVector inside = TLanes.EqualTo(zero, zero), range = TLanes.Create(UnscaledRange), lowest = TLanes.Create(-double.MaxValue);
        for (nint i = 0; i < samples; i += TLanes.Count)
        {
            TVector a1 = TLanes.Load(score1 + i), a2 = TLanes.Load(score2 + i);
            AttentionLanes<TVector, TLanes>.Softmax(a1, a2, TLanes.Load(exp1 + i), TLanes.Load(exp2 + i), out TVector large1, out TVector large2, out TVector small1, out TVector small2, out TVector onSignal, out TVector onNoise);
            TVector margin = TLanes.FusedMultiplyAdd(onSignal, vMu, TLanes.Multiply(onNoise, TLanes.Load(value + i)));
            TLanes.Store(margin, margins + i);
            TLanes.Store(TLanes.Multiply(large1, small1), product1 + i);
            TLanes.Store(TLanes.Multiply(large2, small2), product2 + i);
            TLanes.Store(onSignal, onSignals + i);
            TLanes.Store(onNoise, noise + i);
            TVector most = TLanes.Add(TLanes.Max(TLanes.Abs(a1), TLanes.Abs(a2)), TLanes.Max(zero, margin));
            inside = TLanes.And(inside, TLanes.And(TLanes.LessThan(most, range), TLanes.LessThan(lowest, margin)));
        }
        TVector perValue = TLanes.Create(perRow);
        for (nint i = 0; i < samples; i += TLanes.Count)
        {
            TVector slope = TLanes.Multiply(TLanes.Load(s->Share + i), AttentionLanes<TVector, TLanes>.Slope(TLanes.Load(margins + i), limit)), common = TLanes.Multiply(slope, TLanes.Subtract(TLanes.Load(value + i), vMu));
            TVector beta1 = TLanes.Multiply(common, TLanes.Load(product1 + i)), beta2 = TLanes.Multiply(common, TLanes.Load(product2 + i)), perLoss = TLanes.Multiply(slope, perValue);
            TLanes.Store(beta1, product1 + i);
            TLanes.Store(beta2, product2 + i);
            TLanes.Store(TLanes.Subtract(zero, beta1), s->MinusVote1 + i);
            TLanes.Store(TLanes.Subtract(zero, beta2), s->MinusBeta2 + i);
            TLanes.Store(TLanes.Multiply(perLoss, TLanes.Load(onSignals + i)), onSignals + i);
            TLanes.Store(TLanes.Multiply(perLoss, TLanes.Load(noise + i)), noise + i);
        }
        return LaneTests.AllPositive(TLanes.And(inside, TLanes.Create(1)));
    }

    /// <summary>The same as mantissas near 1 and exponents; C_i at the scale of the larger of its two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scaled(AccumulatedState* s, double perRow)
    {
        double* noise = s->Descent + s->ValueNoise;
        TVector zero = TLanes.Create(0), vMu = TLanes.Create(s->Signal), perValue = TLanes.Create(perRow);
        for (nint i = 0; i < s->Samples; i += TLanes.Count)
        {
            ScaledAttentionLanes<TVector, TLanes>.Weights(
                TLanes.Load(s->Score1 + i), TLanes.Load(s->Score2 + i), TLanes.Load(s->Margin + i), out TVector beta1, out TVector k1, out TVector beta2, out TVector k2,
                out TVector onSignal, out TVector signalExponent, out TVector onNoise, out TVector noiseExponent);
            TVector share = TLanes.Load(s->Share + i), common = TLanes.Multiply(share, TLanes.Subtract(TLanes.Load(s->Value + i), vMu)), perLoss = TLanes.Multiply(share, perValue), own = TLanes.Max(k1, k2);
            beta1 = TLanes.Multiply(common, beta1);
            beta2 = TLanes.Multiply(common, beta2);
            TLanes.Store(beta1, s->MinusVote1 + i);
            TLanes.Store(TLanes.Subtract(zero, beta2), s->MinusBeta2 + i);
            TLanes.Store(PowerOfTwo.TimesPower<TVector, TLanes>(beta1, TLanes.Subtract(k1, own)), s->Own1 + i);
            TLanes.Store(PowerOfTwo.TimesPower<TVector, TLanes>(beta2, TLanes.Subtract(k2, own)), s->Own2 + i);
            TLanes.Store(k1, s->Exponent1 + i);
            TLanes.Store(k2, s->Exponent2 + i);
            TLanes.Store(own, s->ExponentOwn + i);
            TLanes.Store(TLanes.Multiply(perLoss, onSignal), s->OnSignal + i);
            TLanes.Store(TLanes.Multiply(perLoss, onNoise), noise + i);
            TLanes.Store(signalExponent, s->ExponentSignal + i);
            TLanes.Store(noiseExponent, s->ExponentNoise + i);
        }
    }
}
