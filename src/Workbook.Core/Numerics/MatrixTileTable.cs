using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>From a tile's size at run time to the kernel compiled for it.</summary>
internal static unsafe class MatrixTileTable
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector, TLanes, T>(
        int rows, int columns, int tiles, nint k, T* a, nint aStep, nint aTile, T* b, nint bStep, T* next, nint nextStep, int nextRows, T alpha, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        switch (rows)
        {
            case 1: Row<TVector, TLanes, T, One>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            case 2: Row<TVector, TLanes, T, Two>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            case 3: Row<TVector, TLanes, T, Three>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            case 4: Row<TVector, TLanes, T, Four>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            case 5: Row<TVector, TLanes, T, Five>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            case 6: Row<TVector, TLanes, T, Six>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            case 7: Row<TVector, TLanes, T, Seven>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            default: Row<TVector, TLanes, T, Eight>(columns, tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TVector, TLanes, T, TRows>(
        int columns, int tiles, nint k, T* a, nint aStep, nint aTile, T* b, nint bStep, T* next, nint nextStep, int nextRows, T alpha, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TRows : IConstant
    {
        switch (columns)
        {
            case 1: MatrixTile.Run<TVector, TLanes, T, TRows, One>(tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            case 2: MatrixTile.Run<TVector, TLanes, T, TRows, Two>(tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
            default: MatrixTile.Run<TVector, TLanes, T, TRows, Three>(tiles, k, a, aStep, aTile, b, bStep, next, nextStep, nextRows, alpha, beta, c, ldc); break;
        }
    }
}
