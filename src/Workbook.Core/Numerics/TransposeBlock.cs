using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Blocks transposed inside registers: <c>target[p step + r] = source[min(r, last) stride + p]</c> for p below depth. Each
/// stage interleaves pairs of rows at twice the distance of the one before: elements, pairs of elements, 128-bit quarters.
/// Rows past the last one repeat it: what they write is padding. Stores go up in p, so that padding which reaches into
/// the next target row is overwritten by that row.
/// </summary>
internal static unsafe class TransposeBlock
{
    // Both arguments' lower halves side by side, and their upper halves.
    private const byte LowerHalves = 0x20;
    private const byte UpperHalves = 0x31;

    /// <summary>
    /// 8 rows of doubles in 512-bit registers, depth a multiple of 4: 8 shuffles for 32 elements, because halves of two rows
    /// share a register as they are loaded.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Double8(double* source, nint stride, int last, nint depth, double* target, nint step)
    {
        double* r0 = source, r1 = source + Math.Min(1, last) * stride, r2 = source + Math.Min(2, last) * stride, r3 = source + Math.Min(3, last) * stride;
        double* r4 = source + Math.Min(4, last) * stride, r5 = source + Math.Min(5, last) * stride, r6 = source + Math.Min(6, last) * stride, r7 = source + Math.Min(7, last) * stride;

        // Quarters 0 and 2 of two registers in turns, and quarters 1 and 3.
        Vector512<long> even = Vector512.Create(0L, 1, 8, 9, 4, 5, 12, 13), odd = Vector512.Create(2L, 3, 10, 11, 6, 7, 14, 15);
        for (nint p = 0; p < depth; p += 4)
        {
            // Four columns of rows i and i + 4.
            Vector512<double> r04 = Avx512F.InsertVector256(Vector256.Load(r0 + p).ToVector512Unsafe(), Vector256.Load(r4 + p), 1);
            Vector512<double> r15 = Avx512F.InsertVector256(Vector256.Load(r1 + p).ToVector512Unsafe(), Vector256.Load(r5 + p), 1);
            Vector512<double> r26 = Avx512F.InsertVector256(Vector256.Load(r2 + p).ToVector512Unsafe(), Vector256.Load(r6 + p), 1);
            Vector512<double> r37 = Avx512F.InsertVector256(Vector256.Load(r3 + p).ToVector512Unsafe(), Vector256.Load(r7 + p), 1);

            // Quarters of e: column 0 of two rows, their column 2, and the same of the rows four below; of o, columns 1 and 3.
            Vector512<double> e01 = Avx512F.UnpackLow(r04, r15), o01 = Avx512F.UnpackHigh(r04, r15);
            Vector512<double> e23 = Avx512F.UnpackLow(r26, r37), o23 = Avx512F.UnpackHigh(r26, r37);
            Avx512F.PermuteVar8x64x2(e01, even, e23).Store(target);
            Avx512F.PermuteVar8x64x2(o01, even, o23).Store(target + step);
            Avx512F.PermuteVar8x64x2(e01, odd, e23).Store(target + 2 * step);
            Avx512F.PermuteVar8x64x2(o01, odd, o23).Store(target + 3 * step);
            target += 4 * step;
        }
    }

    /// <summary>4 rows of doubles in 256-bit registers, depth a multiple of 4: 8 shuffles for 16 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Double4(double* source, nint stride, int last, nint depth, double* target, nint step)
    {
        double* r0 = source, r1 = source + Math.Min(1, last) * stride, r2 = source + Math.Min(2, last) * stride, r3 = source + Math.Min(3, last) * stride;
        for (nint p = 0; p < depth; p += 4)
        {
            Vector256<double> x0 = Vector256.Load(r0 + p), x1 = Vector256.Load(r1 + p), x2 = Vector256.Load(r2 + p), x3 = Vector256.Load(r3 + p);
            Vector256<double> e01 = Avx.UnpackLow(x0, x1), e23 = Avx.UnpackLow(x2, x3);
            Vector256<double> o01 = Avx.UnpackHigh(x0, x1), o23 = Avx.UnpackHigh(x2, x3);
            Avx.Permute2x128(e01, e23, LowerHalves).Store(target);
            Avx.Permute2x128(o01, o23, LowerHalves).Store(target + step);
            Avx.Permute2x128(e01, e23, UpperHalves).Store(target + 2 * step);
            Avx.Permute2x128(o01, o23, UpperHalves).Store(target + 3 * step);
            target += 4 * step;
        }
    }

