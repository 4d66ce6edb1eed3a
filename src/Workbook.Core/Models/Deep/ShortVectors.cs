using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbook.Core.Models.Deep;

/// <summary>Dot and axpy of vectors of a few dozen numbers, any length: where a call into a matrix product costs more than the sum.</summary>
internal static class ShortVectors
{
    /// <summary>sum_r x_r y_r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        ref double px = ref MemoryMarshal.GetReference(x);
        ref double py = ref MemoryMarshal.GetReference(y);
        var sum = Vector<double>.Zero;
        int r = 0;
        for (; r <= x.Length - Vector<double>.Count; r += Vector<double>.Count)
            sum = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref px, (nuint)r), Vector.LoadUnsafe(ref py, (nuint)r), sum);
        double total = Vector.Sum(sum);
        for (; r < x.Length; r++) total += x[r] * y[r];
        return total;
    }

    /// <summary>y += a x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(double a, ReadOnlySpan<double> x, Span<double> y)
    {
        ref double px = ref MemoryMarshal.GetReference(x);
        ref double py = ref MemoryMarshal.GetReference(y);
        var va = new Vector<double>(a);
        int r = 0;
        for (; r <= x.Length - Vector<double>.Count; r += Vector<double>.Count)
            Vector.FusedMultiplyAdd(va, Vector.LoadUnsafe(ref px, (nuint)r), Vector.LoadUnsafe(ref py, (nuint)r)).StoreUnsafe(ref py, (nuint)r);
        for (; r < x.Length; r++) y[r] = Math.FusedMultiplyAdd(a, x[r], y[r]);
    }
}
