using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory.Experiments;
using Xunit;

namespace Workbook.Notebooks.Tests;

public class CurveViewsTests
{
    private static readonly double[] Ratios = [0.1, 0.4, 1.6];

    [Fact]
    public void The_SNR_of_a_level_says_when_it_is_only_a_bound()
    {
        SnrSweep sweep = SnrSweep.Of(Curves(), c => c.TestError[^1]);
        Assert.Equal("0.4 (0.4 to 0.4)", sweep.Snr("GD", 0.2));
        Assert.Equal("at least 1 (0.4 to 1.6)", sweep.Snr("SignGD", 0.2)); // seed 2 never gets there
        Assert.Equal("above 1.6", sweep.Snr("SignGD", 0.05));
        Assert.Equal("below 0.1", sweep.Snr("GD", 0.45));
        FactorRow row = Assert.Single(sweep.Factors("equal steps", "GD", 0.2));
        Assert.Equal(("SignGD", "at least 2.5 (1 to 4)"), (row.Rule, row.Factor));
    }

    [Fact]
    public void Panels_leave_out_what_not_every_seed_has()
    {
        LearningCurve[] curves = [.. Curves().Where(c => SnrSweep.Ratio(c.Spec) == 0.4)];
        // Training loss is 0.7, then 0.1 or (SignGD, seed 2) 0.3: the level 0.2 is not everybody's.
        LineLayer[] lines = [.. curves.AtEqualLoss("", "", [0.2, 0.5], c => c.TestError).Layers.OfType<LineLayer>()];
        Assert.Equal(["GD", "SignGD"], lines.Select(l => l.Name));
        Assert.All(lines[0].Y, y => Assert.True(double.IsFinite(y)));
        Assert.Equal([true, false], lines[1].Y.Select(double.IsNaN));
        SnrSweep sweep = SnrSweep.Of(Curves(), c => c.TestError[^1]);
        lines = [.. sweep.Needed("", [0.2, 0.3]).Layers.OfType<LineLayer>()];
        Assert.Equal([false, false], lines[0].Y.Select(double.IsNaN));
        Assert.Equal([true, true], lines[1].Y.Select(double.IsNaN));
        Assert.Equal(Ratios, Assert.IsType<LineLayer>(sweep.Against("", "").Layers[1]).X);
        Assert.NotEmpty(Figure.Of(curves.OverTime("", "", c => c.TrainLoss, log: true)).ToText());
    }

    private static IEnumerable<LearningCurve> Curves() => from snr in Ratios from rule in new Optimizer[] { new GradientDescent(1), new SignGd(1) } from seed in new[] { 1UL, 2UL }
        let slow = rule is SignGd && seed == 2
        let error = snr < 0.4 || slow ? 0.4 : 0.2
        select new LearningCurve(new RunSpec { Data = new NoisyTextSource(new NoisyTextOptions { Snr = snr }, ""), Model = new ModelSpec(1, 1, 1), Optimizer = rule, Steps = 1, Seed = seed },
            [0, 1], [0.7, slow ? 0.3 : 0.1], [0.7, 0.7], [0.5, error], [0.5, 0.5]);
}
