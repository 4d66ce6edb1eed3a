using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>From the size of a tile of inner products at run time to the kernel compiled for it.</summary>
internal static unsafe class DotTileTable
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector, TLanes, T>(
        int rows, int columns, nint k, T* a, nint lda, T* b, nint ldb, T* lanes, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        switch (rows)
        {
            case 1: Row<TVector, TLanes, T, One>(columns, k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            case 2: Row<TVector, TLanes, T, Two>(columns, k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            case 3: Row<TVector, TLanes, T, Three>(columns, k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            default: Row<TVector, TLanes, T, Four>(columns, k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<TVector, TLanes, T, TRows>(
        int columns, nint k, T* a, nint lda, T* b, nint ldb, T* lanes, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
    {
        switch (columns)
        {
            case 1: DotTile.Run<TVector, TLanes, T, TRows, One>(k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            case 2: DotTile.Run<TVector, TLanes, T, TRows, Two>(k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            case 3: DotTile.Run<TVector, TLanes, T, TRows, Three>(k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            case 4: DotTile.Run<TVector, TLanes, T, TRows, Four>(k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            case 5: DotTile.Run<TVector, TLanes, T, TRows, Five>(k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
            default: DotTile.Run<TVector, TLanes, T, TRows, Six>(k, a, lda, b, ldb, lanes, alpha, beta, c, ldc); break;
        }
    }
}
