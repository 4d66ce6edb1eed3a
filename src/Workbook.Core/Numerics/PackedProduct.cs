using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// <c>C = A B</c> for an A that is the left factor of many products: it is packed once, in the order in which <see cref="MatrixTile"/> reads it. B is read in place.
/// </summary>
/// <remarks>
/// A [m, k] is cut into blocks of depth, those into blocks of rows, those into tiles; a tile of a block holds <c>panel[p, r] = A(r, p)</c>, contiguous. The sum over
/// k runs in ascending order within a block of depth, and the blocks are added in theirs. The bits depend on sizes and instruction set alone.
/// </remarks>
/// <typeparam name="T">double or float.</typeparam>
internal sealed unsafe class PackedProduct<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // As in MatrixDriver: a strip of B, depth x 3 vectors, takes 24 KB of the first-level cache, a block of A 384 KB of the second.
    private const int Depth = 128, RowsInBlock = 384, TileColumns = 3;

    private readonly int m, k;
    private readonly Split depths, rowBlocks;
    private readonly T[] packed;

    /// <summary>Packs A.</summary>
    /// <param name="m">Rows of A.</param>
    /// <param name="k">Columns of A.</param>
    /// <param name="a">A(row, column).</param>
    public PackedProduct(int m, int k, Func<int, int, T> a)
    {
        (this.m, this.k) = (m, k);
        depths = Split.AtMost(k, Depth);
        rowBlocks = Split.AtMost(m, RowsInBlock);
        packed = new T[checked(m * k)];
        int at = 0;
        for (int pc = 0; pc < depths.Count; pc++)
        {
            for (int ic = 0; ic < rowBlocks.Count; ic++)
            {
                Split tiles = Split.AtMost(rowBlocks.Size(ic), TileRows);
                for (int it = 0; it < tiles.Count; it++)
                {
                    for (int p = depths.Start(pc); p < depths.Start(pc + 1); p++)
                    {
                        for (int r = 0; r < tiles.Size(it); r++)
                        {
                            packed[at++] = a(rowBlocks.Start(ic) + tiles.Start(it) + r, p);
                        }
                    }
                }
            }
        }
    }

    private static int TileRows => Vector512.IsHardwareAccelerated ? 8 : 4;

    /// <summary>C = A B.</summary>
    /// <param name="n">Columns of B and C: a whole number of the vectors in use, and of 32 bytes.</param>
    /// <param name="b">[k, n], row after row.</param>
    /// <param name="bPitch">Elements from row to row of B, at least n.</param>
    /// <param name="c">[m, n], row after row; zero where k = 0. It must not overlap B.</param>
    /// <param name="cPitch">Elements from row to row of C, at least n: what lies between n and it is left alone.</param>
    public void Multiply(int n, T* b, nint bPitch, T* c, nint cPitch)
    {
        if (m == 0)
        {
            return;
        }

        if (k == 0)
        {
            for (int i = 0; i < m; i++)
            {
                new Span<T>(c + i * cPitch, n).Clear();
            }

            return;
        }

        fixed (T* a = packed)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Vector512<T>, Lanes512<T>>(n, a, b, bPitch, c, cPitch);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Vector256<T>, Lanes256<T>>(n, a, b, bPitch, c, cPitch);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                Run<Vector128<T>, Lanes128<T>>(n, a, b, bPitch, c, cPitch);
            }
            else
            {
                Run<T, Lanes1<T>>(n, a, b, bPitch, c, cPitch);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run<TVector, TLanes>(int n, T* a, T* b, nint bPitch, T* c, nint cPitch)
        where TVector : struct
        where TLanes : ILanes<TVector, T>
    {
        Split strips = Split.AtMost(n / TLanes.Count, TileColumns);
        for (int pc = 0; pc < depths.Count; pc++)
        {
            int depth = depths.Size(pc);
            T* rows = b + depths.Start(pc) * bPitch;
            T keep = pc == 0 ? T.Zero : T.One;
            for (int ic = 0; ic < rowBlocks.Count; ic++)
            {
                Split tiles = Split.AtMost(rowBlocks.Size(ic), TileRows);
                T* block = a + ((nint)depths.Start(pc) * m + (nint)rowBlocks.Start(ic) * depth);
                for (int js = 0; js < strips.Count; js++)
                {
                    int first = strips.Start(js) * TLanes.Count, vectors = strips.Size(js);
                    T* strip = rows + first, next = js + 1 < strips.Count ? strip + vectors * TLanes.Count : rows;
                    int fetches = MatrixTile.FetchesOfTile * tiles.Count, nextRows = (depth + fetches - 1) / fetches, left = depth;
                    for (int it = 0; it < tiles.Count; it = tiles.EndOfEqual(it))
                    {
                        int row = tiles.Start(it), equal = tiles.EndOfEqual(it) - it;
                        MatrixTileTable.Run<TVector, TLanes, T, ColumnsOfA>(
                            tiles.Size(it), vectors, equal, depth, block + (nint)row * depth, 1, tiles.Size(it), (nint)tiles.Size(it) * depth, null, strip, bPitch, next, bPitch, nextRows, left,
                            T.One, keep, c + (rowBlocks.Start(ic) + row) * cPitch + first, cPitch);
                        int fetched = equal * MatrixTile.FetchesOfTile * nextRows;
                        next += fetched * bPitch;
                        left -= fetched;
                    }
                }
            }
        }
    }
}
