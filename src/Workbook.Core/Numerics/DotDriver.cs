using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// The loops around <see cref="DotTile"/>: the sum in blocks of depth, rows of A in blocks that the second-level cache
/// holds, a strip of B's rows in the first-level cache while the block of A passes.
/// </summary>
internal static unsafe class DotDriver
{
    // Bytes of one row: 6 rows of B and 4 of A take 40 of 48 KB.
    private const int RowBytes = 4096;

    // 128 rows of A: half a megabyte.
    private const int RowsInBlock = 128;

    /// <summary><c>C = alpha A B^T + beta C</c> for A of m x k, B of n x k; k is at least a vector's length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Run<TVector, TLanes, T>(
        int tileRows, int tileColumns, int m, int n, int k, T alpha, T* a, nint lda, T* b, nint ldb, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        T* lanes = stackalloc T[Elementwise.LongestVector];
        for (int l = 0; l < TLanes.Count; l++)
        {
            lanes[l] = T.CreateTruncating(l);
        }

        Split depths = Split.AtMost(k, RowBytes / sizeof(T), TLanes.Count);
        Split rowBlocks = Split.AtMost(m, RowsInBlock);
        Split strips = Split.AtMost(n, tileColumns);
        for (int pc = 0; pc < depths.Count; pc++)
        {
            int first = depths.Start(pc), depth = depths.Size(pc);
            T keep = pc == 0 ? beta : T.One;
            for (int ic = 0; ic < rowBlocks.Count; ic++)
            {
                Split tiles = Split.AtMost(rowBlocks.Size(ic), tileRows);
                for (int js = 0; js < strips.Count; js++)
                {
                    int column = strips.Start(js), columns = strips.Size(js);
                    for (int it = 0; it < tiles.Count; it++)
                    {
                        int row = rowBlocks.Start(ic) + tiles.Start(it);
                        DotTileTable.Run<TVector, TLanes, T>(
                            tiles.Size(it), columns, depth, a + row * lda + first, lda, b + column * ldb + first, ldb, lanes, alpha, keep, c + row * ldc + column, ldc);
                    }
                }
            }
        }
    }
}
