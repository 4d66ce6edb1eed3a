using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>What a step of the counted dynamics asks of the samples, a sample in each lane: scores, softmax outputs, margins and the weights of the votes.</summary>
internal static unsafe class CountedAttention<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Past this the smallest weight may be near the end of the range of a double: weights then carry logarithms.</summary>
    public const double UnscaledRange = 300;

    private static TVector Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Create(0);
    }

    /// <summary>
    /// Scores (quadratics in t since their sample's last change), the value noise (a line), softmax outputs and margins; then beta_1 and beta_2
    /// up to one positive factor. False where these have left the range of a double (<see cref="ScaledWeights"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Forward(CountedState* s)
    {
        // In stages, as AccumulatedAttention.
        TVector limit = TLanes.Create(AttentionLanes<TVector, TLanes>.MostExponent), rate = TLanes.Create(s->Rate), time = TLanes.Create(s->Time);
        double* p = s->Expansion, score1 = s->Score1, score2 = s->Score2, small1At = s->Small1, small2At = s->Small2, margins = s->Margin, product1 = s->Own1, product2 = s->Own2, value = s->Value;
        nint samples = s->Samples;
        for (nint i = 0; i < samples; i += TLanes.Count, p += TLanes.Count)
        {
            TVector x = TLanes.Multiply(rate, TLanes.Subtract(time, TLanes.Load(s->Anchor + i)));
            TVector a1 = TLanes.FusedMultiplyAdd(x, TLanes.FusedMultiplyAdd(x, TLanes.Load(p + 2 * samples), TLanes.Load(p + samples)), TLanes.Load(p));
            TVector a2 = TLanes.FusedMultiplyAdd(x, TLanes.FusedMultiplyAdd(x, TLanes.Load(p + 5 * samples), TLanes.Load(p + 4 * samples)), TLanes.Load(p + 3 * samples));
            TLanes.Store(a1, score1 + i);
            TLanes.Store(a2, score2 + i);
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(a1), limit), small1At + i);
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(a2), limit), small2At + i);
        }
        TVector moved = TLanes.Multiply(rate, time), vMu = TLanes.Create(s->ValueSignal), inside = TLanes.EqualTo(Zero, Zero), range = TLanes.Create(UnscaledRange);
        for (nint i = 0; i < samples; i += TLanes.Count)
        {
            TVector a1 = TLanes.Load(score1 + i), a2 = TLanes.Load(score2 + i), v = TLanes.FusedMultiplyAdd(moved, TLanes.Load(s->ValueSlope + i), TLanes.Load(s->ValueBase + i));
            AttentionLanes<TVector, TLanes>.Softmax(a1, a2, TLanes.Load(small1At + i), TLanes.Load(small2At + i), out TVector large1, out TVector large2, out TVector small1, out TVector small2, out TVector onSignal, out TVector onNoise);
            TVector margin = TLanes.FusedMultiplyAdd(onSignal, vMu, TLanes.Multiply(onNoise, v));
            TLanes.Store(v, value + i);
            TLanes.Store(margin, margins + i);
            TLanes.Store(large1, s->Large1 + i);
            TLanes.Store(large2, s->Large2 + i);
            TLanes.Store(TLanes.Multiply(large1, small1), product1 + i);
            TLanes.Store(TLanes.Multiply(large2, small2), product2 + i);
            TVector most = TLanes.Add(TLanes.Max(TLanes.Abs(a1), TLanes.Abs(a2)), TLanes.Max(Zero, margin));
            inside = TLanes.And(inside, TLanes.LessThan(most, range));
        }
        TVector one = TLanes.Create(1);
        for (nint i = 0; i < samples; i += TLanes.Count)
        {
            TVector delta = TLanes.Subtract(TLanes.Load(value + i), vMu), common = TLanes.Multiply(AttentionLanes<TVector, TLanes>.Slope(TLanes.Load(margins + i), limit), delta);
            TVector beta1 = TLanes.Multiply(common, TLanes.Load(product1 + i)), beta2 = TLanes.Multiply(common, TLanes.Load(product2 + i));
            TLanes.Store(beta1, s->Vote1 + i);
            TLanes.Store(beta2, s->Beta2 + i);
            TLanes.Store(beta1, product1 + i);
            TLanes.Store(beta2, product2 + i);
            TLanes.Store(one, s->Weight + i);
            TLanes.Store(TLanes.Subtract(TLanes.And(TLanes.LessThan(delta, Zero), one), TLanes.And(TLanes.LessThan(Zero, delta), one)), s->MinusSide + i);
        }
        return LaneTests.AllPositive(TLanes.And(inside, one));
    }

    /// <summary>
    /// The same past the range: each weight is divided by the exponential of its logarithm, or of the largest that it is compared with. With
    /// x_a = |a_a| + max(margin, 0): beta_a = Delta / (1 + e^-|a_a|)^2 / (1 + e^-|margin|) e^-x_a.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaledWeights(CountedState* s)
    {
        TVector one = TLanes.Create(1), vMu = TLanes.Create(s->ValueSignal), limit = TLanes.Create(AttentionLanes<TVector, TLanes>.MostExponent);
        double least1 = double.PositiveInfinity, leastOwn = double.PositiveInfinity;
        for (int i = 0; i < s->N; i++)
        {
            double up = Math.Max(s->Margin[i], 0), x1 = Math.Abs(s->Score1[i]) + up, x2 = Math.Abs(s->Score2[i]) + up;
            least1 = Math.Min(least1, x1);
            leastOwn = Math.Min(leastOwn, Math.Min(x1, x2));
        }
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector margin = TLanes.Load(s->Margin + i), positive = TLanes.Max(margin, Zero), common = TLanes.Divide(TLanes.Subtract(TLanes.Load(s->Value + i), vMu), TLanes.Add(one, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(margin), limit)));
            TVector a1 = TLanes.Load(s->Score1 + i), a2 = TLanes.Load(s->Score2 + i), large1 = TLanes.Load(s->Large1 + i), large2 = TLanes.Load(s->Large2 + i);
            TVector c1 = TLanes.Multiply(common, TLanes.Multiply(large1, large1)), c2 = TLanes.Multiply(common, TLanes.Multiply(large2, large2));
            TVector x1 = TLanes.Add(TLanes.Abs(a1), positive), x2 = TLanes.Add(TLanes.Abs(a2), positive), own = TLanes.Min(x1, x2);
            TLanes.Store(TLanes.Multiply(c1, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(x1, TLanes.Create(least1)))), s->Vote1 + i);
            TLanes.Store(c2, s->Beta2 + i);
            TLanes.Store(TLanes.Multiply(c1, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(x1, own))), s->Own1 + i);
            TLanes.Store(TLanes.Multiply(c2, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(x2, own))), s->Own2 + i);
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(own, TLanes.Create(leastOwn))), s->Weight + i);
            TLanes.Store(x2, s->Log2 + i);
            TLanes.Store(own, s->LogOwn + i);
        }
    }
}
