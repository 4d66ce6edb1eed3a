using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines;

/// <summary>One seed, one trajectory: whichever engine computes it.</summary>
public sealed class EngineAgreementTests(ITestOutputHelper output)
{
    // The engines sum the same products in different orders: each step adds a few roundings of 1.1e-16 of the largest inner product, which a few hundred
    // steps and the growth of early differences carry to about 1e-12. A sign that differed would show as 2 eta, above 1e-4.
    private const double RoundingOfSums = 1e-9;

    // Adam divides by the size of the gradient: where a gradient is a small difference of large terms its rounding counts relative to the difference.
    private const double RoundingOfQuotients = 1e-8;

    // One step: a gradient is a sum of at most a few dozen products.
    private const double OneStep = 1e-12;

    public static TheoryData<string> Rules => ["gd", "signgd", "signum", "adam", "adam eps=0", "adam (0, 0.5) eps=0", "signgd, rate per step", "gd, rate per step"];

    private static Optimizer Rule(string name, double eta = 2e-3) => name switch
    {
        "gd" => new GradientDescent(200 * eta),
        "signgd" => new SignGd(eta),
        "signum" => new SignMomentum(eta, 0.8),
        "adam" => new Adam(eta),
        "adam eps=0" => new Adam(eta, Epsilon: 0),
        "adam (0, 0.5) eps=0" => new Adam(eta, 0, 0.5, 0),
        "gd, rate per step" => new GradientDescent(new LearningRate([.. Enumerable.Range(1, 60).Select(t => 1000 * eta / (t + 5))])),
        _ => new SignGd(new LearningRate([.. Enumerable.Range(1, 60).Select(t => 10 * eta / (t + 5))])),
    };

    private static double Tolerance(Optimizer rule) => rule is Adam ? RoundingOfQuotients : RoundingOfSums;

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_first_update_is_the_rule_applied_to_the_written_out_gradient(string name)
    {
        Optimizer rule = Rule(name);
        double worst = 0;
        foreach (TrainingProblem problem in FirstProblems(rule))
        {
            TransformerWeights start = problem.Weights.Materialise(), gradient = TwoLayerTransformer.Gradient(start, problem.Data);
            foreach (string engineName in Problems.Applicable(problem))
            {
                TrainingEngine engine = Problems.Engine(engineName, problem);
                engine.Forward();
                engine.Update();
                TransformerWeights after = engine.CurrentWeights();
                foreach (WeightMatrix matrix in Problems.Matrices)
                {
                    double[] g = gradient[matrix], direction = new double[g.Length];
                    rule.Direction<double>(rule.CreateState<double>(g.Length), g, default, direction);
                    double scale = g.Max(Math.Abs), eta = rule.Eta.At(0), size = direction.Max(Math.Abs);
                    for (int k = 0; k < g.Length; k++)
                    {
                        // Signs of what is zero but for rounding are nobody's to know.
                        if (g[k] != 0 && Math.Abs(g[k]) < 1e-10 * scale) continue;
                        double apart = Math.Abs(start[matrix][k] - eta * direction[k] - after[matrix][k]);
                        if (apart != 0) worst = Math.Max(worst, apart / Math.Max(eta * size, Math.Abs(start[matrix][k])));
                        if (g[k] == 0) Assert.Equal(start[matrix][k], after[matrix][k]);
                    }
                }
            }
        }
        output.WriteLine(FormattableString.Invariant($"{name}: first update differs by {worst:e1}"));
        Assert.InRange(worst, 0, OneStep);
    }

    private static IEnumerable<TrainingProblem> FirstProblems(Optimizer rule)
    {
        for (int length = 1; length <= 4; length++)
            for (ulong seed = 1; seed <= 3; seed++) yield return Problems.Dense(3, length, 6, rule, seed, new ModelSpec(5, 3, 0.4));
        yield return Problems.SignalNoise(new SignalNoise(60, 5, 6, 2, SupportMode.Disjoint), rule, 4, new ModelSpec(5, 3, 0.2));
        yield return Problems.SignalNoise(new SignalNoise(20, 5, 6, 2), rule, 5, new ModelSpec(5, 3, 0.2));
    }

    public static TheoryData<string, string> RulesAndData()
    {
        var pairs = new TheoryData<string, string>();
        foreach (string rule in Rules.Select(row => row.Data))
            foreach (string data in (string[])["disjoint", "overlapping", "heavily overlapping", "one sample", "dense L=1", "dense L=2", "dense L=3"]) pairs.Add(rule, data);
        return pairs;
    }

