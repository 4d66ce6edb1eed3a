using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Xunit;

namespace Workbook.Core.Tests.Engines;

/// <summary>Signs where the gradient itself is far below the smallest double.</summary>
public sealed class UnderflowTests(ITestOutputHelper output)
{
    // log(double.Epsilon): nothing below exp of this is anything but zero.
    private const double LogSmallest = -744.44;

    // A sum whose terms cancel to less than this share of them: its sign is a matter of rounding.
    private const double CancelsToRounding = 1e-9;

    // Weights and inner products after 20,000 additions, each with a rounding of 1.1e-16 of a number up to about 100.
    private const double Drift = 1e-9;

    // Adam: quotients of moments whose exponentials were taken of logarithms near 1e4 to 1e5, so with relative errors near 1e-11.
    private const double AdamDrift = 1e-7;

    public static TheoryData<string, int> EnginesAndLengths()
    {
        var all = new TheoryData<string, int>();
        for (int length = 2; length <= 4; length++)
            foreach (string name in (string[])["dense", "support"]) all.Add(name, length);
        return all;
    }

    [Theory]
    [MemberData(nameof(EnginesAndLengths))]
    public void One_step_moves_every_entry_by_the_sign_of_the_log_domain_sum(string name, int length)
    {
        int checkedEntries = 0, far = 0;
        for (ulong seed = 1; seed <= 6; seed++)
        {
            // Scores from tens to tens of thousands.
            var model = new ModelSpec(3, 2, Math.Pow(10, 0.4 * seed - 0.4));
            Compare(name, Problems.Dense(3, length, 4, new SignGd(1e-3), seed, model), ref checkedEntries, ref far);
            Compare(name, Problems.Apart(3, length, new SignGd(1e-3), seed, model), ref checkedEntries, ref far);
        }
        output.WriteLine($"{name}, L = {length}: {checkedEntries} signs, {far} of gradients below the smallest double");
        Assert.True(far > 50);
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("support")]
    [InlineData("reduced")]
    [InlineData(Problems.Panels)]
    [InlineData(Problems.Counted)]
    public void On_signal_noise_data_too(string name)
    {
        int checkedEntries = 0, far = 0;
        for (ulong seed = 1; seed <= 6; seed++)
            Compare(name, Problems.SignalNoise(new SignalNoise(14, 4, 4, 1.5), new SignGd(1e-3), seed, new ModelSpec(3, 2, Math.Pow(10, 0.4 * seed - 0.4))), ref checkedEntries, ref far);
        output.WriteLine($"{name}: {checkedEntries} signs, {far} of gradients below the smallest double");
        Assert.True(far > 50);
    }

    private static void Compare(string name, TrainingProblem problem, ref int checkedEntries, ref int far)
    {
        TransformerWeights start = problem.Weights.Materialise();
        var expected = LogDomain.Descent(start, problem.Data);
        TrainingEngine engine = Problems.Engine(name, problem);
        engine.Forward();
        engine.Update();
        TransformerWeights now = engine.CurrentWeights();
        foreach (WeightMatrix matrix in Problems.Matrices)
            for (int k = 0; k < now[matrix].Length; k++)
            {
                LogDomain.Signed descent = expected[matrix][k];
                if (descent.Certainty < CancelsToRounding) continue;
                double moved = (now[matrix][k] - start[matrix][k]) / 1e-3;
                Assert.True(Math.Abs(moved - descent.Sign) < 1e-6, FormattableString.Invariant($"{TransformerWeights.Name(matrix)}[{k}] moved by {moved} eta, its descent direction is {descent}"));
                checkedEntries++;
                if (descent.Log < LogSmallest) far++;
            }
    }

