using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Softmax of rows of two numbers beside each other: the larger one's term is 1, so a row needs one exponential,
/// e^-|a - b|. The bits are those of any other row.
/// </summary>
/// <remarks>
/// Two vectors of rows become one of first and one of second numbers, a row to a lane. The exponentials are one vector ahead of the
/// quotients: the chain from a number to its result would be longer than a core can look ahead.
/// </remarks>
internal static unsafe class PairSoftmax
{
    /// <summary>Whether these sizes belong here.</summary>
    public static bool Takes(int columns, nint ldx, nint ldy) => columns == 2 && ldx == 2 && ldy == 2 && Vector256.IsHardwareAccelerated;

    /// <summary>As <see cref="Softmax"/> says; sizes and overlap are checked there.</summary>
    public static void Run<T, TExp>(int rows, T* x, T* y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TExp : IFunction<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Rows<Vector512<T>, Lanes512<T>, T, TExp>(rows, x, y);
        }
        else
        {
            Rows<Vector256<T>, Lanes256<T>, T, TExp>(rows, x, y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Rows<TVector, TLanes, T, TExp>(int rows, T* x, T* y)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TExp : IFunction<T>
    {
        int rest = rows % TLanes.Count, whole = rows - rest;
        if (whole > 0)
        {
            Loop<TVector, TLanes, T, TExp>(whole, x, y);
        }

        if (rest > 0)
        {
            // The last few rows, in a vector of their own.
            T* padded = stackalloc T[2 * Elementwise.LongestVector];
            TLanes.Store(TLanes.Create(T.One), padded);
            TLanes.Store(TLanes.Create(T.One), padded + TLanes.Count);
            new ReadOnlySpan<T>(x + 2 * whole, 2 * rest).CopyTo(new Span<T>(padded, 2 * rest));
            Loop<TVector, TLanes, T, TExp>(TLanes.Count, padded, padded);
            new ReadOnlySpan<T>(padded, 2 * rest).CopyTo(new Span<T>(y + 2 * whole, 2 * rest));
        }
    }

    /// <summary>Whole vectors of rows, one or more. A vector's quotients beside the exponentials of the next one: divider and multipliers work at the same time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop<TVector, TLanes, T, TExp>(nint rows, T* x, T* y)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TExp : IFunction<T>
    {
        Apart<TVector, TLanes, T>(x, out TVector a, out TVector b);
        TVector e = Exponentials<TVector, TLanes, T, TExp>(a, b);
        T* end = x + 2 * (rows - TLanes.Count);
        while (x < end)
        {
            x += 2 * TLanes.Count;
            Apart<TVector, TLanes, T>(x, out TVector nextA, out TVector nextB);
            TVector next = Exponentials<TVector, TLanes, T, TExp>(nextA, nextB);
            Quotients<TVector, TLanes, T>(a, b, e, y);
            y += 2 * TLanes.Count;
            (a, b, e) = (nextA, nextB, next);
        }

        Quotients<TVector, TLanes, T>(a, b, e, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exponentials<TVector, TLanes, T, TExp>(TVector a, TVector b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TExp : IFunction<T> =>
        TExp.Invoke<TVector, TLanes>(TLanes.Or(TLanes.Subtract(a, b), TLanes.Create(T.NegativeZero)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quotients<TVector, TLanes, T>(TVector a, TVector b, TVector e, T* to)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        TVector one = TLanes.Create(T.One);

        // 1 + e, and NaN where the maximum is not finite.
        TVector sum = TLanes.FusedMultiplyAdd(TLanes.Max(b, a), TLanes.Create(T.Zero), TLanes.Add(one, e));
        TVector scale = TLanes.Divide(one, sum);
        TVector small = TLanes.Multiply(e, scale), second = TLanes.LessThan(a, b);
        Together<TVector, TLanes, T>(TLanes.Select(second, small, scale), TLanes.Select(second, scale, small), to);
    }

    /// <summary>The first and the second numbers of a vector's length of rows, in an order that <see cref="Together"/> undoes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apart<TVector, TLanes, T>(T* rows, out TVector first, out TVector second)
        where TVector : struct
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
    {
        const byte Even = 0x88, Odd = 0xDD;
        TVector x = TLanes.Load(rows), y = TLanes.Load(rows + TLanes.Count);
        if (typeof(TVector) == typeof(Vector512<double>))
        {
            Vector512<double> u = As<TVector, Vector512<double>>(x), v = As<TVector, Vector512<double>>(y);
            first = As<Vector512<double>, TVector>(Avx512F.UnpackLow(u, v));
            second = As<Vector512<double>, TVector>(Avx512F.UnpackHigh(u, v));
        }
        else if (typeof(TVector) == typeof(Vector512<float>))
        {
            Vector512<float> u = As<TVector, Vector512<float>>(x), v = As<TVector, Vector512<float>>(y);
            first = As<Vector512<float>, TVector>(Avx512F.Shuffle(u, v, Even));
            second = As<Vector512<float>, TVector>(Avx512F.Shuffle(u, v, Odd));
        }
        else if (typeof(TVector) == typeof(Vector256<double>))
        {
            Vector256<double> u = As<TVector, Vector256<double>>(x), v = As<TVector, Vector256<double>>(y);
            first = As<Vector256<double>, TVector>(Avx.UnpackLow(u, v));
            second = As<Vector256<double>, TVector>(Avx.UnpackHigh(u, v));
        }
        else
        {
            Vector256<float> u = As<TVector, Vector256<float>>(x), v = As<TVector, Vector256<float>>(y);
            first = As<Vector256<float>, TVector>(Avx.Shuffle(u, v, Even));
            second = As<Vector256<float>, TVector>(Avx.Shuffle(u, v, Odd));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Together<TVector, TLanes, T>(TVector first, TVector second, T* rows)
        where TVector : struct
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
    {
        TVector x, y;
        if (typeof(TVector) == typeof(Vector512<double>))
        {
            Vector512<double> u = As<TVector, Vector512<double>>(first), v = As<TVector, Vector512<double>>(second);
            x = As<Vector512<double>, TVector>(Avx512F.UnpackLow(u, v));
            y = As<Vector512<double>, TVector>(Avx512F.UnpackHigh(u, v));
        }
        else if (typeof(TVector) == typeof(Vector512<float>))
        {
            Vector512<float> u = As<TVector, Vector512<float>>(first), v = As<TVector, Vector512<float>>(second);
            x = As<Vector512<float>, TVector>(Avx512F.UnpackLow(u, v));
            y = As<Vector512<float>, TVector>(Avx512F.UnpackHigh(u, v));
        }
        else if (typeof(TVector) == typeof(Vector256<double>))
        {
            Vector256<double> u = As<TVector, Vector256<double>>(first), v = As<TVector, Vector256<double>>(second);
            x = As<Vector256<double>, TVector>(Avx.UnpackLow(u, v));
            y = As<Vector256<double>, TVector>(Avx.UnpackHigh(u, v));
        }
        else
        {
            Vector256<float> u = As<TVector, Vector256<float>>(first), v = As<TVector, Vector256<float>>(second);
            x = As<Vector256<float>, TVector>(Avx.UnpackLow(u, v));
            y = As<Vector256<float>, TVector>(Avx.UnpackHigh(u, v));
        }

        TLanes.Store(x, rows);
        TLanes.Store(y, rows + TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TTo As<TFrom, TTo>(TFrom vector)
        where TFrom : struct
        where TTo : struct =>
        Unsafe.BitCast<TFrom, TTo>(vector);
}