    private static TrainingProblem Problem(string data, Optimizer rule) => data switch
    {
        "disjoint" => Problems.SignalNoise(new SignalNoise(60, 6, 5, 2, SupportMode.Disjoint), rule, 11, new ModelSpec(5, 4, 1e-2)),
        "overlapping" => Problems.SignalNoise(new SignalNoise(60, 8, 6, 2), rule, 12, new ModelSpec(5, 4, 1e-2)),
        "heavily overlapping" => Problems.SignalNoise(new SignalNoise(9, 6, 6, 1), rule, 13, new ModelSpec(3, 2, 1e-2)),
        "one sample" => Problems.SignalNoise(new SignalNoise(9, 1, 6, 1), rule, 14, new ModelSpec(1, 1, 1e-2)),
        "dense L=1" => Problems.Dense(4, 1, 7, rule, 15),
        "dense L=2" => Problems.Dense(4, 2, 7, rule, 16),
        _ => Problems.Dense(4, 3, 7, rule, 17),
    };

    [Theory]
    [MemberData(nameof(RulesAndData))]
    public void All_engines_give_one_trajectory_one_set_of_weights_and_one_test_error(string name, string data)
    {
        Optimizer rule = Rule(name);
        TrainingProblem problem = Problem(data, rule);
        // Sums of signs over samples that keep crossing zero carry a rounding into a step of eta sooner or later: where no sample has a coordinate
        // of its own this happens within a few hundred steps of any engine, so these runs are short.
        int steps = data is "disjoint" or "overlapping" or "one sample" ? 300 : 60;
        Assert.Equal(data.StartsWith("dense", StringComparison.Ordinal) || name == "adam" ? 2 : 3, Problems.Applicable(problem).Count());
        string[] names = [.. Problems.ApplicableInEveryWay(problem)];
        TrainingEngine[] engines = [.. names.Select(n => Problems.Engine(n, problem))];
        var rows = engines.Select(e => Problems.Train(e, steps)).ToArray();
        TestSet test = TestSet.Of(data.StartsWith("dense", StringComparison.Ordinal)
            ? Problems.DenseData(50, problem.Data.Length, 7, 99)
            : new SignalNoise(problem.Data.Dimension, 1, 5, 1).DrawTest(3, 0, 50));
        TransformerWeights weights = engines[0].CurrentWeights();
        var (loss, error) = engines[0].Evaluate(test);
        // The reference on the weights as they came out: the dense engine's own figure is held to it too.
        Dataset samples = test.Batches().Single();
        Assert.Equal(TwoLayerTransformer.Loss(weights, samples), loss, RoundingOfSums * Math.Max(1, loss));
        for (int k = 1; k < engines.Length; k++)
        {
            var difference = Difference.Between(rows[0], rows[k]);
            double apart = Difference.Relative(weights, engines[k].CurrentWeights());
            var (otherLoss, otherError) = engines[k].Evaluate(test);
            output.WriteLine(FormattableString.Invariant($"{name}, {data}: dense and {names[k]} differ by {difference}, weights by {apart:e1}"));
            Assert.True(difference.Worst <= Tolerance(rule), difference.ToString());
            Assert.InRange(apart, 0, Tolerance(rule));
            Assert.Equal(loss, otherLoss, Tolerance(rule) * Math.Max(1, loss));
            Assert.Equal(error, otherError);
        }
    }

    [Fact]
    public void Random_small_problems_agree()
    {
        double worst = 0;
        Gen.Select(Problems.Distributions, Gen.ULong, Gen.Int[1, 9], Gen.Int[1, 4], Problems.OneOf("gd", "signgd", "signum", "adam", "adam eps=0", "signgd, rate per step")).Sample((distribution, seed, m_k, m_v, name) =>
        {
            TrainingProblem problem = Problems.SignalNoise(distribution, Rule(name), seed, new ModelSpec(m_k, m_v, 1e-1));
            var reference = Problems.Train(new DenseEngine<double>(problem), 25);
            foreach (string other in Problems.ApplicableInEveryWay(problem).Skip(1))
            {
                var difference = Difference.Between(reference, Problems.Train(Problems.Engine(other, problem), 25));
                lock (output) worst = Math.Max(worst, difference.Worst);
                Assert.True(difference.Worst <= Tolerance(problem.Optimizer), other + " " + difference);
            }
        }, iter: 200);
        output.WriteLine(FormattableString.Invariant($"200 random problems: worst difference {worst:e1}"));
    }

