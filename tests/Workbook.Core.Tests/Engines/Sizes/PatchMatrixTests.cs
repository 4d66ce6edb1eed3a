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

    [Fact]
    public void Entries_that_agree_are_no_entries_of_a_difference()
    {
        // Of 12 coordinates 0 and 1 agree, 2 differs, 3 and 4 are in one patch alone; no other is in any.
        double[] x = [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0];
        var matrix = PatchMatrix<double>.Differences(Dataset.FromDense(x, 1, 2, 12, [1], null, [0]));
        int width = PatchMatrix<double>.VectorBytes / sizeof(double);
        using NativeBuffer<double> b = new(12 * width), c = new(width);
        b.Span[..(2 * width)].Fill(double.PositiveInfinity);
        for (int k = 2; k < 5; k++) b.Span.Slice(k * width, width).Fill(Math.Pow(10, k));
        matrix.Project(width, b.Pointer, width, c.Pointer, width);
        Assert.Equal(2 * 100 + 4 * 1000 - 5 * 10000, c[0]);
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
        Check(PatchMatrix<T>.Patches(data), patches, d, x, rounding, random);
        var differences = new double[n * d];
        for (int i = 0; i < n; i++)
            for (int c = 0; c < d; c++) differences[i * d + c] = x[2 * i * d + c] - x[(2 * i + 1) * d + c];
        Check(PatchMatrix<T>.Differences(data), n, d, differences, rounding, random);
    }

    private static void Check<T>(PatchMatrix<T> matrix, int rows, int d, double[] x, double rounding, Random random) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Assert.Equal(Enumerable.Range(0, rows), matrix.Row.Order());
        // Strips of tiles have up to 3 vectors, of sums over entries up to 12, as equal as can be.
        foreach (int vectors in (int[])[.. Enumerable.Range(1, 13), 25])
        {
            int vector = PatchMatrix<T>.VectorBytes / sizeof(T), width = vectors * vector, bPitch = width + vectors % 3 * vector, cPitch = width + vectors % 2 * vector;
            using NativeBuffer<T> b = new(d * bPitch), c = new(rows * cPitch), back = new(d * bPitch);
            Draw(b, width, bPitch);
            c.Span.Fill(T.NaN);
            back.Span.Fill(T.NaN);
            matrix.Project(width, b.Pointer, bPitch, c.Pointer, cPitch);
            for (int p = 0; p < rows; p++)
            {
                for (int r = 0; r < width; r += 3)
                {
                    double sum = 0;
                    for (int k = 0; k < d; k++) sum += x[p * d + k] * double.CreateChecked(b[k * bPitch + r]);
                    Assert.InRange(Math.Abs(sum - double.CreateChecked(c[matrix.Row[p] * cPitch + r])), 0, rounding);
                }
                for (int r = width; r < cPitch; r++) Assert.True(T.IsNaN(c[p * cPitch + r]), "what lies between rows was written");
            }
            Draw(c, width, cPitch);
            matrix.Spread(width, c.Pointer, cPitch, back.Pointer, bPitch);
            for (int k = 0; k < d; k++)
            {
                for (int r = 0; r < width; r += 3)
                {
                    double sum = 0;
                    for (int p = 0; p < rows; p++) sum += x[p * d + k] * double.CreateChecked(c[matrix.Row[p] * cPitch + r]);
                    Assert.InRange(Math.Abs(sum - double.CreateChecked(back[k * bPitch + r])), 0, rounding);
                }
                for (int r = width; r < bPitch; r++) Assert.True(T.IsNaN(back[k * bPitch + r]), "what lies between rows was written");
            }
        }

        // Numbers in rows, nothing that may be read between them.
        void Draw(NativeBuffer<T> into, int width, int pitch)
        {
            into.Span.Fill(T.NaN);
            for (int k = 0; k < into.Length; k++)
                if (k % pitch < width) into[k] = T.CreateChecked((float)(random.NextDouble() - 0.5));
        }
    }
}
