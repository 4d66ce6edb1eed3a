using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>
/// A step of SignGD on the columns, and the projections of the columns that it leaves: <c>w_k += a sgn(sum_e g_e C_e)</c>, then <c>y_e += x_e w_k</c>,
/// e over the entries of column k, C and Y a row per patch. A column is read and written once a step.
/// </summary>
/// <remarks>
/// A lane is a neuron, and neurons never meet. A column's gradient is summed over its entries in their order, and a patch's projection over its columns in
/// theirs: to the last bit what <see cref="SparseRows"/> makes of them one after the other.
/// </remarks>
internal static unsafe class ColumnSteps
{
    /// <summary>Steps all columns for the neurons of one panel; all three matrices have rows of <paramref name="pitch"/> doubles, a multiple of 8.</summary>
    /// <param name="columns">[columns, patches]; its values are the x_e.</param>
    /// <param name="runs">Columns in a row of as many entries each: where each run ends, and 1, 2 or 3 entries, or 0 for any number.</param>
    /// <param name="scaled">The g_e: the x_e, or the x_e at the scale of their column's sum.</param>
    /// <param name="coefficients">C.</param>
    /// <param name="w">The columns.</param>
    /// <param name="y">Y; it starts at zero.</param>
    /// <param name="pitch">Neurons of the panel.</param>
    /// <param name="a">The rate, of a descent direction.</param>
    public static void Run(SparseMatrix columns, ReadOnlySpan<(int End, int Entries)> runs, ReadOnlySpan<double> scaled, double* coefficients, double* w, double* y, int pitch, double a)
    {
        fixed (int* start = columns.Start, index = columns.Index)
        fixed (double* x = columns.Value, g = scaled)
        {
            int first = 0;
            foreach (var (end, entries) in runs)
            {
                int count = end - first, e = start[first];
                double* at = w + (nint)first * pitch;
                if (Vector512.IsHardwareAccelerated) Strips<Vector512<double>, Lanes512<double>>(entries, count, start + first, index, g, x, coefficients, at, y, pitch, a);
                else if (Vector256.IsHardwareAccelerated) Strips<Vector256<double>, Lanes256<double>>(entries, count, start + first, index, g, x, coefficients, at, y, pitch, a);
                else if (Vector128.IsHardwareAccelerated) Strips<Vector128<double>, Lanes128<double>>(entries, count, start + first, index, g, x, coefficients, at, y, pitch, a);
                else Strips<double, Lanes1<double>>(entries, count, start + first, index, g, x, coefficients, at, y, pitch, a);
                first = end;
            }
        }
    }

    private static void Strips<TVector, TLanes>(int entries, int count, int* start, int* index, double* g, double* x, double* c, double* w, double* y, int pitch, double a)
        where TLanes : ILanes<TVector, double>
    {
        for (int vectors = pitch / TLanes.Count; vectors > 0;)
        {
            int strip = Math.Min(vectors, 6);
            switch (strip)
            {
                case 1: Strip<TVector, TLanes, One>(entries, count, start, index, g, x, c, w, y, pitch, a); break;
                case 2: Strip<TVector, TLanes, Two>(entries, count, start, index, g, x, c, w, y, pitch, a); break;
                case 3: Strip<TVector, TLanes, Three>(entries, count, start, index, g, x, c, w, y, pitch, a); break;
                case 4: Strip<TVector, TLanes, Four>(entries, count, start, index, g, x, c, w, y, pitch, a); break;
                case 5: Strip<TVector, TLanes, Five>(entries, count, start, index, g, x, c, w, y, pitch, a); break;
                default: Strip<TVector, TLanes, Six>(entries, count, start, index, g, x, c, w, y, pitch, a); break;
            }

            vectors -= strip;
            c += strip * TLanes.Count;
            w += strip * TLanes.Count;
            y += strip * TLanes.Count;
        }
    }

