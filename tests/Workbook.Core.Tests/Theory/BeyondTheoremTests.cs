using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Workbook.Core.Theory.Sensitivity;
using Xunit;

namespace Workbook.Core.Tests.Theory;

public sealed class BeyondTheoremTests
{
    [Fact]
    public void The_growth_ratio_of_a_power_is_section_8s_at_both_ends_and_what_a_run_does_in_between()
    {
        var law = new SignalNoise(2000, 20, 40, 0.5);
        Assert.Equal(law.MeanNorm1, GradientPower.GrowthRatio(law, 0), 1e-9);
        Assert.Equal(0.25 * 40 / 20, GradientPower.GrowthRatio(law, 1), 1e-9);
        Assert.Equal(1, GradientPower.Moment(0), 1e-12);
        Assert.Equal(3, GradientPower.Moment(4), 1e-12);
        foreach (double p in (double[])[0, 0.25, 0.5, 1])
        {
            double[] ratios = [.. Enumerable.Range(1, 4).Select(seed =>
            {
                // Nearly zero weights: all losses are ln 2 and attention is even.
                var run = Training.Run(Presets.Figure1 with
                {
                    Data = new SignalNoiseSource(law), Model = new ModelSpec(2, 1, 1e-9), Optimizer = new SignPower(1e-6, p), Steps = 1, TestSize = 0, Seed = (ulong)seed,
                }, cancel: TestContext.Current.CancellationToken);
                return RunOutcome.Read(run.Spec, run.Engine, run.Trajectory)["growth_ratio"];
            })];
            // 80 noises of 40 coordinates; shared coordinates take away a few percent, and add at p = 1.
            Assert.InRange(ratios.Average() / GradientPower.GrowthRatio(law, p), 0.85, 1.15);
        }
    }

    [Fact]
    public void Crossings_are_where_the_level_is_passed()
    {
        Assert.Equal(0.3, GradientPower.Crossing(p => 1 - p, 0.7), 1e-9);
        Assert.True(double.IsNaN(GradientPower.Crossing(p => 1 - p, 2)));
        Assert.Equal(0.25, GradientPower.Crossing([0, 0.5, 1], [1.0, 0.5, 0.4], 0.75), 1e-12);
        Assert.True(double.IsNaN(GradientPower.Crossing([0, 1], [0.5, 0.4], 0.75)));
    }

    [Fact]
    public void A_sparsity_sweep_leaves_the_predicted_times_where_they_are()
    {
        RunSpec small = SparsitySweep.Spec(Presets.Figure1, 5, 2000, SupportMode.Disjoint, 1, 4000), large = SparsitySweep.Spec(Presets.Figure1, 200, 2000, SupportMode.Independent, 1, 4000);
        Predictions Of(RunSpec spec) => new(((SignalNoiseSource)spec.Data).Distribution, spec.Model, spec.Optimizer.Eta.Constant!.Value);
        Assert.Equal(Of(Presets.Figure1).SoftmaxBelow(0.01), Of(small).SoftmaxBelow(0.01), 1e-9);
        Assert.Equal(Of(Presets.Figure1).SoftmaxBelow(0.01), Of(large).SoftmaxBelow(0.01), 1e-9);
        Assert.Equal(0, SparsitySweep.ExpectedOverlap(((SignalNoiseSource)small.Data).Distribution));
        Run run = Training.Run(large, cancel: TestContext.Current.CancellationToken);
        NumberRecord numbers = KeptNumbers.Outcome(run);
        Assert.InRange(numbers["overlap"], SparsitySweep.ExpectedOverlap(((SignalNoiseSource)large.Data).Distribution) - 0.05, SparsitySweep.ExpectedOverlap(((SignalNoiseSource)large.Data).Distribution) + 0.05);
        Assert.Equal(numbers["slack.theorem.generalization"] >= 0 ? 1 : 0, SparsitySweep.Held([numbers], "theorem.generalization"));
        Assert.True(double.IsNaN(SparsitySweep.Held([numbers], "adam.sublinear-loss")));
    }

    [Fact]
    public void At_the_presets_constants_all_stages_occur_in_order_and_kept_numbers_come_back()
    {
        using var folder = new TemporaryFolder();
        RunSpec preset = Presets.Figure1 with { Data = new SignalNoiseSource(new SignalNoise(8000, 20, 20, 2)) };
        RunSpec[] specs = [new Constants().Spec(preset, 1, 20_000), new Constants(C1: 0.1, C2: 0.1).Spec(preset, 1, 100)];
        int made = 0;
        NumberRecord Counted(Run run) { Interlocked.Increment(ref made); return Constants.Read(run); }
        var first = KeptNumbers.Of("constants", Constants.Version, specs, Counted, new NumberCache(folder.File("a")), cancel: TestContext.Current.CancellationToken);
        var again = KeptNumbers.Of("constants", Constants.Version, specs, Counted, new NumberCache(folder.File("a")), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(2, made);
        KeptNumbers.Of("constants", Constants.Version + 1, specs, Counted, new NumberCache(folder.File("a")), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(4, made);
        for (int k = 0; k < 2; k++) Assert.Equal(first[k].Values.OrderBy(v => v.Key, StringComparer.Ordinal), again[k].Values.OrderBy(v => v.Key, StringComparer.Ordinal));
        Assert.Equal(1, first[0]["in_order"]);
        Assert.True(first[0]["needed"] <= first[0]["steps"]);
        // 100 steps of weak noise: cut short, and said so.
        Assert.Equal(0, first[1]["in_order"]);
        Assert.True(double.IsNaN(first[1]["time.T4"]));
        Assert.True(first[1]["needed"] > first[1]["steps"]);
        Constants corner = Constants.At([0, 0.5, 1, 0.5, 0.5], 10);
        Assert.Equal((0.1, 1, 10), (corner.C1, corner.C2, Math.Round(corner.C3, 12)));
        for (int axis = 0; axis < 5; axis++) Assert.NotEqual(new Constants(), Constants.Only(axis, 2));
    }
}
