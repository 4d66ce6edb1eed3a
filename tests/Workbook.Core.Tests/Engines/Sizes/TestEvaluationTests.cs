using System.Numerics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>Loss and error on fresh samples of the paper's distribution, however they are held, against the model written out.</summary>
public sealed class TestEvaluationTests
{
    // Sums of at most some hundred products, each rounded at 1.1e-16, in another order.
    private const double Rounding = 1e-12;

    private static TrainingEngine Trained(int m_k, int d, int steps = 8)
    {
        TrainingEngine engine = new ReducedEngine(Problems.SignalNoise(new SignalNoise(d, 4, 6, 1), new SignGd(1e-2), 3, new ModelSpec(m_k, 3, 0.3)));
        Problems.Train(engine, steps);
        return engine;
    }

    [Theory]
    [MemberData(nameof(EverySizeTests.Neurons), MemberType = typeof(EverySizeTests))]
    public void Drawn_samples_give_the_written_out_loss_at_every_width(int m_k)
    {
        TrainingEngine engine = Trained(m_k, 40);
        TransformerWeights w = engine.CurrentWeights();
        // Supports are drawn 16 at a time and sorted 32 at a time, samples evaluated 128 at a time; losses add up in eight lanes.
        foreach (int count in (int[])[1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129, 260]) Check(engine, w, new SignalNoise(40, 1, 5, 1), count);
    }

    [Fact]
    public void Drawn_samples_give_the_written_out_loss_at_every_support()
    {
        TrainingEngine engine = Trained(9, 150);
        TransformerWeights w = engine.CurrentWeights();
        // In lanes up to 64 coordinates, one by one beyond.
        for (int s = 1; s <= 70; s++) Check(engine, w, new SignalNoise(150, 1, s, 1.5), 20);
        Check(engine, w, new SignalNoise(150, 1, 149, 1.5), 20);
    }

    private static void Check(TrainingEngine engine, TransformerWeights w, SignalNoise distribution, int count)
    {
        const ulong Seed = 17;
        Dataset samples = distribution.DrawTest(Seed, 0, count);
        double[] f = TwoLayerTransformer.Forward(w, samples);
        double expected = TwoLayerTransformer.Loss(w, samples), wrong = f.Zip(samples.Labels).Count(p => !(p.First * p.Second > 0)) / (double)count;
        TestSet test = TestSet.Draw(distribution, Seed, count);
        // Drawn while they are evaluated, then kept; and as data that come from anywhere.
        var (loss, error) = engine.Evaluate(test);
        Assert.Equal(expected, loss, Rounding * Math.Max(1, expected));
        Assert.Equal(wrong, error);
        Assert.Equal((loss, error), engine.Evaluate(test));
        Assert.Equal((loss, error), engine.Evaluate(test));
        var (given, givenError) = engine.Evaluate(TestSet.Of(samples));
        Assert.Equal(expected, given, Rounding * Math.Max(1, expected));
        Assert.Equal(wrong, givenError);
    }

    [Fact]
    public void A_set_too_large_to_keep_gives_the_same_bits_each_time()
    {
        TrainingEngine engine = Trained(5, 400);
        TestSet test = TestSet.Draw(new SignalNoise(400, 1, 300, 1), 4, 5000);
        var first = engine.Evaluate(test);
        Assert.Equal(first, engine.Evaluate(test));
        Assert.Equal(first, engine.Evaluate(test));
    }

    [Fact]
    public void Evaluation_after_more_steps_is_that_of_an_engine_that_was_never_asked_before()
    {
        // What a coordinate started from is kept at the first evaluation.
        var distribution = new SignalNoise(40, 1, 5, 1);
        foreach (int m_k in (int[])[1, 5, 8, 20])
        {
            TrainingEngine often = Trained(m_k, 40, 3);
            for (int more = 1; more <= 3; more++)
            {
                often.Evaluate(TestSet.Draw(distribution, 2, 100));
                Problems.Train(often, 2);
            }
            Assert.Equal(Trained(m_k, 40, 9).Evaluate(TestSet.Draw(distribution, 2, 100)), often.Evaluate(TestSet.Draw(distribution, 2, 100)));
        }
    }

