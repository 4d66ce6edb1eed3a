using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>Softmax over two patches and the loss's slope, a sample in each lane; three exponentials a sample.</summary>
internal static class AttentionLanes<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Where weights count as they come out every exponent is below 300 (<see cref="Support.LogSize.Unscaled"/>), and the product of two exponentials of this size is still in the range of a double.</summary>
    public const double MostExponent = 340;

    /// <summary>
    /// e^-min(x, most). Past the range in which a result counts, <paramref name="most"/> keeps it from underflowing: processors take a hundred cycles and more for that.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ExpMinus(TVector x, TVector most) => ExpMinus(TLanes.Min(most, x));

    /// <summary>e^-x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ExpMinus(TVector x) => ExpKernel.Invoke<TVector, TLanes>(TLanes.Subtract(TLanes.Create(0), x));

    /// <summary>
    /// Of scores a_1 and a_2 and e_a = e^-|a_a|: 1 / (1 + e_a), which is the larger of s_a1 and s_a2, then e_a / (1 + e_a), the smaller one; onSignal = s_11 + s_21 and onNoise = s_12 + s_22.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Softmax(TVector a1, TVector a2, TVector e1, TVector e2, out TVector large1, out TVector large2, out TVector small1, out TVector small2, out TVector onSignal, out TVector onNoise)
    {
        TVector zero = TLanes.Create(0), one = TLanes.Create(1), below1 = TLanes.Add(one, e1), below2 = TLanes.Add(one, e2);
        // One division for both.
        TVector inverse = TLanes.Divide(one, TLanes.Multiply(below1, below2));
        large1 = TLanes.Multiply(inverse, below2);
        large2 = TLanes.Multiply(inverse, below1);
        small1 = TLanes.Multiply(e1, large1);
        small2 = TLanes.Multiply(e2, large2);
        TVector to1 = TLanes.LessThan(a1, zero), to2 = TLanes.LessThan(a2, zero);
        onSignal = TLanes.Add(TLanes.Select(to1, small1, large1), TLanes.Select(to2, small2, large2));
        onNoise = TLanes.Add(TLanes.Select(to1, large1, small1), TLanes.Select(to2, large2, small2));
    }

    /// <summary>-l' = 1 / (1 + e^margin).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Slope(TVector margin, TVector most)
    {
        TVector one = TLanes.Create(1), small = ExpMinus(TLanes.Abs(margin), most), large = TLanes.Divide(one, TLanes.Add(one, small));
        return TLanes.Select(TLanes.LessThan(margin, TLanes.Create(0)), large, TLanes.Multiply(small, large));
    }
}
