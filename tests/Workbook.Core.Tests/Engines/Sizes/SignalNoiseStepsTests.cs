using System.Runtime.Intrinsics;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>Steps that know the paper's data are, to the last bit, those for any data.</summary>
public sealed class SignalNoiseStepsTests
{
    public static TheoryData<int> Neurons => [.. Enumerable.Range(1, 34), 40, 48, 56, 72, 128];

    [Theory]
    [MemberData(nameof(Neurons))]
    public void Every_width_has_the_bits_of_steps_for_any_data(int m_k) =>
        Same(Drawn(new SignalNoise(70, 9, 7, 4), (ulong)m_k), new ModelSpec(m_k, 3, 0.1), new SignGd(2e-3), 12);

    [Fact]
    public void Every_number_of_samples_has_the_bits_of_steps_for_any_data()
    {
        // Samples lie side by side in a vector and in blocks of 8.
        foreach (int n in (int[])[.. Enumerable.Range(2, 17), 23, 24, 25, 40])
            foreach (int m_k in (int[])[5, 20])
                Same(Drawn(new SignalNoise(12 * n, n, 8, 4), (ulong)n), new ModelSpec(m_k, 2, 0.1), new SignGd(2e-3), 12);
    }

    [Theory]
    [InlineData(SupportMode.Disjoint)]
    [InlineData(SupportMode.Independent)]
    public void So_have_steps_beyond_the_range_of_a_double(SupportMode supports)
    {
        Observation last = Same(Drawn(new SignalNoise(130, 6, 20, 4, supports), 3), new ModelSpec(20, 4, 0.1), new SignGd(2e-2), 300);
        Assert.True(last.LogS21.Min() < -800 && last.LogTrainLoss < -5, FormattableString.Invariant($"log s_21 {last.LogS21.Min():f0}, log loss {last.LogTrainLoss:f0}"));
    }

    [Fact]
    public void So_have_steps_that_come_back_into_the_range()
    {
        // Large scores at the start that SignGD turns round: on their way through 0 no weight needs an exponent.
        int back = 0;
        for (ulong seed = 1; seed <= 30; seed++)
        {
            List<bool> beyond = [];
            Same(Drawn(new SignalNoise(24, 2, 6, 4), seed), new ModelSpec(5, 4, 2.5), new SignGd(2e-2), 100, seen => beyond.Add(Largest(seen) > 300));
            back += beyond.Zip(beyond.Skip(1)).Count(pair => pair is (true, false));
        }
        Assert.True(back > 3, $"{back} times");
    }

    /// <summary>The largest of |score| + max(margin, 0).</summary>
    private static double Largest(Observation seen)
    {
        double largest = 0;
        for (int i = 0; i < seen.Samples; i++)
        {
            double onSignal = 0, onNoise = 0;
            for (int r = 0; r < seen.Neurons; r++)
            {
                // y times the noise patch's projections; so is its query here, and the signs do not matter.
                double apart = seen.KeySignal[r] - seen.KeyNoise[i * seen.Neurons + r];
                onSignal += seen.QuerySignal[r] * apart;
                onNoise += seen.QueryNoise[i * seen.Neurons + r] * apart;
            }
            largest = Math.Max(largest, Math.Max(Math.Abs(onSignal), Math.Abs(onNoise)) + Math.Max(0, seen.Margin[i]));
        }
        return largest;
    }

