using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>A sparse matrix by rows: row i has the entries start[i] .. start[i + 1] - 1, each a column index and a value.</summary>
internal readonly unsafe ref struct SparseMatrix(ReadOnlySpan<int> start, ReadOnlySpan<int> index, ReadOnlySpan<double> value)
{
    public readonly ReadOnlySpan<int> Start = start;
    public readonly ReadOnlySpan<int> Index = index;
    public readonly ReadOnlySpan<double> Value = value;
}

/// <summary>Y = S X and its relatives, S sparse, X and Y rows of neurons: the one kernel behind projections, gradients and test evaluation.</summary>
/// <remarks>
/// Row i of Y becomes f(Y_i, a, sum_e value[e] X_index[e]), f an <see cref="IUpdate{T}"/>: the sum itself (<see cref="TakeSum{T}"/>), or a whole
/// step of SignGD (<see cref="SignUpdate{T}"/>), so that a weight is read and written once per step and its gradient never leaves the registers.
/// <para>
/// A lane is a neuron, and neurons never meet: each sum runs over the entries in their order, whatever the vector's width. A row is cut into
/// strips of at most 12 vectors, as equal as can be; the sums of a strip stay in registers over all entries of the row. Widths are whole numbers of vectors,
/// so there is no remainder.
/// </para>
/// </remarks>
internal static unsafe class SparseRows
{
    // Of 16 registers the sums take these, the value and what is at hand in the update the others.
    private const int MostVectors = 12;

