using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>w + a sgn(g) with the bits of <see cref="SignUpdate{T}"/> at -a, in as few instructions as each rung allows: where gradients are short sums, the sign is most of the work.</summary>
internal static class SignedStep
{
    // What FIXUP makes of each class of g, a hexadecimal digit each, from the lowest: quiet and signalling NaN stay NaN (2), zero is 0 (8), 1 is 1 (A), -inf is -1 (9),
    // inf is 1, negative is -1, positive is 1.
    private const long SignOfClass = 0xA9A9A822;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector w, TVector a, TVector g)
        where TLanes : ILanes<TVector, double>
    {
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported)
        {
            Vector512<double> x = Unsafe.BitCast<TVector, Vector512<double>>(g);
            Vector512<double> sign = Avx512F.Fixup(x, x, Vector512.Create(SignOfClass), 0);
            return TLanes.MultiplyAdd(a, Unsafe.BitCast<Vector512<double>, TVector>(sign), w);
        }

        if (typeof(TVector) == typeof(Vector256<double>) && Avx.IsSupported)
        {
            Vector256<double> x = Unsafe.BitCast<TVector, Vector256<double>>(g);
            Vector256<double> move = (Unsafe.BitCast<TVector, Vector256<double>>(a) ^ (x & Vector256.Create(-0.0))) & Avx.CompareNotEqual(x, Vector256<double>.Zero);
            return Unsafe.BitCast<Vector256<double>, TVector>(Unsafe.BitCast<TVector, Vector256<double>>(w) + move | Avx.CompareUnordered(x, x));
        }

        return TLanes.MultiplyAdd(a, SignKernel<double>.Invoke<TVector, TLanes>(g), w);
    }

    /// <summary>The same for a g that is not NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector OfNumber<TVector, TLanes>(TVector w, TVector a, TVector g)
        where TLanes : ILanes<TVector, double>
    {
        if (typeof(TVector) != typeof(Vector256<double>) || !Avx.IsSupported) return Invoke<TVector, TLanes>(w, a, g);
        Vector256<double> x = Unsafe.BitCast<TVector, Vector256<double>>(g);
        Vector256<double> move = (Unsafe.BitCast<TVector, Vector256<double>>(a) ^ (x & Vector256.Create(-0.0))) & Avx.CompareNotEqual(x, Vector256<double>.Zero);
        return Unsafe.BitCast<Vector256<double>, TVector>(Unsafe.BitCast<TVector, Vector256<double>>(w) + move);
    }
}
