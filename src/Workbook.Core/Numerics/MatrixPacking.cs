using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// Packing brings a strip of an operand into the order in which the tile reads it: <c>panel[p, r] = operand(r, p)</c>
/// for r below the panel's width, contiguous, so that the tile walks memory in one stream.
/// </summary>
internal static unsafe class MatrixPacking
{
    /// <summary><c>panel[p width + r] = source[p stride + r]</c>: the operand is stored with p as its row; zero for r >= count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy<TVector, TLanes, T>(T* source, nint stride, int count, int depth, T* panel, int width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        for (int p = 0; p < depth; p++)
        {
            int r = 0;
            for (; r <= count - TLanes.Count; r += TLanes.Count)
            {
                TLanes.Store(TLanes.Load(source + r), panel + r);
            }

            for (; r < count; r++)
            {
                panel[r] = source[r];
            }

            for (; r < width; r++)
            {
                panel[r] = T.Zero;
            }

            source += stride;
            panel += width;
        }
    }

    /// <summary><c>panel[p width + r] = source[r stride + p]</c>: the operand is stored with r as its row; zero for r >= count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose<T>(T* source, nint stride, int count, int depth, T* panel, int width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int r = 0; r < width; r++)
        {
            T* row = source + r * stride;
            for (int p = 0; p < depth; p++)
            {
                panel[(nint)p * width + r] = r < count ? row[p] : T.Zero;
            }
        }
    }
}