    /// <summary>Runs the update over all rows of <paramref name="s"/>.</summary>
    /// <param name="s">[rows, any].</param>
    /// <param name="x">Row j begins at x + j * <paramref name="xPitch"/>.</param>
    /// <param name="xPitch">From row to row of X, in doubles.</param>
    /// <param name="y">Row i begins at y + i * <paramref name="yPitch"/>; no row of Y may be one of X.</param>
    /// <param name="yPitch">From row to row of Y.</param>
    /// <param name="width">Neurons of a row that are worked on: a multiple of 8.</param>
    /// <param name="a">The update's scalar.</param>
    public static void Run<TUpdate>(SparseMatrix s, double* x, int xPitch, double* y, int yPitch, int width, double a)
        where TUpdate : IUpdate<double>
    {
        int rows = s.Start.Length - 1;
        fixed (int* start = s.Start, index = s.Index)
        fixed (double* value = s.Value)
            Run<double, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, width, a);
    }

    /// <summary>The same in either precision, S as it lies in memory; the width is a whole number of the vectors in use, and of 32 bytes.</summary>
    public static void Run<T, TUpdate>(int rows, int* start, int* index, T* value, T* x, int xPitch, T* y, int yPitch, int width, T a)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TUpdate : IUpdate<T>
    {
        if (Vector512.IsHardwareAccelerated) Strips<Vector512<T>, Lanes512<T>, T, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, width, a);
        else if (Vector256.IsHardwareAccelerated) Strips<Vector256<T>, Lanes256<T>, T, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, width, a);
        else if (Vector128.IsHardwareAccelerated) Strips<Vector128<T>, Lanes128<T>, T, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, width, a);
        else Strips<T, Lanes1<T>, T, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, width, a);
    }

    private static void Strips<TVector, TLanes, T, TUpdate>(
        int rows, int* start, int* index, T* value, T* x, int xPitch, T* y, int yPitch, int width, T a)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TUpdate : IUpdate<T>
    {
        Split strips = Split.AtMost(width / TLanes.Count, MostVectors);
        for (int j = 0; j < strips.Count; j++)
        {
            int strip = strips.Size(j);
            switch (strip)
            {
                case 0: break;
                case 1: Strip<TVector, TLanes, T, One, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 2: Strip<TVector, TLanes, T, Two, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 3: Strip<TVector, TLanes, T, Three, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 4: Strip<TVector, TLanes, T, Four, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 5: Strip<TVector, TLanes, T, Five, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 6: Strip<TVector, TLanes, T, Six, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 7: Strip<TVector, TLanes, T, Seven, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 8: Strip<TVector, TLanes, T, Eight, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 9: Strip<TVector, TLanes, T, Nine, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 10: Strip<TVector, TLanes, T, Ten, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                case 11: Strip<TVector, TLanes, T, Eleven, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
                default: Strip<TVector, TLanes, T, Twelve, TUpdate>(rows, start, index, value, x, xPitch, y, yPitch, a); break;
            }

            x += strip * TLanes.Count;
            y += strip * TLanes.Count;
        }
    }

    // Vector j of the strip holds the neurons j * TLanes.Count onwards, sum sj the sums of those neurons.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Strip<TVector, TLanes, T, TVectors, TUpdate>(
        int rows, int* start, int* index, T* value, T* x, nint xPitch, T* y, nint yPitch, T a)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TVectors : IConstant
        where TUpdate : IUpdate<T>
    {
        TVector zero = TLanes.Create(T.Zero), scalar = TLanes.Create(a);
        int e = start[0];
        for (int i = 0; i < rows; i++, y += yPitch)
        {
            TVector s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero;
            TVector s6 = zero, s7 = zero, s8 = zero, s9 = zero, s10 = zero, s11 = zero;
            for (int end = start[i + 1]; e < end; e++)
            {
                TVector v = TLanes.Create(value[e]);
                T* row = x + index[e] * xPitch;
                s0 = TLanes.MultiplyAdd(v, TLanes.Load(row), s0);
                if (TVectors.Value > 1) s1 = TLanes.MultiplyAdd(v, TLanes.Load(row + TLanes.Count), s1);
                if (TVectors.Value > 2) s2 = TLanes.MultiplyAdd(v, TLanes.Load(row + 2 * TLanes.Count), s2);
                if (TVectors.Value > 3) s3 = TLanes.MultiplyAdd(v, TLanes.Load(row + 3 * TLanes.Count), s3);
                if (TVectors.Value > 4) s4 = TLanes.MultiplyAdd(v, TLanes.Load(row + 4 * TLanes.Count), s4);
                if (TVectors.Value > 5) s5 = TLanes.MultiplyAdd(v, TLanes.Load(row + 5 * TLanes.Count), s5);
                if (TVectors.Value > 6) s6 = TLanes.MultiplyAdd(v, TLanes.Load(row + 6 * TLanes.Count), s6);
                if (TVectors.Value > 7) s7 = TLanes.MultiplyAdd(v, TLanes.Load(row + 7 * TLanes.Count), s7);
                if (TVectors.Value > 8) s8 = TLanes.MultiplyAdd(v, TLanes.Load(row + 8 * TLanes.Count), s8);
                if (TVectors.Value > 9) s9 = TLanes.MultiplyAdd(v, TLanes.Load(row + 9 * TLanes.Count), s9);
                if (TVectors.Value > 10) s10 = TLanes.MultiplyAdd(v, TLanes.Load(row + 10 * TLanes.Count), s10);
                if (TVectors.Value > 11) s11 = TLanes.MultiplyAdd(v, TLanes.Load(row + 11 * TLanes.Count), s11);
            }

            TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y), scalar, s0), y);
            if (TVectors.Value > 1) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + TLanes.Count), scalar, s1), y + TLanes.Count);
            if (TVectors.Value > 2) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 2 * TLanes.Count), scalar, s2), y + 2 * TLanes.Count);
            if (TVectors.Value > 3) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 3 * TLanes.Count), scalar, s3), y + 3 * TLanes.Count);
            if (TVectors.Value > 4) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 4 * TLanes.Count), scalar, s4), y + 4 * TLanes.Count);
            if (TVectors.Value > 5) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 5 * TLanes.Count), scalar, s5), y + 5 * TLanes.Count);
            if (TVectors.Value > 6) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 6 * TLanes.Count), scalar, s6), y + 6 * TLanes.Count);
            if (TVectors.Value > 7) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 7 * TLanes.Count), scalar, s7), y + 7 * TLanes.Count);
            if (TVectors.Value > 8) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 8 * TLanes.Count), scalar, s8), y + 8 * TLanes.Count);
            if (TVectors.Value > 9) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 9 * TLanes.Count), scalar, s9), y + 9 * TLanes.Count);
            if (TVectors.Value > 10) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 10 * TLanes.Count), scalar, s10), y + 10 * TLanes.Count);
            if (TVectors.Value > 11) TLanes.Store(TUpdate.Invoke<TVector, TLanes>(TLanes.Load(y + 11 * TLanes.Count), scalar, s11), y + 11 * TLanes.Count);
        }
    }

    /// <summary>The same for one number per row, y_i = sum_e value[e] x_index[e].</summary>
    public static void Run(SparseMatrix s, ReadOnlySpan<double> x, Span<double> y)
    {
        int e = s.Start[0];
        for (int i = 0; i < y.Length; i++)
        {
            double sum = 0;
            for (int end = s.Start[i + 1]; e < end; e++) sum += s.Value[e] * x[s.Index[e]];
            y[i] = sum;
        }
    }
}

/// <summary>x: the sum as it is.</summary>
internal readonly struct TakeSum<T> : IUpdate<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T> => x;
}

/// <summary>y + x.</summary>
internal readonly struct AddSum<T> : IUpdate<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T> => TLanes.Add(y, x);
}
