using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Engines;

/// <summary>Rules that see the whole gradient, against the engines and rules that they come down to, and against plain loops over all weights.</summary>
public sealed class WholeGradientEngineTests
{
    // As between the other engines: roundings of sums in another order, carried over some hundred steps.
    private const double RoundingOfSums = 1e-9;

    private const int Steps = 60;

    private static readonly SignalNoise Overlapping = new(60, 6, 8, 2);

    public static TheoryData<string> Known => ["signgd", "gd", "adam", "signum"];

    private static Optimizer Rule(string name) => name switch
    {
        "signgd" => new SignGd(2e-3),
        "gd" => new GradientDescent(0.4),
        "adam" => new Adam(2e-3),
        _ => new SignMomentum(2e-3, 0.8),
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Under_a_rule_of_single_coordinates_it_is_the_support_engine(string name)
    {
        var problem = Problems.SignalNoise(Overlapping, Rule(name), 5);
        SameRun(new SupportEngine(problem), new WholeGradientEngine(problem), Steps);
        var dense = Problems.Dense(4, 3, 7, Rule(name), 6);
        SameRun(new SupportEngine(dense), new WholeGradientEngine(dense), 20);
    }

    [Fact]
    public void Rules_at_the_end_of_their_range_are_SignGD_to_the_last_bit() =>
        Gen.Select(Problems.Distributions, Gen.ULong, Gen.Int[1, 9], Gen.Int[1, 4]).Sample((distribution, seed, m_k, m_v) =>
        {
            // Long enough for gradients below the double range in the stronger ones.
            var sign = Train(Make(new SignGd(5e-2)));
            foreach (Optimizer rule in (Optimizer[])[new SignPower(5e-2, 0), new SignDeadZone(5e-2, 0), new MiniBatchSignGd(5e-2, distribution.N, 3)])
                Same(sign, Train(Make(rule)));
            WholeGradientEngine Make(Optimizer rule) => new(Problems.SignalNoise(distribution, rule, seed, new ModelSpec(m_k, m_v, 1e-2)));
        }, iter: 40);

    [Fact]
    public void Power_one_is_gradient_descent_at_another_rate()
    {
        var power = Problems.SignalNoise(Overlapping, new SignPower(1e-3, 1), 7);
        TransformerWeights first = TwoLayerTransformer.Gradient(power.Weights.Materialise(), power.Data);
        double[] all = [.. Problems.Matrices.SelectMany(m => first[m])];
        double scale = all.Count(g => g != 0) / all.Sum(Math.Abs);
        SameRun(new SupportEngine(power with { Optimizer = new GradientDescent(1e-3 * scale) }), new WholeGradientEngine(power), 200);
    }

    public static TheoryData<string> Whole => ["power 0", "power 0.3", "power 0.5", "power 1", "normalized", "zone 0", "zone 0.2", "zone 0.9", "batch 1", "batch 4", "batch 6"];

    private static WholeGradientRule Named(string name) => name switch
    {
        "power 0" => new SignPower(2e-3, 0), "power 0.3" => new SignPower(2e-3, 0.3), "power 0.5" => new SignPower(2e-3, 0.5), "power 1" => new SignPower(2e-3, 1),
        "normalized" => new NormalizedGradientDescent(2e-3),
        "zone 0" => new SignDeadZone(2e-3, 0), "zone 0.2" => new SignDeadZone(2e-3, 0.2), "zone 0.9" => new SignDeadZone(2e-3, 0.9),
        "batch 1" => new MiniBatchSignGd(2e-3, 1, 9), "batch 4" => new MiniBatchSignGd(2e-3, 4, 9), _ => new MiniBatchSignGd(2e-3, 6, 9),
    };

    [Theory]
    [MemberData(nameof(Whole))]
    public void Each_rule_is_its_formula_on_all_weights(string name)
    {
        WholeGradientRule rule = Named(name);
        var problem = Problems.SignalNoise(Overlapping, rule, 8);
        TransformerWeights plain = problem.Weights.Materialise();
        var engine = new WholeGradientEngine(problem);
        double scale = 0;
        for (int t = 0; t < 25; t++)
        {
            engine.Forward();
            engine.Update();
            bool[] chosen = new bool[6];
            rule.Choose(t, chosen);
            Dataset batch = Part(problem.Data, [.. Enumerable.Range(0, 6).Where(i => chosen[i])]);
            TransformerWeights gradient = TwoLayerTransformer.Gradient(plain, batch);
            double[] all = [.. Problems.Matrices.SelectMany(m => gradient[m])];
            double count = all.Count(g => g != 0), length = Math.Sqrt(all.Sum(g => g * g));
            if (t == 0 && rule is SignPower { Power: var p0 }) scale = count / all.Where(g => g != 0).Sum(g => Math.Pow(Math.Abs(g), p0));
            foreach (WeightMatrix m in Problems.Matrices)
                for (int r = 0; r < plain.Rows(m); r++)
                {
                    var row = gradient[m].AsSpan(r * plain.D, plain.D);
                    double largest = 0;
                    foreach (double g in row) largest = Math.Max(largest, Math.Abs(g));
                    for (int c = 0; c < plain.D; c++)
                    {
                        double g = row[c];
                        plain[m][r * plain.D + c] -= 2e-3 * rule switch
                        {
                            SignPower power => g == 0 ? 0 : scale * Math.Pow(Math.Abs(g), power.Power) * Math.Sign(g),
                            NormalizedGradientDescent => Math.Sqrt(count) * g / length,
                            SignDeadZone zone => Math.Abs(g) > zone.Threshold * largest ? Math.Sign(g) : 0,
                            _ => Math.Sign(g),
                        };
                    }
                }
        }
        Assert.InRange(Difference.Relative(plain, engine.CurrentWeights()), 0, RoundingOfSums);
    }

    [Fact]
    public void The_first_step_of_every_power_has_the_l1_norm_of_SignGDs() =>
        Gen.Select(Problems.Distributions, Gen.ULong, Gen.Double[0, 1]).Sample((distribution, seed, p) =>
        {
            double Moved(Optimizer rule)
            {
                var problem = Problems.SignalNoise(distribution, rule, seed);
                var engine = new WholeGradientEngine(problem);
                engine.Forward();
                engine.Update();
                TransformerWeights before = problem.Weights.Materialise(), after = engine.CurrentWeights();
                return Problems.Matrices.Sum(m => before[m].Zip(after[m], (a, b) => Math.Abs(a - b)).Sum());
            }
            double sign = Moved(new SignGd(1e-3)), power = Moved(new SignPower(1e-3, p));
            Assert.InRange(power / sign, 1 - 1e-9, 1 + 1e-9);
        }, iter: 50);

    [Fact]
    public void A_power_and_a_norm_keep_their_meaning_far_below_the_double_range()
    {
        var layout = new GradientLayout(2, 1, 1, 1);
        double[] gradient = [1.5, -1.25, 0, 1, 1, -2], found = new double[6];
        int[] near = [0, -10, 0, 3, 0, -20];
        foreach (double p in (double[])[0, 0.01, 0.3, 1])
        {
            var rule = new SignPower(1.0, p);
            double[] expected = Directions(rule, near);
            // Falling together the common factor is divided out by the first step's norm ...
            foreach (int down in (int[])[-5000, -100_000_000]) Close(expected, Directions(rule, [.. near.Select(e => e + down)]));
            // ... and a later fall of 2^-2000 is a factor 2^(-2000 p), an ordinary number for small p.
            var state = rule.CreateState<double>(6);
            rule.Direction(layout, state, gradient, near, found);
            rule.Direction(layout, state, gradient, [.. near.Select(e => e - 2000)], found);
            Close([.. expected.Select(x => x * Math.Pow(2, -2000 * p))], found);
        }
        Close(Directions(new NormalizedGradientDescent(1.0), near), Directions(new NormalizedGradientDescent(1.0), [.. near.Select(e => e - 70000)]));
        // Row of W_Q: 1.5 and 1.25 2^-10; of W_K: 0 and 8; of W_V: 1 and 2^-19.
        foreach (int down in (int[])[0, -70000])
        {
            Assert.Equal([1, 0, 0, 1, 1, 0], Directions(new SignDeadZone(1.0, 1e-3), [.. near.Select(e => e + down)]));
            Assert.Equal([1, -1, 0, 1, 1, -1], Directions(new SignDeadZone(1.0, 1e-6), [.. near.Select(e => e + down)]));
        }

        double[] Directions(WholeGradientRule rule, int[] exponents)
        {
            double[] direction = new double[6];
            rule.Direction(layout, rule.CreateState<double>(6), gradient, exponents, direction);
            return direction;
        }
        static void Close(double[] expected, double[] found)
        {
            for (int k = 0; k < expected.Length; k++) Assert.InRange(Math.Abs(found[k] - expected[k]), 0, 1e-6 * Math.Abs(expected[k]));
        }
    }

    [Fact]
    public void In_deep_underflow_a_mini_batch_still_has_the_signs_of_its_own_samples()
    {
        // Far into training every gradient is below the double range, and by another power for each sample: a sample that is left out must not hide one that is in.
        var problem = Problems.SignalNoise(new SignalNoise(60, 6, 8, 2), new MiniBatchSignGd(2e-2, 2, 4), 11);
        var engine = new WholeGradientEngine(problem);
        Observation last = Problems.Train(engine, 5000, 5000)[^1].Seen;
        Assert.True(last.LogTrainLoss < -800, $"log L_S is {last.LogTrainLoss}");
        // The value moves on by up to 2 eta ||xi||_1 in each step in which a sample takes part: a third of them.
        double[] before = [.. last.ValueNoise];
        Observation later = Problems.Train(engine, 300, 300)[^1].Seen;
        for (int i = 0; i < 6; i++)
            Assert.InRange((later.ValueNoise[i] - before[i]) / (2 * 2e-2 * problem.Data.Norm1(problem.Data.Pair(i).Noise) * 300), 0.1, 1);
    }

    [Fact]
    public void A_batch_is_drawn_without_replacement_evenly_and_from_its_own_seed()
    {
        const int N = 20, Draws = 3000;
        var rule = new MiniBatchSignGd(1.0, 5, 1);
        int[] hits = new int[N];
        bool[] chosen = new bool[N], other = new bool[N];
        int different = 0;
        for (int t = 0; t < Draws; t++)
        {
            rule.Choose(t, chosen);
            Assert.Equal(5, chosen.Count(c => c));
            for (int i = 0; i < N; i++) hits[i] += chosen[i] ? 1 : 0;
            (rule with { Seed = 2 }).Choose(t, other);
            if (!chosen.SequenceEqual(other)) different++;
        }
        double expected = Draws * 5.0 / N, deviation = Math.Sqrt(Draws * 0.25 * 0.75);
        Assert.All(hits, h => Assert.InRange(h, expected - 5 * deviation, expected + 5 * deviation));
        Assert.True(different > 0.99 * Draws);
    }

    [Fact]
    public void Such_rules_go_through_a_spec_and_wrong_ones_are_refused()
    {
        foreach (WholeGradientRule rule in Whole.Select(row => Named(row.Data)))
        {
            RunSpec spec = Presets.Figure1 with { Data = new SignalNoiseSource(Overlapping), Optimizer = rule, Steps = 3, TestSize = 10 };
            RunSpec read = SpecJson.Read(SpecJson.Write(spec));
            Assert.Equal(spec.Hash(), read.Hash());
            Assert.Equal(rule, read.Optimizer);
            Assert.Equal("whole-gradient", Training.Run(read, cancel: TestContext.Current.CancellationToken).Engine);
            foreach (EngineKind kind in (EngineKind[])[EngineKind.Dense, EngineKind.Support, EngineKind.Reduced])
                Complaint.Of(() => Training.Run(spec with { Engine = kind }), "only the whole-gradient engine");
            Complaint.Of(() => Training.Run(spec with { Precision = Precision.F32 }), "only the whole-gradient engine");
        }
        foreach (double wrong in (double[])[-0.1, 1.1, double.NaN])
        {
            Complaint.Of(() => new SignPower(1.0, wrong).Validate(), FormattableString.Invariant($"p is {wrong}; it has to lie in [0, 1]"));
            Complaint.Of(() => new SignDeadZone(1.0, wrong).Validate(), FormattableString.Invariant($"is {wrong}; it has to lie in [0, 1)"));
        }
        Complaint.Of(() => new SignDeadZone(1.0, 1).Validate(), "it has to lie in [0, 1)");
        Complaint.Of(() => new MiniBatchSignGd(1.0, 0, 1).Validate(), "the batch size is 0");
        Complaint.Of(() => _ = new WholeGradientEngine(Problems.SignalNoise(Overlapping, new MiniBatchSignGd(1.0, 7, 1), 1)), "the batch size is 7; it has to lie in 1 .. n = 6");
    }

    private static Dataset Part(Dataset data, int[] samples)
    {
        double[] dense = data.ToDense();
        int size = data.Length * data.Dimension;
        return Dataset.FromDense([.. samples.SelectMany(i => dense[(i * size)..((i + 1) * size)])], samples.Length, data.Length, data.Dimension, [.. samples.Select(i => data.Labels[i])]);
    }

    private static List<(int Step, Observation Seen)> Train(TrainingEngine engine) => Problems.Train(engine, 120, 40);

    private static void Same(List<(int Step, Observation Seen)> expected, List<(int Step, Observation Seen)> found) => Assert.Equal(0, Difference.Between(expected, found).Worst);

    private static void SameRun(TrainingEngine expected, TrainingEngine found, int steps) =>
        Assert.InRange(Difference.Between(Problems.Train(expected, steps, 5), Problems.Train(found, steps, 5)).Worst, 0, RoundingOfSums);
}
