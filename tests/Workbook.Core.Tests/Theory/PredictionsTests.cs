using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Xunit;

namespace Workbook.Core.Tests.Theory;

/// <summary>Closed forms against THEORY's numbers and against the formulas written down once more; fits against data that obey a law.</summary>
public sealed class PredictionsTests
{
    private static readonly Predictions Figure1 = new(((SignalNoiseSource)Presets.Figure1.Data).Distribution, Presets.Figure1.Model, 1e-4);

    // sqrt(2/pi) * 2 * 20
    private const double Ell = 31.9153824321146;

    [Fact]
    public void At_figure_1_the_times_are_those_of_THEORY()
    {
        Assert.Equal(Ell, Figure1.Ell, 1e-12);
        Assert.InRange(Figure1.SoftmaxBelow(0.01), 149, 151);
        // sqrt(ln 99 / 20) / (1e-4 * ell), the same formula from its numbers.
        Assert.Equal(Math.Sqrt(4.59511985013459 / 20) / (1e-4 * Ell), Figure1.SoftmaxBelow(0.01), 1e-9);
        Assert.Equal(Math.Sqrt(Math.Log(4 * Ell) / 20) / (1e-4 * Ell), Figure1.KeyTurnStart(Ell), 1e-9);
        Assert.Equal(4.60517018598809 / (4e-4 * Ell), Figure1.Convergence(0.01), 1e-9);
        Assert.InRange(Figure1.MeanValueNoise, 1, 2);
        Assert.InRange(Figure1.SignAlignment, 5, 30);
        Assert.InRange(Figure1.MajorityVoting, 25, 60);
        // "all key noise has the sign of the query signal by t ~ 450", query noise by 850.
        Assert.InRange(Figure1.KeyNoiseAligned, 380, 520);
        Assert.Equal(2 * Figure1.KeyNoiseAligned, Figure1.QueryNoiseAligned, 1e-9);
    }

    [Fact]
    public void Every_formula_agrees_with_itself_written_down_again()
    {
        var p = new Predictions(new SignalNoise(500, 7, 11, 1.3), new ModelSpec(6, 3, 4e-3), 3e-4);
        double ell = Math.Sqrt(2 / Math.PI) * 1.3 * 11;
        // Blom's approximation against the expected largest of 7 and 12 normals in tables of order statistics; 84 lies between 80 and 90.
        double b7 = Predictions.Extreme(7), b84 = Predictions.Extreme(84), b12 = Predictions.Extreme(12);
        Assert.Equal(1.352, b7, 0.015);
        Assert.Equal(1.629, b12, 0.015);
        Assert.InRange(b84, 2.42, 2.47);
        Assert.Equal(ell - b7 * 1.3 * Math.Sqrt(11 * (1 - 2 / Math.PI)), p.EllMin, 1e-12);
        Assert.Equal(Math.Max(1, b7 * 4e-3 * 1.3 * Math.Sqrt(22.0 / 3) / (6e-4 * ell)), p.MeanValueNoise, 1e-12);
        Assert.Equal(4e-3 * b84 / (3e-4 * Math.Sqrt(11)) * Math.Sqrt(Math.PI / 2), p.SignAlignment, 1e-12);
        Assert.Equal(p.SignAlignment + 4e-3 * b12 / 3e-4, p.MajorityVoting, 1e-12);
        double f = (1 - Math.Sqrt(2 / (Math.PI * 7))) / 2, t = p.SignalSoftmaxBelow(0.1);
        // The root satisfies its equation.
        Assert.Equal(Math.Log(9), 6 * 9e-8 * ell * t * (t - 2 * f * p.KeyTurnStart(ell)), 1e-9);
        Assert.Equal(0, Predictions.Extreme(1));
    }

    [Fact]
    public void A_power_law_is_found_exactly()
    {
        double[] x = [0.25, 0.5, 1, 2, 4];
        PowerLaw law = PowerLaw.Fit(x, [.. x.Select(a => 3 * Math.Pow(a, -1.5))]);
        Assert.Equal(-1.5, law.Exponent, 1e-12);
        Assert.Equal(3, law.Prefactor, 1e-12);
        Assert.Equal(-1.5, law.Low, 1e-10);
        Assert.Equal(-1.5, law.High, 1e-10);
        Assert.True(double.IsNaN(PowerLaw.Fit([1, 2], [1, 2]).Exponent));
        Assert.Throws<ArgumentException>(() => PowerLaw.Fit([1, 2, 3], [1, 2]));
    }

    [Fact]
    public void The_confidence_interval_is_that_of_simple_regression()
    {
        // In logarithms u = -1, 0, 1, 2, 3 and v = u + rest, rest = 0.1, -0.2, 0.1, 0.1, -0.1.
        double[] u = [-1, 0, 1, 2, 3], v = [-0.9, -0.2, 1.1, 2.1, 2.9];
        PowerLaw law = PowerLaw.Fit([.. u.Select(Math.Exp)], [.. v.Select(Math.Exp)]);
        // Sxx = 10, Sxy = (-2)(-0.9) + (-1)(-0.2) + 0 + 2.1 + 2 * 2.9 = 9.9; the residuals written out:
        double slope = 9.9 / 10, mean = v.Average(), rest = u.Zip(v, (a, b) => Math.Pow(b - mean - slope * (a - 1), 2)).Sum();
        // t quantile, 0.975 at 3 degrees of freedom.
        double half = 3.18244630528371 * Math.Sqrt(rest / 3 / 10);
        Assert.Equal(slope, law.Exponent, 1e-12);
        Assert.Equal(slope - half, law.Low, 1e-8);
        Assert.Equal(slope + half, law.High, 1e-8);
    }
}
