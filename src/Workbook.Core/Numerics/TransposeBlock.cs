using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Square blocks transposed inside registers: <c>target[p step + r] = source[min(r, last) stride + p]</c>. Each stage
/// interleaves pairs of rows at twice the distance of the one before: elements, pairs of elements, 128-bit quarters.
/// Rows past the last one repeat it: what they write is padding. Stores go up in p, so that padding which reaches into
/// the next target row is overwritten by that row.
/// </summary>
internal static unsafe class TransposeBlock
{
    // Both arguments' lower halves side by side, and their upper halves.
    private const byte LowerHalves = 0x20;
    private const byte UpperHalves = 0x31;

    /// <summary>8 x 8 doubles in 512-bit registers: 24 shuffles for 64 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Double8(double* source, nint stride, int last, double* target, nint step)
    {
        Vector512<double> r0 = Vector512.Load(source);
        Vector512<double> r1 = Vector512.Load(source + Math.Min(1, last) * stride);
        Vector512<double> r2 = Vector512.Load(source + Math.Min(2, last) * stride);
        Vector512<double> r3 = Vector512.Load(source + Math.Min(3, last) * stride);
        Vector512<double> r4 = Vector512.Load(source + Math.Min(4, last) * stride);
        Vector512<double> r5 = Vector512.Load(source + Math.Min(5, last) * stride);
        Vector512<double> r6 = Vector512.Load(source + Math.Min(6, last) * stride);
        Vector512<double> r7 = Vector512.Load(source + Math.Min(7, last) * stride);

        // Quarter q of e01 holds column 2q of rows 0 and 1; of o01, column 2q + 1.
        Vector512<double> e01 = Avx512F.UnpackLow(r0, r1), o01 = Avx512F.UnpackHigh(r0, r1);
        Vector512<double> e23 = Avx512F.UnpackLow(r2, r3), o23 = Avx512F.UnpackHigh(r2, r3);
        Vector512<double> e45 = Avx512F.UnpackLow(r4, r5), o45 = Avx512F.UnpackHigh(r4, r5);
        Vector512<double> e67 = Avx512F.UnpackLow(r6, r7), o67 = Avx512F.UnpackHigh(r6, r7);

        // Quarter q of all four, side by side, is column 2q (or 2q + 1): first quarters 0 and 2, or 1 and 3, of two at a time.
        const byte Even = 0x88, Odd = 0xDD;
        Vector512<double> e0 = Avx512F.Shuffle4x128(e01, e23, Even), e1 = Avx512F.Shuffle4x128(e45, e67, Even);
        Vector512<double> e2 = Avx512F.Shuffle4x128(e01, e23, Odd), e3 = Avx512F.Shuffle4x128(e45, e67, Odd);
        Vector512<double> o0 = Avx512F.Shuffle4x128(o01, o23, Even), o1 = Avx512F.Shuffle4x128(o45, o67, Even);
        Vector512<double> o2 = Avx512F.Shuffle4x128(o01, o23, Odd), o3 = Avx512F.Shuffle4x128(o45, o67, Odd);
        Avx512F.Shuffle4x128(e0, e1, Even).Store(target);
        Avx512F.Shuffle4x128(o0, o1, Even).Store(target + step);
        Avx512F.Shuffle4x128(e2, e3, Even).Store(target + 2 * step);
        Avx512F.Shuffle4x128(o2, o3, Even).Store(target + 3 * step);
        Avx512F.Shuffle4x128(e0, e1, Odd).Store(target + 4 * step);
        Avx512F.Shuffle4x128(o0, o1, Odd).Store(target + 5 * step);
        Avx512F.Shuffle4x128(e2, e3, Odd).Store(target + 6 * step);
        Avx512F.Shuffle4x128(o2, o3, Odd).Store(target + 7 * step);
    }

    /// <summary>4 x 4 doubles in 256-bit registers: 8 shuffles for 16 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Double4(double* source, nint stride, int last, double* target, nint step)
    {
        Vector256<double> r0 = Vector256.Load(source);
        Vector256<double> r1 = Vector256.Load(source + Math.Min(1, last) * stride);
        Vector256<double> r2 = Vector256.Load(source + Math.Min(2, last) * stride);
        Vector256<double> r3 = Vector256.Load(source + Math.Min(3, last) * stride);
        Vector256<double> e01 = Avx.UnpackLow(r0, r1), e23 = Avx.UnpackLow(r2, r3);
        Vector256<double> o01 = Avx.UnpackHigh(r0, r1), o23 = Avx.UnpackHigh(r2, r3);
        Avx.Permute2x128(e01, e23, LowerHalves).Store(target);
        Avx.Permute2x128(o01, o23, LowerHalves).Store(target + step);
        Avx.Permute2x128(e01, e23, UpperHalves).Store(target + 2 * step);
        Avx.Permute2x128(o01, o23, UpperHalves).Store(target + 3 * step);
    }

    /// <summary>8 x 8 floats in 256-bit registers: 24 shuffles for 64 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Single8(float* source, nint stride, int last, float* target, nint step)
    {
        Vector256<float> r0 = Vector256.Load(source);
        Vector256<float> r1 = Vector256.Load(source + Math.Min(1, last) * stride);
        Vector256<float> r2 = Vector256.Load(source + Math.Min(2, last) * stride);
        Vector256<float> r3 = Vector256.Load(source + Math.Min(3, last) * stride);
        Vector256<float> r4 = Vector256.Load(source + Math.Min(4, last) * stride);
        Vector256<float> r5 = Vector256.Load(source + Math.Min(5, last) * stride);
        Vector256<float> r6 = Vector256.Load(source + Math.Min(6, last) * stride);
        Vector256<float> r7 = Vector256.Load(source + Math.Min(7, last) * stride);

        // Half h of the first holds columns 4h and 4h + 1 of rows 0 and 1, interleaved; of the second, 4h + 2 and 4h + 3.
        Vector256<double> l01 = Avx.UnpackLow(r0, r1).AsDouble(), h01 = Avx.UnpackHigh(r0, r1).AsDouble();
        Vector256<double> l23 = Avx.UnpackLow(r2, r3).AsDouble(), h23 = Avx.UnpackHigh(r2, r3).AsDouble();
        Vector256<double> l45 = Avx.UnpackLow(r4, r5).AsDouble(), h45 = Avx.UnpackHigh(r4, r5).AsDouble();
        Vector256<double> l67 = Avx.UnpackLow(r6, r7).AsDouble(), h67 = Avx.UnpackHigh(r6, r7).AsDouble();

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
    }
}
