using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Engines.Deep;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Engines.Deep;

/// <summary>Several heads: the plain model against differences and the paper's model, the engine against both.</summary>
public sealed class MultiHeadTests(ITestOutputHelper output)
{
    // Central differences at h = 1e-4, extrapolated once: truncation h^4 ~ 1e-16, rounding 1e-16 / h ~ 1e-12 of a loss near 1.
    private const double Slope = 1e-8;

    // Two float64 programs that sum in different orders (tests/oracle/README.md); Adam divides by the root of small numbers.
    private const double SameRun = 1e-10, SameAdam = 1e-8;

    private static readonly SignalNoise Overlapping = new(60, 8, 6, 2);

    public static TheoryData<string> Rules => ["signgd", "gd", "adam", "adam-eps0", "signum"];

    private static Optimizer Rule(string name) => name switch
    {
        "signgd" => new SignGd(2e-3),
        "gd" => new GradientDescent(0.5),
        "adam" => new Adam(2e-3),
        "adam-eps0" => new Adam(2e-3, Epsilon: 0),
        _ => new SignMomentum(2e-3),
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_gradient_is_the_slope_of_the_loss(int heads)
    {
        Dataset data = Problems.DenseData(4, 3, 5, 7);
        TransformerWeights w = InitialWeights.Gaussian(new ModelSpec(6, 6, 0.5), 5, 7).Materialise();
        TransformerWeights gradient = MultiHeadTransformer.Gradient(w, heads, data);
        foreach (WeightMatrix block in Problems.Matrices)
        {
            double scale = gradient[block].Max(Math.Abs), worst = 0;
            for (int k = 0; k < gradient[block].Length; k++) worst = Math.Max(worst, Math.Abs(Differences.Slope(w[block], k, () => MultiHeadTransformer.Loss(w, heads, data)) - gradient[block][k]));
            output.WriteLine(FormattableString.Invariant($"{block}: {worst / scale:e1} of {scale:e1}"));
            Assert.True(scale > 1e-4);
            Assert.InRange(worst / scale, 0, Slope);
        }
    }

    [Fact]
    public void One_head_is_the_papers_model_and_several_are_its_mean()
    {
        // Sums of a few products of numbers near 1.
        const double Rounding = 1e-14;
        Dataset data = Problems.DenseData(4, 3, 5, 8);
        TransformerWeights w = InitialWeights.Gaussian(new ModelSpec(6, 6, 0.5), 5, 8).Materialise();
        double[] paper = TwoLayerTransformer.Forward(w, data), one = MultiHeadTransformer.Forward(w, 1, data), three = MultiHeadTransformer.Forward(w, 3, data);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(paper[i], one[i], Rounding);
            Assert.Equal(Enumerable.Range(0, 3).Average(g => TwoLayerTransformer.Forward(MultiHeadTransformer.Head(w, 3, g), data)[i]), three[i], Rounding);
        }
        TransformerWeights expected = TwoLayerTransformer.Gradient(w, data), found = MultiHeadTransformer.Gradient(w, 1, data);
        foreach (WeightMatrix block in Problems.Matrices) Assert.InRange(Difference.Relative(expected[block], found[block]), 0, Rounding);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void One_head_follows_the_papers_engine(string rule)
    {
        foreach (SupportMode mode in Enum.GetValues<SupportMode>())
        {
            TrainingProblem problem = Problems.SignalNoise(Overlapping with { Supports = mode }, Rule(rule), 3, new ModelSpec(5, 4, 1e-2));
            var paper = new SupportEngine(problem);
            var heads = new MultiHeadEngine(problem, 1);
            var expected = Problems.Train(paper, 300);
            var found = new List<(int, Observation)>();
            for (int t = 0; t <= 300; t++)
            {
                heads.Forward();
                var seen = new Observation(8, 5);
                heads.Observe(0, seen);
                found.Add((t, seen));
                if (t < 300) heads.Update();
            }
            var difference = Difference.Between(expected, found);
            output.WriteLine($"{rule}, {mode}: {difference}");
            Assert.InRange(difference.Worst, 0, rule.StartsWith("adam", StringComparison.Ordinal) ? SameAdam : SameRun);
            TransformerWeights a = paper.CurrentWeights(), b = heads.CurrentWeights();
            foreach (WeightMatrix block in Problems.Matrices) Assert.InRange(Difference.Relative(a[block], b[block]), 0, SameAdam);
            var test = TestSet.Draw(Overlapping, 3, 200);
            Assert.Equal(paper.Evaluate(test).Loss, heads.Evaluate(test).Loss, SameAdam);
            Assert.Equal(paper.Evaluate(test).Error, heads.Evaluate(test).Error);
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_engine_follows_the_plain_gradient(string rule)
    {
        foreach (int count in (int[])[2, 4])
        {
            var problem = Problems.SignalNoise(Overlapping, Rule(rule), 5, new ModelSpec(12, 8, 1e-2));
            var engine = new MultiHeadEngine(problem, count);
            TransformerWeights w = problem.Weights.Materialise();
            double[][] blocks = [.. Problems.Matrices.Select(block => w[block])];
            OptimizerState<double>[] states = [.. blocks.Select(b => problem.Optimizer.CreateState<double>(b.Length))];
            for (int t = 0; t < 60; t++)
            {
                engine.Forward();
                engine.Update();
                TransformerWeights gradient = MultiHeadTransformer.Gradient(w, count, problem.Data);
                for (int b = 0; b < 4; b++)
                {
                    double[] direction = gradient[Problems.Matrices[b]];
                    problem.Optimizer.Direction(states[b], direction, default, direction);
                    for (int k = 0; k < direction.Length; k++) blocks[b][k] -= problem.Optimizer.Eta.At(t) * direction[k];
                }
            }
            TransformerWeights found = engine.CurrentWeights();
            double worst = Problems.Matrices.Max(block => Difference.Relative(w[block], found[block]));
            output.WriteLine(FormattableString.Invariant($"{rule}, {count} heads: {worst:e1}"));
            Assert.InRange(worst, 0, SameAdam);
        }
    }

    [Fact]
    public void No_sign_is_lost_at_long_horizons()
    {
        var problem = Problems.SignalNoise(new SignalNoise(400, 6, 10, 2, SupportMode.Disjoint), new SignGd(1e-3), 2, new ModelSpec(8, 4, 1e-3));
        var engine = new MultiHeadEngine(problem, 2);
        var (before, after) = (new Observation(6, 4), new Observation(6, 4));
        for (int t = 0; t < 6000; t++)
        {
            engine.Forward();
            engine.Update();
        }
        engine.Forward();
        engine.Observe(1, before);
        for (int t = 0; t < 100; t++)
        {
            engine.Update();
            engine.Forward();
        }
        engine.Observe(1, after);
        Assert.True(before.LogS21.Max() < -1000, "attention has not underflowed: the test shows nothing");
        for (int k = 0; k < after.QueryNoise.Length; k++)
        {
            double step = 1e-3 * problem.Data.Norm1(problem.Data.Pair(k / 4).Noise);
            Assert.Equal(100 * step, Math.Abs(after.QueryNoise[k] - before.QueryNoise[k]), 1e-9 * step * 6000);
        }
    }

    [Fact]
    public void A_run_records_each_head()
    {
        RunSpec setting = Presets.Figure1 with { Model = new ModelSpec(40, 40, 1e-3), Steps = 200, TestSize = 100, Test = Schedule.Every(100) };
        MultiHeadRun run = MultiHeadTraining.Run(new MultiHeadSpec(setting, 2), TestContext.Current.CancellationToken);
        Assert.Equal(2, run.Heads.Count);
        Assert.Equal(run.Heads[0].TrainLoss, run.Heads[1].TrainLoss);
        Assert.NotEqual(run.Heads[0].QuerySignal, run.Heads[1].QuerySignal);
        Assert.True(run.Heads.All(head => head.Neurons == 20 && head.S21[^1] < 0.1 && head.TestLoss[^1] > 0));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Complaint.Of(() => MultiHeadTraining.Run(new MultiHeadSpec(Presets.Figure1, 3)), "m_k is 20; it has to be a multiple of the number of heads, 3");
        Complaint.Of(() => MultiHeadTraining.Run(new MultiHeadSpec(Presets.Figure1, 0)), "the number of heads is 0; it has to be at least 1");
        Complaint.Of(() => _ = new MultiHeadEngine(Problems.Dense(3, 2, 5, new SignGd(1e-3), 1), 1), "several heads are trained on signal-noise data only");
    }
}
