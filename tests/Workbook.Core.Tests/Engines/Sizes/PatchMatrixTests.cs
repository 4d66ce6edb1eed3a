using System.Numerics;
using Workbook.Core.Data;
using Workbook.Core.Engines.Dense;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>The two products of the dense engine against plain loops.</summary>
public sealed unsafe class PatchMatrixTests
{
    // Sums of at most 1,100 products of numbers below 1, each rounded once or twice.
    private const double Rounding64 = 1e-12, Rounding32 = 1e-3;

    public static TheoryData<int, int, double> Sizes
    {
        get
        {
            var sizes = new TheoryData<int, int, double>();
            // Tiles have up to 8 rows, blocks 384, depth is cut at 128, sparse blocks at 64 rows.
            foreach (var (n, d) in ((int, int)[])[.. Enumerable.Range(1, 9).Select(n => (n, 2 * n + 1)), (16, 31), (17, 32), (33, 33), (65, 129), (200, 40), (3, 400)])
                foreach (double density in (double[])[0, 0.2, 0.5, 1]) sizes.Add(n, d, density);
            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Products_with_patches_equal_plain_loops(int n, int d, double density)
    {
        Check<double>(n, d, density, Rounding64);
        Check<float>(n, d, density, Rounding32);
    }

    private static void Check<T>(int n, int d, double density, double rounding) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(n * 1000 + d);
        int patches = 2 * n;
        var x = new double[patches * d];
        // Every second patch has the density, the others are full or, at density 0, empty.
        for (int p = 0; p < patches; p++)
            for (int c = 0; c < d; c++)
                if (random.NextDouble() < (p % 2 == 0 ? density : Math.Ceiling(density))) x[p * d + c] = random.NextDouble() - 0.5;
        Dataset data = Dataset.FromDense(x, n, 2, d, [.. Enumerable.Range(0, n).Select(i => i % 2 == 0 ? 1.0 : -1.0)], null, new int[n]);
        var matrix = new PatchMatrix<T>(data);
        Assert.Equal(Enumerable.Range(0, patches), matrix.Row.Order());
        foreach (int vectors in (int[])[1, 2, 3, 4, 5, 7, 9])
        {
            int width = vectors * 64 / sizeof(T);
            using NativeBuffer<T> b = new(d * width), c = new(patches * width), back = new(d * width);
            foreach (ref T value in b.Span) value = T.CreateChecked((float)(random.NextDouble() - 0.5));
            c.Span.Fill(T.NaN);
            back.Span.Fill(T.NaN);
            matrix.Project(width, b.Pointer, c.Pointer);
            for (int p = 0; p < patches; p++)
                for (int r = 0; r < width; r += 3)
                {
                    double sum = 0;
                    for (int k = 0; k < d; k++) sum += x[p * d + k] * double.CreateChecked(b[k * width + r]);
                    Assert.InRange(Math.Abs(sum - double.CreateChecked(c[matrix.Row[p] * width + r])), 0, rounding);
                }
            foreach (ref T value in c.Span) value = T.CreateChecked((float)(random.NextDouble() - 0.5));
            matrix.Spread(width, c.Pointer, back.Pointer);
            for (int k = 0; k < d; k++)
                for (int r = 0; r < width; r += 3)
                {
                    double sum = 0;
                    for (int p = 0; p < patches; p++) sum += x[p * d + k] * double.CreateChecked(c[matrix.Row[p] * width + r]);
                    Assert.InRange(Math.Abs(sum - double.CreateChecked(back[k * width + r])), 0, rounding);
                }
        }
    }
}
