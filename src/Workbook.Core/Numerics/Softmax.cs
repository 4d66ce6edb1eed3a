using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// Softmax and its logarithm over the rows of a row-major matrix, and log-sum-exp. The row's maximum is subtracted
/// first, so nothing overflows and the largest term of every sum is 1.
/// </summary>
/// <remarks>
/// The bits are the same on every platform and instruction set; sums are added in the order of <see cref="VectorOps"/>.
/// An entry of <c>-inf</c> counts as absent. A row with a NaN or with <c>+inf</c>, or with nothing but <c>-inf</c>, gives NaN
/// in the whole row. Input and output are the same memory with the same stride, or disjoint.
/// </remarks>
public static unsafe class Softmax
{
    // Rows between two passes, and their terms: a buffer in the first-level cache.
    private const int BlockRows = 32;
    private const int BlockElements = 1024;

    /// <summary><c>p[i, j] = exp(x[i, j] - max_i) / sum_k exp(x[i, k] - max_i)</c>.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="x">The scores, row i at <c>i * ldx</c>.</param>
    /// <param name="ldx">Elements from one row of x to the next, at least <paramref name="columns"/>.</param>
    /// <param name="p">The result, row i at <c>i * ldp</c>; elements between rows are not touched.</param>
    /// <param name="ldp">Elements from one row of p to the next, at least <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">A size is negative, a stride too small, a span too short, or the spans overlap without being the same.</exception>
    public static void Rows(int rows, int columns, ReadOnlySpan<double> x, int ldx, Span<double> p, int ldp) =>
        Run<double, ExpOfNotPositive>(rows, columns, x, ldx, p, ldp, logarithm: false);

    /// <inheritdoc cref="Rows(int, int, ReadOnlySpan{double}, int, Span{double}, int)"/>
    public static void Rows(int rows, int columns, ReadOnlySpan<float> x, int ldx, Span<float> p, int ldp) =>
        Run<float, ExpOfNotPositive>(rows, columns, x, ldx, p, ldp, logarithm: false);

    /// <summary><c>y[i, j] = x[i, j] - max_i - ln sum_k exp(x[i, k] - max_i)</c>.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="x">The scores, row i at <c>i * ldx</c>.</param>
    /// <param name="ldx">Elements from one row of x to the next, at least <paramref name="columns"/>.</param>
    /// <param name="y">The result, row i at <c>i * ldy</c>; elements between rows are not touched.</param>
    /// <param name="ldy">Elements from one row of y to the next, at least <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">A size is negative, a stride too small, a span too short, or the spans overlap without being the same.</exception>
    public static void LogRows(int rows, int columns, ReadOnlySpan<double> x, int ldx, Span<double> y, int ldy) =>
        Run<double, ExpOfNotPositive>(rows, columns, x, ldx, y, ldy, logarithm: true);

    /// <inheritdoc cref="LogRows(int, int, ReadOnlySpan{double}, int, Span{double}, int)"/>
    public static void LogRows(int rows, int columns, ReadOnlySpan<float> x, int ldx, Span<float> y, int ldy) =>
        Run<float, ExpOfNotPositive>(rows, columns, x, ldx, y, ldy, logarithm: true);

    /// <summary><c>ln sum_j e^x_j</c>; <c>-inf</c> for an empty span or nothing but <c>-inf</c>, <c>+inf</c> if any is, NaN if any is.</summary>
    /// <param name="x">The numbers.</param>
    /// <returns>The logarithm of the sum.</returns>
    public static double LogSumExp(ReadOnlySpan<double> x) => LogSum<double, ShiftedExp>(x);

    /// <inheritdoc cref="LogSumExp(ReadOnlySpan{double})"/>
    public static float LogSumExp(ReadOnlySpan<float> x) => LogSum<float, ShiftedExp>(x);

