using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class TrainingTests
{
    private sealed class Told(Action<int>? then = null) : IProgress<int>
    {
        public List<int> Steps { get; } = [];

        public void Report(int value)
        {
            Steps.Add(value);
            then?.Invoke(value);
        }
    }

    [Fact]
    public void One_spec_gives_one_trajectory_to_the_last_bit()
    {
        foreach (EngineKind engine in Enum.GetValues<EngineKind>())
        {
            RunSpec spec = RunFolderTests.Small with { Engine = engine };
            Run a = Train(spec), b = Train(spec);
            TrajectoryFileTests.Same(a.Trajectory, b.Trajectory);
            foreach (WeightMatrix matrix in Enum.GetValues<WeightMatrix>()) Assert.Equal(a.FinalWeights.Value[matrix], b.FinalWeights.Value[matrix]);
            Assert.Equal(engine == EngineKind.Auto ? "reduced" : engine.ToString().ToLowerInvariant(), a.Engine);
        }
    }

    [Fact]
    public void Recording_and_testing_do_not_change_the_run()
    {
        Run every = Train(RunFolderTests.Small), few = Train(RunFolderTests.Small with { Record = Schedule.Every(7), TestSize = 0 }), more = Train(RunFolderTests.Small with { TestSize = 333 });
        Trajectory a = every.Trajectory, b = few.Trajectory;
        for (int row = 0; row < b.Rows; row++) Assert.Equal(a.TrainLoss[a.RowOf(b.Steps[row])], b.TrainLoss[row]);
        Assert.Equal(a.QueryNoise, more.Trajectory.QueryNoise);
        Assert.All(b.TestLoss, x => Assert.True(double.IsNaN(x)));
    }

    [Fact]
    public void Test_loss_is_there_at_the_chosen_steps_and_only_there()
    {
        Run run = Train(RunFolderTests.Small with { Test = Schedule.Every(20) });
        Trajectory t = run.Trajectory;
        Assert.Equal([0, 20, 40, 50], Enumerable.Range(0, t.Rows).Where(r => !double.IsNaN(t.TestLoss[r])).Select(r => t.Steps[r]));
        Assert.Equal([0, 20, 40, 50], Enumerable.Range(0, t.Rows).Where(r => !double.IsNaN(t.TestError[r])).Select(r => t.Steps[r]));
        Dataset test = RunFolderTests.Distribution.DrawTest(RunFolderTests.Small.Seed, 0, RunFolderTests.Small.TestSize);
        // A hundred losses in the same order; only the inner products are summed differently.
        Assert.Equal(TwoLayerTransformer.Loss(run.FinalWeights.Value, test), t.TestLoss[^1], 1e-12);
    }

    [Fact]
    public void Progress_is_told_and_ends_at_the_last_step()
    {
        foreach (int steps in (int[])[1, 7, 199, 900, 1003])
        {
            var told = new Told();
            Training.Run(RunFolderTests.Small with { Steps = steps, Record = Schedule.Every(1000) }, null, told, TestContext.Current.CancellationToken);
            Assert.Equal(told.Steps.Distinct().Order(), told.Steps);
            Assert.InRange(told.Steps.Count, 1, 500);
            Assert.Equal(steps, told.Steps[^1]);
        }
    }

    [Fact]
    public void An_interrupted_run_returns_what_it_recorded()
    {
        using var stop = new CancellationTokenSource();
        Run whole = Train(RunFolderTests.Small), part = Training.Run(RunFolderTests.Small, null, new Told(t => { if (t == 20) stop.Cancel(); }), stop.Token);
        Assert.True(whole.Complete);
        Assert.False(part.Complete);
        Assert.Equal(Enumerable.Range(0, 21), part.Trajectory.Steps);
        TrajectoryFileTests.Same(whole.Trajectory.Truncate(21), part.Trajectory);
        using var before = new CancellationTokenSource();
        before.Cancel();
        Run none = Training.Run(RunFolderTests.Small, cancel: before.Token);
        Assert.Equal([0], none.Trajectory.Steps);
        Assert.False(none.Complete);
    }

    [Fact]
    public void A_run_whose_weights_overflow_ends_and_says_so()
    {
        foreach (EngineKind engine in (EngineKind[])[EngineKind.Dense, EngineKind.Support, EngineKind.Reduced])
        {
            Run run = Train(RunFolderTests.Small with { Optimizer = new GradientDescent(1e300), Engine = engine });
            Assert.True(run.Complete);
            Assert.False(double.IsFinite(run.Trajectory.Margin[^1]) && double.IsFinite(run.Trajectory.LogS21[^1]));
            Assert.InRange(run.Trajectory.TestError[^1], 0, 1);
            // Such weights are handed out as they are, or refused by name; never silently repaired.
            try
            {
                Assert.Contains(run.FinalWeights.Value.Query, x => !double.IsFinite(x));
            }
            catch (InputException e)
            {
                Assert.Contains("is not finite", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void What_a_spec_names_but_nobody_gave_is_an_error_of_the_caller()
    {
        Assert.Throws<ArgumentException>(() => Train(RunFolderTests.Small with { Data = new FileSource(new string('0', 64)) }));
        Assert.Throws<ArgumentException>(() => Train(RunFolderTests.Small with { InitialWeightsSha256 = new string('0', 64) }));
        Complaint.Of(() => Train(RunFolderTests.Small with { Steps = 0 }), "steps is 0");
        Complaint.Of(() => Training.Run(RunFolderTests.Small with { InitialWeightsSha256 = new string('0', 64) }, new RunInputs(Weights: new TransformerWeights(2, 2, 5))), "the weights have 5 columns; the data has dimension 30");
    }

    private static Run Train(RunSpec spec) => Training.Run(spec, cancel: TestContext.Current.CancellationToken);
}
