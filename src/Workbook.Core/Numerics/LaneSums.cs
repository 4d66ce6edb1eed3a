using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// The sums of the lanes of up to six vectors (four on the 256-bit rung), side by side in one vector: lane j is what
/// <see cref="ILanes{TVector, T}.Sum"/> gives for vector j. Halves are added as there, but those of two vectors at a time, so that all
/// together cost less than half of the sums one by one.
/// </summary>
internal static class LaneSums
{
    // Quarters: both lower and both upper halves of two registers; quarters 0 and 2, 1 and 3.
    private const byte Lower = 0x44;
    private const byte Upper = 0xEE;
    private const byte Even = 0x88;
    private const byte Odd = 0xDD;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of<TVector>(TVector s0, TVector s1, TVector s2, TVector s3, TVector s4, TVector s5)
        where TVector : struct
    {
        if (typeof(TVector) == typeof(Vector512<double>))
        {
            Vector512<double> first = FourDoubles(As<TVector, Vector512<double>>(s0), As<TVector, Vector512<double>>(s2), As<TVector, Vector512<double>>(s4));
            Vector512<double> second = FourDoubles(As<TVector, Vector512<double>>(s1), As<TVector, Vector512<double>>(s3), As<TVector, Vector512<double>>(s5));
            return As<Vector512<double>, TVector>(Avx512F.UnpackLow(first, second) + Avx512F.UnpackHigh(first, second));
        }

        if (typeof(TVector) == typeof(Vector512<float>))
        {
            Vector512<float> first = FourSingles(As<TVector, Vector512<float>>(s0), As<TVector, Vector512<float>>(s2), As<TVector, Vector512<float>>(s4));
            Vector512<float> second = FourSingles(As<TVector, Vector512<float>>(s1), As<TVector, Vector512<float>>(s3), As<TVector, Vector512<float>>(s5));

            // Elements 0 and 1 of each quarter with 2 and 3; then neighbours.
            Vector512<float> pairs = Avx512F.UnpackLow(first.AsDouble(), second.AsDouble()).AsSingle() + Avx512F.UnpackHigh(first.AsDouble(), second.AsDouble()).AsSingle();
            Vector512<int> even = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14);
            return As<Vector512<float>, TVector>(Avx512F.PermuteVar16x32(pairs, even) + Avx512F.PermuteVar16x32(pairs, even + Vector512<int>.One));
        }

        if (typeof(TVector) == typeof(Vector256<double>))
        {
            Vector256<double> first = Two(As<TVector, Vector256<double>>(s0), As<TVector, Vector256<double>>(s2));
            Vector256<double> second = Two(As<TVector, Vector256<double>>(s1), As<TVector, Vector256<double>>(s3));
            return As<Vector256<double>, TVector>(Avx.UnpackLow(first, second) + Avx.UnpackHigh(first, second));
        }
        else
        {
            Vector256<double> first = Two(As<TVector, Vector256<float>>(s0), As<TVector, Vector256<float>>(s2)).AsDouble();
            Vector256<double> second = Two(As<TVector, Vector256<float>>(s1), As<TVector, Vector256<float>>(s3)).AsDouble();
            Vector256<float> pairs = Avx.UnpackLow(first, second).AsSingle() + Avx.UnpackHigh(first, second).AsSingle();
            Vector256<int> even = Vector256.Create(0, 2, 4, 6, 0, 2, 4, 6);
            return As<Vector256<float>, TVector>(Avx2.PermuteVar8x32(pairs, even) + Avx2.PermuteVar8x32(pairs, even + Vector256<int>.One));
        }
    }

    /// <summary>Quarters: what is left of a, b and c after their halves and the halves of these were added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> FourDoubles(Vector512<double> a, Vector512<double> b, Vector512<double> c)
    {
        Vector512<double> ab = Avx512F.Shuffle4x128(a, b, Lower) + Avx512F.Shuffle4x128(a, b, Upper);
        Vector512<double> cc = Avx512F.Shuffle4x128(c, c, Lower) + Avx512F.Shuffle4x128(c, c, Upper);
        return Avx512F.Shuffle4x128(ab, cc, Even) + Avx512F.Shuffle4x128(ab, cc, Odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FourSingles(Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        Vector512<float> ab = Avx512F.Shuffle4x128(a, b, Lower) + Avx512F.Shuffle4x128(a, b, Upper);
        Vector512<float> cc = Avx512F.Shuffle4x128(c, c, Lower) + Avx512F.Shuffle4x128(c, c, Upper);
        return Avx512F.Shuffle4x128(ab, cc, Even) + Avx512F.Shuffle4x128(ab, cc, Odd);
    }

    /// <summary>The halves of a added, then those of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Two<T>(Vector256<T> a, Vector256<T> b) =>
        Avx.Permute2x128(a.AsDouble(), b.AsDouble(), 0x20).As<double, T>() + Avx.Permute2x128(a.AsDouble(), b.AsDouble(), 0x31).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TTo As<TFrom, TTo>(TFrom vector)
        where TFrom : struct
        where TTo : struct =>
        Unsafe.BitCast<TFrom, TTo>(vector);
}
