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
/// A function in two stages, each over a block before the next. In one pass the chain of operations from x to y would be
/// longer than a core can look ahead, and its multipliers would wait.
/// </summary>
internal interface IStagedFunction<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>What the second stage starts from.</summary>
    static abstract TVector First<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, T>;

    /// <summary>The function of x, given the first stage's result.</summary>
    static abstract TVector Second<TVector, TLanes>(TVector first, TVector x)
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

    // Elements of a block between two stages: one or two KB of the first-level cache.
    private const int StagedBlock = 256;

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

    /// <summary>The same for a function in two stages.</summary>
    public static void MapStaged<T, TFunction>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFunction : IStagedFunction<T>
    {
        Require.SameLength(x.Length, y.Length);
        Require.SameOrDisjoint(x, y);
        fixed (T* px = x, py = y)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                StagedLoop<Vector512<T>, Lanes512<T>, T, TFunction>(px, py, x.Length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                StagedLoop<Vector256<T>, Lanes256<T>, T, TFunction>(px, py, x.Length);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                StagedLoop<Vector128<T>, Lanes128<T>, T, TFunction>(px, py, x.Length);
            }
            else
            {
                StagedLoop<T, Lanes1<T>, T, TFunction>(px, py, x.Length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void StagedLoop<TVector, TLanes, T, TFunction>(T* x, T* y, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TFunction : IStagedFunction<T>
    {
        T* between = stackalloc T[StagedBlock];
        int rest = length % TLanes.Count;
        nint count;
        for (nint whole = length - rest; whole > 0; whole -= count)
        {
            count = nint.Min(StagedBlock, whole);
            for (nint i = 0; i < count; i += TLanes.Count)
            {
                TLanes.Store(TFunction.First<TVector, TLanes>(TLanes.Load(x + i)), between + i);
            }

            for (nint i = 0; i < count; i += TLanes.Count)
            {
                TLanes.Store(TFunction.Second<TVector, TLanes>(TLanes.Load(between + i), TLanes.Load(x + i)), y + i);
            }

            x += count;
            y += count;
        }

        if (rest > 0)
        {
            TVector last = TLanes.LoadFirst(x, rest, TLanes.Create(T.Zero));
            TLanes.StoreFirst(TFunction.Second<TVector, TLanes>(TFunction.First<TVector, TLanes>(last), last), y, rest);
        }
    }

    /// <summary>
    /// The loop of one rung; it is a method of its own so that the function's constants stay in registers. Its index has the width of a
    /// pointer: a narrower one is extended in every turn.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Loop<TVector, TLanes, T, TFunction>(T* x, T* y, nint length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TFunction : IFunction<T>
    {
        nint i = 0;
        for (nint last = length - TLanes.Count; i <= last; i += TLanes.Count)
        {
            TLanes.Store(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i)), y + i);
        }

        if (i < length)
        {
            int rest = (int)(length - i);
            TLanes.StoreFirst(TFunction.Invoke<TVector, TLanes>(TLanes.LoadFirst(x + i, rest, TLanes.Create(T.Zero))), y + i, rest);
        }
    }
}
