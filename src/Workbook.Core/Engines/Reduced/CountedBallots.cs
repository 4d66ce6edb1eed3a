using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// A vote of samples on the direction of a coordinate of W_Q or W_K, mu's (all samples vote) or a shared one (those that touch it): the sum, and what its certainty depends on.
/// <see cref="CountedState.Ballot"/> gets rows of neurons: the sum; the sum of the sizes of its terms; for W_K the beta_2 terms alone.
/// </summary>
internal static unsafe class CountedBallots<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private static TVector Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Create(0);
    }

    /// <summary>sum_e w_e D_e over the given samples.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Query(CountedState* s, int count, int* sample, double* weight)
    {
        nint stride = s->Stride, n = s->N;
        double* moved = s->Moved + 2 + n, ballot = s->Ballot;
        for (nint r = 0; r < stride; r += TLanes.Count)
        {
            TVector signal = TLanes.Load(s->Signal + stride + r), sum = Zero, size = Zero;
            double* key = s->Base + (2 + n) * stride + r, slope = s->Slope + (2 + n) * stride + r;
            for (nint e = 0; e < count; e++)
            {
                nint i = sample[e], at = i * stride;
                TVector d = TLanes.Subtract(signal, TLanes.FusedMultiplyAdd(TLanes.Create(moved[i]), TLanes.Load(slope + at), TLanes.Load(key + at)));
                TVector term = TLanes.Multiply(TLanes.Create(weight[e]), d);
                sum = TLanes.Add(sum, term);
                size = TLanes.Add(size, TLanes.Abs(term));
            }
            TLanes.Store(sum, ballot + r);
            TLanes.Store(size, ballot + stride + r);
        }
    }

    /// <summary>sum_e w_e (beta_1 q_mu + beta_2 y q_xi) over the given samples, the betas as they stand in C; <paramref name="signal"/> = sum_e w_e beta_1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Key(CountedState* s, int count, int* sample, double* weight, double signal)
    {
        nint stride = s->Stride;
        double* moved = s->Moved + 2, ballot = s->Ballot, own2 = s->Own2;
        for (nint r = 0; r < stride; r += TLanes.Count)
        {
            TVector q = TLanes.Load(s->Signal + r), noise = Zero, size = Zero;
            double* query = s->Base + 2 * stride + r, slope = s->Slope + 2 * stride + r;
            for (nint e = 0; e < count; e++)
            {
                nint i = sample[e], at = i * stride;
                TVector x = TLanes.FusedMultiplyAdd(TLanes.Create(moved[i]), TLanes.Load(slope + at), TLanes.Load(query + at));
                TVector term = TLanes.Multiply(TLanes.Create(weight[e]), TLanes.Multiply(TLanes.Create(own2[i]), x));
                noise = TLanes.Add(noise, term);
                size = TLanes.Add(size, TLanes.Abs(term));
            }
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Create(signal), q, noise), ballot + r);
            TLanes.Store(size, ballot + stride + r);
            TLanes.Store(noise, ballot + 2 * stride + r);
        }
    }

    /// <summary>Of a vote of all samples on W_Q: sum |w|, and the same with each sample's speed and rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void QuerySizes(CountedState* s, double* weight, out double size, out double speed, out double slack)
    {
        TVector sizes = Zero, speeds = Zero, slacks = Zero;
        for (nint i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector w = TLanes.Abs(TLanes.Load(weight + i));
            sizes = TLanes.Add(sizes, w);
            speeds = TLanes.FusedMultiplyAdd(w, TLanes.Load(s->Speed + i), speeds);
            slacks = TLanes.FusedMultiplyAdd(w, TLanes.Load(s->Rounding + i), slacks);
        }
        (size, speed, slack) = (TLanes.Sum(sizes), TLanes.Sum(speeds), TLanes.Sum(slacks));
    }

    /// <summary>Of a vote of all samples on W_K: sum w beta_1, sum |w beta_1|, and sum |w beta_2| with each sample's speed and rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KeySizes(CountedState* s, double* weight, out double signal, out double size, out double speed, out double slack)
    {
        TVector sums = Zero, sizes = Zero, speeds = Zero, slacks = Zero;
        for (nint i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector w = TLanes.Load(weight + i), term = TLanes.Multiply(w, TLanes.Load(s->Own1 + i)), other = TLanes.Abs(TLanes.Multiply(w, TLanes.Load(s->Own2 + i)));
            sums = TLanes.Add(sums, term);
            sizes = TLanes.Add(sizes, TLanes.Abs(term));
            speeds = TLanes.FusedMultiplyAdd(other, TLanes.Load(s->Speed + i), speeds);
            slacks = TLanes.FusedMultiplyAdd(other, TLanes.Load(s->Rounding + i), slacks);
        }
        (signal, size, speed, slack) = (TLanes.Sum(sums), TLanes.Sum(sizes), TLanes.Sum(speeds), TLanes.Sum(slacks));
    }

    /// <summary>Whether the directions of the rows of the given samples, of which the first sample's is <paramref name="first"/>, are all the same and none is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Agree(CountedState* s, int count, int* sample, double* first)
    {
        nint stride = s->Stride;
        double* rows = first - sample[0] * stride;
        for (nint r = 0; r < stride; r += TLanes.Count)
        {
            TVector mine = TLanes.Load(first + r), least = TLanes.Create(double.PositiveInfinity);
            for (nint e = 0; e < count; e++) least = TLanes.Min(least, TLanes.Multiply(mine, TLanes.Load(rows + sample[e] * stride + r)));
            if (!LaneTests.AllPositive(TLanes.Add(least, TLanes.Load(s->Padding + r)))) return false;
        }
        return true;
    }

    /// <summary>
    /// Whether the sums keep their signs while every term's weight changes by a factor g at most and the terms by <paramref name="reach"/> in all: the winning terms, each at its least, outweigh
    /// the others at their most. With W = sum of sizes and V = |sum| the winners have (W + V) / 2 and the losers (W - V) / 2.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool QueryHolds(CountedState* s, double growth, double reach)
    {
        TVector half = TLanes.Create(0.5), shrunk = TLanes.Create(1 / growth), grown = TLanes.Create(growth), over = TLanes.Create(growth * reach), slack = TLanes.Create(1 + CountedBounds<TVector, TLanes>.Slack);
        TVector least = TLanes.Create(double.PositiveInfinity);
        for (int r = 0; r < s->Stride; r += TLanes.Count)
        {
            TVector sum = TLanes.Abs(TLanes.Load(s->Ballot + r)), size = TLanes.Load(s->Ballot + s->Stride + r);
            TVector winners = TLanes.Multiply(half, TLanes.Add(size, sum)), losers = TLanes.Multiply(half, TLanes.Subtract(TLanes.Multiply(slack, size), sum));
            TVector lead = TLanes.Subtract(TLanes.Multiply(winners, shrunk), TLanes.FusedMultiplyAdd(losers, grown, over));
            least = TLanes.Min(least, TLanes.Add(lead, TLanes.Load(s->Padding + r)));
        }
        return LaneTests.AllPositive(least);
    }

    /// <summary>The same for a vote on W_K, where the beta_1 terms (<paramref name="signal"/> q_mu, sizes <paramref name="size"/> |q_mu|) and the beta_2 terms drift at rates of their own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool KeyHolds(CountedState* s, double signal, double size, double growth1, double growth2, double reach)
    {
        int stride = s->Stride;
        TVector half = TLanes.Create(0.5), slack = TLanes.Create(1 + CountedBounds<TVector, TLanes>.Slack), signBit = TLanes.Create(-0.0), least = TLanes.Create(double.PositiveInfinity);
        TVector shrunk1 = TLanes.Create(1 / growth1), grown1 = TLanes.Create(growth1), shrunk2 = TLanes.Create(1 / growth2), grown2 = TLanes.Create(growth2);
        TVector over = TLanes.Create(reach), weight = TLanes.Create(signal), sizes = TLanes.Create(size);
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            // Everything turned so that the sum is positive.
            TVector q = TLanes.Load(s->Signal + r), side = TLanes.And(TLanes.Load(s->Ballot + r), signBit), size1 = TLanes.Multiply(sizes, TLanes.Abs(q)), size2 = TLanes.Load(s->Ballot + stride + r);
            TVector sum1 = TLanes.Xor(TLanes.Multiply(weight, q), side), sum2 = TLanes.Xor(TLanes.Load(s->Ballot + 2 * stride + r), side);
            TVector winners1 = TLanes.Multiply(half, TLanes.Add(size1, sum1)), losers1 = TLanes.Multiply(half, TLanes.Subtract(TLanes.Multiply(slack, size1), sum1));
            TVector winners2 = TLanes.Multiply(half, TLanes.Add(size2, sum2)), losers2 = TLanes.Multiply(half, TLanes.Subtract(TLanes.Multiply(slack, size2), sum2));
            TVector lead = TLanes.FusedMultiplyAdd(winners1, shrunk1, TLanes.Multiply(winners2, shrunk2));
            TVector against = TLanes.FusedMultiplyAdd(losers1, grown1, TLanes.FusedMultiplyAdd(losers2, grown2, over));
            least = TLanes.Min(least, TLanes.Add(TLanes.Subtract(lead, against), TLanes.Load(s->Padding + r)));
        }
        return LaneTests.AllPositive(least);
    }
}
