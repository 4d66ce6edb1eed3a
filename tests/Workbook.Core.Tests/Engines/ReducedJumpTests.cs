using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Runs;
using Xunit;

namespace Workbook.Core.Tests.Engines;

/// <summary>SignGD from change to change is SignGD step by step, to the last bit.</summary>
public sealed class ReducedJumpTests(ITestOutputHelper output)
{
    [Fact]
    public void Jumps_and_steps_give_the_same_bits()
    {
        int jumped = 0, all = 0, long_ = 0;
        Gen.Select(Problems.Distributions, Gen.ULong, Gen.Int[1, 20], Gen.Double[-4, -1], Gen.Double[-4, 0], Gen.Int[1, 1500]).Sample((distribution, seed, m_k, eta, sigma_0, steps) =>
        {
            TrainingProblem problem = Problems.SignalNoise(distribution, new SignGd(Math.Pow(10, eta)), seed, new ModelSpec(m_k, 2, Math.Pow(10, sigma_0)));
            var words = new RandomStream(seed, 60010);
            int[] recorded = [.. Enumerable.Range(0, 6).Select(k => words.Below((ulong)k, steps + 1)).Append(steps).Distinct().Order()];
            // Half of them are counted from the first step on.
            ReducedWay? way = seed % 2 == 0 ? ReducedWay.Counted : null;
            using var stepwise = new ReducedEngine(problem, way);
            using var jumping = new ReducedEngine(problem, way);
            var expected = Problems.Train(stepwise, steps, t => recorded.Contains(t));
            int row = 0;
            while (true)
            {
                jumping.Forward();
                if (jumping.Step == recorded[row])
                {
                    var seen = new Observation(distribution.N, m_k);
                    jumping.Observe(seen);
                    Same(expected[row].Seen, seen);
                    if (++row == recorded.Length) break;
                }
                jumping.UpdateTowards(recorded[row]);
            }
            TransformerWeights one = stepwise.CurrentWeights(), other = jumping.CurrentWeights();
            foreach (WeightMatrix matrix in Problems.Matrices) Assert.Equal(one[matrix], other[matrix]);
            Assert.Equal(steps, stepwise.Evaluated);
            Interlocked.Add(ref jumped, steps - jumping.Evaluated);
            Interlocked.Add(ref all, steps);
            if (jumping.Evaluated * 4 < steps) Interlocked.Increment(ref long_);
        }, iter: 300);
        output.WriteLine($"{jumped} of {all} steps were jumped over; {long_} of 300 runs looked at less than a quarter of their steps");
        Assert.True(long_ > 20, $"only {long_} runs jumped");
    }

    /// <summary>beta_2 of a sample underflows to 0 beside beta_1 and comes back some steps later: nothing is certain in between, and every step has to be looked at.</summary>
    [Fact]
    public void A_weight_that_comes_back_from_underflow_is_not_jumped_over()
    {
        const int Steps = 289;
        TrainingProblem problem = Problems.SignalNoise(new SignalNoise(30, 6, 1, 0.8103448275862069), new SignGd(0.1), 0, new ModelSpec(10, 2, 1));
        using var stepwise = new ReducedEngine(problem, ReducedWay.Counted);
        using var jumping = new ReducedEngine(problem, ReducedWay.Counted);
        jumping.Forward();
        while (jumping.Step < Steps)
        {
            jumping.UpdateTowards(Steps);
            jumping.Forward();
            while (stepwise.Step < jumping.Step)
            {
                stepwise.Forward();
                stepwise.Update();
            }
            TransformerWeights one = stepwise.CurrentWeights(), other = jumping.CurrentWeights();
            foreach (WeightMatrix matrix in Problems.Matrices) Assert.Equal(one[matrix], other[matrix]);
        }
    }

    private static void Same(Observation expected, Observation found)
    {
        foreach (var (one, other) in (IEnumerable<(double[], double[])>)[(expected.QuerySignal, found.QuerySignal), (expected.KeySignal, found.KeySignal), (expected.QueryNoise, found.QueryNoise),
            (expected.KeyNoise, found.KeyNoise), (expected.ValueNoise, found.ValueNoise), (expected.LogS11, found.LogS11), (expected.LogS21, found.LogS21), (expected.Margin, found.Margin),
            ([expected.TrainLoss, expected.LogTrainLoss, expected.TrainError, expected.ValueSignal], [found.TrainLoss, found.LogTrainLoss, found.TrainError, found.ValueSignal])])
            for (int k = 0; k < one.Length; k++)
                Assert.True(BitConverter.DoubleToInt64Bits(one[k]) == BitConverter.DoubleToInt64Bits(other[k]), FormattableString.Invariant($"{one[k]:R} step by step, {other[k]:R} with jumps"));
    }

