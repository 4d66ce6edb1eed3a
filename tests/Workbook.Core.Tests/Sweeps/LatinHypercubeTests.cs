using CsCheck;
using Workbook.Core.Sweeps;
using Xunit;

namespace Workbook.Core.Tests.Sweeps;

public sealed class LatinHypercubeTests
{
    [Fact]
    public void Every_stratum_of_every_axis_has_one_point() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 7], Gen.ULong).Sample((n, k, seed) =>
        {
            double[][] points = LatinHypercube.Points(n, k, seed);
            for (int a = 0; a < k; a++)
            {
                Assert.All(points, p => Assert.InRange(p[a], 0, Math.BitDecrement(1.0)));
                Assert.Equal(Enumerable.Range(0, n), points.Select(p => (int)Math.Floor(p[a] * n)).Order());
            }
        }, iter: 200);

    [Fact]
    public void Axes_are_independent_of_each_other_and_of_their_number()
    {
        double[][] few = LatinHypercube.Points(500, 2, 7), many = LatinHypercube.Points(500, 5, 7), other = LatinHypercube.Points(500, 2, 8);
        Assert.Equal(few.Select(p => p[1]), many.Select(p => p[1]));
        Assert.NotEqual(few[0][0], other[0][0]);
        for (int a = 0; a < 5; a++)
            for (int b = 0; b < a; b++)
                // Five standard deviations of the correlation of independent axes.
                Assert.InRange(MathNet.Numerics.Statistics.Correlation.Pearson(many.Select(p => p[a]), many.Select(p => p[b])), -5 / Math.Sqrt(500), 5 / Math.Sqrt(500));
        // Within its stratum a point is anywhere: the offsets are not all in the middle.
        double[] offset = [.. many.Select(p => p[0] * 500 % 1)];
        Assert.InRange(offset.Min(), 0, 0.05);
        Assert.InRange(offset.Max(), 0.95, 1);
    }

    [Fact]
    public void The_whole_axis_is_covered_better_than_by_chance()
    {
        // The mean of a smooth function: error O(1/n) and not O(1/sqrt n).
        double mean = LatinHypercube.Points(1000, 3, 1).Average(p => p[0] + 2 * p[1] - p[2] * p[2]);
        Assert.Equal(0.5 + 1 - 1 / 3.0, mean, 3e-3);
    }

    [Fact]
    public void Ranges_go_from_end_to_end()
    {
        Assert.Equal(3, LatinHypercube.Linear(0, 3, 7));
        Assert.Equal(5, LatinHypercube.Linear(0.5, 3, 7));
        Assert.Equal(0.01, LatinHypercube.Log(0, 0.01, 100));
        Assert.Equal(1, LatinHypercube.Log(0.5, 0.01, 100), 1e-12);
        Assert.Contains("-1", Assert.Throws<InputException>(() => LatinHypercube.Log(0.5, -1, 100)).Message, StringComparison.Ordinal);
        Assert.Contains("0 points", Assert.Throws<InputException>(() => LatinHypercube.Points(0, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("0 axes", Assert.Throws<InputException>(() => LatinHypercube.Points(1, 0, 1)).Message, StringComparison.Ordinal);
    }
}
