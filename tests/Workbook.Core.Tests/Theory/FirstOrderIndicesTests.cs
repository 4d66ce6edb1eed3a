using Workbook.Core.Sweeps;
using Workbook.Core.Theory.Sensitivity;
using Xunit;

namespace Workbook.Core.Tests.Theory;

public sealed class FirstOrderIndicesTests
{
    private const int N = 2000;

    // Noise of the estimator at 2,000 points is about 0.02; the bias of the bins below 0.01.
    private const double Tolerance = 0.05;

    [Fact]
    public void A_linear_model_has_the_shares_of_its_variances()
    {
        double[] weights = [4, 2, 1, 0];
        double[][] x = LatinHypercube.Points(N, 4, 1);
        SobolIndex[] found = FirstOrderIndices.Of(x, [.. x.Select(p => p.Zip(weights, (u, w) => u * w).Sum())]);
        for (int j = 0; j < 4; j++) Known(weights[j] * weights[j] / 21, found[j]);
    }

    [Fact]
    public void Ishigamis_function_has_its_known_indices()
    {
        const double A = 7, B = 0.1;
        double pi4 = Math.Pow(Math.PI, 4), variance = A * A / 8 + B * pi4 / 5 + B * B * pi4 * pi4 / 18 + 0.5;
        double[] exact = [0.5 * Math.Pow(1 + B * pi4 / 5, 2) / variance, A * A / 8 / variance, 0];
        Assert.Equal(0.314, exact[0], 1e-3);
        int covered = 0;
        double[] mean = new double[3];
        for (ulong seed = 1; seed <= 10; seed++)
        {
            double[][] x = LatinHypercube.Points(N, 3, seed);
            double Angle(double u) => LatinHypercube.Linear(u, -Math.PI, Math.PI);
            SobolIndex[] found = FirstOrderIndices.Of(x, [.. x.Select(p => Math.Sin(Angle(p[0])) + A * Math.Pow(Math.Sin(Angle(p[1])), 2) + B * Math.Pow(Angle(p[2]), 4) * Math.Sin(Angle(p[0])))]);
            for (int j = 0; j < 3; j++)
            {
                Known(exact[j], found[j]);
                mean[j] += found[j].Index / 10;
                if (found[j].Low <= exact[j] && exact[j] <= found[j].High) covered++;
            }
        }
        // Without the correction each would be too large by up to (B - 1) / (N - 1) = 0.02.
        for (int j = 0; j < 3; j++) Assert.InRange(mean[j], exact[j] - 0.012, exact[j] + 0.012);
        // 30 intervals of 95 %: below 24 has a chance of 1e-3; above is allowed, since a Latin hypercube is more even than chance.
        Assert.InRange(covered, 24, 30);
    }

    [Fact]
    public void An_output_of_chance_has_no_index_and_missing_points_are_left_out()
    {
        double[][] x = LatinHypercube.Points(N, 3, 2), noise = LatinHypercube.Points(N, 1, 99);
        Assert.All(FirstOrderIndices.Of(x, [.. noise.Select(p => p[0])]), s => Known(0, s));
        double[] some = [.. x.Select((p, i) => i % 3 == 0 ? double.NaN : p[0] + p[1])];
        SobolIndex[] found = FirstOrderIndices.Of(x, some);
        Known(0.5, found[0]);
        Known(0, found[2]);
        Assert.True(double.IsNaN(FirstOrderIndices.Of(x, [.. x.Select(_ => 3.0)])[0].Index));
        Assert.True(double.IsNaN(FirstOrderIndices.Of(x[..50], [.. x[..50].Select(p => p[0])])[0].Index));
        Assert.Throws<ArgumentException>(() => FirstOrderIndices.Of(x, [1.0]));
    }

    private static void Known(double exact, SobolIndex found)
    {
        Assert.InRange(found.Index, exact - Tolerance, exact + Tolerance);
        Assert.InRange(found.High - found.Low, 0, 4 * Tolerance);
    }
}
