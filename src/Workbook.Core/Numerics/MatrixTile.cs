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
    /// <param name="a">a[i, p] of tile t at <c>(t k + p) TRows + i - t TRows</c>: one packed panel after the other.</param>
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
        int tiles, nint k, T* a, T* b, nint bStep, T* next, nint nextStep, int nextRows, T alpha, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
        where TColumns : IConstant
    {
        bool overwrite = beta == T.Zero;
        nint piece = (k + Pieces - 1) / Pieces;
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
            T* bRow = b, cRow = c;
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
                do
                {
                    TVector b0 = TLanes.Load(bRow), b1 = b0, b2 = b0, ai;
                    if (TColumns.Value > 1)
                    {
                        b1 = TLanes.Load(bRow + TLanes.Count);
                    }

                    if (TColumns.Value > 2)
                    {
                        b2 = TLanes.Load(bRow + 2 * TLanes.Count);
                    }

                    ai = TLanes.Create(a[0]);
                    c00 = TLanes.MultiplyAdd(ai, b0, c00);
                    if (TColumns.Value > 1)
                    {
                        c01 = TLanes.MultiplyAdd(ai, b1, c01);
                    }

                    if (TColumns.Value > 2)
                    {
                        c02 = TLanes.MultiplyAdd(ai, b2, c02);
                    }

                    if (TRows.Value > 1)
                    {
                        ai = TLanes.Create(a[1]);
                        c10 = TLanes.MultiplyAdd(ai, b0, c10);
                        if (TColumns.Value > 1)
                        {
                            c11 = TLanes.MultiplyAdd(ai, b1, c11);
                        }

                        if (TColumns.Value > 2)
                        {
                            c12 = TLanes.MultiplyAdd(ai, b2, c12);
                        }
                    }

                    if (TRows.Value > 2)
                    {
                        ai = TLanes.Create(a[2]);
                        c20 = TLanes.MultiplyAdd(ai, b0, c20);
                        if (TColumns.Value > 1)
                        {
                            c21 = TLanes.MultiplyAdd(ai, b1, c21);
                        }

                        if (TColumns.Value > 2)
                        {
                            c22 = TLanes.MultiplyAdd(ai, b2, c22);
                        }
                    }

                    if (TRows.Value > 3)
                    {
                        ai = TLanes.Create(a[3]);
                        c30 = TLanes.MultiplyAdd(ai, b0, c30);
                        if (TColumns.Value > 1)
                        {
                            c31 = TLanes.MultiplyAdd(ai, b1, c31);
                        }

                        if (TColumns.Value > 2)
                        {
                            c32 = TLanes.MultiplyAdd(ai, b2, c32);
                        }
                    }

                    if (TRows.Value > 4)
                    {
                        ai = TLanes.Create(a[4]);
                        c40 = TLanes.MultiplyAdd(ai, b0, c40);
                        if (TColumns.Value > 1)
                        {
                            c41 = TLanes.MultiplyAdd(ai, b1, c41);
                        }

                        if (TColumns.Value > 2)
                        {
                            c42 = TLanes.MultiplyAdd(ai, b2, c42);
                        }
                    }

                    if (TRows.Value > 5)
                    {
                        ai = TLanes.Create(a[5]);
                        c50 = TLanes.MultiplyAdd(ai, b0, c50);
                        if (TColumns.Value > 1)
                        {
                            c51 = TLanes.MultiplyAdd(ai, b1, c51);
                        }

                        if (TColumns.Value > 2)
                        {
                            c52 = TLanes.MultiplyAdd(ai, b2, c52);
                        }
                    }

                    if (TRows.Value > 6)
                    {
                        ai = TLanes.Create(a[6]);
                        c60 = TLanes.MultiplyAdd(ai, b0, c60);
                        if (TColumns.Value > 1)
                        {
                            c61 = TLanes.MultiplyAdd(ai, b1, c61);
                        }

                        if (TColumns.Value > 2)
                        {
                            c62 = TLanes.MultiplyAdd(ai, b2, c62);
                        }
                    }

                    if (TRows.Value > 7)
                    {
                        ai = TLanes.Create(a[7]);
                        c70 = TLanes.MultiplyAdd(ai, b0, c70);
                        if (TColumns.Value > 1)
                        {
                            c71 = TLanes.MultiplyAdd(ai, b1, c71);
                        }

                        if (TColumns.Value > 2)
                        {
                            c72 = TLanes.MultiplyAdd(ai, b2, c72);
                        }
                    }

                    a += TRows.Value;
                    bRow += bStep;
                    steps--;
                }
                while (steps > 0);
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

            c += TRows.Value * ldc;
            tiles--;
        }
        while (tiles > 0);
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
