using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>
/// The support, the dense and (where it is exact) the reduced engine against the model written out (<see cref="TwoLayerTransformer"/>), for numbers of samples and neurons on
/// both sides of every vector, strip and panel boundary. <see cref="WithoutInstructionSetsTests"/> runs these again on narrower vectors.
/// </summary>
public sealed class EverySizeTests
{
    // A few steps of sums of at most a few hundred products, each rounded at 1.1e-16; Adam divides by a gradient that may be smaller than its terms.
    private const double Rounding = 1e-11;

    // Vectors hold 2, 4 or 8 doubles, a strip 8 vectors, a panel 64 neurons.
    public static TheoryData<int> Neurons => [.. Enumerable.Range(1, 18), 23, 24, 25, 31, 32, 33, 40, 48, 56, 63, 64, 65, 72, 127, 128, 129];

    private static readonly Optimizer[] Rules = [new SignGd(2e-3), new GradientDescent(0.4), new Adam(2e-3), new Adam(2e-3, 0.5, 0.8, 0), new SignMomentum(2e-3, 0.7)];

    [Theory]
    [MemberData(nameof(Neurons))]
    public void Engines_follow_the_written_out_model_at_every_width(int m_k)
    {
        // Shared and private coordinates in one set; every rule once.
        foreach (Optimizer rule in Rules)
            Follow(Problems.SignalNoise(new SignalNoise(30, 5, 7, 1), rule, (ulong)m_k, new ModelSpec(m_k, 3, 0.1)));
    }

    [Fact]
    public void Engines_follow_the_written_out_model_for_every_number_of_samples()
    {
        // Samples lie side by side in a vector.
        foreach (int n in (int[])[.. Enumerable.Range(1, 18), 31, 33])
            Follow(Problems.SignalNoise(new SignalNoise(60, n, 4, 1), Rules[n % Rules.Length], (ulong)n, new ModelSpec(5, 2, 0.1)));
    }

    [Fact]
    public void Engines_follow_the_written_out_model_where_long_rows_of_many_samples_are_cut()
    {
        foreach (int m_k in (int[])[25, 49, 97, 128])
            foreach (Optimizer rule in Rules)
                Follow(Problems.SignalNoise(new SignalNoise(80, 19, 5, 1), rule, (ulong)m_k, new ModelSpec(m_k, 2, 0.1)));
    }

    [Fact]
    public void Engines_follow_the_written_out_model_for_every_support()
    {
        // From one coordinate to all of them: then every coordinate is shared, or with one sample none is.
        for (int s = 1; s <= 11; s++)
            foreach (int n in (int[])[1, 4])
                Follow(Problems.SignalNoise(new SignalNoise(12, n, s, 1), Rules[(s + n) % Rules.Length], (ulong)s, new ModelSpec(9, 2, 0.1)));
    }

    [Fact]
    public void Engines_follow_the_written_out_model_for_one_and_three_patches()
    {
        foreach (int length in (int[])[1, 3])
            foreach (int m_k in (int[])[1, 8, 65])
                Follow(Problems.Dense(4, length, 9, Rules[0], (ulong)(length + m_k), new ModelSpec(m_k, 2, 0.1)));
    }