    private static void Run<T, TExp>(int rows, int columns, ReadOnlySpan<T> x, int ldx, Span<T> y, int ldy, bool logarithm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TExp : IFunction<T>
    {
        Require.Matrix(rows, columns, ldx, x.Length, "x");
        Require.Matrix(rows, columns, ldy, y.Length, "the result");
        Require.SameOrDisjoint(x, y);
        if (x.Overlaps(y) && ldx != ldy)
        {
            throw new ArgumentException($"In place, the strides {ldx} and {ldy} must be equal.");
        }

        if (rows == 0 || columns == 0)
        {
            return;
        }

        fixed (T* px = x, py = y)
        {
            if (!logarithm && PairSoftmax.Takes(columns, ldx, ldy))
            {
                PairSoftmax.Run<T, TExp>(rows, px, py);
            }
            else if (ShortSoftmax.Takes(rows, columns))
            {
                ShortSoftmax.Run<T, TExp>(rows, columns, px, ldx, py, ldy, logarithm);
            }
            else if (Vector512.IsHardwareAccelerated)
            {
                Long<Vector512<T>, Lanes512<T>, T, TExp>(rows, columns, px, ldx, py, ldy, logarithm);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Long<Vector256<T>, Lanes256<T>, T, TExp>(rows, columns, px, ldx, py, ldy, logarithm);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                Long<Vector128<T>, Lanes128<T>, T, TExp>(rows, columns, px, ldx, py, ldy, logarithm);
            }
            else
            {
                Long<T, Lanes1<T>, T, TExp>(rows, columns, px, ldx, py, ldy, logarithm);
            }
        }
    }

    /// <summary>
    /// A few rows at a time, in passes: maxima; terms, into a buffer; their sums, and quotients or differences of logarithms.
    /// Several rows, because each of them ends in a chain of single operations that those of the next one hide.
    /// </summary>
    /// <remarks>
    /// In the buffer a row is filled up with zeros to whole partial sums, so that neither sum nor quotients have a remainder to read. Of a row longer than
    /// the buffer the last piece alone stays there: the pieces before it are summed first, and their terms wait in the result (for logarithms nobody needs them).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Long<TVector, TLanes, T, TExp>(int rows, nint columns, T* x, nint ldx, T* y, nint ldy, bool logarithm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TExp : IFunction<T>
    {
        nint width = TLanes.Count, partials = Sums.Partials<T>();
        nint before = (columns - 1) / BlockElements * BlockElements, piece = columns - before, stride = (piece + partials - 1) & -partials;
        int block = before > 0 ? 1 : (int)nint.Min(BlockElements / stride, BlockRows);
        T* maxima = stackalloc T[BlockRows];
        T* room = stackalloc T[BlockElements + Sums.Partials<T>() + Elementwise.LongestVector];
        T* sums = Elementwise.Aligned(room), terms = sums + partials;
        for (int start = 0; start < rows; start += block)
        {
            int count = Math.Min(block, rows - start);
            T* from = x + start * ldx, to = y + start * ldy;
            for (int i = 0; i < count; i++)
            {
                maxima[i] = Maximum<TVector, TLanes, T>(from + i * ldx, columns);
            }

            for (nint j = 0; j < before; j += BlockElements)
            {
                T* target = logarithm ? terms : to + j;
                Terms<TVector, TLanes, T, TExp>(BlockElements, from + j, maxima[0], target, BlockElements);
                Sums.OfPiece<TVector, TLanes, T>(target, BlockElements, sums, first: j == 0, last: false);
            }

            for (int i = 0; i < count; i++)
            {
                Terms<TVector, TLanes, T, TExp>(piece, from + i * ldx + before, maxima[i], terms + i * stride, stride);
            }

            for (int i = 0; i < count; i++)
            {
                T* source = from + i * ldx, target = to + i * ldy, row = terms + i * stride;
                T total = Sums.OfPiece<TVector, TLanes, T>(row, stride, sums, first: before == 0, last: true);
                nint j = 0;
                if (logarithm)
                {
                    TVector max = TLanes.Create(maxima[i]), shift = TLanes.Create(LogOfSum(total));
                    for (; j <= columns - width; j += width)
                    {
                        TLanes.Store(TLanes.Subtract(TLanes.Subtract(TLanes.Load(source + j), max), shift), target + j);
                    }

                    if (j < columns)
                    {
                        int rest = (int)(columns - j);
                        TVector last = TLanes.LoadFirst(source + j, rest, max);
                        TLanes.StoreFirst(TLanes.Subtract(TLanes.Subtract(last, max), shift), target + j, rest);
                    }
                }
                else
                {
                    TVector scale = TLanes.Create(T.One / total);
                    for (; j < before; j += width)
                    {
                        TLanes.Store(TLanes.Multiply(TLanes.Load(target + j), scale), target + j);
                    }

                    row -= before;
                    for (; j <= columns - width; j += width)
                    {
                        TLanes.Store(TLanes.Multiply(TLanes.Load(row + j), scale), target + j);
                    }

                    if (j < columns)
                    {
                        TLanes.StoreFirst(TLanes.Multiply(TLanes.Load(row + j), scale), target + j, (int)(columns - j));
                    }
                }
            }
        }
    }

    /// <summary>The terms e^(x - max) of a row, filled up with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Terms<TVector, TLanes, T, TExp>(nint columns, T* x, T max, T* terms, nint padded)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TExp : IFunction<T>
    {
        // Numbers within half the bound are not further than the bound from each other.
        T half = TExp.Bound<TVector>() * T.CreateTruncating(0.5);
        if (half > T.Zero && T.Abs(max) <= half && Largest.Of<TVector, TLanes, T, Magnitude<T>>(x, columns, T.Zero) <= half)
        {
            TermLoop<TVector, TLanes, T, Elementwise.Bounded<T, TExp>>(columns, x, max, terms, padded);
        }
        else
        {
            TermLoop<TVector, TLanes, T, TExp>(columns, x, max, terms, padded);
        }
    }

    /// <summary>The loop of the terms, over one row in a method of its own: the constants of the exponential stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TermLoop<TVector, TLanes, T, TExp>(nint columns, T* x, T max, T* terms, nint padded)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TExp : IFunction<T>
    {
        TVector shift = TLanes.Create(max);
        nint j = 0;
        for (nint last = columns - TLanes.Count; j <= last; j += TLanes.Count)
        {
            TLanes.Store(TExp.Invoke<TVector, TLanes>(TLanes.Subtract(TLanes.Load(x + j), shift)), terms + j);
        }

        for (nint k = j; k < padded; k += TLanes.Count)
        {
            TLanes.Store(TLanes.Create(T.Zero), terms + k);
        }

        if (j < columns)
        {
            // Lanes past the row are not stored. They hold e^0: a term that underflows, as that of -inf may, takes hundreds of cycles.
            int rest = (int)(columns - j);
            TVector term = TExp.Invoke<TVector, TLanes>(TLanes.Subtract(TLanes.LoadFirst(x + j, rest, shift), shift));
            TLanes.StoreFirst(term, terms + j, rest);
        }
    }

    private static T LogSum<T, TShiftedExp>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TShiftedExp : ITerm<T>
    {
        T max = Maximum(x);
        if (T.IsFinite(max))
        {
            return max + LogOfSum(Sums.Run<T, TShiftedExp>(x, x, max));
        }

        foreach (T value in x)
        {
            if (T.IsNaN(value))
            {
                return value;
            }
        }

        return max;
    }

    // The sum is 1 or more, or NaN.
    private static T LogOfSum<T>(T sum)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        T.IsNaN(sum) ? sum : T.CreateTruncating(BoxMuller.Log(double.CreateTruncating(sum)));

    private static T Maximum<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        fixed (T* px = x)
        {
            return Vector512.IsHardwareAccelerated ? Maximum<Vector512<T>, Lanes512<T>, T>(px, x.Length)
                : Vector256.IsHardwareAccelerated ? Maximum<Vector256<T>, Lanes256<T>, T>(px, x.Length)
                : Vector128.IsHardwareAccelerated ? Maximum<Vector128<T>, Lanes128<T>, T>(px, x.Length)
                : Maximum<T, Lanes1<T>, T>(px, x.Length);
        }
    }

    /// <summary>The largest number that is not NaN, -inf if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Maximum<TVector, TLanes, T>(T* x, nint length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T> =>
        Largest.Of<TVector, TLanes, T, Itself<T>>(x, length, T.NegativeInfinity);
}

/// <summary>e^(x - a); y is not used.</summary>
internal readonly struct ShiftedExp : ITerm<double>, ITerm<float>
{
    static double ITerm<double>.Padding => double.NegativeInfinity;

    static float ITerm<float>.Padding => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector ITerm<double>.Invoke<TVector, TLanes>(TVector x, TVector y, TVector a) =>
        ExpKernel.Invoke<TVector, TLanes>(TLanes.Subtract(x, a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector ITerm<float>.Invoke<TVector, TLanes>(TVector x, TVector y, TVector a) =>
        ExpKernel.InvokeSingle<TVector, TLanes>(TLanes.Subtract(x, a));
}

/// <summary>a x.</summary>
internal readonly struct ScaleUpdate<T> : IUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T> =>
        TLanes.Multiply(a, x);
}
