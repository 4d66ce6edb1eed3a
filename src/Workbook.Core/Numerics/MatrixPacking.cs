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
        // Panels of one vector, or of half or a quarter, and strips of three: the usual case.
        if (count == width && width % TLanes.Count == 0)
        {
            for (int r = 0; r < width; r += TLanes.Count)
            {
                CopyColumn<TVector, TLanes, T>(source + r, stride, depth, panel + r, width);
            }

            return;
        }

        if (Vector256.IsHardwareAccelerated && count == width && width == Vector256<T>.Count)
        {
            CopyColumn<Vector256<T>, Lanes256<T>, T>(source, stride, depth, panel, width);
            return;
        }

        if (Vector128.IsHardwareAccelerated && count == width && width == Vector128<T>.Count)
        {
            CopyColumn<Vector128<T>, Lanes128<T>, T>(source, stride, depth, panel, width);
            return;
        }

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyColumn<TVector, TLanes, T>(T* source, nint stride, int depth, T* panel, nint width)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
    {
        for (; depth > 1; depth -= 2)
        {
            TLanes.Store(TLanes.Load(source), panel);
            TLanes.Store(TLanes.Load(source + stride), panel + width);
            source += 2 * stride;
            panel += 2 * width;
        }

        if (depth > 0)
        {
            TLanes.Store(TLanes.Load(source), panel);
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
        int whole = block > 1 ? depth - depth % block : 0;
        for (int r = 0; whole > 0 && r < count; r += block)
        {
            T* from = source + r * stride, to = panel + r;
            int last = count - 1 - r;
            if (typeof(T) == typeof(float))
            {
                int wide = 0;
                if (Vector512.IsHardwareAccelerated && width >= block)
                {
                    wide = whole - whole % Vector512<float>.Count;
                    TransposeBlock.Single8Wide((float*)from, stride, last, wide, (float*)to, width);
                }

                TransposeBlock.Single8((float*)from + wide, stride, last, whole - wide, (float*)(to + wide * width), width);
            }
            else if (Vector512.IsHardwareAccelerated)
            {
                TransposeBlock.Double8((double*)from, stride, last, whole, (double*)to, width);
            }
            else
            {
                TransposeBlock.Double4((double*)from, stride, last, whole, (double*)to, width);
            }
        }

        for (int p = whole; p < depth; p++)
        {
            for (int r = 0; r < count; r++)
            {
                panel[p * width + r] = source[r * stride + p];
            }
        }
    }
}