    [Fact]
    public void A_thousand_million_steps_look_at_about_a_thousand()
    {
        const int Steps = 1_000_000_000;
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var distribution = ((SignalNoiseSource)Presets.Figure1.Data).Distribution with { Supports = SupportMode.Disjoint };
            TrainingProblem problem = Problems.SignalNoise(distribution, Presets.Figure1.Optimizer, seed, Presets.Figure1.Model);
            using var engine = new ReducedEngine(problem);
            engine.Forward();
            var early = new Observation(distribution.N, 20);
            while (engine.Step < Steps)
            {
                if (engine.Step == 10_000) engine.Observe(early);
                engine.UpdateTowards(engine.Step < 10_000 ? 10_000 : Steps);
                engine.Forward();
            }
            var late = new Observation(distribution.N, 20);
            engine.Observe(late);
            output.WriteLine(FormattableString.Invariant($"seed {seed}: {engine.Evaluated} of {Steps} steps; log s_21 {late.LogS21.Min():g3}, log loss {late.LogTrainLoss:g3}"));
            Assert.InRange(engine.Evaluated, 100, 20_000);
            // 2 eta ||xi||_1 a step: an integer times a factor, rounded a few times in all and not once a step.
            SampleFacts facts = SampleFacts.Of(problem.Data);
            for (int i = 0; i < distribution.N; i++)
            {
                double expected = 2e-4 * facts.Norm1[i] * (Steps - 10_000.0);
                Assert.InRange(Math.Abs(late.ValueNoise[i] - early.ValueNoise[i] - expected), 0, 1e-14 * expected);
                for (int r = 0; r < 20; r++)
                {
                    int at = i * 20 + r;
                    Assert.Equal(Math.Sign(late.QuerySignal[r]), Math.Sign(late.QueryNoise[at]));
                    Assert.Equal(Math.Sign(late.QuerySignal[r]), Math.Sign(late.KeyNoise[at]));
                    Assert.InRange(Math.Abs(Math.Abs(late.QueryNoise[at] - early.QueryNoise[at]) - expected / 2), 0, 1e-14 * expected);
                }
            }
        }
    }

    [Fact]
    public void A_run_of_a_thousand_million_steps_records_what_a_short_one_records()
    {
        var distribution = ((SignalNoiseSource)Presets.Figure1.Data).Distribution with { Supports = SupportMode.Disjoint };
        RunSpec longRun = Presets.Figure1 with { Data = new SignalNoiseSource(distribution), Steps = 1_000_000_000, Record = Schedule.Log(8), Test = Schedule.Every(1000), TestSize = 20, Seed = 3 };
        var reports = new List<int>();
        Run run = Training.Run(longRun, progress: new Direct(reports.Add), cancel: TestContext.Current.CancellationToken);
        Assert.True(run.Complete);
        Assert.Equal(longRun.Record.Steps(longRun.Steps), run.Trajectory.Steps);
        Assert.InRange(reports.Count, 2, 400);
        Assert.Equal(longRun.Steps, reports[^1]);
        Run brief = Training.Run(longRun with { Steps = 10_000 }, cancel: TestContext.Current.CancellationToken);
        ManyRunsTests.Same(brief.Trajectory, run.Trajectory.Truncate(brief.Trajectory.Rows));
    }

    [Theory]
    [InlineData("every:7")]
    [InlineData("dense:5,3")]
    [InlineData("dense:0,1")]
    [InlineData("log:1")]
    [InlineData("log:7")]
    [InlineData("log:100")]
    public void A_schedule_knows_its_steps_without_listing_them(string text)
    {
        Schedule schedule = Schedule.Parse(text);
        foreach (int last in (int[])[1, 2, 20, 1003])
            Assert.Equal(schedule.Steps(last), Enumerable.Range(0, last + 1).Where(t => schedule.Includes(t, last)));
        if (text.StartsWith("log", StringComparison.Ordinal))
            foreach (int t in schedule.Steps(1_000_000_000)) Assert.True(schedule.Includes(t, 1_000_000_000));
    }

    private sealed class Direct(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