    private static void Strip<TVector, TLanes, TVectors>(int entries, int count, int* start, int* index, double* g, double* x, double* c, double* w, double* y, nint pitch, double a)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        switch (entries)
        {
            case 1: Few<TVector, TLanes, TVectors, One>(count, index + *start, g + *start, x + *start, c, w, y, pitch, a); break;
            case 2: Few<TVector, TLanes, TVectors, Two>(count, index + *start, g + *start, x + *start, c, w, y, pitch, a); break;
            case 3: Few<TVector, TLanes, TVectors, Three>(count, index + *start, g + *start, x + *start, c, w, y, pitch, a); break;
            default: Any<TVector, TLanes, TVectors>(count, start, index, g, x, c, w, y, pitch, a); break;
        }
    }

    // Vector j of the strip holds the neurons j * TLanes.Count onwards; sj is their gradient, then their weights. Nearly all columns have one, two or
    // three entries: without a loop over them a column is a dozen instructions.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Few<TVector, TLanes, TVectors, TEntries>(int count, int* index, double* g, double* x, double* c, double* w, double* y, nint pitch, double a)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
        where TEntries : IConstant
    {
        TVector rate = TLanes.Create(a);
        bool scaled = g != x;
        for (; count > 0; count--)
        {
            nint row0 = index[0] * pitch, row1 = 0, row2 = 0;
            TVector v0 = TLanes.Create(g[0]), v1 = v0, v2 = v0;
            if (TEntries.Value > 1)
            {
                row1 = index[1] * pitch;
                v1 = TLanes.Create(g[1]);
            }

            if (TEntries.Value > 2)
            {
                row2 = index[2] * pitch;
                v2 = TLanes.Create(g[2]);
            }

            TVector s0 = TLanes.Multiply(v0, TLanes.Load(c + row0)), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
            if (TVectors.Value > 1) s1 = TLanes.Multiply(v0, TLanes.Load(c + row0 + TLanes.Count));
            if (TVectors.Value > 2) s2 = TLanes.Multiply(v0, TLanes.Load(c + row0 + 2 * TLanes.Count));
            if (TVectors.Value > 3) s3 = TLanes.Multiply(v0, TLanes.Load(c + row0 + 3 * TLanes.Count));
            if (TVectors.Value > 4) s4 = TLanes.Multiply(v0, TLanes.Load(c + row0 + 4 * TLanes.Count));
            if (TVectors.Value > 5) s5 = TLanes.Multiply(v0, TLanes.Load(c + row0 + 5 * TLanes.Count));
            if (TEntries.Value > 1)
            {
                s0 = TLanes.MultiplyAdd(v1, TLanes.Load(c + row1), s0);
                if (TVectors.Value > 1) s1 = TLanes.MultiplyAdd(v1, TLanes.Load(c + row1 + TLanes.Count), s1);
                if (TVectors.Value > 2) s2 = TLanes.MultiplyAdd(v1, TLanes.Load(c + row1 + 2 * TLanes.Count), s2);
                if (TVectors.Value > 3) s3 = TLanes.MultiplyAdd(v1, TLanes.Load(c + row1 + 3 * TLanes.Count), s3);
                if (TVectors.Value > 4) s4 = TLanes.MultiplyAdd(v1, TLanes.Load(c + row1 + 4 * TLanes.Count), s4);
                if (TVectors.Value > 5) s5 = TLanes.MultiplyAdd(v1, TLanes.Load(c + row1 + 5 * TLanes.Count), s5);
            }

            if (TEntries.Value > 2)
            {
                s0 = TLanes.MultiplyAdd(v2, TLanes.Load(c + row2), s0);
                if (TVectors.Value > 1) s1 = TLanes.MultiplyAdd(v2, TLanes.Load(c + row2 + TLanes.Count), s1);
                if (TVectors.Value > 2) s2 = TLanes.MultiplyAdd(v2, TLanes.Load(c + row2 + 2 * TLanes.Count), s2);
                if (TVectors.Value > 3) s3 = TLanes.MultiplyAdd(v2, TLanes.Load(c + row2 + 3 * TLanes.Count), s3);
                if (TVectors.Value > 4) s4 = TLanes.MultiplyAdd(v2, TLanes.Load(c + row2 + 4 * TLanes.Count), s4);
                if (TVectors.Value > 5) s5 = TLanes.MultiplyAdd(v2, TLanes.Load(c + row2 + 5 * TLanes.Count), s5);
            }

            s0 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w), rate, s0);
            TLanes.Store(s0, w);

            if (TVectors.Value > 1)
            {
                s1 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + TLanes.Count), rate, s1);
                TLanes.Store(s1, w + TLanes.Count);
            }

            if (TVectors.Value > 2)
            {
                s2 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 2 * TLanes.Count), rate, s2);
                TLanes.Store(s2, w + 2 * TLanes.Count);
            }

            if (TVectors.Value > 3)
            {
                s3 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 3 * TLanes.Count), rate, s3);
                TLanes.Store(s3, w + 3 * TLanes.Count);
            }

            if (TVectors.Value > 4)
            {
                s4 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 4 * TLanes.Count), rate, s4);
                TLanes.Store(s4, w + 4 * TLanes.Count);
            }

            if (TVectors.Value > 5)
            {
                s5 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 5 * TLanes.Count), rate, s5);
                TLanes.Store(s5, w + 5 * TLanes.Count);
            }
            if (scaled)
            {
                v0 = TLanes.Create(x[0]);
                if (TEntries.Value > 1) v1 = TLanes.Create(x[1]);
                if (TEntries.Value > 2) v2 = TLanes.Create(x[2]);
            }

            TLanes.Store(TLanes.MultiplyAdd(v0, s0, TLanes.Load(y + row0)), y + row0);
            if (TVectors.Value > 1) TLanes.Store(TLanes.MultiplyAdd(v0, s1, TLanes.Load(y + row0 + TLanes.Count)), y + row0 + TLanes.Count);
            if (TVectors.Value > 2) TLanes.Store(TLanes.MultiplyAdd(v0, s2, TLanes.Load(y + row0 + 2 * TLanes.Count)), y + row0 + 2 * TLanes.Count);
            if (TVectors.Value > 3) TLanes.Store(TLanes.MultiplyAdd(v0, s3, TLanes.Load(y + row0 + 3 * TLanes.Count)), y + row0 + 3 * TLanes.Count);
            if (TVectors.Value > 4) TLanes.Store(TLanes.MultiplyAdd(v0, s4, TLanes.Load(y + row0 + 4 * TLanes.Count)), y + row0 + 4 * TLanes.Count);
            if (TVectors.Value > 5) TLanes.Store(TLanes.MultiplyAdd(v0, s5, TLanes.Load(y + row0 + 5 * TLanes.Count)), y + row0 + 5 * TLanes.Count);

            if (TEntries.Value > 1)
            {
                TLanes.Store(TLanes.MultiplyAdd(v1, s0, TLanes.Load(y + row1)), y + row1);
                if (TVectors.Value > 1) TLanes.Store(TLanes.MultiplyAdd(v1, s1, TLanes.Load(y + row1 + TLanes.Count)), y + row1 + TLanes.Count);
                if (TVectors.Value > 2) TLanes.Store(TLanes.MultiplyAdd(v1, s2, TLanes.Load(y + row1 + 2 * TLanes.Count)), y + row1 + 2 * TLanes.Count);
                if (TVectors.Value > 3) TLanes.Store(TLanes.MultiplyAdd(v1, s3, TLanes.Load(y + row1 + 3 * TLanes.Count)), y + row1 + 3 * TLanes.Count);
                if (TVectors.Value > 4) TLanes.Store(TLanes.MultiplyAdd(v1, s4, TLanes.Load(y + row1 + 4 * TLanes.Count)), y + row1 + 4 * TLanes.Count);
                if (TVectors.Value > 5) TLanes.Store(TLanes.MultiplyAdd(v1, s5, TLanes.Load(y + row1 + 5 * TLanes.Count)), y + row1 + 5 * TLanes.Count);
            }

            if (TEntries.Value > 2)
            {
                TLanes.Store(TLanes.MultiplyAdd(v2, s0, TLanes.Load(y + row2)), y + row2);
                if (TVectors.Value > 1) TLanes.Store(TLanes.MultiplyAdd(v2, s1, TLanes.Load(y + row2 + TLanes.Count)), y + row2 + TLanes.Count);
                if (TVectors.Value > 2) TLanes.Store(TLanes.MultiplyAdd(v2, s2, TLanes.Load(y + row2 + 2 * TLanes.Count)), y + row2 + 2 * TLanes.Count);
                if (TVectors.Value > 3) TLanes.Store(TLanes.MultiplyAdd(v2, s3, TLanes.Load(y + row2 + 3 * TLanes.Count)), y + row2 + 3 * TLanes.Count);
                if (TVectors.Value > 4) TLanes.Store(TLanes.MultiplyAdd(v2, s4, TLanes.Load(y + row2 + 4 * TLanes.Count)), y + row2 + 4 * TLanes.Count);
                if (TVectors.Value > 5) TLanes.Store(TLanes.MultiplyAdd(v2, s5, TLanes.Load(y + row2 + 5 * TLanes.Count)), y + row2 + 5 * TLanes.Count);
            }

            w += pitch;
            index += TEntries.Value;
            g += TEntries.Value;
            x += TEntries.Value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Any<TVector, TLanes, TVectors>(int count, int* start, int* index, double* g, double* x, double* c, double* w, double* y, nint pitch, double a)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        TVector zero = TLanes.Create(0.0), rate = TLanes.Create(a);
        int first = start[0];
        for (int k = 0; k < count; k++, w += pitch)
        {
            int end = start[k + 1];
            TVector s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero;
            for (int e = first; e < end; e++)
            {
                TVector v = TLanes.Create(g[e]);
                double* row = c + index[e] * pitch;
                s0 = TLanes.MultiplyAdd(v, TLanes.Load(row), s0);
                if (TVectors.Value > 1) s1 = TLanes.MultiplyAdd(v, TLanes.Load(row + TLanes.Count), s1);
                if (TVectors.Value > 2) s2 = TLanes.MultiplyAdd(v, TLanes.Load(row + 2 * TLanes.Count), s2);
                if (TVectors.Value > 3) s3 = TLanes.MultiplyAdd(v, TLanes.Load(row + 3 * TLanes.Count), s3);
                if (TVectors.Value > 4) s4 = TLanes.MultiplyAdd(v, TLanes.Load(row + 4 * TLanes.Count), s4);
                if (TVectors.Value > 5) s5 = TLanes.MultiplyAdd(v, TLanes.Load(row + 5 * TLanes.Count), s5);
            }

            s0 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w), rate, s0);
            TLanes.Store(s0, w);
            if (TVectors.Value > 1)
            {
                s1 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + TLanes.Count), rate, s1);
                TLanes.Store(s1, w + TLanes.Count);
            }

            if (TVectors.Value > 2)
            {
                s2 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 2 * TLanes.Count), rate, s2);
                TLanes.Store(s2, w + 2 * TLanes.Count);
            }

            if (TVectors.Value > 3)
            {
                s3 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 3 * TLanes.Count), rate, s3);
                TLanes.Store(s3, w + 3 * TLanes.Count);
            }

            if (TVectors.Value > 4)
            {
                s4 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 4 * TLanes.Count), rate, s4);
                TLanes.Store(s4, w + 4 * TLanes.Count);
            }

            if (TVectors.Value > 5)
            {
                s5 = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w + 5 * TLanes.Count), rate, s5);
                TLanes.Store(s5, w + 5 * TLanes.Count);
            }

            for (int e = first; e < end; e++)
            {
                TVector v = TLanes.Create(x[e]);
                double* row = y + index[e] * pitch;
                TLanes.Store(TLanes.MultiplyAdd(v, s0, TLanes.Load(row)), row);
                if (TVectors.Value > 1) TLanes.Store(TLanes.MultiplyAdd(v, s1, TLanes.Load(row + TLanes.Count)), row + TLanes.Count);
                if (TVectors.Value > 2) TLanes.Store(TLanes.MultiplyAdd(v, s2, TLanes.Load(row + 2 * TLanes.Count)), row + 2 * TLanes.Count);
                if (TVectors.Value > 3) TLanes.Store(TLanes.MultiplyAdd(v, s3, TLanes.Load(row + 3 * TLanes.Count)), row + 3 * TLanes.Count);
                if (TVectors.Value > 4) TLanes.Store(TLanes.MultiplyAdd(v, s4, TLanes.Load(row + 4 * TLanes.Count)), row + 4 * TLanes.Count);
                if (TVectors.Value > 5) TLanes.Store(TLanes.MultiplyAdd(v, s5, TLanes.Load(row + 5 * TLanes.Count)), row + 5 * TLanes.Count);
            }

            first = end;
        }
    }

    /// <summary>The same for the mean value: one number a column, v = <paramref name="v0"/> + 2 a with the displacement a of a row of W_{V,+1}; y is the projection of v.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Value(SparseMatrix columns, ReadOnlySpan<double> scaled, ReadOnlySpan<double> coefficients, ReadOnlySpan<double> v0, Span<double> displacement, Span<double> v, Span<double> y, double a)
    {
        int count = columns.Start.Length - 1;
        y.Clear();
        fixed (int* start = columns.Start, index = columns.Index)
        fixed (double* x = columns.Value, g = scaled, c = coefficients, p0 = v0, pa = displacement, pv = v, py = y)
        {
            int first = start[0];
            for (int k = 0; k < count; k++)
            {
                int end = start[k + 1];
                double sum = 0;
                for (int e = first; e < end; e++) sum += g[e] * c[index[e]];
                // One after the other, branches that nearly always go the same way are faster than bits. A NaN stays one.
                pa[k] += sum > 0 ? a : sum < 0 ? -a : sum;
                double now = pv[k] = p0[k] + 2 * pa[k];
                for (int e = first; e < end; e++) py[index[e]] += x[e] * now;
                first = end;
            }
        }
    }
}
