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

    /// <summary>The size of x up to which <see cref="OfBounded"/> may be taken and is quicker; 0 where it is not there.</summary>
    static virtual T Bound<TVector>() => T.Zero;

    /// <summary>The same bits for |x| up to the bound, and for NaN, in fewer operations.</summary>
    static virtual TVector OfBounded<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, T> =>
        throw new NotSupportedException();
}

/// <summary>
/// A function in three stages, each over a block before the next: a function of x alone, and the two here. In one pass the chain of operations from x to y would be
/// longer than a core can look ahead, and its constants would be more than fit in registers.
/// </summary>
internal interface IStagedFunction<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Two numbers that the last stage starts from.</summary>
    static abstract void Second<TVector, TLanes>(TVector first, out TVector second, out TVector beside)
        where TLanes : ILanes<TVector, T>;

    /// <summary>The function of x, given the second stage's results.</summary>
    static abstract TVector Last<TVector, TLanes>(TVector second, TVector beside, TVector x)
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

    // Elements that are tested together whether they are bounded.
    private const int BoundedBlock = 256;

    // Elements of a block between stages, of which two buffers are kept: a few KB of the first-level cache.
    private const int StagedBlock = 256;

    /// <summary>The loops over whole vectors; y may be x itself.</summary>
    private interface IPasses<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        static abstract void Run<TVector, TLanes>(T* x, T* y, nint length)
            where TLanes : ILanes<TVector, T>;
    }

    /// <summary>y = f(x); y may be x itself, and may not overlap it otherwise.</summary>
    public static void Map<T, TFunction>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFunction : IFunction<T> =>
        Run<T, OnePass<T, TFunction>>(x, y);

    /// <summary>The same for a function in stages.</summary>
    public static void MapStaged<T, TFirst, TFunction>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFirst : IFunction<T>
        where TFunction : IStagedFunction<T> =>
        Run<T, Stages<T, TFirst, TFunction>>(x, y);

    /// <summary>
    /// The loop of one rung over whole vectors. Nothing else is in the method, neither a remainder nor a loop around it, so that the function's constants
    /// stay in registers. Its index has the width of a pointer: a narrower one is extended in every turn.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Loop<TVector, TLanes, T, TFunction>(T* x, T* y, nint length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TFunction : IFunction<T>
    {
        for (nint i = 0; i < length; i += TLanes.Count)
        {
            TLanes.Store(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i)), y + i);
        }
    }

    /// <summary>The first multiple of 64 bytes, of a room with <see cref="LongestVector"/> elements to spare: the stack is aligned less, and vectors would lie in two cache lines.</summary>
    internal static T* Aligned<T>(T* room)
        where T : unmanaged =>
        (T*)(((nuint)room + 63) & ~(nuint)63);

    /// <summary>y = f(x) over whole vectors, in the quicker form where a block is bounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WholeVectors<TVector, TLanes, T, TFunction>(T* x, T* y, nint length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TFunction : IFunction<T>
    {
        T bound = TFunction.Bound<TVector>();
        if (bound == T.Zero)
        {
            Loop<TVector, TLanes, T, TFunction>(x, y, length);
            return;
        }

        for (nint i = 0; i < length; i += BoundedBlock)
        {
            nint count = nint.Min(BoundedBlock, length - i);
            if (Largest.Of<TVector, TLanes, T, Magnitude<T>>(x + i, count, T.Zero) <= bound)
            {
                Loop<TVector, TLanes, T, Bounded<T, TFunction>>(x + i, y + i, count);
            }
            else
            {
                Loop<TVector, TLanes, T, TFunction>(x + i, y + i, count);
            }
        }
    }

    private static void Run<T, TPasses>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TPasses : IPasses<T>
    {
        Require.SameLength(x.Length, y.Length);
        Require.SameOrDisjoint(x, y);
        fixed (T* px = x, py = y)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Vector512<T>, Lanes512<T>, T, TPasses>(px, py, x.Length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Vector256<T>, Lanes256<T>, T, TPasses>(px, py, x.Length);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                Run<Vector128<T>, Lanes128<T>, T, TPasses>(px, py, x.Length);
            }
            else
            {
                Run<T, Lanes1<T>, T, TPasses>(px, py, x.Length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Run<TVector, TLanes, T, TPasses>(T* x, T* y, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TPasses : IPasses<T>
    {
        int rest = length % TLanes.Count, whole = length - rest;
        if (whole > 0)
        {
            TPasses.Run<TVector, TLanes>(x, y, whole);
        }

        if (rest > 0)
        {
            T* last = stackalloc T[LongestVector];
            TLanes.Store(TLanes.LoadFirst(x + whole, rest, TLanes.Create(T.Zero)), last);
            TPasses.Run<TVector, TLanes>(last, last, TLanes.Count);
            TLanes.StoreFirst(TLanes.Load(last), y + whole, rest);
        }
    }

    /// <summary>The function where it is bounded.</summary>
    internal readonly struct Bounded<T, TFunction> : IFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFunction : IFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Invoke<TVector, TLanes>(TVector x)
            where TLanes : ILanes<TVector, T> =>
            TFunction.OfBounded<TVector, TLanes>(x);
    }

    private readonly struct OnePass<T, TFunction> : IPasses<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFunction : IFunction<T>
    {
        public static void Run<TVector, TLanes>(T* x, T* y, nint length)
            where TLanes : ILanes<TVector, T> =>
            WholeVectors<TVector, TLanes, T, TFunction>(x, y, length);
    }

    private readonly struct Stages<T, TFirst, TFunction> : IPasses<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFirst : IFunction<T>
        where TFunction : IStagedFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        [SkipLocalsInit]
        public static void Run<TVector, TLanes>(T* x, T* y, nint length)
            where TLanes : ILanes<TVector, T>
        {
            T* room = stackalloc T[2 * StagedBlock + LongestVector];
            T* between = Aligned(room), beside = between + StagedBlock;
            for (; length > 0; length -= StagedBlock, x += StagedBlock, y += StagedBlock)
            {
                nint count = nint.Min(StagedBlock, length);
                WholeVectors<TVector, TLanes, T, TFirst>(x, between, count);
                Second<TVector, TLanes>(between, beside, count);
                Last<TVector, TLanes>(between, beside, x, y, count);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Second<TVector, TLanes>(T* between, T* beside, nint length)
            where TLanes : ILanes<TVector, T>
        {
            for (nint i = 0; i < length; i += TLanes.Count)
            {
                TFunction.Second<TVector, TLanes>(TLanes.Load(between + i), out TVector second, out TVector also);
                TLanes.Store(second, between + i);
                TLanes.Store(also, beside + i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Last<TVector, TLanes>(T* second, T* beside, T* x, T* y, nint length)
            where TLanes : ILanes<TVector, T>
        {
            for (nint i = 0; i < length; i += TLanes.Count)
            {
                TLanes.Store(TFunction.Last<TVector, TLanes>(TLanes.Load(second + i), TLanes.Load(beside + i), TLanes.Load(x + i)), y + i);
            }
        }
    }
}