    /// <summary>Six steps of the engines and of the rule on gradients of the written-out model.</summary>
    private static void Follow(TrainingProblem problem)
    {
        Optimizer rule = problem.Optimizer;
        TransformerWeights w = problem.Weights.Materialise();
        List<TrainingEngine> engines = [new SupportEngine(problem), new DenseEngine<double>(problem)];
        if (ReducedEngine.Refusal(problem) is null) engines.AddRange([new ReducedEngine(problem), new ReducedEngine(problem, ReducedWay.Panels), new ReducedEngine(problem, ReducedWay.Counted)]);
        var states = Problems.Matrices.ToDictionary(m => m, m => rule.CreateState<double>(w[m].Length));
        for (int t = 0; t < 6; t++)
        {
            TransformerWeights gradient = TwoLayerTransformer.Gradient(w, problem.Data);
            foreach (WeightMatrix matrix in Problems.Matrices)
            {
                double[] g = gradient[matrix], direction = new double[g.Length];
                double size = g.Max(Math.Abs);
                // The reference leaves rounding where the true gradient is zero: its sign means nothing (and the engines' zero is right).
                for (int k = 0; k < g.Length; k++)
                    if (Math.Abs(g[k]) < 1e-14 * size) g[k] = 0;
                rule.Direction<double>(states[matrix], g, default, direction);
                for (int k = 0; k < g.Length; k++) w[matrix][k] -= rule.Eta.At(t) * direction[k];
            }
            double[] f = TwoLayerTransformer.Forward(w, problem.Data);
            foreach (TrainingEngine engine in engines)
            {
                engine.Forward();
                engine.Update();
                Assert.InRange(Difference.Relative(w, engine.CurrentWeights()), 0, Rounding);
                engine.Forward();
                var seen = new Observation(problem.Data.Count, problem.Weights.MK);
                engine.Observe(seen);
                for (int i = 0; i < f.Length; i++) Assert.InRange(Math.Abs(problem.Data.Labels[i] * f[i] - seen.Margin[i]), 0, Rounding * Math.Max(1, Math.Abs(f[i])));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Neurons))]
    public void Test_loss_and_error_are_those_of_the_written_out_model(int m_k)
    {
        // Blocks hold 32 samples; with m_k a multiple of 8 the mean value has no padding to lie in.
        TrainingProblem problem = Problems.SignalNoise(new SignalNoise(40, 4, 6, 1), new SignGd(1e-2), 3, new ModelSpec(m_k, 3, 0.3));
        TrainingEngine engine = new SupportEngine(problem);
        Problems.Train(engine, 8);
        TransformerWeights w = engine.CurrentWeights();
        foreach (int count in (int[])[1, 2, 7, 31, 32, 33, 65])
        {
            Dataset samples = new SignalNoise(40, 1, 5, 1).DrawTest((ulong)m_k, 0, count);
            double[] f = TwoLayerTransformer.Forward(w, samples);
            var (loss, error) = engine.Evaluate(TestSet.Of(samples));
            Assert.Equal(TwoLayerTransformer.Loss(w, samples), loss, Rounding * Math.Max(1, loss));
            Assert.Equal(f.Zip(samples.Labels).Count(p => !(p.First * p.Second > 0)) / (double)count, error);
        }
    }

    [Fact]
    public void The_same_problem_gives_the_same_bits_wherever_its_memory_lies()
    {
        foreach (Optimizer rule in Rules)
            foreach (Func<TrainingProblem, TrainingEngine> create in (Func<TrainingProblem, TrainingEngine>[])[p => new SupportEngine(p), p => new DenseEngine<double>(p), p => new DenseEngine<float>(p), p => ReducedEngine.Refusal(p) is null ? new ReducedEngine(p) : new SupportEngine(p)])
            {
                var kept = new List<byte[]>();
                double[]? first = null;
                for (int k = 0; k < 4; k++)
                {
                    kept.Add(new byte[16 * k + 8]);
                    TrainingEngine engine = create(Problems.SignalNoise(new SignalNoise(50, 9, 7, 1), rule, 5, new ModelSpec(13, 3, 0.1)));
                    Problems.Train(engine, 30);
                    TransformerWeights w = engine.CurrentWeights();
                    double[] all = [.. Problems.Matrices.SelectMany(m => w[m])];
                    Assert.Equal(first ??= all, all);
                }
                GC.KeepAlive(kept);
            }
    }

    [Fact]
    public void A_run_that_diverged_does_not_stand_still()
    {
        // Scores out of range give NaN gradients: their sign is NaN, not 0, and so are weights after the step.
        foreach (Optimizer rule in Rules)
            foreach (bool support in (bool[])[true, false])
            {
                Dataset data = new SignalNoise(20, 3, 4, 1).DrawTraining(1);
                TransformerWeights start = InitialWeights.Gaussian(new ModelSpec(3, 2, 0.1), 20, 1).Materialise();
                Array.Fill(start.Query, 1e300);
                Array.Fill(start.Key, 1e300);
                var problem = new TrainingProblem(data, InitialWeights.From(start), rule);
                TrainingEngine engine = support ? new SupportEngine(problem) : new DenseEngine<double>(problem);
                engine.Forward();
                engine.Update();
                engine.Forward();
                var seen = new Observation(3, 3);
                engine.Observe(seen);
                Assert.True(double.IsNaN(seen.TrainLoss), $"{rule.Name}, support {support}: {seen.TrainLoss}");
                TransformerWeights w = engine.CurrentWeights();
                Assert.True(Problems.Matrices.Any(m => w[m].Any(double.IsNaN)), $"{rule.Name}, support {support}: all weights are numbers");
            }
    }
}
