using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Engines;

/// <summary>
/// Loops over one row of m_k neurons. Rows are padded with zeros to a whole number of vectors (<see cref="Pad"/>), so there is
/// no remainder; a padded lane starts at zero, has gradient zero and never moves.
/// </summary>
/// <remarks>
/// Not <see cref="Numerics.VectorOps"/>: that promises the same bits on every instruction set for any length, and pays for it with
/// 32 partial sums and a padded remainder, which is most of the time of a row of 20. Here products are fused with their sums and
/// a row's bits depend on the instruction set.
/// </remarks>
internal static class Rows
{
    /// <summary>m rounded up to a multiple of 8, a whole number of the longest vectors.</summary>
    public static int Pad(int m) => checked(m + 7) & ~7;

    /// <summary>sum_r x_r y_r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        ref double px = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(x);
        ref double py = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(y);
        var sum = Vector<double>.Zero;
        for (nuint r = 0; r < (nuint)x.Length; r += (nuint)Vector<double>.Count)
            sum = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref px, r), Vector.LoadUnsafe(ref py, r), sum);
        return Vector.Sum(sum);
    }

    /// <summary>y += a x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(double a, ReadOnlySpan<double> x, Span<double> y)
    {
        ref double px = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(x);
        ref double py = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(y);
        var va = new Vector<double>(a);
        for (nuint r = 0; r < (nuint)x.Length; r += (nuint)Vector<double>.Count)
            Vector.FusedMultiplyAdd(va, Vector.LoadUnsafe(ref px, r), Vector.LoadUnsafe(ref py, r)).StoreUnsafe(ref py, r);
    }

    /// <summary>z = x + a y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Combine(ReadOnlySpan<double> x, double a, ReadOnlySpan<double> y, Span<double> z)
    {
        ref double px = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(x);
        ref double py = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(y);
        ref double pz = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(z);
        var va = new Vector<double>(a);
        for (nuint r = 0; r < (nuint)x.Length; r += (nuint)Vector<double>.Count)
            Vector.FusedMultiplyAdd(va, Vector.LoadUnsafe(ref py, r), Vector.LoadUnsafe(ref px, r)).StoreUnsafe(ref pz, r);
    }
}
