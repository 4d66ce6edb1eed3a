using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>A function of one number, written once for every rung of the ladder.</summary>
internal interface IFunction<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The function, lane by lane.</summary>
    static abstract TVector Invoke<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, T>;
}

/// <summary>
/// The driver of element-wise functions: y_i = f(x_i). A remainder shorter than a vector goes through the same code in
/// a zero-padded vector, so an element's bits depend on nothing but its value.
/// </summary>
internal static unsafe class Elementwise
{
    // Floats in 64 bytes, the longest vector.
    internal const int LongestVector = 16;

    /// <summary>y = f(x); y may be x itself, and may not overlap it otherwise.</summary>
    public static void Map<T, TFunction>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFunction : IFunction<T>
    {
        Require.SameLength(x.Length, y.Length);
        Require.SameOrDisjoint(x, y);
        fixed (T* px = x, py = y)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Loop<Vector512<T>, Lanes512<T>, T, TFunction>(px, py, x.Length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Loop<Vector256<T>, Lanes256<T>, T, TFunction>(px, py, x.Length);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                Loop<Vector128<T>, Lanes128<T>, T, TFunction>(px, py, x.Length);
            }
            else
            {
                Loop<T, Lanes1<T>, T, TFunction>(px, py, x.Length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Loop<TVector, TLanes, T, TFunction>(T* x, T* y, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TFunction : IFunction<T>
    {
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i)), y + i);
        }

        if (i < length)
        {
            T* padded = stackalloc T[LongestVector];
            for (int j = i; j < length; j++)
            {
                padded[j - i] = x[j];
            }

            TLanes.Store(TFunction.Invoke<TVector, TLanes>(TLanes.Load(padded)), padded);
            for (int j = i; j < length; j++)
            {
                y[j] = padded[j - i];
            }
        }
    }
}
