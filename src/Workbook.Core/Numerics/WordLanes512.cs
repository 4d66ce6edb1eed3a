using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>Words in 512-bit vectors. Interleaving works within 128-bit quarters, hence the order of the blocks.</summary>
internal unsafe readonly struct WordLanes512 : IWordLanes<Vector512<ulong>, Vector512<double>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Consecutive(ulong first) => Vector512.Create(first) + Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7UL);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> LoadBlocks(ulong* source) => Avx512F.PermuteVar8x64(Vector512.Load(source), Vector512.Create(0, 4, 1, 5, 2, 6, 3, 7UL));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Create(ulong word) => Vector512.Create(word);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Multiply32(Vector512<ulong> a, Vector512<ulong> b) => Avx512F.Multiply(a.AsUInt32(), b.AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add(Vector512<ulong> a, Vector512<ulong> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Subtract(Vector512<ulong> a, Vector512<ulong> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> And(Vector512<ulong> a, Vector512<ulong> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Or(Vector512<ulong> a, Vector512<ulong> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Xor(Vector512<ulong> a, Vector512<ulong> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ShiftLeft(Vector512<ulong> a, int bits) => Vector512.ShiftLeft(a, bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ShiftRight(Vector512<ulong> a, int bits) => Vector512.ShiftRightLogical(a, bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Upper(Vector512<ulong> a) => Avx512F.Shuffle(a.AsUInt32(), 0b11_11_01_01).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ShiftHalvesRight(Vector512<ulong> a, int bits) => Vector512.ShiftRightLogical(a.AsUInt32(), bits).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Halves(Vector512<ulong> lower, Vector512<ulong> upper) =>
        Vector512.ConditionalSelect(Vector512.Create((ulong)uint.MaxValue), lower, upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> AsNumber(Vector512<ulong> a) => a.AsDouble();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> AsWords(Vector512<double> a) => a.AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Select(Vector512<ulong> mask, Vector512<double> a, Vector512<double> b) => Vector512.ConditionalSelect(mask.AsDouble(), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> SignMask(Vector512<ulong> a) => Vector512.ShiftRightArithmetic(a.AsInt64(), 63).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> MultiplySubtract(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Avx512F.FusedMultiplySubtract(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> SubtractProduct(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Avx512F.FusedMultiplyAddNegated(b, c, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(Vector512<double> first, Vector512<double> second, double* destination)
    {
        Avx512F.UnpackLow(first, second).Store(destination);
        Avx512F.UnpackHigh(first, second).Store(destination + 8);
    }
}
