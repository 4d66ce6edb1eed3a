using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>From a tile's size at run time to the kernel compiled for it.</summary>
internal static unsafe class MatrixTileTable
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector, TLanes, T, TSource>(
        int rows, int columns, int tiles, nint k, T* a, nint aRow, nint aStep, nint aTile, T* kept, T* b, nint bStep, T* next, nint nextStep, int nextRows, int nextTotal, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TSource : IMatrixSource
    {
        switch (rows)
        {
            case 1: Row<TVector, TLanes, T, One, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            case 2: Row<TVector, TLanes, T, Two, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            case 3: Row<TVector, TLanes, T, Three, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            case 4: Row<TVector, TLanes, T, Four, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            case 5: Row<TVector, TLanes, T, Five, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            case 6: Row<TVector, TLanes, T, Six, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            case 7: Row<TVector, TLanes, T, Seven, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            default: Row<TVector, TLanes, T, Eight, TSource>(columns, tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TVector, TLanes, T, TRows, TSource>(
        int columns, int tiles, nint k, T* a, nint aRow, nint aStep, nint aTile, T* kept, T* b, nint bStep, T* next, nint nextStep, int nextRows, int nextTotal, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TSource : IMatrixSource
        where TRows : IConstant
    {
        switch (columns)
        {
            case 1: MatrixTile.Run<TVector, TLanes, T, TRows, One, TSource>(tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            case 2: MatrixTile.Run<TVector, TLanes, T, TRows, Two, TSource>(tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
            default: MatrixTile.Run<TVector, TLanes, T, TRows, Three, TSource>(tiles, k, a, aRow, aStep, aTile, kept, b, bStep, next, nextStep, nextRows, nextTotal, alpha, beta, c, ldc); break;
        }
    }
}
