using System.Diagnostics;
using Workbook.Benchmarks.Measuring;
using Workbook.Core.Engines;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Rows;

/// <summary>
/// Figure-1 carried to 10^9 steps. Where that would take long, because every step is made, it is not waited for: the row then says how far it came
/// and how long the rest would take.
/// </summary>
internal static class HorizonRows
{
    private const int Horizon = 1_000_000_000;

    // Seconds that one run may take here.
    private const double Patience = 5;

    public static void Measure(RowContext context)
    {
        if (!context.Wants("horizon")) return;
        context.Say("long horizons");
        for (int steps = 100_000; ; steps *= 10)
        {
            // The first runs are compiled while they go.
            double seconds = Enumerable.Range(0, 3).Min(_ => Run(steps));
            if (steps == Horizon) break;
            if (seconds * 10 <= Patience) continue;
            string rest = FormattableString.Invariant($"not reached: {steps:N0} steps took {seconds:F2} s, so 10^9 would take about {seconds * Horizon / steps:F0} s.");
            context.Emit("horizon/figure-1", "10^9 steps", null, note: rest);
            return;
        }
        double[][] seen = Timing.TakeTurns(context.Turns, context.Cancel, () => Run(Horizon));
        context.Emit("horizon/figure-1", "10^9 steps, drawing data and weights included", Spread.Of(seen[0].Select(s => s * 1e3)), Spread.Of(seen[0]));

        double Run(int steps)
        {
            var clock = Stopwatch.StartNew();
            Training.Run(Presets.Figure1 with { Steps = steps, Record = Schedule.Log(1), TestSize = 0, Engine = EngineKind.Reduced }, cancel: context.Cancel);
            context.Cancel.ThrowIfCancellationRequested();
            return clock.Elapsed.TotalSeconds;
        }
    }
}
