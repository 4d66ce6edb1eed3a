using System.Diagnostics;
using Workbook.Benchmarks.Measuring;
using Workbook.Core.Data;
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
        SignalNoise drawn = ((SignalNoiseSource)Presets.Figure1.Data).Distribution;
        One(context, "disjoint", "disjoint supports", drawn with { Supports = SupportMode.Disjoint });
        // Where samples share a coordinate with opposite signs, what it does hangs on sizes, and the engine may have to look at every step.
        One(context, "independent", "independent supports", drawn with { Supports = SupportMode.Independent });
    }

    private static void One(RowContext context, string id, string words, SignalNoise distribution)
    {
        context.Say("10^9 steps, " + words);
        for (int steps = 100_000; ; steps *= 10)
        {
            // The first runs are compiled while they go.
            double seconds = Enumerable.Range(0, 3).Min(_ => Run(steps));
            if (steps == Horizon) break;
            if (seconds * 10 <= Patience) continue;
            string rest = FormattableString.Invariant($"not reached with {words}: {steps:N0} steps took {seconds:F2} s, so 10^9 would take about {seconds * Horizon / steps:F0} s.");
            context.Emit("horizon/" + id, words, null, note: rest);
            return;
        }
        QuietTurns seen = QuietTurns.Take(context.Turns, allCores: false, context.Cancel, () => Run(Horizon));
        context.Emit("horizon/" + id, words + ", drawing data and weights included", Spread.Of(seen[0].Select(s => s * 1e3)), Spread.Of(seen[0]), note: words, turns: seen);

        double Run(int steps)
        {
            var clock = Stopwatch.StartNew();
            Training.Run(Presets.Figure1 with { Data = new SignalNoiseSource(distribution), Steps = steps, Record = Schedule.Log(1), TestSize = 0, Engine = EngineKind.Reduced }, cancel: context.Cancel);
            context.Cancel.ThrowIfCancellationRequested();
            return clock.Elapsed.TotalSeconds;
        }
    }
}