    [Theory]
    [InlineData("reduced", SupportMode.Disjoint)]
    [InlineData(Problems.Counted, SupportMode.Disjoint)]
    [InlineData("support", SupportMode.Disjoint)]
    [InlineData("reduced", SupportMode.Independent)]
    [InlineData(Problems.Panels, SupportMode.Independent)]
    [InlineData("dense", SupportMode.Disjoint)]
    public void Twenty_thousand_steps_keep_moving_as_the_theory_says(string name, SupportMode supports)
    {
        const int Steps = 20000, Late = 10000;
        var preset = ((SignalNoiseSource)Presets.Figure1.Data).Distribution with { Supports = supports };
        // The dense engine's cost grows with d: a smaller problem that goes through the same stages, with the same eta ell.
        TrainingProblem problem = name == "dense"
            ? Problems.SignalNoise(new SignalNoise(81, 4, 20, 2, supports), Presets.Figure1.Optimizer, 1, new ModelSpec(4, 2, 1e-3))
            : Problems.SignalNoise(preset, Presets.Figure1.Optimizer, 1, Presets.Figure1.Model);
        double eta = problem.Optimizer.Eta.At(0);
        SampleFacts facts = SampleFacts.Of(problem.Data);
        var rows = Problems.Train(Problems.Engine(name, problem), Steps, t => t is Late or 15000);
        Assert.Equal([Late, 15000, Steps], rows.Select(row => row.Step));
        Assert.All(rows[^1].Seen.LogS21, log => Assert.True(log < 10 * LogSmallest));
        output.WriteLine(FormattableString.Invariant($"{name}: log s_21 at the end {rows[^1].Seen.LogS21.Min():f0} to {rows[^1].Seen.LogS21.Max():f0}, log loss {rows[^1].Seen.LogTrainLoss:f0}"));
        double worst = 0;
        foreach (var ((from, before), (to, after)) in rows.Zip(rows.Skip(1)))
        {
            double t = (to - from) * eta;
            Moved(before.ValueSignal, after.ValueSignal, 2 * t, 0);
            for (int r = 0; r < after.Neurons; r++)
            {
                int sign = Math.Sign(after.QuerySignal[r]);
                Assert.Equal(-sign, Math.Sign(after.KeySignal[r]));
                Moved(before.QuerySignal[r], after.QuerySignal[r], sign * t, 0);
                Moved(before.KeySignal[r], after.KeySignal[r], -sign * t, 0);
                for (int i = 0; i < after.Samples; i++)
                {
                    int at = i * after.Neurons + r;
                    Assert.Equal((sign, sign), (Math.Sign(after.QueryNoise[at]), Math.Sign(after.KeyNoise[at])));
                    // Coordinates that samples share may move either way; all others of a sample move together.
                    Moved(before.QueryNoise[at], after.QueryNoise[at], sign * facts.Norm1[i] * t, 2 * facts.SharedNorm1[i] * t);
                    Moved(before.KeyNoise[at], after.KeyNoise[at], sign * facts.Norm1[i] * t, 2 * facts.SharedNorm1[i] * t);
                }
            }
            for (int i = 0; i < after.Samples; i++) Moved(before.ValueNoise[i], after.ValueNoise[i], 2 * facts.Norm1[i] * t, 4 * facts.SharedNorm1[i] * t);
        }
        output.WriteLine(FormattableString.Invariant($"{name}, {supports}: movement differs from eta ell steps by {worst:e1}"));

        void Moved(double before, double after, double expected, double slack)
        {
            double excess = Math.Abs(after - before - expected) - slack;
            worst = Math.Max(worst, excess / Math.Abs(expected));
            Assert.True(excess <= Drift * Math.Abs(expected), FormattableString.Invariant($"moved by {after - before}, not by {expected} (+- {slack})"));
        }
    }

