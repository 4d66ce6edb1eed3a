using Workbook.Benchmarks.Measuring;
using Xunit;

namespace Workbook.Benchmarks.Tests;

public sealed class TimingTests
{
    [Fact]
    public void What_the_first_call_takes_does_not_choose_the_size_of_a_turn()
    {
        // A first call that is compiled for longer than the whole warm-up once left a turn of a single call, on cold caches.
        int calls = 0;
        int turn = Timing.Calibrate(() => { if (calls++ == 0) Thread.Sleep(300); }, 0.05, 0.01);
        Assert.True(calls > 2, $"{calls} calls");
        Assert.True(turn > 1, $"a turn of {turn}");
    }

    [Fact]
    public void A_turn_is_that_many_calls_and_at_least_one()
    {
        Assert.Equal(1, Timing.Calibrate(() => Thread.Sleep(30), 0.01, 0.001));
        int calls = 0;
        Timing.PerCall(() => calls++, 17);
        Assert.InRange(calls, 17, 17 + Timing.Stretches);
    }
}
