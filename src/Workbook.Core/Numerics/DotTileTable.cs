using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>From the size of a tile of inner products at run time to the kernel compiled for it.</summary>
internal static unsafe class DotTileTable
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector, TLanes, T, TAhead>(
        int rows, int columns, DotPart<T>* part, int parts, nint row, nint column, T* next, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TAhead : IDotAhead
    {
        switch (rows)
        {
            case 1: Row<TVector, TLanes, T, One, TAhead>(columns, part, parts, row, column, next, alpha, beta, c, ldc); break;
            case 2: Row<TVector, TLanes, T, Two, TAhead>(columns, part, parts, row, column, next, alpha, beta, c, ldc); break;
            case 3: Row<TVector, TLanes, T, Three, TAhead>(columns, part, parts, row, column, next, alpha, beta, c, ldc); break;
            default: Row<TVector, TLanes, T, Four, TAhead>(columns, part, parts, row, column, next, alpha, beta, c, ldc); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<TVector, TLanes, T, TRows, TAhead>(
        int columns, DotPart<T>* part, int parts, nint row, nint column, T* next, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TAhead : IDotAhead
        where TRows : IConstant
    {
        switch (columns)
        {
            case 1: DotTile.Run<TVector, TLanes, T, TRows, One, TAhead>(part, parts, row, column, next, alpha, beta, c, ldc); break;
            case 2: DotTile.Run<TVector, TLanes, T, TRows, Two, TAhead>(part, parts, row, column, next, alpha, beta, c, ldc); break;
            case 3: DotTile.Run<TVector, TLanes, T, TRows, Three, TAhead>(part, parts, row, column, next, alpha, beta, c, ldc); break;
            case 4: DotTile.Run<TVector, TLanes, T, TRows, Four, TAhead>(part, parts, row, column, next, alpha, beta, c, ldc); break;
            case 5: DotTile.Run<TVector, TLanes, T, TRows, Five, TAhead>(part, parts, row, column, next, alpha, beta, c, ldc); break;
            default: DotTile.Run<TVector, TLanes, T, TRows, Six, TAhead>(part, parts, row, column, next, alpha, beta, c, ldc); break;
        }
    }
}
