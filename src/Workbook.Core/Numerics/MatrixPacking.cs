using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

            if (Vector256.IsHardwareAccelerated && r <= count - Vector256<T>.Count)
            {
                Vector256.Load(source + r).Store(panel + r);
                r += Vector256<T>.Count;
            }

            if (Vector128.IsHardwareAccelerated && r <= count - Vector128<T>.Count)
            {
                Vector128.Load(source + r).Store(panel + r);
                r += Vector128<T>.Count;
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

    /// <summary>Elements that <see cref="Transpose"/> may write past the end of a panel.</summary>
    public const int Overhang = 8;

    /// <summary>
    /// <c>panel[p width + r] = source[r stride + p]</c>: the operand is stored with r as its row; anything for r >= count.
    /// The width is a multiple of the block or at most one block: then a block's padding reaches into the next row of the
    /// panel, which is written after it, and past the last row by less than <see cref="Overhang"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose<T>(T* source, nint stride, int count, int depth, T* panel, nint width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int block = typeof(T) == typeof(double)
            ? Vector512.IsHardwareAccelerated ? 8 : Vector256.IsHardwareAccelerated ? 4 : 1
            : Vector256.IsHardwareAccelerated ? 8 : 1;
        int p = 0;
        for (; block > 1 && p <= depth - block; p += block)
        {
            for (int r = 0; r < count; r += block)
            {
                T* from = source + r * stride + p, to = panel + p * width + r;
                int last = count - 1 - r;
                if (typeof(T) == typeof(float))
                {
                    TransposeBlock.Single8((float*)from, stride, last, (float*)to, width);
                }
                else if (Vector512.IsHardwareAccelerated)
                {
                    TransposeBlock.Double8((double*)from, stride, last, (double*)to, width);
                }
                else
                {
                    TransposeBlock.Double4((double*)from, stride, last, (double*)to, width);
                }
            }
        }

        for (; p < depth; p++)
        {
            for (int r = 0; r < count; r++)
            {
                panel[p * width + r] = source[r * stride + p];
            }
        }
    }
}