    [Fact]
    public void Float32_freezes_while_double_moves_on()
    {
        const int Steps = 3000;
        TrainingProblem problem = Problems.SignalNoise(new SignalNoise(81, 4, 20, 2, SupportMode.Disjoint), new SignGd(1e-3), 1, new ModelSpec(4, 2, 1e-3));
        var (singleQuery, single) = LastMoves(new DenseEngine<float>(problem));
        var (twiceQuery, twice) = LastMoves(new DenseEngine<double>(problem));
        output.WriteLine($"float32: the last query weight of a noise coordinate moves at step {singleQuery} of {Steps}, the last of all query and key weights at {single}; double: {twiceQuery} and {twice}");
        // The query's gradient along a noise holds s_21, so it leaves the float range (exp(-103)) where m_k (eta ell t)^2 + 4 eta ell t ~ 103: t ~ 140 at
        // eta ell = 0.032, later for neurons that turned late. All else dies with the loss, where exp(4 eta ell t) is infinite in float: t ~ 690.
        Assert.InRange(singleQuery, 80, 400);
        Assert.InRange(single, singleQuery, 900);
        Assert.Equal((Steps - 1, Steps - 1), (twiceQuery, twice));

        (int NoiseQuery, int Any) LastMoves(TrainingEngine engine)
        {
            int query = -1, any = -1, d = problem.Data.Dimension;
            TransformerWeights before = engine.CurrentWeights();
            for (int t = 0; t < Steps; t++)
            {
                engine.Forward();
                engine.Update();
                TransformerWeights after = engine.CurrentWeights();
                for (int k = 0; k < after.Query.Length; k++)
                {
                    if (k % d != 0 && after.Query[k] != before.Query[k]) query = any = t;
                    if (after.Query[k] != before.Query[k] || after.Key[k] != before.Key[k]) any = t;
                }
                before = after;
            }
            return (query, any);
        }
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.0, 0.5)]
    [InlineData(0.9, 0.5)]
    [InlineData(0.5, 0.1)]
    public void Adam_with_eps_0_agrees_across_engines_far_into_underflow(double beta1, double beta2)
    {
        var rule = new Adam(2e-3, beta1, beta2, 0);
        foreach (SupportMode supports in Enum.GetValues<SupportMode>())
        {
            TrainingProblem problem = Problems.SignalNoise(new SignalNoise(49, 4, 12, 2, supports), rule, 7, new ModelSpec(4, 2, 1e-2));
            var rows = Problems.EngineNames.Select(name => Problems.Train(Problems.Engine(name, problem), 4000, 20)).ToArray();
            // Where beta1^2 > beta2 the memory of m outlives that of v: once gradients die exponentially m_hat / sqrt(v_hat) grows exponentially, in exact
            // arithmetic too, until the weights themselves overflow. The trajectories are compared up to where they grow out of bounds.
            int bounded = rows[0].FindIndex(row => !(row.Seen.LogTrainLoss > -1e5 && row.Seen.LogS21.Min() > -1e7));
            if (bounded < 0) bounded = rows[0].Count;
            Assert.Equal(beta1 * beta1 <= beta2, bounded == rows[0].Count);
            Observation last = rows[0][bounded - 1].Seen;
            // The gradient of the query along a noise has the size of this; its square, in v, the square.
            double deepest = last.LogS21.Min() + last.LogTrainLoss;
            for (int k = 1; k < 3; k++)
            {
                var difference = Difference.Between(rows[0][..bounded], rows[k][..bounded]);
                output.WriteLine(FormattableString.Invariant($"Adam({beta1}, {beta2}), {supports}: dense and {Problems.EngineNames[k]} differ by {difference} up to step {rows[0][bounded - 1].Step}; log s_21 {last.LogS21.Min():f0}, log loss {last.LogTrainLoss:f0}"));
                Assert.True(difference.Worst <= AdamDrift, difference.ToString());
            }
            Assert.True(deepest < LogSmallest, "the run never came into underflow");
        }
    }

    public static TheoryData<string> RulesWithExponents => ["signgd", "signum", "adam eps=0", "gd"];

    // The whole-gradient engine forms coefficients from logarithms, the others from exponentials taken apart.
    [Theory]
    [MemberData(nameof(RulesWithExponents))]
    public void Logarithms_and_exponentials_lead_the_same_way(string name)
    {
        // Rules with a memory carry roundings on; later they would be further apart than a wrong digit.
        const int Steps = 60;
        Optimizer rule = name switch { "signgd" => new SignGd(2e-3), "signum" => new SignMomentum(2e-3, 0.8), "gd" => new GradientDescent(0.5), _ => new Adam(2e-3, 0, 0.5, 0) };
        foreach (TrainingProblem problem in (TrainingProblem[])[
            Problems.SignalNoise(new SignalNoise(24, 9, 12, 1.5), rule, 8, new ModelSpec(3, 2, 4)),
            Problems.Apart(5, 2, rule, 3, new ModelSpec(3, 2, 20)),
            Problems.Dense(5, 2, 6, rule, 4, new ModelSpec(3, 2, 4))])
        {
            var expected = Problems.Train(new WholeGradientEngine(problem), Steps);
            Assert.Contains(expected, row => row.Seen.LogS21.Min() < LogSmallest);
            foreach (string engine in (string[])["dense", "support"])
            {
                var difference = Difference.Between(expected, Problems.Train(Problems.Engine(engine, problem), Steps));
                output.WriteLine(FormattableString.Invariant($"{name}: {engine} differs by {difference}; log s_21 {expected[^1].Seen.LogS21.Min():f0}, log loss {expected[^1].Seen.LogTrainLoss:f0}"));
                Assert.True(difference.Worst <= AdamDrift, difference.ToString());
            }
        }
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("support")]
    public void A_term_far_below_keeps_its_sign_where_the_larger_one_is_zero(string name)
    {
        // Patch 0 is empty: its query is 0, and along patch 1 W_K has the gradient b_1 q_1 alone, which is far below the scale b_0 of the sum.
        var data = new Dataset(2, 4, [1.0, -1.0], [0, 0, 2, 2, 4], [0, 1, 2, 3], [1.5, -2, 0.5, 3]);
        int checkedEntries = 0, far = 0;
        for (ulong seed = 1; seed <= 6; seed++)
            Compare(name, new(data, InitialWeights.Gaussian(new ModelSpec(3, 2, 30), 4, seed), new SignGd(1e-3)), ref checkedEntries, ref far);
        output.WriteLine($"{name}: {checkedEntries} signs, {far} of gradients below the smallest double");
        Assert.True(far > 30);
    }

    [Fact]
    public void Adam_without_memory_is_SignGD_far_into_underflow()
    {
        foreach (string name in Problems.EngineNames)
        {
            TrainingProblem problem = Problems.SignalNoise(new SignalNoise(49, 4, 12, 2), new SignGd(2e-3), 7, new ModelSpec(4, 2, 1e-2));
            var sign = Problems.Train(Problems.Engine(name, problem), 1500, 25);
            var adam = Problems.Train(Problems.Engine(name, problem with { Optimizer = new Adam(2e-3, 0, 0, 0) }), 1500, 25);
            Assert.True(sign[^1].Seen.LogS21.Min() < LogSmallest);
            var difference = Difference.Between(sign, adam);
            output.WriteLine($"{name}: {difference}");
            // m / sqrt(m^2) is 1 to half an ulp.
            Assert.True(difference.Worst < 1e-10, difference.ToString());
        }
    }
}
