using System.Runtime.Intrinsics;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>The reduced dynamics in panels beside the same with sums in one line, on every rung that this process has: every sum of directions equal, whatever the width of a row and of its panels.</summary>
public sealed class PanelDynamicsTests
{
    // Coordinates of two, three and more samples, and of one.
    private static readonly SignalNoise Overlapping = new(40, 7, 9, 1);

    public static TheoryData<int> Neurons => [.. Enumerable.Range(1, 17), 20, 24, 25, 31, 32, 33, 40, 47, 48, 49, 64, 70];

    [Theory]
    [MemberData(nameof(Neurons))]
    public void Sums_of_directions_are_those_of_rows_in_a_line(int m_k) => OnEveryRung(Problems.SignalNoise(Overlapping, new SignGd(2e-3), (ulong)m_k, new ModelSpec(m_k, 2, 0.1)), 25);

    [Fact]
    public void For_more_samples_than_a_wide_panel_takes_too() =>
        OnEveryRung(Problems.SignalNoise(new SignalNoise(300, 101, 5, 1), new SignGd(2e-3), 1, new ModelSpec(70, 2, 0.1)), 10);

    [Fact]
    public void Where_weights_have_left_the_range_of_a_double_too()
    {
        TrainingProblem problem = Problems.SignalNoise(Overlapping, new SignGd(0.5), 3, new ModelSpec(20, 2, 0.1));
        var last = Problems.Train(new ReducedEngine(problem, ReducedWay.Panels), 40, 40)[^1].Seen;
        Assert.True(last.Margin.Max() > 300, $"margins of {last.Margin.Max()} are in range");
        OnEveryRung(problem, 40);
    }

    // Then descents are zeros of either sign.
    [Fact]
    public void From_weights_of_zero_too()
    {
        Dataset data = Overlapping.DrawTraining(1);
        OnEveryRung(new TrainingProblem(data, InitialWeights.From(new TransformerWeights(20, 2, data.Dimension)), new SignGd(2e-3)), 5);
    }

    [Fact]
    public void Panels_are_for_many_sums_of_bounded_numbers()
    {
        ReducedStart small = Start(1e-3), large = Start(1e60);
        Assert.False(PanelDynamics.Takes(small, 1e-3, PanelDynamics.LeastSums));
        Assert.True(PanelDynamics.Takes(small, 1e-3, leastSums: 0));
        Assert.False(PanelDynamics.Takes(small, 1e90, leastSums: 0));
        Assert.True(PanelDynamics.Takes(large, 1e-3, leastSums: 0));
        Assert.False(PanelDynamics.Takes(Start(1e120), 1e-3, leastSums: 0));
        Assert.False(PanelDynamics.Takes(Start(1e-120), 1e-3, leastSums: 0));
        Assert.False(PanelDynamics.Takes(small, double.PositiveInfinity, leastSums: 0));

        ReducedStart Start(double sigma_0) => new(Problems.SignalNoise(Overlapping, new SignGd(1e-3), 1, new ModelSpec(4, 2, sigma_0)));
    }

    private static void OnEveryRung(TrainingProblem problem, int steps)
    {
        var start = new ReducedStart(problem);
        Assert.True(start.Shared.Pairs > 0 && start.SharedCount > start.Shared.Pairs, "no coordinate is shared by two, or by more");
        Compare<double, Lanes1<double>>(start, steps);
        if (Vector128.IsHardwareAccelerated) Compare<Vector128<double>, Lanes128<double>>(start, steps);
        if (Vector256.IsHardwareAccelerated) Compare<Vector256<double>, Lanes256<double>>(start, steps);
        if (Vector512.IsHardwareAccelerated) Compare<Vector512<double>, Lanes512<double>>(start, steps);
    }

    private static void Compare<TVector, TLanes>(ReducedStart start, int steps)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        using var line = new AccumulatedDynamics<TVector, TLanes>(start);
        using var panels = new PanelDynamics<TVector, TLanes>(start);
        double[] expected = new double[start.MK], found = new double[start.MK];
        var (one, other) = (new Observation(start.N, start.MK), new Observation(start.N, start.MK));
        for (int step = 0; ; step++)
        {
            line.Forward(step);
            panels.Forward(step);
            line.Observe(one);
            panels.Observe(other);
            var difference = Difference.Between([(step, one)], [(step, other)]);
            Assert.True(difference.Worst < 1e-11, $"step {step}, {typeof(TVector)}: {difference}");
            for (int row = 0; row < start.Rows; row++)
            {
                line.Moved(step, row, expected);
                panels.Moved(step, row, found);
                Assert.Equal(expected, found);
            }
            for (int k = 0; k < start.ScalarCount; k++) Assert.Equal(line.Moved(step, k), panels.Moved(step, k));
            if (step == steps) return;
            line.Advance(step, 0);
            panels.Advance(step, 0);
        }
    }
}
