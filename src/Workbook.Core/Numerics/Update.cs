using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>An in-place update with one scalar, y = f(y, a, x), written once for every rung of the ladder.</summary>
internal interface IUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The new y, lane by lane.</summary>
    static abstract TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T>;
}

/// <summary>The driver of in-place updates; a remainder shorter than a vector is zero-padded, as in <see cref="Elementwise"/>.</summary>
internal static unsafe class Update
{
    /// <summary>y = f(y, a, x), element by element; x may be y itself, and may not overlap it otherwise.</summary>
    public static void Run<T, TUpdate>(Span<T> y, T a, ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TUpdate : IUpdate<T>
    {
        Require.SameLength(x.Length, y.Length);
        Require.SameOrDisjoint(x, y);
        fixed (T* px = x, py = y)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Loop<Vector512<T>, Lanes512<T>, T, TUpdate>(py, a, px, y.Length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Loop<Vector256<T>, Lanes256<T>, T, TUpdate>(py, a, px, y.Length);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                Loop<Vector128<T>, Lanes128<T>, T, TUpdate>(py, a, px, y.Length);
            }
            else
            {
                Loop<T, Lanes1<T>, T, TUpdate>(py, a, px, y.Length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Loop<TVector, TLanes, T, TUpdate>(T* y, T a, T* x, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TUpdate : IUpdate<T>
    {
        TVector lanes = TLanes.Create(a);
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + i), lanes, TLanes.Load(x + i)), y + i);
        }

        if (i < length)
        {
            T* padded = stackalloc T[2 * Elementwise.LongestVector];
            T* paddedY = padded + Elementwise.LongestVector;
            for (int j = i; j < length; j++)
            {
                padded[j - i] = x[j];
                paddedY[j - i] = y[j];
            }

            TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(paddedY), lanes, TLanes.Load(padded)), paddedY);
            for (int j = i; j < length; j++)
            {
                y[j] = paddedY[j - i];
            }
        }
    }
}
