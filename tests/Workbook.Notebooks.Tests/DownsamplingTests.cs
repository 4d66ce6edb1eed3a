using CsCheck;
using Xunit;

namespace Workbook.Notebooks.Tests;

public class DownsamplingTests
{
    private static readonly Gen<double[]> Series = Gen.Frequency((30, Gen.Double[-1e3, 1e3]), (1, Gen.Const(double.NaN))).Array[0, 12_000];

    [Fact]
    public void Extremes_ends_and_gaps_are_kept_and_the_rest_is_a_subset_in_order() => Series.Sample(
        y =>
        {
            int[] kept = Downsampling.KeepExtremes(y, Figure.MaxPoints);
            Assert.True(kept.Length <= Figure.MaxPoints);
            Assert.True(kept.Zip(kept.Skip(1)).All(pair => pair.First < pair.Second));
            Assert.Equal(y.Any(double.IsNaN), kept.Any(i => double.IsNaN(y[i])));
            double[] finite = [.. y.Where(double.IsFinite)], left = [.. kept.Select(i => y[i]).Where(double.IsFinite)];
            if (finite.Length > 0)
            {
                Assert.Equal(finite.Max(), left.Max());
                Assert.Equal(finite.Min(), left.Min());
                Assert.Equal(finite[0], left[0]);
                Assert.Equal(finite[^1], left[^1]);
            }
        },
        iter: 60);

    [Fact]
    public void A_single_peak_in_a_million_points_is_drawn()
    {
        double[] y = new double[1_000_000];
        y[123_457] = 1;
        y[777_777] = double.NaN;
        Figure figure = Figure.Of(new Panel().Line("peak", Strokes.SignGD, [.. Enumerable.Range(0, y.Length).Select(i => (double)i)], y));
        LineLayer line = Assert.IsType<LineLayer>(figure.Panels[0].Layers[0]);
        Assert.True(line.X.Length <= Figure.MaxPoints);
        Assert.Equal(123_457, line.X[Array.IndexOf(line.Y, 1.0)]);
        Assert.Contains(double.NaN, line.Y);
    }

    [Fact]
    public void No_trace_of_any_figure_has_more_points_than_allowed()
    {
        double[] t = [.. Enumerable.Range(0, 40_000).Select(i => (double)i)];
        double[] y = [.. t.Select(i => Math.Sin(i * 1.1) * i)];
        Figure figure = Figure.Of(new Panel().LineBand("noisy", Strokes.GD, t, y, [.. y.Select(v => v - 5)], [.. y.Select(v => v + Math.Abs(Math.Cos(v)))])
            .Points("p", Strokes.Adam, t, y).Lines("many", Strokes.SignGD, t, [.. Enumerable.Range(0, 50).Select(_ => y)]));
        foreach (var (trace, _, _) in PlotlyJson.TracesWithLayers(figure))
        {
            Assert.InRange(trace.GetProperty("x").GetArrayLength(), 1, Figure.MaxPoints);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(1001)]
    public void Many_lines_in_one_trace_stay_apart(int count)
    {
        double[] t = [.. Enumerable.Range(0, 900).Select(i => (double)i)];
        Figure figure = Figure.Of(new Panel().Lines("neurons", Strokes.GD, t, [.. Enumerable.Range(0, count).Select(k => t.Select(_ => (double)k).ToArray())]));
        LineLayer line = Assert.IsType<LineLayer>(figure.Panels[0].Layers[0]);
        Assert.InRange(line.X.Length, 1, Figure.MaxPoints);
        double[][] runs = [.. string.Join(';', line.Y.Select(y => double.IsNaN(y) ? "|" : y.ToString(System.Globalization.CultureInfo.InvariantCulture))).Split('|')
            .Select(run => run.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(y => double.Parse(y, System.Globalization.CultureInfo.InvariantCulture)).ToArray()).Where(run => run.Length > 0)];
        Assert.All(runs, run => Assert.Single(run.Distinct()));
        Assert.InRange(runs.Length, Math.Min(count, 50), Panel.MostLines);
        Assert.Equal(900, line.X.Max() - line.X.Min() + 1);
    }

    [Fact]
    public void A_smooth_line_keeps_its_shape_in_a_few_hundred_points()
    {
        double[] t = [.. Enumerable.Range(0, 1800).Select(i => (double)i)];
        double[] y = [.. t.Select(s => Math.Exp(-s / 90) + (s == 1234 ? 1e-3 : 0))];
        foreach (bool log in new[] { false, true })
        {
            LineLayer line = Assert.IsType<LineLayer>(Figure.Of(new Panel().Y("y", log: log).Line("a", Strokes.GD, t, y)).Panels[0].Layers[0]);
            Assert.InRange(line.X.Length, 200, 600);
            Assert.Contains(1234.0, line.X);
            Assert.Equal(y.Min(), line.Y.Min(), 1e-6 * y.Min());
            Func<double, double> straight = log ? Math.Log10 : value => value;
            double tolerance = (straight(y.Max()) - straight(y.Min())) / 4000;
            for (int i = 0; i < t.Length; i++)
            {
                int after = Math.Max(1, Array.FindIndex(line.X, at => at >= t[i]));
                double share = (t[i] - line.X[after - 1]) / (line.X[after] - line.X[after - 1]);
                Assert.Equal(straight(y[i]), straight(line.Y[after - 1]) * (1 - share) + straight(line.Y[after]) * share, tolerance);
            }
        }
    }

    [Fact]
    public void A_shallow_extreme_of_a_band_stays()
    {
        double[] x = [0, 1, 2, 3, 4, 5], low = [0, -1e-5, 0, 0, 0, 0], high = [1, 1, 1, 1, 1 + 1e-5, 1];
        BandLayer band = Assert.IsType<BandLayer>(Figure.Of(new Panel().Band("b", Strokes.GD, x, low, high)).Panels[0].Layers[0]);
        Assert.Equal([0, 1, 4, 5], band.X);
        Assert.Equal(-1e-5, band.Low.Min());
        Assert.Equal(1 + 1e-5, band.High.Max());
    }

    [Fact]
    public void A_band_loses_only_what_cannot_be_seen() => Gen.Double[-1, 1].Array[3, 3000].Sample(
        steps =>
        {
            double[] x = [.. Enumerable.Range(0, steps.Length).Select(i => (double)i)];
            double sum = 0;
            double[] low = [.. steps.Select(step => sum += step)], high = [.. low.Select((value, i) => value + 1 + Math.Sin(i / 50.0))];
            BandLayer band = Assert.IsType<BandLayer>(Figure.Of(new Panel().Band("b", Strokes.GD, x, low, high)).Panels[0].Layers[0]);
            Assert.Equal(low.Min(), band.Low.Min(), 1e-6 * Math.Max(1, Math.Abs(low.Min())));
            Assert.Equal(high.Max(), band.High.Max(), 1e-6 * Math.Max(1, Math.Abs(high.Max())));
            if (steps.Length >= Figure.MaxPoints / 2 - 10)
            {
                return;
            }
            double tolerance = (high.Max() - low.Min()) / 1000;
            for (int i = 0; i < x.Length; i++)
            {
                int after = Math.Max(1, Array.FindIndex(band.X, at => at >= x[i]));
                double share = (x[i] - band.X[after - 1]) / (band.X[after] - band.X[after - 1]);
                Assert.Equal(low[i], band.Low[after - 1] * (1 - share) + band.Low[after] * share, tolerance);
            }
        },
        iter: 80);
}
