using System.Numerics;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

/// <summary>Packing moves numbers and computes nothing: every width, every count and depths across every block.</summary>
public abstract unsafe class MatrixPackingTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // The longest strip: three vectors of floats.
    private const int Widest = 48;

    private static readonly T Guard = T.CreateChecked(-77);

    [Fact]
    public void A_transposed_panel_holds_the_rows_as_columns()
    {
        // Widths as the driver uses them: at most a block, or blocks.
        int block = typeof(T) == typeof(double) && !Vector512.IsHardwareAccelerated ? 4 : 8;
        foreach (int width in Enumerable.Range(1, block).Concat([16, 24, 32, 48]))
        {
            for (int depth = 0; depth <= 50; depth += depth < 20 ? 1 : 5)
            {
                // Narrow panels are full; in wide ones, rows may be missing: what stands there is padding.
                for (int count = width <= 8 ? width : 1; count <= width; count += width <= 8 ? 1 : 3)
                {
                    Check(width, count, depth, transpose: true);
                }
            }
        }
    }

    [Fact]
    public void A_copied_panel_is_padded_with_zeros()
    {
        foreach (int width in (int[])[1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48])
        {
            foreach (int depth in (int[])[0, 1, 2, 3, 7, 16])
            {
                for (int count = 1; count <= width; count++)
                {
                    Check(width, count, depth, transpose: false);
                }
            }
        }
    }

    private static void Check(int width, int count, int depth, bool transpose)
    {
        int stride = (transpose ? depth : count) + depth % 3;
        T[] source = Enumerable.Range(0, (transpose ? count : depth) * stride + 1).Select(i => T.CreateTruncating(i + 1)).ToArray();
        T[] panel = new T[depth * width + MatrixPacking.Overhang + Widest];
        Array.Fill(panel, Guard);
        fixed (T* from = source, to = panel)
        {
            if (transpose)
            {
                MatrixPacking.Transpose(from, stride, count, depth, to, width);
            }
            else if (Vector512.IsHardwareAccelerated)
            {
                MatrixPacking.Copy<Vector512<T>, Lanes512<T>, T>(from, stride, count, depth, to, width);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                MatrixPacking.Copy<Vector256<T>, Lanes256<T>, T>(from, stride, count, depth, to, width);
            }
            else
            {
                MatrixPacking.Copy<T, Lanes1<T>, T>(from, stride, count, depth, to, width);
            }
        }

        for (int p = 0; p < depth; p++)
        {
            for (int r = 0; r < width; r++)
            {
                if (r < count)
                {
                    Assert.Equal(source[transpose ? r * stride + p : p * stride + r], panel[p * width + r]);
                }
                else if (!transpose)
                {
                    Assert.Equal(T.Zero, panel[p * width + r]);
                }
            }
        }

        Assert.All(panel[(depth * width + (transpose ? MatrixPacking.Overhang : 0))..], v => Assert.Equal(Guard, v));
    }
}

public sealed class DoubleMatrixPackingTests : MatrixPackingTests<double>;

public sealed class SingleMatrixPackingTests : MatrixPackingTests<float>;
