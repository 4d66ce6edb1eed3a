using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;

namespace Workbook.Core.Optimizers;

/// <summary>
/// Moments with binary exponents as <see cref="SignMomentum"/> and <see cref="Adam"/> keep them, a coordinate in each lane: as many whole vectors as there are. What is left over, and everything
/// where there are no vectors of 256 bits, is done by the rules' own loops, which give the same bits.
/// </summary>
internal static unsafe class ScaledMoments
{
    /// <summary>Coordinates of <see cref="SignMomentum"/> that were done, from the first on: m = beta m + rest g, the larger term brought to about 1.</summary>
    public static int Momentum(double beta, double rest, Span<double> m, Span<int> e, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents)
    {
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported) return Momentum<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(beta, rest, m, e, gradient, exponents);
        return Avx2.IsSupported ? Momentum<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(beta, rest, m, e, gradient, exponents) : 0;
    }

    /// <summary>Coordinates of <see cref="Adam"/> that were done, from the first on.</summary>
    public static int Adam(in AdamRates rates, Span<double> m, Span<double> v, Span<int> e, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction)
    {
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported) return Adam<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(rates, m, v, e, gradient, exponents, direction);
        return Avx2.IsSupported ? Adam<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(rates, m, v, e, gradient, exponents, direction) : 0;
    }

    /// <summary>The constants of a step of Adam: decay rates, the bias corrections 1 / (1 - beta^t), and eps.</summary>
    public readonly record struct AdamRates(double Beta1, double Beta2, double Correction1, double Correction2, double Epsilon);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Momentum<TWords, TWordLanes, TVector, TLanes>(double beta, double rest, Span<double> m, Span<int> e, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents)
        where TVector : struct
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TVector decay = TLanes.Create(beta), fresh = TLanes.Create(rest), zero = TLanes.Create(0);
        int k = 0;
        fixed (double* pm = m, pg = gradient)
        fixed (int* pe = e, px = exponents)
            for (; k <= m.Length - TLanes.Count; k += TLanes.Count)
            {
                TVector old = TLanes.Multiply(decay, TLanes.Load(pm + k)), g = TLanes.Multiply(fresh, TLanes.Load(pg + k)), was = LoadIntegers<TVector>(pe + k), given = px == null ? zero : LoadIntegers<TVector>(px + k);
                TVector now = Top<TWords, TWordLanes, TVector, TLanes>(old, was, g, given);
                TLanes.Store(TLanes.Add(To<TVector, TLanes>(old, was, now), To<TVector, TLanes>(g, given, now)), pm + k);
                StoreIntegers(now, pe + k);
            }
        return k;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Adam<TWords, TWordLanes, TVector, TLanes>(
        in AdamRates rates, Span<double> m, Span<double> v, Span<int> e, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction)
        where TVector : struct
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TVector b1 = TLanes.Create(rates.Beta1), b2 = TLanes.Create(rates.Beta2), r1 = TLanes.Create(1 - rates.Beta1), r2 = TLanes.Create(1 - rates.Beta2), c1 = TLanes.Create(rates.Correction1), c2 = TLanes.Create(rates.Correction2);
        TVector zero = TLanes.Create(0), infinity = TLanes.Create(double.PositiveInfinity);
        int k = 0;
        fixed (double* pm = m, pv = v, pg = gradient, to = direction)
        fixed (int* pe = e, px = exponents)
            for (; k <= m.Length - TLanes.Count; k += TLanes.Count)
            {
                TVector g = TLanes.Load(pg + k), oldM = TLanes.Multiply(TLanes.Load(pm + k), b1), rootV = TLanes.Sqrt(TLanes.Multiply(TLanes.Load(pv + k), b2)), was = LoadIntegers<TVector>(pe + k), given = px == null ? zero : LoadIntegers<TVector>(px + k);
                TVector now = Top<TWords, TWordLanes, TVector, TLanes>(g, given, TLanes.Max(TLanes.Abs(oldM), rootV), was), root = To<TVector, TLanes>(rootV, was, now);
                g = To<TVector, TLanes>(g, given, now);
                TVector mean = TLanes.Add(To<TVector, TLanes>(oldM, was, now), TLanes.Multiply(r1, g)), square = TLanes.Add(TLanes.Multiply(root, root), TLanes.Multiply(TLanes.Multiply(r2, g), g));
                TLanes.Store(mean, pm + k);
                TLanes.Store(square, pv + k);
                StoreIntegers(now, pe + k);
                TVector below = TLanes.Sqrt(TLanes.Multiply(square, c2));
                if (rates.Epsilon != 0) below = TLanes.Add(below, Scale<TVector, TLanes>(TLanes.Create(rates.Epsilon), TLanes.Subtract(zero, now)));
                TVector nothing = TLanes.Or(TLanes.EqualTo(below, zero), TLanes.EqualTo(below, infinity));
                TLanes.Store(TLanes.Select(nothing, zero, TLanes.Divide(TLanes.Multiply(mean, c1), below)), to + k);
            }
        return k;
    }

    /// <summary>The larger binary exponent of two numbers f 2^e; 0 where both are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Top<TWords, TWordLanes, TVector, TLanes>(TVector a, TVector exponentA, TVector b, TVector exponentB)
        where TVector : struct
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TVector none = TLanes.Create(double.NegativeInfinity), zero = TLanes.Create(0);
        TVector ea = TLanes.Select(TLanes.EqualTo(a, zero), none, TLanes.Add(exponentA, Exponent<TWords, TWordLanes, TVector, TLanes>(a)));
        TVector eb = TLanes.Select(TLanes.EqualTo(b, zero), none, TLanes.Add(exponentB, Exponent<TWords, TWordLanes, TVector, TLanes>(b)));
        TVector top = TLanes.Max(ea, eb);
        return TLanes.Select(TLanes.EqualTo(top, none), zero, top);
    }

    /// <summary>The exponent field as a number: floor(log2 |x|), of subnormal numbers -1023.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exponent<TWords, TWordLanes, TVector, TLanes>(TVector x)
        where TVector : struct
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double> =>
        TLanes.Subtract(
            TWordLanes.AsNumber(TWordLanes.Or(TWordLanes.ShiftRight(TWordLanes.AsWords(TLanes.Abs(x)), 52), TWordLanes.Create(BoxMuller.TwoTo52Bits))),
            TLanes.Create(BoxMuller.TwoTo52 + PowerOfTwo.BiasDouble));

    /// <summary>x 2^(exponent - top).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector To<TVector, TLanes>(TVector x, TVector exponent, TVector top)
        where TVector : struct
        where TLanes : ILanes<TVector, double> => Scale<TVector, TLanes>(x, TLanes.Subtract(exponent, top));

    /// <summary>x 2^k; with k beyond 2046 in size, 0 or infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Scale<TVector, TLanes>(TVector x, TVector k)
        where TVector : struct
        where TLanes : ILanes<TVector, double> =>
        TLanes.Scale(x, typeof(TVector) == typeof(Vector512<double>) ? k : TLanes.Max(TLanes.Create(-2046.0), TLanes.Min(TLanes.Create(2046.0), k)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector LoadIntegers<TVector>(int* from) where TVector : struct =>
        typeof(TVector) == typeof(Vector512<double>)
            ? Unsafe.BitCast<Vector512<double>, TVector>(Avx512F.ConvertToVector512Double(Vector256.Load(from)))
            : Unsafe.BitCast<Vector256<double>, TVector>(Avx.ConvertToVector256Double(Vector128.Load(from)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreIntegers<TVector>(TVector x, int* to) where TVector : struct
    {
        if (typeof(TVector) == typeof(Vector512<double>)) Avx512F.ConvertToVector256Int32(Unsafe.BitCast<TVector, Vector512<double>>(x)).Store(to);
        else Avx.ConvertToVector128Int32(Unsafe.BitCast<TVector, Vector256<double>>(x)).Store(to);
    }
}
