using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// What <see cref="AttentionLanes{TVector, TLanes}"/> makes of two scores and a margin, as mantissas near 1 and binary exponents where sizes leave the range of a double; a sample in each lane.
/// </summary>
/// <remarks>
/// With e^-|a_a| = m_a 2^k_a and e^-|margin| = m 2^k, each exponential taken apart into mantissa and exponent (<see cref="ExpKernel.Mantissa"/>), every factor is one of
/// <code>
/// 1 / (1 + e)     m / (1 + e) 2^k
/// </code>
/// so that exponents are sums of whole numbers, and no mantissa loses more than its few roundings however large the arguments are: nothing is ever a difference of logarithms.
/// </remarks>
internal static class ScaledAttentionLanes<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    // A larger score or margin counts as this, so that exponents stay whole numbers; not an infinite one: what has diverged is to be seen.
    private const double LargestArgument = 1e13;

    /// <summary>With s = 1 / (1 + e^margin) and s_ab the attention of query a on key b: s s_a1 s_a2, s (s_11 + s_21), s (s_12 + s_22), each a mantissa times 2^exponent; NaN where an argument is not finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights(
        TVector a1, TVector a2, TVector margin, out TVector product1, out TVector exponent1, out TVector product2, out TVector exponent2,
        out TVector onFirst, out TVector exponentFirst, out TVector onSecond, out TVector exponentSecond)
    {
        TVector zero = TLanes.Create(0), one = TLanes.Create(1);
        TVector m1 = ExpMinusMagnitude(a1, out TVector k1), m2 = ExpMinusMagnitude(a2, out TVector k2), m = ExpMinusMagnitude(margin, out TVector k);
        TVector e1 = PowerOfTwo.TimesPower<TVector, TLanes>(m1, k1), e2 = PowerOfTwo.TimesPower<TVector, TLanes>(m2, k2), below1 = TLanes.Add(one, e1), below2 = TLanes.Add(one, e2), below = TLanes.Add(one, PowerOfTwo.TimesPower<TVector, TLanes>(m, k));
        // One division for all.
        TVector both = TLanes.Multiply(below1, below2), inverse = TLanes.Divide(one, TLanes.Multiply(both, below)), rest = TLanes.Multiply(inverse, below);
        TVector large1 = TLanes.Multiply(rest, below2), large2 = TLanes.Multiply(rest, below1), small1 = TLanes.Multiply(m1, large1), small2 = TLanes.Multiply(m2, large2);
        TVector wrong = TLanes.LessThan(margin, zero), slope = TLanes.Multiply(inverse, both);
        slope = TLanes.Select(wrong, slope, TLanes.Multiply(m, slope));
        k = TLanes.Select(wrong, zero, k);

        product1 = TLanes.Multiply(TLanes.Multiply(slope, large1), small1);
        product2 = TLanes.Multiply(TLanes.Multiply(slope, large2), small2);
        exponent1 = TLanes.Add(k, k1);
        exponent2 = TLanes.Add(k, k2);

        // On a key that either query prefers the sum is near 1; on the one that none does, two small numbers are added at the scale of the larger.
        TVector top = TLanes.Max(k1, k2), least = TLanes.Add(PowerOfTwo.TimesPower<TVector, TLanes>(small1, TLanes.Subtract(k1, top)), PowerOfTwo.TimesPower<TVector, TLanes>(small2, TLanes.Subtract(k2, top)));
        small1 = TLanes.Multiply(e1, large1);
        small2 = TLanes.Multiply(e2, large2);
        TVector second1 = TLanes.LessThan(a1, zero), second2 = TLanes.LessThan(a2, zero), second = TLanes.And(second1, second2), either = TLanes.Or(second1, second2);
        onFirst = TLanes.Select(second, least, TLanes.Add(TLanes.Select(second1, small1, large1), TLanes.Select(second2, small2, large2)));
        onSecond = TLanes.Select(either, TLanes.Add(TLanes.Select(second1, large1, small1), TLanes.Select(second2, large2, small2)), least);
        onFirst = TLanes.Multiply(slope, onFirst);
        onSecond = TLanes.Multiply(slope, onSecond);
        exponentFirst = TLanes.Add(k, TLanes.And(second, top));
        exponentSecond = TLanes.Add(k, TLanes.Select(either, zero, top));
    }

    /// <summary>e^-|x| = m 2^exponent; NaN where x is infinite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ExpMinusMagnitude(TVector x, out TVector exponent)
    {
        TVector zero = TLanes.Create(0), m = ExpKernel.Mantissa<TVector, TLanes>(TLanes.Subtract(zero, TLanes.Min(TLanes.Create(LargestArgument), TLanes.Abs(x))), out exponent);
        return TLanes.FusedMultiplyAdd(x, zero, m);
    }
}