    [Fact]
    public void The_observation_is_the_definition()
    {
        // Every quantity from the weights and the data by its definition, at a state after some steps.
        TrainingProblem problem = Problem("overlapping", Rule("signgd"));
        Dataset data = problem.Data;
        foreach (string name in Problems.EngineNames)
        {
            TrainingEngine engine = Problems.Engine(name, problem);
            Observation seen = Problems.Train(engine, 40)[^1].Seen;
            TransformerWeights w = engine.CurrentWeights();
            double[] x = data.ToDense(), v = w.MeanValue(), f = TwoLayerTransformer.Forward(w, data);
            int d = data.Dimension;
            for (int i = 0; i < data.Count; i++)
            {
                int signal = data.SignalPatch![i];
                double y = data.Labels[i];
                double[] mu = x[((2 * i + signal) * d)..((2 * i + signal + 1) * d)], xi = x[((2 * i + 1 - signal) * d)..((2 * i + 2 - signal) * d)];
                double z11 = 0, z12 = 0, z21 = 0, z22 = 0;
                for (int r = 0; r < 5; r++)
                {
                    double qMu = Dot(w.Query, r, mu), qXi = Dot(w.Query, r, xi), kMu = Dot(w.Key, r, mu), kXi = Dot(w.Key, r, xi);
                    (z11, z12, z21, z22) = (z11 + qMu * kMu, z12 + qMu * kXi, z21 + qXi * kMu, z22 + qXi * kXi);
                    Near(y * qXi, seen.QueryNoise[i * 5 + r]);
                    Near(y * kXi, seen.KeyNoise[i * 5 + r]);
                    Near(y * qMu, seen.QuerySignal[r]);
                    Near(y * kMu, seen.KeySignal[r]);
                }
                Near(y * Dot(v, 0, mu), seen.ValueSignal);
                Near(y * Dot(v, 0, xi), seen.ValueNoise[i]);
                Near(1 / (1 + Math.Exp(z12 - z11)), Math.Exp(seen.LogS11[i]));
                Near(1 / (1 + Math.Exp(z22 - z21)), Math.Exp(seen.LogS21[i]));
                Near(y * f[i], seen.Margin[i]);
            }
            Near(TwoLayerTransformer.Loss(w, data), seen.TrainLoss);
            Near(Math.Log(seen.TrainLoss), seen.LogTrainLoss);
            Near(f.Zip(data.Labels).Count(p => p.First * p.Second <= 0) / (double)data.Count, seen.TrainError);
        }

        double Dot(double[] matrix, int row, double[] patch) => patch.Select((p, c) => p * matrix[row * patch.Length + c]).Sum();

        static void Near(double expected, double found) => Assert.InRange(Math.Abs(expected - found), 0, OneStep * Math.Max(1, Math.Abs(expected)));
    }

    [Fact]
    public void A_signal_vector_that_no_patch_is_equal_to_is_seen_alike()
    {
        // mu has entries in columns that the data never touches; signal_patch is given by the user.
        Dataset drawn = new SignalNoise(20, 4, 3, 1).DrawTraining(1);
        var mu = new double[20];
        for (int c = 0; c < 20; c++) mu[c] = 1.0 / (c + 1);
        var data = new Dataset(2, 20, drawn.Labels, drawn.RowStart, drawn.Index, drawn.Value, mu, drawn.SignalPatch);
        Assert.Contains(Enumerable.Range(0, 20), c => !data.TouchedCoordinates().Contains(c));
        var problem = new TrainingProblem(data, InitialWeights.Gaussian(new ModelSpec(3, 2, 0.1), 20, 1), new SignGd(1e-2));
        var difference = Difference.Between(Problems.Train(new DenseEngine<double>(problem), 10), Problems.Train(new SupportEngine(problem), 10));
        Assert.True(difference.Worst < RoundingOfSums, difference.ToString());
        Assert.NotNull(ReducedEngine.Refusal(problem));
    }

    [Fact]
    public void A_stored_zero_among_shared_entries_changes_nothing()
    {
        // Coordinate 2 belongs to both noises, with entry 0 in the first: its value moves with the second alone.
        var data = new Dataset(2, 5, [1, 1], [0, 1, 3, 4, 6], [0, 2, 3, 0, 2, 4], [1, 0, 0.5, 1, -0.75, 0.25], [1, 0, 0, 0, 0], [0, 0]);
        var problem = new TrainingProblem(data, InitialWeights.Gaussian(new ModelSpec(3, 2, 0.1), 5, 1), new SignGd(1e-2));
        var dense = Problems.Train(new DenseEngine<double>(problem), 200);
        foreach (TrainingEngine engine in (TrainingEngine[])[new SupportEngine(problem), new ReducedEngine(problem), new ReducedEngine(problem, ReducedWay.Counted)])
        {
            var difference = Difference.Between(dense, Problems.Train(engine, 200));
            Assert.True(difference.Worst < RoundingOfSums, $"{engine.Name}: {difference}");
        }
    }

