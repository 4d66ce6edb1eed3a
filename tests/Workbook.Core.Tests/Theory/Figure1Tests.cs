using MathNet.Numerics.Statistics;
using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Xunit;

namespace Workbook.Core.Tests.Theory;

/// <summary>figure-1 over several seeds: the stages in order and near the times that THEORY, section 6, gives, and section 8's ordering.</summary>
public sealed class Figure1Tests(ITestOutputHelper output)
{
    private const int Seeds = 10;

    /// <summary>THEORY gives one digit or a range ("~ 150", "by t ~ 450") for one seed; medians of ten have to lie within this factor.</summary>
    private const double Factor = 1.35;

    [Fact]
    public void SignGD_goes_through_the_stages_in_order_and_on_time()
    {
        RunOutcome[] runs = Runs(new SignGd(1e-4), 1800);
        Assert.InRange(Median(runs, "T1"), 1, 2);
        Assert.InRange(Median(runs, "T2"), 10 / Factor, 30 * Factor);
        // A close vote may take longer, and in a seed or two voting is over before the last pair has aligned.
        Assert.InRange(Median(runs, "T3"), 30 / Factor, 50 * Factor);
        Near(150, Median(runs, "s21"));
        Near(450, Median(runs, "key"));
        Near(850, Median(runs, "query"));
        Assert.All(runs, r =>
        {
            double T(string id) => r["stage." + id];
            Assert.True(T("T1") < T("T2") && T("T2") < T("s21") && T("s21") < T("key") && T("key") <= T("query"), $"seed {r.Spec.Seed}");
            Assert.Equal(0, r["train_error"]);
            Assert.InRange(Left(r, "stage4.signal-attention-waits"), 0.45, 0.53);
            Assert.InRange(Left(r, "stage3.majority-vote"), 0.9, 1);
        });
        Assert.InRange(runs.Select(r => Left(r, "stage4.final-alignment")).Median(), 1, 1);
    }

    [Fact]
    public void Adam_follows_to_stage_IV_a_and_its_losing_query_noise_stays()
    {
        RunOutcome[] runs = Runs(new Adam(1e-4), 900);
        Assert.InRange(Median(runs, "T1"), 1, 2);
        Near(150, Median(runs, "s21"));
        Assert.All(runs, r =>
        {
            Assert.Equal(Verdict.Holds, r.Claims.First(c => c.Id == "adam.query-noise-stays").Verdict);
            Assert.Equal(Verdict.Holds, r.Claims.First(c => c.Id == "adam.sublinear-loss").Verdict);
            Assert.DoesNotContain("stage.query", r.Measures.Keys);
            Assert.DoesNotContain("stage.T4", r.Measures.Keys);
        });
        Assert.InRange(runs.Count(r => r.Claims.First(c => c.Id == "adam.key-noise-turns").Verdict == Verdict.Holds), 0.9 * Seeds, Seeds);
    }

    [Fact]
    public void GD_learns_the_signal_where_the_sign_methods_memorize()
    {
        foreach (double sigma in (double[])[2, 0.5, 0.2])
        {
            double Error(Optimizer optimizer) => Enumerable.Range(1, 3).Select(seed =>
            {
                RunSpec spec = Presets.Figure1 with { Data = new SignalNoiseSource(new SignalNoise(2000, 20, 40, sigma)), Optimizer = optimizer, Steps = 600, Record = Schedule.Every(600), TestSize = 2000, Test = Schedule.Every(600), Seed = (ulong)seed };
                return Training.Run(spec, cancel: TestContext.Current.CancellationToken).Trajectory.TestError[^1];
            }).Median();
            double sign = Error(new SignGd(2e-4)), adam = Error(new Adam(2e-4)), gd = Error(new GradientDescent(0.5));
            output.WriteLine($"sigma_p {sigma}: SignGD {sign}, Adam {adam}, GD {gd}");
            Assert.True(gd < 0.5 * Math.Min(sign, adam) && sign < adam + 0.05, $"{sigma}: {sign} {adam} {gd}");
        }
    }

    [Fact]
    public void Experiments_have_unique_ids_and_distinct_runs_and_quick_is_smaller()
    {
        FoundDigits digits = DataFolder.FindDigits(null, DataFolder.ProjectRoot());
        var full = Reproduction.Experiments(new ReproductionSize(20, false, digits));
        var quick = Reproduction.Experiments(new ReproductionSize(5, true, digits));
        Assert.Equal(full.Select(e => e.Id), quick.Select(e => e.Id));
        Assert.Equal(full.Count, full.Select(e => e.Id).Distinct().Count());
        foreach (var (large, small) in full.Zip(quick))
        {
            Assert.True(small.Runs.Count <= large.Runs.Count);
            if (large.Stored) Assert.Equal(large.Runs.Count, large.Runs.Select(r => r.Hash()).Distinct().Count());
            Assert.All(large.Runs, r => Assert.Same(r, r.Validate()));
        }
    }

    private RunOutcome[] Runs(Optimizer optimizer, int steps)
    {
        RunOutcome[] runs = [.. Enumerable.Range(1, Seeds).Select(seed =>
        {
            RunSpec spec = Presets.Figure1 with { Optimizer = optimizer, Steps = steps, Record = Schedule.Dense(500, 5), TestSize = 0, Seed = (ulong)seed };
            Run run = Training.Run(spec, cancel: TestContext.Current.CancellationToken);
            return RunOutcome.Read(spec, run.Engine, run.Trajectory);
        })];
        foreach (string id in (string[])["T1", "T2", "T3", "s21", "key", "query", "s11", "T4", "loss"])
            output.WriteLine($"{id}: {string.Join(' ', runs.Select(r => r["stage." + id]))}");
        return runs;
    }

    private static double Median(RunOutcome[] runs, string stage) => runs.Select(r => r["stage." + stage]).Median();

    private static double Left(RunOutcome run, string claim) => run.Claims.First(c => c.Id == claim).Left;

    private static void Near(double stated, double measured) => Assert.InRange(measured, stated / Factor, stated * Factor);
}
