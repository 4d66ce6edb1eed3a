using System.Diagnostics;
using Workbook.Benchmarks.Measuring;
using Workbook.Core.Data;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Rows;

/// <summary>Many runs of figure-1 with data and weights of their own, on one core and on two, in turns.</summary>
internal static class ManyRunRows
{
    public static void Measure(RowContext context)
    {
        if (context.Wants("runs") | context.Wants("runs.scaling")) Measure(context, SupportMode.Independent, "runs", "runs.scaling");
        if (context.Wants("runs.disjoint") | context.Wants("runs.disjoint.scaling")) Measure(context, SupportMode.Disjoint, "runs.disjoint", "runs.disjoint.scaling");
    }

    private static void Measure(RowContext context, SupportMode supports, string runs, string scaling)
    {
        context.Say($"many runs, {supports.ToString().ToLowerInvariant()} supports");
        // The first and the last state is recorded, nothing is tested: what a phase diagram asks of a run.
        var distribution = ((SignalNoiseSource)Presets.Figure1.Data).Distribution with { Supports = supports };
        RunSpec spec = Presets.Figure1 with { Data = new SignalNoiseSource(distribution), TestSize = 0, Record = Schedule.Every(Presets.Figure1.Steps) };
        ulong seed = 0;
        // Twice: what is compiled after the first rate was taken must not choose the size of a turn.
        double rate = 0;
        for (int k = 0; k < 2; k++)
        {
            var clock = Stopwatch.StartNew();
            int done = 0;
            while (clock.Elapsed.TotalSeconds < context.EngineWarmUp) done += Runs(32, 1);
            rate = done / clock.Elapsed.TotalSeconds;
        }
        int count = (int)Math.Max(64, rate * (context.Quick ? 0.2 : 0.4));
        bool two = Environment.ProcessorCount >= 2;
        var parties = new List<Func<double>> { () => Rate(1) };
        if (two) parties.Add(() => Rate(2));
        QuietTurns seen = QuietTurns.Take(context.Turns, allCores: two, context.Cancel, parties);
        string one = FormattableString.Invariant($"{Spread.Of(seen[0]).Median:F0} runs/s on 1 core.");
        if (!two)
        {
            context.Emit($"{runs}/two-cores", "2 cores", null, note: "not measured: this machine has one core; " + one);
            context.Emit($"{scaling}/two-cores", "2 cores over 1", null, note: "not measured: this machine has one core.");
            return;
        }
        context.Emit($"{runs}/two-cores", $"{count} runs a turn", Spread.Of(seen[1]), Spread.Of(seen[1].Select(r => 1 / r)), note: one, turns: seen);
        context.Emit($"{scaling}/two-cores", $"{count} runs a turn", Spread.Of(seen[0], seen[1], (single, pair) => pair / single), turns: seen);

        double Rate(int workers)
        {
            var clock = Stopwatch.StartNew();
            return Runs(count, workers) / clock.Elapsed.TotalSeconds;
        }

        int Runs(int number, int workers)
        {
            RunSpec[] specs = [.. Enumerable.Range(0, number).Select(_ => spec with { Seed = seed++ })];
            foreach (RunResult result in ManyRuns.Run(specs, null, workers, context.Cancel))
                if (result.Error is not null) throw result.Error;
            return number;
        }
    }
}