    [Fact]
    public void Other_data_is_left_to_steps_for_any_data()
    {
        // Coordinates: 0 the signal's, 1 shared, 2 and 3 of one sample each.
        Assert.Equal(Vector256.IsHardwareAccelerated, Known(2, [[(0, 1)], [(1, 2), (2, 3)], [(0, -1)], [(1, 1), (3, 4)]]));
        Assert.Equal(Vector256.IsHardwareAccelerated, Known(2, [[(1, 2), (2, 3)], [(0, 1)], [(0, -1)], [(1, 1), (3, 4)]]));
        foreach (var (length, patches) in ((int, (int, double)[][])[])[
            // The signal is not +-1, differs, or is more than a coordinate; a noise patch has it too.
            (2, [[(0, 2)], [(1, 2), (2, 3)], [(0, -1)], [(1, 1), (3, 4)]]),
            (2, [[(0, 1)], [(1, 2), (2, 3)], [(1, -1)], [(0, 1), (3, 4)]]),
            (2, [[(0, 1), (1, 1)], [(2, 3)], [(0, -1), (1, -1)], [(3, 4)]]),
            (2, [[(0, 1)], [(0, 1), (2, 3)], [(0, -1)], [(1, 1), (3, 4)]]),
            // A noise patch has nothing to itself, or less than 1, or is empty.
            (2, [[(0, 1)], [(1, 2), (2, 3)], [(0, -1)], [(1, 1), (2, 4)]]),
            (2, [[(0, 1)], [(1, 2), (2, 0.5)], [(0, -1)], [(1, 1), (3, 4)]]),
            (2, [[(0, 1)], [], [(0, -1)], [(3, 4)]]),
            // One sample, three patches.
            (2, [[(0, 1)], [(2, 3)]]),
            (3, [[(0, 1)], [(2, 3)], [(1, 1)], [(0, -1)], [(3, 4)], [(1, 1)]])])
        {
            Assert.False(Known(length, patches));
        }

        // Another patch is named the signal.
        Assert.Equal(Vector256.IsHardwareAccelerated, Known(2, [[(0, 1)], [(2, 3)], [(0, -1)], [(3, 4)]], [0, 0]));
        Assert.False(Known(2, [[(0, 1)], [(2, 3)], [(0, -1)], [(3, 4)]], [0, 1]));
    }

    private static bool Known(int length, (int Coordinate, double Value)[][] patches, int[]? signal = null)
    {
        Dataset data = Made(length, patches, signal);
        return SignalNoiseSteps.Of(data, new TouchedColumns(data, Closure.ScaleInvariant), 5) is not null;
    }

    private static Dataset Made(int length, (int Coordinate, double Value)[][] patches, int[]? signal)
    {
        var start = new int[patches.Length + 1];
        for (int p = 0; p < patches.Length; p++) start[p + 1] = start[p] + patches[p].Length;
        double[] labels = [.. Enumerable.Range(0, patches.Length / length).Select(i => i % 2 == 0 ? 1.0 : -1)];
        return new Dataset(length, 5, labels, start, [.. patches.SelectMany(p => p.Select(e => e.Coordinate))], [.. patches.SelectMany(p => p.Select(e => e.Value))], signalPatch: signal);
    }

    /// <summary>The first drawing from this seed on that is of the form: most are.</summary>
    private static Dataset Drawn(SignalNoise distribution, ulong seed)
    {
        for (; ; seed += 1000)
        {
            Dataset data = distribution.DrawTraining(seed);
            if (!Vector256.IsHardwareAccelerated || SignalNoiseSteps.Of(data, new TouchedColumns(data, Closure.ScaleInvariant), 5) is not null) return data;
        }
    }

    private static Observation Same(Dataset data, ModelSpec model, Optimizer rule, int steps, Action<Observation>? look = null)
    {
        TrainingProblem problem = new(data, InitialWeights.Gaussian(model, data.Dimension, 5), rule);
        SupportEngine known = new(problem), any = new(problem, anyData: true);
        var (actual, expected) = (Problems.Train(known, steps), Problems.Train(any, steps));
        foreach (var ((step, a), (_, e)) in actual.Zip(expected))
        {
            string at = FormattableString.Invariant($"n {data.Count}, m_k {model.MK}, step {step}");
            look?.Invoke(a);
            Bits(e.Margin, a.Margin);
            Bits([.. e.LogS11, .. e.LogS21, e.LogTrainLoss], [.. a.LogS11, .. a.LogS21, a.LogTrainLoss]);
            Bits([.. e.QuerySignal, .. e.KeySignal, e.ValueSignal], [.. a.QuerySignal, .. a.KeySignal, a.ValueSignal]);
            Bits([.. e.QueryNoise, .. e.KeyNoise, .. e.ValueNoise], [.. a.QueryNoise, .. a.KeyNoise, .. a.ValueNoise]);

            void Bits(double[] right, double[] wrong) => Assert.True(right.SequenceEqual(wrong), at);
        }

        foreach (WeightMatrix matrix in Problems.Matrices) Assert.Equal(any.CurrentWeights()[matrix], known.CurrentWeights()[matrix]);
        return actual[^1].Seen;
    }
}
