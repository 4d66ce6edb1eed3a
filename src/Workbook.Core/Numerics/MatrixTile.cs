using System.Numerics;
using System.Runtime.CompilerServices;
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
    /// <param name="a">a[i, p] of tile t at <c>t aTile + p aStep + i - t TRows</c>: a packed panel, or rows in place.</param>
    /// <param name="aStep">Elements from p to p + 1.</param>
    /// <param name="aTile">Elements from tile to tile.</param>
    /// <param name="b">b[p, j] at <c>j + p bStep</c>.</param>
    /// <param name="bStep">Elements from p to p + 1.</param>
    /// <param name="next">Rows of TColumns vectors that the next call reads: fetched on the way into the second-level cache.</param>
    /// <param name="nextStep">Elements from row to row.</param>
    /// <param name="nextRows">Rows fetched by an eighth of a tile.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c holds.</param>
    /// <param name="c">c[i, j] at <c>j + i ldc</c>.</param>
    /// <param name="ldc">Elements from row to row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector, TLanes, T, TRows, TColumns>(
        int tiles, nint k, T* a, nint aStep, nint aTile, T* b, nint bStep, T* next, nint nextStep, int nextRows, T alpha, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
        where TColumns : IConstant
    {
        bool overwrite = beta == T.Zero;
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
                Fetch<TVector, TLanes, T, TColumns>(cRow, near: true);
                cRow += ldc;

                for (int i = nextRows; i > 0; i--)
                {
                    Fetch<TVector, TLanes, T, TColumns>(next, near: false);
                    next += nextStep;
                }

                nint steps = Math.Min(piece, left);
                left -= steps;
                for (; steps > 1; steps -= 2)
                {
                    Step<TVector, TLanes, T, TRows, TColumns>(
                        aColumn, bRow,
                        ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                        ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
                    Step<TVector, TLanes, T, TRows, TColumns>(
                        aColumn + aStep, bRow + bStep,
                        ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                        ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
                    aColumn += 2 * aStep;
                    bRow += 2 * bStep;
                }

                if (steps > 0)
                {
                    Step<TVector, TLanes, T, TRows, TColumns>(
                        aColumn, bRow,
                        ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                        ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
                    aColumn += aStep;
                    bRow += bStep;
                }
            }
            while (left > 0);

            TVector scale = TLanes.Create(alpha), keep = TLanes.Create(beta);
            MergeRow<TVector, TLanes, T, TColumns>(c00, c01, c02, scale, keep, overwrite, c);
            if (TRows.Value > 1)
            {
                MergeRow<TVector, TLanes, T, TColumns>(c10, c11, c12, scale, keep, overwrite, c + 1 * ldc);
            }

            if (TRows.Value > 2)
            {
                MergeRow<TVector, TLanes, T, TColumns>(c20, c21, c22, scale, keep, overwrite, c + 2 * ldc);
            }

            if (TRows.Value > 3)
            {
                MergeRow<TVector, TLanes, T, TColumns>(c30, c31, c32, scale, keep, overwrite, c + 3 * ldc);
            }

            if (TRows.Value > 4)
            {
                MergeRow<TVector, TLanes, T, TColumns>(c40, c41, c42, scale, keep, overwrite, c + 4 * ldc);
            }

            if (TRows.Value > 5)
            {
                MergeRow<TVector, TLanes, T, TColumns>(c50, c51, c52, scale, keep, overwrite, c + 5 * ldc);
            }

            if (TRows.Value > 6)
            {
                MergeRow<TVector, TLanes, T, TColumns>(c60, c61, c62, scale, keep, overwrite, c + 6 * ldc);
            }

            if (TRows.Value > 7)
            {
                MergeRow<TVector, TLanes, T, TColumns>(c70, c71, c72, scale, keep, overwrite, c + 7 * ldc);
            }

            a += aTile;
            c += TRows.Value * ldc;
            tiles--;
        }
        while (tiles > 0);
    }

    /// <summary>One step of p: a column of A times a row of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TVector, TLanes, T, TRows, TColumns>(
        T* a, T* b,
        ref TVector c00, ref TVector c01, ref TVector c02, ref TVector c10, ref TVector c11, ref TVector c12,
        ref TVector c20, ref TVector c21, ref TVector c22, ref TVector c30, ref TVector c31, ref TVector c32,
        ref TVector c40, ref TVector c41, ref TVector c42, ref TVector c50, ref TVector c51, ref TVector c52,
        ref TVector c60, ref TVector c61, ref TVector c62, ref TVector c70, ref TVector c71, ref TVector c72)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
        where TColumns : IConstant
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

        StepRow<TVector, TLanes, T, TColumns>(a[0], b0, b1, b2, ref c00, ref c01, ref c02);
        if (TRows.Value > 1)
        {
            StepRow<TVector, TLanes, T, TColumns>(a[1], b0, b1, b2, ref c10, ref c11, ref c12);
        }

        if (TRows.Value > 2)
        {
            StepRow<TVector, TLanes, T, TColumns>(a[2], b0, b1, b2, ref c20, ref c21, ref c22);
        }

        if (TRows.Value > 3)
        {
            StepRow<TVector, TLanes, T, TColumns>(a[3], b0, b1, b2, ref c30, ref c31, ref c32);
        }

        if (TRows.Value > 4)
        {
            StepRow<TVector, TLanes, T, TColumns>(a[4], b0, b1, b2, ref c40, ref c41, ref c42);
        }

        if (TRows.Value > 5)
        {
            StepRow<TVector, TLanes, T, TColumns>(a[5], b0, b1, b2, ref c50, ref c51, ref c52);
        }

        if (TRows.Value > 6)
        {
            StepRow<TVector, TLanes, T, TColumns>(a[6], b0, b1, b2, ref c60, ref c61, ref c62);
        }

        if (TRows.Value > 7)
        {
            StepRow<TVector, TLanes, T, TColumns>(a[7], b0, b1, b2, ref c70, ref c71, ref c72);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StepRow<TVector, TLanes, T, TColumns>(T a, TVector b0, TVector b1, TVector b2, ref TVector c0, ref TVector c1, ref TVector c2)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
        where TColumns : IConstant
    {
        TVector factor = TLanes.Create(a);
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

    /// <summary>The cache lines of a row of vectors, aligned or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<TVector, TLanes, T, TColumns>(T* row, bool near)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
        where TColumns : IConstant
    {
        if (Sse.IsSupported)
        {
            const int Line = 64;
            int bytes = TColumns.Value * TLanes.Count * sizeof(T);
            FetchLine((byte*)row, near);
            if (bytes > Line)
            {
                FetchLine((byte*)row + Line, near);
            }

            if (bytes > 2 * Line)
            {
                FetchLine((byte*)row + 2 * Line, near);
            }

            FetchLine((byte*)row + bytes - 1, near);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchLine(byte* at, bool near)
    {
        if (near)
        {
            Sse.Prefetch0(at);
        }
        else
        {
            Sse.Prefetch1(at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MergeRow<TVector, TLanes, T, TColumns>(
        TVector sum0, TVector sum1, TVector sum2, TVector alpha, TVector beta, bool overwrite, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
        where TColumns : IConstant
    {
        Merge<TVector, TLanes, T>(sum0, alpha, beta, overwrite, c);
        if (TColumns.Value > 1)
        {
            Merge<TVector, TLanes, T>(sum1, alpha, beta, overwrite, c + TLanes.Count);
        }

        if (TColumns.Value > 2)
        {
            Merge<TVector, TLanes, T>(sum2, alpha, beta, overwrite, c + 2 * TLanes.Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Merge<TVector, TLanes, T>(TVector sum, TVector alpha, TVector beta, bool overwrite, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
    {
        TVector scaled = TLanes.Multiply(sum, alpha);
        TLanes.Store(overwrite ? scaled : TLanes.MultiplyAdd(TLanes.Load(c), beta, scaled), c);
    }
}
