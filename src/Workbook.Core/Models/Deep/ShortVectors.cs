using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbook.Core.Models.Deep;

/// <summary>Sums and products of vectors of a few dozen numbers, any length: where a call into a matrix product costs more than the sum.</summary>
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

    /// <summary>x = max(x, 0).</summary>
    public static void Relu(Span<double> x)
    {
        ref double px = ref MemoryMarshal.GetReference(x);
        int r = 0;
        for (; r <= x.Length - Vector<double>.Count; r += Vector<double>.Count)
            Vector.Max(Vector.LoadUnsafe(ref px, (nuint)r), Vector<double>.Zero).StoreUnsafe(ref px, (nuint)r);
        for (; r < x.Length; r++) x[r] = Math.Max(x[r], 0);
    }

    /// <summary>y = y where x is positive, 0 elsewhere.</summary>
    public static void KeepWherePositive(ReadOnlySpan<double> x, Span<double> y)
    {
        ref double px = ref MemoryMarshal.GetReference(x);
        ref double py = ref MemoryMarshal.GetReference(y);
        int r = 0;
        for (; r <= x.Length - Vector<double>.Count; r += Vector<double>.Count)
            Vector.ConditionalSelect(Vector.GreaterThan(Vector.LoadUnsafe(ref px, (nuint)r), Vector<double>.Zero), Vector.LoadUnsafe(ref py, (nuint)r), Vector<double>.Zero).StoreUnsafe(ref py, (nuint)r);
        for (; r < x.Length; r++) y[r] = x[r] > 0 ? y[r] : 0;
    }

    /// <summary>z = a x y.</summary>
    public static void Product(double a, ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> z)
    {
        ref double px = ref MemoryMarshal.GetReference(x);
        ref double py = ref MemoryMarshal.GetReference(y);
        ref double pz = ref MemoryMarshal.GetReference(z);
        var va = new Vector<double>(a);
        int r = 0;
        for (; r <= x.Length - Vector<double>.Count; r += Vector<double>.Count)
            (va * Vector.LoadUnsafe(ref px, (nuint)r) * Vector.LoadUnsafe(ref py, (nuint)r)).StoreUnsafe(ref pz, (nuint)r);
        for (; r < x.Length; r++) z[r] = a * x[r] * y[r];
    }

    /// <summary>z += a x y.</summary>
    public static void AddProduct(double a, ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> z)
    {
        ref double px = ref MemoryMarshal.GetReference(x);
        ref double py = ref MemoryMarshal.GetReference(y);
        ref double pz = ref MemoryMarshal.GetReference(z);
        var va = new Vector<double>(a);
        int r = 0;
        for (; r <= x.Length - Vector<double>.Count; r += Vector<double>.Count)
            Vector.FusedMultiplyAdd(va * Vector.LoadUnsafe(ref px, (nuint)r), Vector.LoadUnsafe(ref py, (nuint)r), Vector.LoadUnsafe(ref pz, (nuint)r)).StoreUnsafe(ref pz, (nuint)r);
        for (; r < x.Length; r++) z[r] = Math.FusedMultiplyAdd(a * x[r], y[r], z[r]);
    }
}
