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
    /// <summary><c>p[i, j] = exp(x[i, j] - max_i) / sum_k exp(x[i, k] - max_i)</c>.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="x">The scores, row i at <c>i * ldx</c>.</param>
    /// <param name="ldx">Elements from one row of x to the next, at least <paramref name="columns"/>.</param>
    /// <param name="p">The result, row i at <c>i * ldp</c>; elements between rows are not touched.</param>
    /// <param name="ldp">Elements from one row of p to the next, at least <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">A size is negative, a stride too small, a span too short, or the spans overlap without being the same.</exception>
    public static void Rows(int rows, int columns, ReadOnlySpan<double> x, int ldx, Span<double> p, int ldp) =>
        Run<double, ExpKernel, ShiftedExp>(rows, columns, x, ldx, p, ldp, logarithm: false);

    /// <inheritdoc cref="Rows(int, int, ReadOnlySpan{double}, int, Span{double}, int)"/>
    public static void Rows(int rows, int columns, ReadOnlySpan<float> x, int ldx, Span<float> p, int ldp) =>
        Run<float, ExpKernel, ShiftedExp>(rows, columns, x, ldx, p, ldp, logarithm: false);

    /// <summary><c>y[i, j] = x[i, j] - max_i - ln sum_k exp(x[i, k] - max_i)</c>.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="x">The scores, row i at <c>i * ldx</c>.</param>
    /// <param name="ldx">Elements from one row of x to the next, at least <paramref name="columns"/>.</param>
    /// <param name="y">The result, row i at <c>i * ldy</c>; elements between rows are not touched.</param>
    /// <param name="ldy">Elements from one row of y to the next, at least <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">A size is negative, a stride too small, a span too short, or the spans overlap without being the same.</exception>
    public static void LogRows(int rows, int columns, ReadOnlySpan<double> x, int ldx, Span<double> y, int ldy) =>
        Run<double, ExpKernel, ShiftedExp>(rows, columns, x, ldx, y, ldy, logarithm: true);

    /// <inheritdoc cref="LogRows(int, int, ReadOnlySpan{double}, int, Span{double}, int)"/>
    public static void LogRows(int rows, int columns, ReadOnlySpan<float> x, int ldx, Span<float> y, int ldy) =>
        Run<float, ExpKernel, ShiftedExp>(rows, columns, x, ldx, y, ldy, logarithm: true);

    /// <summary><c>ln sum_j e^x_j</c>; <c>-inf</c> for an empty span or nothing but <c>-inf</c>, <c>+inf</c> if any is, NaN if any is.</summary>
    /// <param name="x">The numbers.</param>
    /// <returns>The logarithm of the sum.</returns>
    public static double LogSumExp(ReadOnlySpan<double> x) => LogSum<double, ShiftedExp>(x);

    /// <inheritdoc cref="LogSumExp(ReadOnlySpan{double})"/>
    public static float LogSumExp(ReadOnlySpan<float> x) => LogSum<float, ShiftedExp>(x);

    private static void Run<T, TExp, TShiftedExp>(int rows, int columns, ReadOnlySpan<T> x, int ldx, Span<T> y, int ldy, bool logarithm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TExp : IFunction<T>
        where TShiftedExp : IUpdate<T>, ITerm<T>
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

        if (ShortSoftmax.Takes(rows, columns))
        {
            fixed (T* px = x, py = y)
            {
                ShortSoftmax.Run<T, TExp>(rows, columns, px, ldx, py, ldy, logarithm);
            }

            return;
        }

        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<T> source = x.Slice(i * ldx, columns);
            Span<T> target = y.Slice(i * ldy, columns);
            T max = Maximum(source);
            if (logarithm)
            {
                T shift = LogOfSum(Sums.Run<T, TShiftedExp>(source, source, max));
                Update.Run<T, ShiftUpdate<T>>(target, max, source);
                Update.Run<T, ShiftUpdate<T>>(target, shift, target);
            }
            else
            {
                Update.Run<T, TShiftedExp>(target, max, source);
                Update.Run<T, ScaleUpdate<T>>(target, T.One / Sums.Run<T, PlainTerm<T>>(target, target, T.Zero), target);
            }
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static T Maximum<TVector, TLanes, T>(T* x, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        int width = TLanes.Count, i = 0;
        TVector m0 = TLanes.Create(T.NegativeInfinity), m1 = m0;
        for (; i <= length - 2 * width; i += 2 * width)
        {
            m0 = TLanes.Max(TLanes.Load(x + i), m0);
            m1 = TLanes.Max(TLanes.Load(x + i + width), m1);
        }

        T* lanes = stackalloc T[Elementwise.LongestVector];
        TLanes.Store(TLanes.Max(m0, m1), lanes);
        T max = lanes[0];
        for (int j = 1; j < width; j++)
        {
            max = lanes[j] > max ? lanes[j] : max;
        }

        for (; i < length; i++)
        {
            max = x[i] > max ? x[i] : max;
        }

        return max;
    }
}

/// <summary>e^(x - a); y is not used.</summary>
internal readonly struct ShiftedExp : IUpdate<double>, IUpdate<float>, ITerm<double>, ITerm<float>
{
    static double ITerm<double>.Padding => double.NegativeInfinity;

    static float ITerm<float>.Padding => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IUpdate<double>.Invoke<TVector, TLanes>(TVector y, TVector a, TVector x) =>
        ExpKernel.Invoke<TVector, TLanes>(TLanes.Subtract(x, a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IUpdate<float>.Invoke<TVector, TLanes>(TVector y, TVector a, TVector x) =>
        ExpKernel.InvokeSingle<TVector, TLanes>(TLanes.Subtract(x, a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector ITerm<double>.Invoke<TVector, TLanes>(TVector x, TVector y, TVector a) =>
        ExpKernel.Invoke<TVector, TLanes>(TLanes.Subtract(x, a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector ITerm<float>.Invoke<TVector, TLanes>(TVector x, TVector y, TVector a) =>
        ExpKernel.InvokeSingle<TVector, TLanes>(TLanes.Subtract(x, a));
}

/// <summary>x - a.</summary>
internal readonly struct ShiftUpdate<T> : IUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T> =>
        TLanes.Subtract(x, a);
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

/// <summary>x.</summary>
internal readonly struct PlainTerm<T> : ITerm<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Padding => T.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector x, TVector y, TVector a)
        where TLanes : ILanes<TVector, T> =>
        x;
}
