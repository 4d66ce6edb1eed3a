using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Xunit;

namespace Workbook.Core.Tests.Runs;

/// <summary>Many runs at once: each is the run that its spec gives alone.</summary>
public sealed class ManyRunsTests
{
    private static RunSpec Small(ulong seed) => new()
    {
        Data = new SignalNoiseSource(new SignalNoise(60, 5, 4, 2)),
        Model = new ModelSpec(6, 3, 1e-2),
        Optimizer = new SignGd(2e-3),
        Steps = 60,
        Seed = seed,
        TestSize = 30,
        Record = Schedule.Every(7),
        Test = Schedule.Every(14),
    };

    internal static void Same(Trajectory expected, Trajectory found)
    {
        Assert.Equal(expected.Steps, found.Steps);
        foreach (TrajectoryColumn column in TrajectoryColumn.All)
            for (int k = 0; k < expected[column.Name].Length; k++)
                Assert.True(BitConverter.DoubleToInt64Bits(expected[column.Name][k]) == BitConverter.DoubleToInt64Bits(found[column.Name][k]),
                    FormattableString.Invariant($"{column.Name}[{k}] is {found[column.Name][k]:R}, alone {expected[column.Name][k]:R}"));
        Assert.Equal(expected.Facts.Norm1, found.Facts.Norm1);
        Assert.Equal(expected.Facts.Norm2Squared, found.Facts.Norm2Squared);
        Assert.Equal(expected.Facts.SharedNorm1, found.Facts.SharedNorm1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_run_among_many_is_the_run_alone_and_a_bad_one_stops_no_other(int workers)
    {
        RunSpec[] specs = [.. Enumerable.Range(0, 600).Select(k => Small((ulong)k % 40))];
        specs[7] = specs[7] with { Steps = 0 };
        specs[300] = specs[300] with { Data = new FileSource("none") };
        var results = ManyRuns.Run(specs, null, workers, TestContext.Current.CancellationToken).ToList();
        Assert.Equal(Enumerable.Range(0, specs.Length), results.Select(r => r.Index));
        Assert.IsType<InputException>(results[7].Error);
        Assert.IsType<ArgumentException>(results[300].Error);
        var alone = specs[..40].Select((spec, k) => k == 7 ? null : Training.Run(spec, cancel: TestContext.Current.CancellationToken)).ToArray();
        foreach (RunResult result in results)
        {
            Assert.Same(specs[result.Index], result.Spec);
            if (result.Error is not null || result.Index % 40 == 7) continue;
            Assert.Equal(alone[result.Index % 40]!.Engine, result.Engine);
            Same(alone[result.Index % 40]!.Trajectory, result.Trajectory!);
        }
    }

    [Fact]
    public void A_cancelled_batch_yields_what_is_complete_and_then_throws()
    {
        using var cancel = new CancellationTokenSource();
        var seen = new List<RunResult>();
        RunSpec[] specs = [.. Enumerable.Range(0, 2000).Select(k => Small((ulong)k))];
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (RunResult result in ManyRuns.Run(specs, null, 2, cancel.Token))
            {
                seen.Add(result);
                if (seen.Count == 10) cancel.Cancel();
            }
        });
        Assert.InRange(seen.Count, 10, 1999);
        Assert.All(seen, r => Assert.Equal(r.Spec.Steps, r.Trajectory!.Steps[^1]));
        Assert.Throws<InputException>(() => ManyRuns.Run(specs, null, 0, cancel.Token));
        // A reader that stops early takes the workers along.
        Assert.Equal(3, ManyRuns.Run(specs, null, 2, TestContext.Current.CancellationToken).Take(3).Count());
    }
}
