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

    private const double Ln2 = 0.69314718055994530942;

    // Above this a double is nearly an integer, and rounding by addition is not to be had.
    private const double LargestRounded = 1e15;

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
        double* noise = s->Descent + s->ValueNoise, onSignals = s->OnSignal, large1At = s->Large1, large2At = s->Large2, product1 = s->Own1, product2 = s->Own2, score1 = s->Score1, score2 = s->Score2, value = s->Value, margins = s->Margin;
        nint samples = s->Samples;
        TVector zero = TLanes.Create(0), vMu = TLanes.Create(s->Signal), limit = TLanes.Create(AttentionLanes<TVector, TLanes>.MostExponent);
        for (nint i = 0; i < samples; i += TLanes.Count)
        {
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(TLanes.Load(score1 + i)), limit), large1At + i);
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(TLanes.Load(score2 + i)), limit), large2At + i);
        }
        TVector inside = TLanes.EqualTo(zero, zero), range = TLanes.Create(UnscaledRange), lowest = TLanes.Create(-double.MaxValue);
        for (nint i = 0; i < samples; i += TLanes.Count)
        {
            TVector a1 = TLanes.Load(score1 + i), a2 = TLanes.Load(score2 + i);
            AttentionLanes<TVector, TLanes>.Softmax(a1, a2, TLanes.Load(large1At + i), TLanes.Load(large2At + i), out TVector large1, out TVector large2, out TVector small1, out TVector small2, out TVector onSignal, out TVector onNoise);
            TVector margin = TLanes.FusedMultiplyAdd(onSignal, vMu, TLanes.Multiply(onNoise, TLanes.Load(value + i)));
            TLanes.Store(margin, margins + i);
            TLanes.Store(large1, large1At + i);
            TLanes.Store(large2, large2At + i);
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

    /// <summary>
    /// The same as mantissas near 1 and exponents. With x_a = |a_a| + max(margin, 0): beta_a = Delta / n / (1 + e^-|a_a|)^2 / (1 + e^-|margin|) e^-x_a, and s_11 + s_21 is e^-u times a number
    /// between 1 and 2, u = max(0, min(-a_1, -a_2)); s_12 + s_22 the same with the scores' signs turned.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scaled(AccumulatedState* s, double perRow)
    {
        double* noise = s->Descent + s->ValueNoise;
        TVector zero = TLanes.Create(0), one = TLanes.Create(1), vMu = TLanes.Create(s->Signal), perValue = TLanes.Create(perRow), limit = TLanes.Create(AttentionLanes<TVector, TLanes>.MostExponent);
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector margin = TLanes.Load(s->Margin + i), positive = TLanes.Max(margin, zero);
            TVector slope = TLanes.Divide(TLanes.Load(s->Share + i), TLanes.Add(one, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(margin), limit)));
            TVector common = TLanes.Multiply(slope, TLanes.Subtract(TLanes.Load(s->Value + i), vMu)), perLoss = TLanes.Multiply(slope, perValue);
            TVector a1 = TLanes.Load(s->Score1 + i), a2 = TLanes.Load(s->Score2 + i), large1 = TLanes.Load(s->Large1 + i), large2 = TLanes.Load(s->Large2 + i);
            TVector c1 = TLanes.Multiply(common, TLanes.Multiply(large1, large1)), c2 = TLanes.Multiply(common, TLanes.Multiply(large2, large2));
            TVector x1 = TLanes.Add(TLanes.Abs(a1), positive), x2 = TLanes.Add(TLanes.Abs(a2), positive), k1 = Exponent(x1), k2 = Exponent(x2), own = TLanes.Min(k1, k2);
            TLanes.Store(TLanes.Multiply(c1, Rest(x1, k1)), s->MinusVote1 + i);
            TLanes.Store(TLanes.Multiply(TLanes.Subtract(zero, c2), Rest(x2, k2)), s->MinusBeta2 + i);
            TLanes.Store(TLanes.Multiply(c1, Beyond(x1, k1, own)), s->Own1 + i);
            TLanes.Store(TLanes.Multiply(c2, Beyond(x2, k2, own)), s->Own2 + i);
            TLanes.Store(TLanes.Subtract(zero, k1), s->Exponent1 + i);
            TLanes.Store(TLanes.Subtract(zero, k2), s->Exponent2 + i);
            TLanes.Store(TLanes.Subtract(zero, own), s->ExponentOwn + i);

            TVector minus1 = TLanes.Subtract(zero, a1), minus2 = TLanes.Subtract(zero, a2);
            TVector onSignal = Total(minus1, minus2, large1, large2, positive, limit, out TVector signalExponent), onNoise = Total(a1, a2, large1, large2, positive, limit, out TVector noiseExponent);
            TLanes.Store(TLanes.Multiply(perLoss, onSignal), s->OnSignal + i);
            TLanes.Store(TLanes.Multiply(perLoss, onNoise), noise + i);
            TLanes.Store(signalExponent, s->ExponentSignal + i);
            TLanes.Store(noiseExponent, s->ExponentNoise + i);
        }
    }

    /// <summary>e^-max(b_1, 0) / (1 + e^-|b_1|) + the same of b_2, times e^-positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Total(TVector b1, TVector b2, TVector large1, TVector large2, TVector positive, TVector limit, out TVector exponent)
    {
        TVector zero = TLanes.Create(0), least = TLanes.Max(zero, TLanes.Min(b1, b2)), x = TLanes.Add(positive, least), k = Exponent(x);
        exponent = TLanes.Subtract(zero, k);
        TVector sum = TLanes.FusedMultiplyAdd(large1, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(TLanes.Max(b1, zero), least), limit),
            TLanes.Multiply(large2, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(TLanes.Max(b2, zero), least), limit)));
        return TLanes.Multiply(sum, Rest(x, k));
    }

    /// <summary>x / ln 2, rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exponent(TVector x)
    {
        TVector k = TLanes.Multiply(x, TLanes.Create(1 / Ln2)), magic = TLanes.Create(PowerOfTwo.RoundToIntegerDouble);
        return TLanes.Select(TLanes.LessThan(x, TLanes.Create(LargestRounded)), TLanes.Subtract(TLanes.Add(k, magic), magic), k);
    }

    /// <summary>2^k e^-x, between 1/2 and 2; what x has lost to rounding where it is large does not count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Rest(TVector x, TVector k)
    {
        TVector rest = TLanes.FusedMultiplyAdd(k, TLanes.Create(-Ln2), x);
        return AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Max(TLanes.Create(-1), TLanes.Min(TLanes.Create(1), rest)));
    }

    /// <summary>2^own e^-x for own that is at most k; below 2^-900 nothing counts beside a 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Beyond(TVector x, TVector k, TVector own) => TLanes.Scale(Rest(x, k), TLanes.Max(TLanes.Create(-900), TLanes.Subtract(own, k)));
}