    [Fact]
    public void The_same_samples_give_the_same_bits_wherever_memory_lies()
    {
        var kept = new List<byte[]>();
        (double, double)? first = null;
        for (int k = 0; k < 4; k++)
        {
            kept.Add(new byte[24 * k + 8]);
            var found = Trained(13, 60).Evaluate(TestSet.Draw(new SignalNoise(60, 1, 7, 1), 3, 100));
            Assert.Equal(first ??= found, found);
        }
        GC.KeepAlive(kept);
    }

    [Theory]
    [InlineData(5, 15837767092506116053UL)]
    [InlineData(20, 15201819476552559938UL)]
    [InlineData(90, 9084564159549828972UL)]
    public void A_loss_has_the_same_bits_on_every_vector(int m_k, ulong bits)
    {
        // Products and sums are rounded once or twice, as the machine can.
        if (!Fma.IsSupported) return;
        var columns = new ColumnWeights(60, m_k);
        for (int c = 0; c < 60; c++)
        {
            for (int r = 0; r < m_k; r++) (columns.Query(c)[r], columns.Key(c)[r]) = (1.0 / (2 + c + r), 1.0 / (3 + 7 * c % 11 - r % 5 * 0.3));
            columns.Value[c] = 0.7 - c * 0.03;
        }
        // One sample each: a mean of many hides what the last digits do.
        ulong found = 0;
        for (ulong seed = 0; seed < 60; seed++)
            found = BitOperations.RotateLeft(found, 1) ^ BitConverter.DoubleToUInt64Bits(columns.Evaluate(TestSet.Draw(new SignalNoise(60, 1, 7, 1), seed, 1)).Loss);
        Assert.Equal(bits, found);
    }

    [Fact]
    public void Weights_that_are_no_numbers_make_every_sample_wrong()
    {
        TransformerWeights start = InitialWeights.Gaussian(new ModelSpec(3, 2, 0.1), 20, 1).Materialise();
        Array.Fill(start.Query, double.NaN);
        var problem = new TrainingProblem(new SignalNoise(20, 3, 4, 1).DrawTraining(1), InitialWeights.From(start), new SignGd(1e-3));
        foreach (TrainingEngine engine in (TrainingEngine[])[new SupportEngine(problem), new DenseEngine<double>(problem)])
        {
            engine.Forward();
            var (loss, error) = engine.Evaluate(TestSet.Draw(new SignalNoise(20, 1, 4, 1), 1, 21));
            Assert.True(double.IsNaN(loss));
            Assert.Equal(1, error);
        }
    }

    [Fact]
    public void Samples_with_more_coordinates_than_the_weights_are_refused()
    {
        TrainingEngine engine = Trained(3, 40);
        var larger = new SignalNoise(41, 1, 5, 1);
        Complaint.Of(() => engine.Evaluate(TestSet.Draw(larger, 1, 10)), "the test samples have dimension 41; the weights have 40 columns");
        Complaint.Of(() => engine.Evaluate(TestSet.Of(larger.DrawTest(1, 0, 10))), "the test samples have dimension 41");
    }

    [Fact]
    public void Mean_values_of_many_columns_are_those_of_each()
    {
        foreach (int m_v in (int[])[1, 2, 5, 20])
            foreach (int count in (int[])[0, 1, 3, 4, 5, 11])
            {
                InitialWeights weights = InitialWeights.Gaussian(new ModelSpec(3, m_v, 0.7), 100, 6);
                int[] columns = [.. Enumerable.Range(0, count).Select(k => 99 - 7 * k)];
                double[] found = [.. Enumerable.Repeat(5.0, count + 1)];
                weights.MeanValues(columns, found, new double[count * m_v + 2]);
                Assert.Equal([.. columns.Select(c => weights.MeanValue(c, new double[m_v])), 5.0], found);
            }
    }

    // Here they run without instruction sets too.
    [Fact]
    public void Data_keep_their_bits()
    {
        var data = new SignalNoiseTests();
        data.A_seed_keeps_its_data(SupportMode.Independent, SignalNoiseTests.GoldenIndependent);
        data.A_seed_keeps_its_data(SupportMode.Disjoint, SignalNoiseTests.GoldenDisjoint);
        data.Test_samples_are_what_their_streams_say();
    }
}
