using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// The register tile of the matrix product: at most 8 rows by 3 vectors of C are summed in registers over all of k,
/// then merged into memory once. Per step of p: 3 loads of B, 8 broadcasts of A, 24 multiply-adds, which keeps two
/// 512-bit multipliers busy from 32 registers (24 sums, 3 of B, 1 of A). The 16 registers of narrower rungs hold 4 x 3.
/// </summary>
/// <remarks>
/// A call runs down a strip of C, tile by tile. What it will touch later is fetched a few lines at a time between the sums:
/// all at once would fill the queue of outstanding misses, and the loads of A would wait behind it.
/// </remarks>
internal static unsafe class MatrixTile
{
    // Pieces that a tile's k is cut into, to fetch something between them.
    private const int Pieces = 8;

    /// <summary>Rows of what comes next that a tile fetches for each row asked for.</summary>
    public const int FetchesOfTile = Pieces;

    /// <summary>
    /// <c>c[i, j] = alpha sum_p a[i, p] b[p, j] + beta c[i, j]</c> for i below tiles TRows, j below TColumns vectors; c is not
    /// read if beta is 0. The sum runs over p in ascending order.
    /// </summary>
    /// <param name="tiles">Tiles below each other, at least 1.</param>
    /// <param name="k">Steps of p, at least 1.</param>
    /// <param name="a">a[i, p] of tile t at <c>t aTile + (i - t TRows) aRow + p aStep</c>: packed panels, or A in place.</param>
    /// <param name="aRow">Elements from row to row of a tile: 1 unless the source has its rows apart.</param>
    /// <param name="aStep">Elements from p to p + 1.</param>
    /// <param name="aTile">Elements from tile to tile.</param>
    /// <param name="kept">Where a source packs what it meets: a[i, p] of tile t to <c>t TRows k + p TRows + i - t TRows</c>, b[p, j] to <c>p TColumns vectors + j</c>.</param>
    /// <param name="b">b[p, j] at <c>j + p bStep</c>.</param>
    /// <param name="bStep">Elements from p to p + 1.</param>
    /// <param name="next">Rows of TColumns vectors that the next call reads: fetched on the way.</param>
    /// <param name="nextStep">Elements from row to row.</param>
    /// <param name="nextRows">Rows fetched by an eighth of a tile, until there are no more.</param>
    /// <param name="nextTotal">Rows to fetch.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c holds.</param>
    /// <param name="c">c[i, j] at <c>j + i ldc</c>.</param>
    /// <param name="ldc">Elements from row to row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector, TLanes, T, TRows, TColumns, TSource>(
        int tiles, nint k, T* a, nint aRow, nint aStep, nint aTile, T* kept, T* b, nint bStep, T* next, nint nextStep, int nextRows, int nextTotal, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
        where TColumns : IConstant
        where TSource : IMatrixSource
    {
        // A panel grows by a column, a strip by a row.
        int keptStep = TSource.PacksA ? TRows.Value : TSource.PacksB ? TColumns.Value * TLanes.Count : 0;
        nint piece = (k + 2 * Pieces - 1) / (2 * Pieces) * 2;
        do
        {
            TVector c00 = TLanes.Create(T.Zero), c01 = c00, c02 = c00;
            TVector c10 = c00, c11 = c00, c12 = c00;
            TVector c20 = c00, c21 = c00, c22 = c00;
            TVector c30 = c00, c31 = c00, c32 = c00;
            TVector c40 = c00, c41 = c00, c42 = c00;
            TVector c50 = c00, c51 = c00, c52 = c00;
            TVector c60 = c00, c61 = c00, c62 = c00;
            TVector c70 = c00, c71 = c00, c72 = c00;
            T* aColumn = a, bRow = b, cRow = c;
            nint left = k;
            do
            {
                // A row of C at a time: all of a tile would crowd B out of the first-level cache where ldc is a power of 2.
                Fetch<TVector, TLanes, T, TColumns>(cRow);
                cRow += ldc;

                int some = Math.Min(nextRows, nextTotal);
                nextTotal -= some;
                for (int i = some; i > 0; i--)
                {
                    Fetch<TVector, TLanes, T, TColumns>(next);
                    next += nextStep;
                }

                nint steps = Math.Min(piece, left);
                left -= steps;
                for (; steps > 1; steps -= 2)
                {
                    if (TSource.PacksA && !TSource.RowsApart && Sse.IsSupported)
                    {
                        // The next tile's part of these rows: each is on a page of its own.
                        Sse.Prefetch1((byte*)(aColumn + aTile));
                        Sse.Prefetch1((byte*)(aColumn + aStep + aTile));
                    }

                    Step<TVector, TLanes, T, TRows, TColumns, TSource>(
                        aColumn, aRow, kept, bRow,
                        ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                        ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
                    Step<TVector, TLanes, T, TRows, TColumns, TSource>(
                        aColumn + aStep, aRow, kept + keptStep, bRow + bStep,
                        ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                        ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
                    aColumn += 2 * aStep;
                    kept += 2 * keptStep;
                    bRow += 2 * bStep;
                }

                if (steps > 0)
                {
                    Step<TVector, TLanes, T, TRows, TColumns, TSource>(
                        aColumn, aRow, kept, bRow,
                        ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                        ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
                    aColumn += aStep;
                    kept += keptStep;
                    bRow += bStep;
                }
            }
            while (left > 0);

            TVector scale = TLanes.Create(alpha), keep = TLanes.Create(beta);
            if (beta == T.Zero && alpha == T.One)
            {
                Merge<TVector, TLanes, T, TRows, TColumns, PlainMerge>(
                    c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32,
                    c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72, scale, keep, c, ldc);
            }
            else if (beta == T.Zero)
            {
                Merge<TVector, TLanes, T, TRows, TColumns, ScaleMerge>(
                    c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32,
                    c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72, scale, keep, c, ldc);
            }
            else if (beta == T.One && alpha == T.One)
            {
                Merge<TVector, TLanes, T, TRows, TColumns, AddMerge>(
                    c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32,
                    c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72, scale, keep, c, ldc);
            }
            else
            {
                Merge<TVector, TLanes, T, TRows, TColumns, FullMerge>(
                    c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32,
                    c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72, scale, keep, c, ldc);
            }

            a += aTile;
            c += TRows.Value * ldc;
            tiles--;
        }
        while (tiles > 0);
    }

    /// <summary>One step of p: a column of A times a row of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TVector, TLanes, T, TRows, TColumns, TSource>(
        T* a, nint row, T* kept, T* b,
        ref TVector c00, ref TVector c01, ref TVector c02, ref TVector c10, ref TVector c11, ref TVector c12,
        ref TVector c20, ref TVector c21, ref TVector c22, ref TVector c30, ref TVector c31, ref TVector c32,
        ref TVector c40, ref TVector c41, ref TVector c42, ref TVector c50, ref TVector c51, ref TVector c52,
        ref TVector c60, ref TVector c61, ref TVector c62, ref TVector c70, ref TVector c71, ref TVector c72)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
        where TColumns : IConstant
        where TSource : IMatrixSource
    {
        TVector b0 = TLanes.Load(b), b1 = b0, b2 = b0;
        if (TColumns.Value > 1)
        {
            b1 = TLanes.Load(b + TLanes.Count);
        }

        if (TColumns.Value > 2)
        {
            b2 = TLanes.Load(b + 2 * TLanes.Count);
        }

        if (TSource.PacksB)
        {
            MergeRow<TVector, TLanes, T, TColumns, PlainMerge>(b0, b1, b2, b0, b0, kept);
        }

        StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 0), kept + 0, b0, b1, b2, ref c00, ref c01, ref c02);
        if (TRows.Value > 1)
        {
            StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 1), kept + 1, b0, b1, b2, ref c10, ref c11, ref c12);
        }

        if (TRows.Value > 2)
        {
            StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 2), kept + 2, b0, b1, b2, ref c20, ref c21, ref c22);
        }

        if (TRows.Value > 3)
        {
            StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 3), kept + 3, b0, b1, b2, ref c30, ref c31, ref c32);
        }

        if (TRows.Value > 4)
        {
            StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 4), kept + 4, b0, b1, b2, ref c40, ref c41, ref c42);
        }

        if (TRows.Value > 5)
        {
            StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 5), kept + 5, b0, b1, b2, ref c50, ref c51, ref c52);
        }

        if (TRows.Value > 6)
        {
            StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 6), kept + 6, b0, b1, b2, ref c60, ref c61, ref c62);
        }

        if (TRows.Value > 7)
        {
            StepRow<TVector, TLanes, T, TColumns, TSource>(Element<T, TSource>(a, row, 7), kept + 7, b0, b1, b2, ref c70, ref c71, ref c72);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StepRow<TVector, TLanes, T, TColumns, TSource>(T* a, T* kept, TVector b0, TVector b1, TVector b2, ref TVector c0, ref TVector c1, ref TVector c2)
        where TVector : struct
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
        where TColumns : IConstant
        where TSource : IMatrixSource
    {
        TVector factor = TLanes.Create(*a);
        if (TSource.PacksA)
        {
            *kept = First<TVector, T>(factor);
        }

        c0 = TLanes.MultiplyAdd(factor, b0, c0);
        if (TColumns.Value > 1)
        {
            c1 = TLanes.MultiplyAdd(factor, b1, c1);
        }

        if (TColumns.Value > 2)
        {
            c2 = TLanes.MultiplyAdd(factor, b2, c2);
        }
    }

    /// <summary>Row i of a tile. One more pointer and three distances reach eight rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T* Element<T, TSource>(T* a, nint row, int i)
        where T : unmanaged
        where TSource : IMatrixSource =>
        !TSource.RowsApart ? a + i : i < 4 ? a + i * row : a + 4 * row + (i - 4) * row;

    /// <summary>Lane 0 of a vector of equal lanes: loading its number a second time, as a scalar, would make the vector from that by a shuffle.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T First<TVector, T>(TVector vector)
        where TVector : struct
        where T : unmanaged =>
        typeof(TVector) == typeof(Vector512<T>) ? Unsafe.BitCast<TVector, Vector512<T>>(vector).ToScalar()
        : typeof(TVector) == typeof(Vector256<T>) ? Unsafe.BitCast<TVector, Vector256<T>>(vector).ToScalar()
        : typeof(TVector) == typeof(Vector128<T>) ? Unsafe.BitCast<TVector, Vector128<T>>(vector).ToScalar()
        : Unsafe.BitCast<TVector, T>(vector);

    /// <summary>The cache lines of a row of vectors, aligned or not, into the first level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<TVector, TLanes, T, TColumns>(T* row)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
        where TColumns : IConstant
    {
        if (Sse.IsSupported)
        {
            const int Line = 64;
            int bytes = TColumns.Value * TLanes.Count * sizeof(T);
            Sse.Prefetch0((byte*)row);
            if (bytes > Line)
            {
                Sse.Prefetch0((byte*)row + Line);
            }

            if (bytes > 2 * Line)
            {
                Sse.Prefetch0((byte*)row + 2 * Line);
            }

            Sse.Prefetch0((byte*)row + bytes - 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Merge<TVector, TLanes, T, TRows, TColumns, TMerge>(
        TVector c00, TVector c01, TVector c02, TVector c10, TVector c11, TVector c12,
        TVector c20, TVector c21, TVector c22, TVector c30, TVector c31, TVector c32,
        TVector c40, TVector c41, TVector c42, TVector c50, TVector c51, TVector c52,
        TVector c60, TVector c61, TVector c62, TVector c70, TVector c71, TVector c72, TVector alpha, TVector beta, T* c, nint ldc)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
        where TColumns : IConstant
        where TMerge : IMatrixMerge
    {
        MergeRow<TVector, TLanes, T, TColumns, TMerge>(c00, c01, c02, alpha, beta, c);
        if (TRows.Value > 1)
        {
            MergeRow<TVector, TLanes, T, TColumns, TMerge>(c10, c11, c12, alpha, beta, c + 1 * ldc);
        }

        if (TRows.Value > 2)
        {
            MergeRow<TVector, TLanes, T, TColumns, TMerge>(c20, c21, c22, alpha, beta, c + 2 * ldc);
        }

        if (TRows.Value > 3)
        {
            MergeRow<TVector, TLanes, T, TColumns, TMerge>(c30, c31, c32, alpha, beta, c + 3 * ldc);
        }

        if (TRows.Value > 4)
        {
            MergeRow<TVector, TLanes, T, TColumns, TMerge>(c40, c41, c42, alpha, beta, c + 4 * ldc);
        }

        if (TRows.Value > 5)
        {
            MergeRow<TVector, TLanes, T, TColumns, TMerge>(c50, c51, c52, alpha, beta, c + 5 * ldc);
        }

        if (TRows.Value > 6)
        {
            MergeRow<TVector, TLanes, T, TColumns, TMerge>(c60, c61, c62, alpha, beta, c + 6 * ldc);
        }

        if (TRows.Value > 7)
        {
            MergeRow<TVector, TLanes, T, TColumns, TMerge>(c70, c71, c72, alpha, beta, c + 7 * ldc);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MergeRow<TVector, TLanes, T, TColumns, TMerge>(TVector sum0, TVector sum1, TVector sum2, TVector alpha, TVector beta, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
        where TColumns : IConstant
        where TMerge : IMatrixMerge
    {
        TLanes.Store(TMerge.Of<TVector, TLanes, T>(sum0, alpha, beta, c), c);
        if (TColumns.Value > 1)
        {
            TLanes.Store(TMerge.Of<TVector, TLanes, T>(sum1, alpha, beta, c + TLanes.Count), c + TLanes.Count);
        }

        if (TColumns.Value > 2)
        {
            TLanes.Store(TMerge.Of<TVector, TLanes, T>(sum2, alpha, beta, c + 2 * TLanes.Count), c + 2 * TLanes.Count);
        }
    }
}
