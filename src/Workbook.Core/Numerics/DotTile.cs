using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// The tile of A B^T where both operands run along the sum: up to 4 x 6 inner products at a time, each in a vector of
/// partial sums over p modulo the vector's length. Per step: 4 loads of A, 6 of B, 24 multiply-adds, no packing; 29 of 32
/// registers. Narrower rungs with 16 registers hold 3 x 4. Worth it where one side is too short to pay for packing the other.
/// </summary>
internal static unsafe class DotTile
{
    /// <summary>
    /// <c>c[i, j] = alpha sum_p a[i, p] b[j, p] + beta c[i, j]</c> for i below TRows, j below TColumns; c is not read if
    /// beta is 0. Each lane sums what the parts hold for it, in their order; then the lanes are added, upper half to lower half, down to one.
    /// </summary>
    /// <param name="part">The first part of the sum.</param>
    /// <param name="parts">How many follow each other, at least 1.</param>
    /// <param name="row">Where a begins in A.</param>
    /// <param name="column">Where b begins in B.</param>
    /// <param name="next">A row of which a later tile reads as much: fetched on the way into the second-level cache.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c holds.</param>
    /// <param name="c">c[i, j] at <c>i ldc + j</c>.</param>
    /// <param name="ldc">Elements from row to row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector, TLanes, T, TRows, TColumns, TAhead>(
        DotPart<T>* part, int parts, nint row, nint column, T* next, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
        where TColumns : IConstant
        where TAhead : IDotAhead
    {
        TVector s00 = TLanes.Create(T.Zero), s01 = s00, s02 = s00, s03 = s00, s04 = s00, s05 = s00;
        TVector s10 = s00, s11 = s00, s12 = s00, s13 = s00, s14 = s00, s15 = s00;
        TVector s20 = s00, s21 = s00, s22 = s00, s23 = s00, s24 = s00, s25 = s00;
        TVector s30 = s00, s31 = s00, s32 = s00, s33 = s00, s34 = s00, s35 = s00;
        TVector x0, x1, x2, x3, y;
        do
        {
            // The last rows are reached from pointers of others: one for each would not fit in registers.
            nint lda = part->RowOfA, ldb = part->RowOfB, end = part->Length;
            T* a0 = part->A + row * lda, a1 = a0 + lda, a2 = a1 + lda;
            T* b0 = part->B + column * ldb, b1 = b0 + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
            nint p = 0, pa = 2 * lda, pb = 2 * ldb;
            do
            {
                if (TAhead.Fetches && Sse.IsSupported)
                {
                    Sse.Prefetch1(next + p);
                }

                x0 = TLanes.Load(a0 + p);
                x1 = TRows.Value > 1 ? TLanes.Load(a1 + p) : x0;
                x2 = TRows.Value > 2 ? TLanes.Load(a2 + p) : x0;
                x3 = TRows.Value > 3 ? TLanes.Load(a1 + pa) : x0;

                y = TLanes.Load(b0 + p);
                s00 = TLanes.MultiplyAdd(x0, y, s00);
                s10 = TRows.Value > 1 ? TLanes.MultiplyAdd(x1, y, s10) : s10;
                s20 = TRows.Value > 2 ? TLanes.MultiplyAdd(x2, y, s20) : s20;
                s30 = TRows.Value > 3 ? TLanes.MultiplyAdd(x3, y, s30) : s30;

                if (TColumns.Value > 1)
                {
                    y = TLanes.Load(b1 + p);
                    s01 = TLanes.MultiplyAdd(x0, y, s01);
                    s11 = TRows.Value > 1 ? TLanes.MultiplyAdd(x1, y, s11) : s11;
                    s21 = TRows.Value > 2 ? TLanes.MultiplyAdd(x2, y, s21) : s21;
                    s31 = TRows.Value > 3 ? TLanes.MultiplyAdd(x3, y, s31) : s31;
                }

                if (TColumns.Value > 2)
                {
                    y = TLanes.Load(b2 + p);
                    s02 = TLanes.MultiplyAdd(x0, y, s02);
                    s12 = TRows.Value > 1 ? TLanes.MultiplyAdd(x1, y, s12) : s12;
                    s22 = TRows.Value > 2 ? TLanes.MultiplyAdd(x2, y, s22) : s22;
                    s32 = TRows.Value > 3 ? TLanes.MultiplyAdd(x3, y, s32) : s32;
                }

                if (TColumns.Value > 3)
                {
                    y = TLanes.Load(b3 + p);
                    s03 = TLanes.MultiplyAdd(x0, y, s03);
                    s13 = TRows.Value > 1 ? TLanes.MultiplyAdd(x1, y, s13) : s13;
                    s23 = TRows.Value > 2 ? TLanes.MultiplyAdd(x2, y, s23) : s23;
                    s33 = TRows.Value > 3 ? TLanes.MultiplyAdd(x3, y, s33) : s33;
                }

                if (TColumns.Value > 4)
                {
                    y = TLanes.Load(b2 + pb);
                    s04 = TLanes.MultiplyAdd(x0, y, s04);
                    s14 = TRows.Value > 1 ? TLanes.MultiplyAdd(x1, y, s14) : s14;
                    s24 = TRows.Value > 2 ? TLanes.MultiplyAdd(x2, y, s24) : s24;
                    s34 = TRows.Value > 3 ? TLanes.MultiplyAdd(x3, y, s34) : s34;
                }

                if (TColumns.Value > 5)
                {
                    y = TLanes.Load(b3 + pb);
                    s05 = TLanes.MultiplyAdd(x0, y, s05);
                    s15 = TRows.Value > 1 ? TLanes.MultiplyAdd(x1, y, s15) : s15;
                    s25 = TRows.Value > 2 ? TLanes.MultiplyAdd(x2, y, s25) : s25;
                    s35 = TRows.Value > 3 ? TLanes.MultiplyAdd(x3, y, s35) : s35;
                }

                p += TLanes.Count;
                if (TRows.Value > 3)
                {
                    pa += TLanes.Count;
                }

                if (TColumns.Value > 4)
                {
                    pb += TLanes.Count;
                }
            }
            while (p < end);

            part++;
            parts--;
        }
        while (parts > 0);

        MergeRow<TVector, TLanes, T, TColumns>(s00, s01, s02, s03, s04, s05, alpha, beta, c);
        if (TRows.Value > 1)
        {
            MergeRow<TVector, TLanes, T, TColumns>(s10, s11, s12, s13, s14, s15, alpha, beta, c + ldc);
        }

        if (TRows.Value > 2)
        {
            MergeRow<TVector, TLanes, T, TColumns>(s20, s21, s22, s23, s24, s25, alpha, beta, c + 2 * ldc);
        }

        if (TRows.Value > 3)
        {
            MergeRow<TVector, TLanes, T, TColumns>(s30, s31, s32, s33, s34, s35, alpha, beta, c + 3 * ldc);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MergeRow<TVector, TLanes, T, TColumns>(
        TVector s0, TVector s1, TVector s2, TVector s3, TVector s4, TVector s5, T alpha, T beta, T* c)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TColumns : IConstant
    {
        TVector product = TLanes.Multiply(TLanes.Create(alpha), LaneSums.Of(s0, s1, s2, s3, s4, s5));
        if (beta != T.Zero)
        {
            product = TLanes.Add(TLanes.Multiply(TLanes.LoadFirst(c, TColumns.Value, product), TLanes.Create(beta)), product);
        }

        TLanes.StoreFirst(product, c, TColumns.Value);
    }
}
