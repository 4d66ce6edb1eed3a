using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// The sign function of sign gradient descent: 1 for positive, -1 for negative numbers, 0 for both zeros, NaN for NaN.
/// </summary>
public static class Sign
{
    /// <summary><c>s = sgn(x)</c>.</summary>
    /// <param name="x">The arguments.</param>
    /// <param name="s">The signs: as long as <paramref name="x"/>; the same memory or disjoint.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the spans overlap without being the same.</exception>
    public static void Of(ReadOnlySpan<double> x, Span<double> s) => Elementwise.Map<double, SignKernel<double>>(x, s);

    /// <inheritdoc cref="Of(ReadOnlySpan{double}, Span{double})"/>
    public static void Of(ReadOnlySpan<float> x, Span<float> s) => Elementwise.Map<float, SignKernel<float>>(x, s);

    /// <summary>One step of SignGD in one pass, <c>w -= eta sgn(g)</c>; where g is NaN, w becomes NaN.</summary>
    /// <param name="w">The weights, updated in place.</param>
    /// <param name="eta">The learning rate.</param>
    /// <param name="g">The gradient: as long as <paramref name="w"/>; the same memory or disjoint.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the spans overlap without being the same.</exception>
    public static void SignStep(Span<double> w, double eta, ReadOnlySpan<double> g) => Update.Run<double, SignUpdate<double>>(w, eta, g);

    /// <inheritdoc cref="SignStep(Span{double}, double, ReadOnlySpan{double})"/>
    public static void SignStep(Span<float> w, float eta, ReadOnlySpan<float> g) => Update.Run<float, SignUpdate<float>>(w, eta, g);
}

/// <summary>sgn(x), from bits: the sign of x on 1, cleared where x = 0, and x itself where it is NaN.</summary>
internal readonly struct SignKernel<T> : IFunction<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Four bits a class, the lowest first: quiet NaN as it is (1), signalling NaN made quiet (2), zeros 0 (8), 1 and infinities and all other numbers 1 (A) or -1 (9).
    private const long ByClass = unchecked((int)0xA9A9A821);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, T>
    {
        // One instruction with 512 bits: a table of what to give for each class of numbers.
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported)
            return Unsafe.BitCast<Vector512<double>, TVector>(Fixup(Unsafe.BitCast<TVector, Vector512<double>>(x)));
        if (typeof(TVector) == typeof(Vector512<float>) && Avx512F.IsSupported)
            return Unsafe.BitCast<Vector512<float>, TVector>(Fixup(Unsafe.BitCast<TVector, Vector512<float>>(x)));
        TVector zero = TLanes.Create(T.Zero);
        TVector unit = TLanes.Or(TLanes.And(x, TLanes.Create(T.NegativeZero)), TLanes.Create(T.One));
        TVector sign = TLanes.Select(TLanes.EqualTo(x, zero), zero, unit);
        return TLanes.Select(TLanes.EqualTo(x, x), sign, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Fixup(Vector512<double> x) => Avx512F.Fixup(x, x, Vector512.Create(ByClass), 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fixup(Vector512<float> x) => Avx512F.Fixup(x, x, Vector512.Create((int)ByClass), 0);
}

/// <summary>w - eta sgn(g): y is w, a is eta, x is g.</summary>
internal readonly struct SignUpdate<T> : IUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T> =>
        TLanes.Subtract(y, TLanes.Multiply(a, SignKernel<T>.Invoke<TVector, TLanes>(x)));
}