    /// <summary>8 rows of floats in 256-bit registers, depth a multiple of 8: 24 shuffles for 64 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Single8(float* source, nint stride, int last, nint depth, float* target, nint step)
    {
        float* r0 = source, r1 = source + Math.Min(1, last) * stride, r2 = source + Math.Min(2, last) * stride, r3 = source + Math.Min(3, last) * stride;
        float* r4 = source + Math.Min(4, last) * stride, r5 = source + Math.Min(5, last) * stride, r6 = source + Math.Min(6, last) * stride, r7 = source + Math.Min(7, last) * stride;
        for (nint p = 0; p < depth; p += 8)
        {
            // Half h of the first holds columns 4h and 4h + 1 of two rows, interleaved; of the second, 4h + 2 and 4h + 3.
            Vector256<float> x = Vector256.Load(r0 + p), y = Vector256.Load(r1 + p);
            Vector256<double> l01 = Avx.UnpackLow(x, y).AsDouble(), h01 = Avx.UnpackHigh(x, y).AsDouble();
            x = Vector256.Load(r2 + p);
            y = Vector256.Load(r3 + p);
            Vector256<double> l23 = Avx.UnpackLow(x, y).AsDouble(), h23 = Avx.UnpackHigh(x, y).AsDouble();
            x = Vector256.Load(r4 + p);
            y = Vector256.Load(r5 + p);
            Vector256<double> l45 = Avx.UnpackLow(x, y).AsDouble(), h45 = Avx.UnpackHigh(x, y).AsDouble();
            x = Vector256.Load(r6 + p);
            y = Vector256.Load(r7 + p);
            Vector256<double> l67 = Avx.UnpackLow(x, y).AsDouble(), h67 = Avx.UnpackHigh(x, y).AsDouble();

            // Half h: column 4h + j of four rows.
            Vector256<double> a0 = Avx.UnpackLow(l01, l23), b0 = Avx.UnpackLow(l45, l67);
            Vector256<double> a1 = Avx.UnpackHigh(l01, l23), b1 = Avx.UnpackHigh(l45, l67);
            Vector256<double> a2 = Avx.UnpackLow(h01, h23), b2 = Avx.UnpackLow(h45, h67);
            Vector256<double> a3 = Avx.UnpackHigh(h01, h23), b3 = Avx.UnpackHigh(h45, h67);
            Avx.Permute2x128(a0, b0, LowerHalves).AsSingle().Store(target);
            Avx.Permute2x128(a1, b1, LowerHalves).AsSingle().Store(target + step);
            Avx.Permute2x128(a2, b2, LowerHalves).AsSingle().Store(target + 2 * step);
            Avx.Permute2x128(a3, b3, LowerHalves).AsSingle().Store(target + 3 * step);
            Avx.Permute2x128(a0, b0, UpperHalves).AsSingle().Store(target + 4 * step);
            Avx.Permute2x128(a1, b1, UpperHalves).AsSingle().Store(target + 5 * step);
            Avx.Permute2x128(a2, b2, UpperHalves).AsSingle().Store(target + 6 * step);
            Avx.Permute2x128(a3, b3, UpperHalves).AsSingle().Store(target + 7 * step);
            target += 8 * step;
        }
    }

    /// <summary>
    /// 8 rows of floats in 512-bit registers, depth a multiple of 16: 24 shuffles for 128 elements. Stores do not go up in p,
    /// so step is at least 8: nothing overlaps.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Single8Wide(float* source, nint stride, int last, nint depth, float* target, nint step)
    {
        float* r0 = source, r1 = source + Math.Min(1, last) * stride, r2 = source + Math.Min(2, last) * stride, r3 = source + Math.Min(3, last) * stride;
        float* r4 = source + Math.Min(4, last) * stride, r5 = source + Math.Min(5, last) * stride, r6 = source + Math.Min(6, last) * stride, r7 = source + Math.Min(7, last) * stride;

        // Quarters 0 and 1 of two registers in turns, and quarters 2 and 3.
        Vector512<long> near = Vector512.Create(0L, 1, 8, 9, 2, 3, 10, 11), far = Vector512.Create(4L, 5, 12, 13, 6, 7, 14, 15);
        for (nint p = 0; p < depth; p += 16)
        {
            // Quarter q of the first holds columns 4q and 4q + 1 of two rows, interleaved; of the second, 4q + 2 and 4q + 3.
            Vector512<float> x = Vector512.Load(r0 + p), y = Vector512.Load(r1 + p);
            Vector512<double> l01 = Avx512F.UnpackLow(x, y).AsDouble(), h01 = Avx512F.UnpackHigh(x, y).AsDouble();
            x = Vector512.Load(r2 + p);
            y = Vector512.Load(r3 + p);
            Vector512<double> l23 = Avx512F.UnpackLow(x, y).AsDouble(), h23 = Avx512F.UnpackHigh(x, y).AsDouble();
            x = Vector512.Load(r4 + p);
            y = Vector512.Load(r5 + p);
            Vector512<double> l45 = Avx512F.UnpackLow(x, y).AsDouble(), h45 = Avx512F.UnpackHigh(x, y).AsDouble();
            x = Vector512.Load(r6 + p);
            y = Vector512.Load(r7 + p);
            Vector512<double> l67 = Avx512F.UnpackLow(x, y).AsDouble(), h67 = Avx512F.UnpackHigh(x, y).AsDouble();

            // Quarter q: column 4q + j of four rows.
            FourColumns(Avx512F.UnpackLow(l01, l23), Avx512F.UnpackLow(l45, l67), near, far, target, step);
            FourColumns(Avx512F.UnpackHigh(l01, l23), Avx512F.UnpackHigh(l45, l67), near, far, target + step, step);
            FourColumns(Avx512F.UnpackLow(h01, h23), Avx512F.UnpackLow(h45, h67), near, far, target + 2 * step, step);
            FourColumns(Avx512F.UnpackHigh(h01, h23), Avx512F.UnpackHigh(h45, h67), near, far, target + 3 * step, step);
            target += 16 * step;
        }
    }

    /// <summary>Columns j, 4 + j, 8 + j and 12 + j, each half from the upper four rows and half from the lower.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourColumns(Vector512<double> upper, Vector512<double> lower, Vector512<long> near, Vector512<long> far, float* target, nint step)
    {
        Vector512<float> first = Avx512F.PermuteVar8x64x2(upper, near, lower).AsSingle(), second = Avx512F.PermuteVar8x64x2(upper, far, lower).AsSingle();
        first.GetLower().Store(target);
        first.GetUpper().Store(target + 4 * step);
        second.GetLower().Store(target + 8 * step);
        second.GetUpper().Store(target + 12 * step);
    }
}