    [Fact]
    public void Data_without_a_signal_gives_losses_and_attention_in_every_engine_that_takes_it()
    {
        TrainingProblem problem = Problems.Dense(3, 2, 5, new SignGd(1e-2), 1);
        foreach (string name in Problems.Applicable(problem))
        {
            Observation seen = Problems.Train(Problems.Engine(name, problem), 5)[^1].Seen;
            Assert.All(seen.QueryNoise.Concat(seen.KeyNoise).Concat(seen.QuerySignal).Concat(seen.KeySignal).Concat(seen.ValueNoise).Append(seen.ValueSignal), x => Assert.True(double.IsNaN(x)));
            Assert.All(seen.LogS11.Concat(seen.LogS21), x => Assert.InRange(x, -100, 0));
            Assert.InRange(seen.TrainLoss, 1e-3, 10);
        }
    }

    [Fact]
    public void An_engine_that_is_not_exact_refuses_with_the_reason()
    {
        var distribution = new SignalNoise(20, 3, 4, 1);
        Refused(Problems.SignalNoise(distribution, new Adam(1e-2), 1), "eps > 0");
        Refused(Problems.Dense(3, 2, 5, new SignGd(1e-2), 1), "no patch that is +mu or -mu");
        Refused(Problems.Dense(3, 3, 5, new SignGd(1e-2), 1), "need 2 patches per sample; this data has 3");
        Dataset drawn = distribution.DrawTraining(1);
        Refused(With(new Dataset(2, 20, [.. drawn.Labels.Select(y => -y)], drawn.RowStart, drawn.Index, drawn.Value, drawn.Mu, drawn.SignalPatch)), "the signal patch of sample 0 is not y mu");
        var two = new double[20];
        (two[0], two[1]) = (1, 1);
        Refused(With(new Dataset(2, 20, drawn.Labels, drawn.RowStart, drawn.Index, drawn.Value, two, drawn.SignalPatch)), "mu has to lie along one coordinate");
        Refused(With(new Dataset(2, 3, [1], [0, 1, 3], [0, 0, 2], [1, 0.5, 0.25], [1, 0, 0], [0])), "the noise of sample 0 is not orthogonal to mu");
        foreach (EngineKind kind in (EngineKind[])[EngineKind.Reduced, EngineKind.Support])
            Assert.Contains("f32 is for the dense engine", Assert.Throws<InputException>(() => EngineChoice.Create(kind, Precision.F32, With(drawn))).Message, StringComparison.Ordinal);
        Assert.Contains("4 columns; the data has dimension 20", Assert.Throws<InputException>(() =>
            new SupportEngine(new TrainingProblem(drawn, InitialWeights.Gaussian(new ModelSpec(1, 1, 1), 4, 1), new SignGd(1)))).Message, StringComparison.Ordinal);

        TrainingProblem With(Dataset data) => new(data, InitialWeights.Gaussian(new ModelSpec(2, 2, 0.1), data.Dimension, 1), new SignGd(1e-2));

        static void Refused(TrainingProblem problem, string why)
        {
            string message = Assert.Throws<InputException>(() => EngineChoice.Create(EngineKind.Reduced, Precision.F64, problem)).Message;
            Assert.Contains(why, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
            Assert.NotEqual("reduced", EngineChoice.Create(EngineKind.Auto, Precision.F64, problem).Name);
        }
    }

    [Fact]
    public void Auto_takes_an_exact_engine()
    {
        var sparse = new SignalNoise(200, 3, 4, 1);
        Assert.Equal("reduced", EngineChoice.Create(EngineKind.Auto, Precision.F64, Problems.SignalNoise(sparse, new SignGd(1e-2), 1)).Name);
        Assert.Equal("support", EngineChoice.Create(EngineKind.Auto, Precision.F64, Problems.SignalNoise(sparse, new Adam(1e-2), 1)).Name);
        Assert.Equal("dense", EngineChoice.Create(EngineKind.Auto, Precision.F64, Problems.Dense(3, 2, 5, new SignGd(1e-2), 1)).Name);
        Assert.IsType<DenseEngine<float>>(EngineChoice.Create(EngineKind.Auto, Precision.F32, Problems.SignalNoise(sparse, new SignGd(1e-2), 1)));
    }
}
