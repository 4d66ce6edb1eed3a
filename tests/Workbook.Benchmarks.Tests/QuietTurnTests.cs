using Workbook.Benchmarks.Measuring;
using Xunit;

namespace Workbook.Benchmarks.Tests;

/// <summary>Which turns count, by a probe that is played from a list.</summary>
public sealed class QuietTurnTests
{
    /// <summary>Two parties, of which the first says the number of the turn; the probe's rate during turn t is the t-th number, 1 while waiting.</summary>
    private static QuietTurns Play(int turns, params double[] rates)
    {
        int turn = -1, asked = 0;
        return QuietTurns.Take(turns, () => asked++ % 3 == 1 ? rates[turn] : 1, () => 1, () => Assert.Fail("nothing to wait for"), TestContext.Current.CancellationToken,
            [() => ++turn, () => 10 * turn]);
    }

    [Fact]
    public void Disturbed_turns_are_taken_again_and_quiet_ones_kept_whole()
    {
        QuietTurns seen = Play(3, 0.5, 1, 0.84, 0.9, 0.86, 1);
        Assert.Equal([1, 3, 4], seen[0]);
        Assert.Equal([10, 30, 40], seen[1]);
        Assert.Equal((5, 0), (seen.Taken, seen.Disturbed));
    }

    [Fact]
    public void Where_all_is_quiet_no_turn_is_added() => Assert.Equal((4, 0), (Play(4, 1, 1, 1, 1).Taken, Play(4, 1, 1, 1, 1).Disturbed));

    [Fact]
    public void On_a_machine_that_is_never_quiet_the_least_disturbed_turns_are_kept_and_counted()
    {
        QuietTurns seen = Play(2, 0.3, 0.5, 0.2, 1, 0.7, 0.6, 0.3, 0.4);
        Assert.Equal([3, 4], seen[0]);
        Assert.Equal((QuietTurns.MostTries * 2, 1), (seen.Taken, seen.Disturbed));
    }

    [Fact]
    public void A_turn_begins_when_the_core_is_quiet()
    {
        double rate = 0.1;
        int pauses = 0;
        QuietTurns seen = QuietTurns.Take(1, () => rate, () => 1, () => rate = ++pauses < 7 ? 0.1 : 1, TestContext.Current.CancellationToken, [() => pauses]);
        Assert.Equal((7.0, 1, 0), (seen[0][0], seen.Taken, seen.Disturbed));
    }

    [Fact]
    public void The_best_rate_may_be_seen_late()
    {
        // What passed for quiet before the machine showed what it can do does not count.
        double best = 1;
        double[] rates = [1, 1, 2, 2, 2, 2];
        int turn = -1, asked = 0;
        double Rate()
        {
            if (asked++ % 2 == 0) return best;
            best = Math.Max(best, rates[turn]);
            return rates[turn];
        }
        QuietTurns seen = QuietTurns.Take(3, Rate, () => best, () => Assert.Fail("nothing to wait for"), TestContext.Current.CancellationToken, [() => ++turn]);
        Assert.Equal([3, 4, 5], seen[0]);
    }

    [Fact]
    public async Task A_thread_is_held_on_one_core_and_let_go()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads are held on Linux only");
        await Task.Run(() =>
        {
            string before = Allowed();
            using (OneCore held = OneCore.Hold())
                for (int k = 0; k < 2 * Environment.ProcessorCount; k++, held.Next())
                    Assert.Equal($"{OneCore.Current}", Allowed());
            Assert.Null(OneCore.Current);
            Assert.Equal(before, Allowed());
        }, TestContext.Current.CancellationToken);

        // Asking for the current processor may be answered from a cache.
        static string Allowed() => File.ReadLines("/proc/thread-self/status").Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split(':')[1].Trim();
    }

    [Fact]
    public void The_probe_gives_a_rate_for_one_core_and_for_all()
    {
        double one = CoreProbe.Rate(allCores: false), all = CoreProbe.Rate(allCores: true);
        Assert.InRange(one, 1e6, CoreProbe.Best);
        Assert.InRange(all, 1e6, CoreProbe.Best);
    }
}
