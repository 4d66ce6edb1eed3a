using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Deep;

/// <summary>
/// Sums of few rows: <c>y_p = sum_e value_e x_{index_e}</c> over the entries e of p, a sparse matrix times rows of <c>width</c> doubles. The projection of patches on the
/// columns that they touch, and with the entries sorted the other way the gradient of the columns.
/// </summary>
/// <remarks>
/// A strip of four vectors of y stays in registers while all entries are added, first entry first: the order depends neither on the instruction set nor on the width.
/// Rows of any width; those padded to whole vectors (<see cref="Rows.Pad"/>) have no remainder.
/// </remarks>
internal static unsafe class SparseRows
{
    /// <summary>y [rows, width] = S x, S given by where each row's entries begin, their indices and values.</summary>
    public static void Multiply(int width, ReadOnlySpan<int> start, ReadOnlySpan<int> index, ReadOnlySpan<double> value, ReadOnlySpan<double> x, Span<double> y)
    {
        int rows = start.Length - 1;
        if (y.Length < (long)rows * width || index.Length < start[^1] || value.Length < start[^1]) throw new ArgumentException("the sizes do not fit.", nameof(width));
        fixed (double* px = x, py = y, pv = value)
        fixed (int* ps = start, pi = index)
        {
            if (Vector512.IsHardwareAccelerated) Run<Vector512<double>, Lanes512<double>>(rows, width, ps, pi, pv, px, py);
            else if (Vector256.IsHardwareAccelerated) Run<Vector256<double>, Lanes256<double>>(rows, width, ps, pi, pv, px, py);
            else if (Vector128.IsHardwareAccelerated) Run<Vector128<double>, Lanes128<double>>(rows, width, ps, pi, pv, px, py);
            else Run<double, Lanes1<double>>(rows, width, ps, pi, pv, px, py);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TVector, TLanes>(int rows, int width, int* start, int* index, double* value, double* x, double* y)
        where TLanes : ILanes<TVector, double>
    {
        int one = TLanes.Count, four = 4 * one;
        for (int p = 0; p < rows; p++)
        {
            int from = start[p], to = start[p + 1], r = 0;
            double* into = y + (nint)p * width;
            if (to - from is 1 or 2)
            {
                // Most patches and columns: a scaled row, or the sum of two, too short for strips.
                double* x0 = x + (nint)index[from] * width, x1 = x + (nint)index[to - 1] * width;
                TVector v0 = TLanes.Create(value[from]), v1 = TLanes.Create(value[to - 1]);
                bool two = to - from == 2;
                for (; r <= width - one; r += one)
                {
                    TVector sum = TLanes.Multiply(v0, TLanes.Load(x0 + r));
                    TLanes.Store(two ? TLanes.FusedMultiplyAdd(v1, TLanes.Load(x1 + r), sum) : sum, into + r);
                }
            }
            for (; r <= width - four; r += four)
            {
                TVector s0 = TLanes.Create(0), s1 = s0, s2 = s0, s3 = s0;
                for (int e = from; e < to; e++)
                {
                    double* row = x + (nint)index[e] * width + r;
                    TVector v = TLanes.Create(value[e]);
                    s0 = TLanes.FusedMultiplyAdd(v, TLanes.Load(row), s0);
                    s1 = TLanes.FusedMultiplyAdd(v, TLanes.Load(row + one), s1);
                    s2 = TLanes.FusedMultiplyAdd(v, TLanes.Load(row + 2 * one), s2);
                    s3 = TLanes.FusedMultiplyAdd(v, TLanes.Load(row + 3 * one), s3);
                }
                TLanes.Store(s0, into + r);
                TLanes.Store(s1, into + r + one);
                TLanes.Store(s2, into + r + 2 * one);
                TLanes.Store(s3, into + r + 3 * one);
            }
            for (; r <= width - one; r += one)
            {
                TVector s0 = TLanes.Create(0);
                for (int e = from; e < to; e++) s0 = TLanes.FusedMultiplyAdd(TLanes.Create(value[e]), TLanes.Load(x + (nint)index[e] * width + r), s0);
                TLanes.Store(s0, into + r);
            }
            for (; r < width; r++)
            {
                double sum = 0;
                for (int e = from; e < to; e++) sum = Math.FusedMultiplyAdd(value[e], x[(nint)index[e] * width + r], sum);
                into[r] = sum;
            }
        }
    }

    /// <summary>
    /// The update of every column in one pass: <c>a += step direction</c>, <c>now = start + rate factor a</c>, the entries of a row from <c>doubled</c> on with twice the rate.
    /// </summary>
    public static void Step(int width, int doubled, double step, double rate, ReadOnlySpan<double> factor, ReadOnlySpan<double> direction, Span<double> a, ReadOnlySpan<double> start, Span<double> now)
    {
        long size = (long)factor.Length * width;
        if (direction.Length < size || a.Length < size || start.Length < size || now.Length < size) throw new ArgumentException("the sizes do not fit.", nameof(width));
        fixed (double* pf = factor, pd = direction, pa = a, ps = start, pn = now)
        {
            if (Vector512.IsHardwareAccelerated) Step<Vector512<double>, Lanes512<double>>(factor.Length, width, doubled, step, rate, pf, pd, pa, ps, pn);
            else if (Vector256.IsHardwareAccelerated) Step<Vector256<double>, Lanes256<double>>(factor.Length, width, doubled, step, rate, pf, pd, pa, ps, pn);
            else if (Vector128.IsHardwareAccelerated) Step<Vector128<double>, Lanes128<double>>(factor.Length, width, doubled, step, rate, pf, pd, pa, ps, pn);
            else Step<double, Lanes1<double>>(factor.Length, width, doubled, step, rate, pf, pd, pa, ps, pn);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step<TVector, TLanes>(int columns, int width, int doubled, double step, double rate, double* factor, double* direction, double* a, double* start, double* now)
        where TLanes : ILanes<TVector, double>
    {
        TVector vStep = TLanes.Create(step);
        for (int column = 0; column < columns; column++)
        {
            double f = rate * factor[column];
            for (int part = 0; part < 2; part++)
            {
                TVector vf = TLanes.Create(part == 0 ? f : 2 * f);
                int end = part == 0 ? doubled : width;
                int r = part == 0 ? 0 : doubled;
                for (; r <= end - TLanes.Count; r += TLanes.Count)
                {
                    nint k = (nint)column * width + r;
                    TVector sum = TLanes.FusedMultiplyAdd(vStep, TLanes.Load(direction + k), TLanes.Load(a + k));
                    TLanes.Store(sum, a + k);
                    TLanes.Store(TLanes.FusedMultiplyAdd(vf, sum, TLanes.Load(start + k)), now + k);
                }
                for (; r < end; r++)
                {
                    nint k = (nint)column * width + r;
                    a[k] = Math.FusedMultiplyAdd(step, direction[k], a[k]);
                    now[k] = Math.FusedMultiplyAdd(part == 0 ? f : 2 * f, a[k], start[k]);
                }
            }
        }
    }
}
