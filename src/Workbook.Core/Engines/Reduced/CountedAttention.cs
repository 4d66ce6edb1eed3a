using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>What a step of the counted dynamics asks of the samples, a sample in each lane: scores, softmax outputs, margins and the weights of the votes.</summary>
internal static unsafe class CountedAttention<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Past this the smallest weight is near the end of the range of a double: weights then carry logarithms.</summary>
    public const double UnscaledRange = 600;

    private static TVector Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Create(0);
    }

    /// <summary>
    /// Scores (quadratics in t since their sample's last change), the value noise (a line), softmax outputs and margins; then beta_1, beta_2 and the value's
    /// weight up to one positive factor. False where these have left the range of a double (<see cref="ScaledWeights"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Forward(CountedState* s)
    {
        TVector one = TLanes.Create(1), all = TLanes.Create(double.MaxValue), rate = TLanes.Create(s->Rate), time = TLanes.Create(s->Time), moved = TLanes.Multiply(rate, time), vMu = TLanes.Create(s->ValueSignal), most = Zero;
        double* p = s->Expansion;
        int samples = s->Samples;
        for (int i = 0; i < samples; i += TLanes.Count, p += TLanes.Count)
        {
            TVector x = TLanes.Multiply(rate, TLanes.Subtract(time, TLanes.Load(s->Anchor + i)));
            TVector a1 = TLanes.FusedMultiplyAdd(x, TLanes.FusedMultiplyAdd(x, TLanes.Load(p + 2 * samples), TLanes.Load(p + samples)), TLanes.Load(p));
            TVector a2 = TLanes.FusedMultiplyAdd(x, TLanes.FusedMultiplyAdd(x, TLanes.Load(p + 5 * samples), TLanes.Load(p + 4 * samples)), TLanes.Load(p + 3 * samples));
            TVector v = TLanes.FusedMultiplyAdd(moved, TLanes.Load(s->ValueSlope + i), TLanes.Load(s->ValueBase + i));
            AttentionLanes<TVector, TLanes>.Softmax(a1, a2, all, out TVector e1, out TVector e2, out TVector large1, out TVector large2, out TVector small1, out TVector small2, out TVector onSignal, out TVector onNoise);
            TVector margin = TLanes.FusedMultiplyAdd(onSignal, vMu, TLanes.Multiply(onNoise, v));
            TLanes.Store(a1, s->Score1 + i);
            TLanes.Store(a2, s->Score2 + i);
            TLanes.Store(v, s->Value + i);
            TLanes.Store(e1, s->Small1 + i);
            TLanes.Store(e2, s->Small2 + i);
            TLanes.Store(large1, s->Large1 + i);
            TLanes.Store(large2, s->Large2 + i);
            TLanes.Store(margin, s->Margin + i);

            TVector delta = TLanes.Subtract(v, vMu), slope = AttentionLanes<TVector, TLanes>.Slope(margin, all);
            TVector common = TLanes.Multiply(slope, delta);
            TVector beta1 = TLanes.Multiply(TLanes.Multiply(common, large1), small1), beta2 = TLanes.Multiply(TLanes.Multiply(common, large2), small2);
            TLanes.Store(beta1, s->Vote1 + i);
            TLanes.Store(beta2, s->Beta2 + i);
            TLanes.Store(beta1, s->Own1 + i);
            TLanes.Store(beta2, s->Own2 + i);
            TLanes.Store(one, s->Weight + i);
            TLanes.Store(TLanes.Subtract(TLanes.And(TLanes.LessThan(delta, Zero), one), TLanes.And(TLanes.LessThan(Zero, delta), one)), s->MinusSide + i);
            TLanes.Store(TLanes.Multiply(slope, onNoise), s->ValueWeight + i);
            most = TLanes.Max(most, TLanes.Add(TLanes.Max(TLanes.Abs(a1), TLanes.Abs(a2)), TLanes.Max(margin, Zero)));
        }
        return LaneTests.AllPositive(TLanes.Subtract(TLanes.Create(UnscaledRange), most));
    }

    /// <summary>
    /// The same past the range: each weight is divided by the exponential of its logarithm, or of the largest that it is compared with. With
    /// x_a = |a_a| + max(margin, 0): beta_a = Delta / (1 + e^-|a_a|)^2 / (1 + e^-|margin|) e^-x_a.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaledWeights(CountedState* s)
    {
        TVector one = TLanes.Create(1), vMu = TLanes.Create(s->ValueSignal);
        double least1 = double.PositiveInfinity, leastOwn = double.PositiveInfinity;
        for (int i = 0; i < s->N; i++)
        {
            double up = Math.Max(s->Margin[i], 0), x1 = Math.Abs(s->Score1[i]) + up, x2 = Math.Abs(s->Score2[i]) + up;
            least1 = Math.Min(least1, x1);
            leastOwn = Math.Min(leastOwn, Math.Min(x1, x2));
        }
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector margin = TLanes.Load(s->Margin + i), positive = TLanes.Max(margin, Zero), common = TLanes.Divide(TLanes.Subtract(TLanes.Load(s->Value + i), vMu), TLanes.Add(one, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(margin))));
            TVector a1 = TLanes.Load(s->Score1 + i), a2 = TLanes.Load(s->Score2 + i), large1 = TLanes.Load(s->Large1 + i), large2 = TLanes.Load(s->Large2 + i);
            TVector c1 = TLanes.Multiply(common, TLanes.Multiply(large1, large1)), c2 = TLanes.Multiply(common, TLanes.Multiply(large2, large2));
            TVector x1 = TLanes.Add(TLanes.Abs(a1), positive), x2 = TLanes.Add(TLanes.Abs(a2), positive), own = TLanes.Min(x1, x2);
            TLanes.Store(TLanes.Multiply(c1, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(x1, TLanes.Create(least1)))), s->Vote1 + i);
            TLanes.Store(c2, s->Beta2 + i);
            TLanes.Store(TLanes.Multiply(c1, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(x1, own))), s->Own1 + i);
            TLanes.Store(TLanes.Multiply(c2, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(x2, own))), s->Own2 + i);
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(own, TLanes.Create(leastOwn))), s->Weight + i);
            TVector noiseScale = TLanes.Max(Zero, TLanes.Min(a1, a2));
            TVector to1 = TLanes.Multiply(large1, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(TLanes.Max(a1, Zero), noiseScale)));
            TVector to2 = TLanes.Multiply(large2, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Subtract(TLanes.Max(a2, Zero), noiseScale)));
            TLanes.Store(TLanes.Divide(TLanes.Add(to1, to2), TLanes.Add(one, AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(margin)))), s->ValueWeight + i);
            TLanes.Store(x2, s->Log2 + i);
            TLanes.Store(own, s->LogOwn + i);
            TLanes.Store(TLanes.Add(positive, noiseScale), s->LogValue + i);
        }
    }
}
