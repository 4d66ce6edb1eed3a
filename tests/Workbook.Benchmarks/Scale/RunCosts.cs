using System.Diagnostics;
using Workbook.Benchmarks.Measuring;
using Workbook.Core.Runs;
using Workbook.Core.Sweeps;

namespace Workbook.Benchmarks.Scale;

/// <summary>What a run of a sweep costs, part by part, in seconds per run on one thread.</summary>
/// <param name="Asked">What the plan keeps of a run.</param>
/// <param name="Expand">The plan's row: the spec from the axes.</param>
/// <param name="Hash">SHA-256 of the spec's canonical JSON; part of <paramref name="Read"/>.</param>
/// <param name="Train">Training and recording, whatever engine the spec has.</param>
/// <param name="Read">Measures, stages and claims off the trajectory, and the row.</param>
/// <param name="Append">The row's share of a journal block, written to the system.</param>
/// <param name="Fold">Its share of a closed part: journal read back, sorted, Parquet, hashed, on the device.</param>
/// <param name="JournalBytes">Bytes of a row in the journal.</param>
/// <param name="PartBytes">Bytes of a row in a part.</param>
/// <param name="Columns">Columns of the table.</param>
public sealed record RunCost(string Asked, Spread Expand, Spread Hash, Spread Train, Spread Read, Spread Append, Spread Fold, double JournalBytes, double PartBytes, int Columns)
{
    /// <summary>All but the training.</summary>
    public double Outside => Expand.Median + Read.Median + Append.Median + Fold.Median;
}

/// <summary>Times the parts of a sweep's work on real runs of figure-1, each part by itself on one thread, in turns.</summary>
internal static class RunCosts
{
    /// <summary>The plans that are timed: what is asked of a run decides what it costs beside the training.</summary>
    public static readonly (string Asked, string Plan)[] Plans =
    [
        ("last losses and attention, first and last state recorded", """
            {"version": 1, "base": {"preset": "figure-1"}, "set": {"test_size": 0, "record": "every:900"}, "axes": [],
             "seeds": {"from": 1, "count": 100000}, "measures": ["train_loss", "train_error", "s11", "s21", "value_noise", "value_signal"], "stages": [], "claims": []}
            """),
        ("all measures and stages, log:20", """
            {"version": 1, "base": {"preset": "figure-1"}, "set": {"test_size": 0, "record": "log:20"}, "axes": [],
             "seeds": {"from": 1, "count": 100000}, "measures": "all", "claims": []}
            """),
        ("all measures, stages and claims, log:20", """
            {"version": 1, "base": {"preset": "figure-1"}, "set": {"test_size": 0, "record": "log:20"}, "axes": [],
             "seeds": {"from": 1, "count": 100000}, "measures": "all", "claims": "all"}
            """),
    ];

    /// <summary>Times one plan.</summary>
    /// <param name="asked">In words.</param>
    /// <param name="text">The plan.</param>
    /// <param name="quick">Fewer runs and turns.</param>
    /// <param name="cancel">Stops between two turns.</param>
    public static RunCost Measure(string asked, string text, bool quick, CancellationToken cancel)
    {
        SweepPlan plan = PlanJson.Read(text);
        int runs = quick ? 128 : 512, folded = quick ? 8192 : 65_536, turns = quick ? 3 : 7;
        var writer = new RowWriter(plan);
        PlanRow[] rows = [.. Enumerable.Range(0, runs).Select(k => plan[k])];
        RunSpec[] specs = [.. rows.Select(r => r.Spec)];
        RunResult[] results = [.. ManyRuns.Run(specs, null, 1, cancel)];
        TableRows table = Table();
        string folder = Directory.CreateTempSubdirectory("workbook-scale-").FullName;
        try
        {
            string path = Path.Combine(folder, "journal.log");
            using Journal journal = Journal.Create(path, plan.Hash(), writer.Columns);
            long from = journal.Length;
            double[][] seen = Timing.TakeTurns(turns + 1, cancel,
                () => Per(runs, () => { for (int k = 0; k < runs; k++) _ = plan[k]; }),
                () => Per(runs, () => { foreach (RunSpec spec in specs) _ = spec.Hash(); }),
                () => Per(runs, () => { foreach (RunResult _ in ManyRuns.Run(specs, null, 1, cancel)) { } }),
                () => Per(runs, () => table = Table()),
                () => Per(runs, () => journal.Append(table)));
            double bytes = (journal.Length - from) / (double)((turns + 1) * runs);
            // A part of the size that a sweep writes: the rows there are, each many times, under places of their own.
            var many = new TableRows(writer.Columns);
            for (int k = 0; k < folded; k++)
            {
                many.Add(table, k % runs);
                many.Whole(0)[^1] = k;
                many.Text(1)[^1] = plan[k].Spec.Hash();
                // Repeated digits would compress as no sweep's do.
                for (int c = SweepColumns.ErrorColumn; c < writer.Columns.Count; c++)
                    if (writer.Columns[c].Kind == ColumnKind.Real && many.Real(c)[^1] is double value) many.Real(c)[^1] = value * (1 + 1e-9 * k);
            }
            using Journal full = Journal.Create(Path.Combine(folder, "full.log"), plan.Hash(), writer.Columns);
            for (int k = 0; k < folded; k += runs) full.Append(Rows(many, k, Math.Min(runs, folded - k)));
            string part = "";
            double[][] fold = Timing.TakeTurns(quick ? 2 : 4, cancel, () => Per(folded, () => part = SweepRun.Fold(Path.Combine(folder, "full.log"), folder, "part", plan.Hash(), writer.Columns)));
            // What is compiled in the first turn is not a row's cost.
            return new RunCost(asked, Of(seen[0]), Of(seen[1]), Of(seen[2]), Of(seen[3]), Of(seen[4]), Of(fold[0]), bytes, new FileInfo(part).Length / (double)folded, writer.Columns.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        TableRows Table()
        {
            var made = new TableRows(writer.Columns);
            for (int k = 0; k < runs; k++) writer.Write(made, rows[k], results[k]);
            return made;
        }
    }

    private static TableRows Rows(TableRows from, int at, int count)
    {
        var rows = new TableRows(from.Columns);
        for (int k = at; k < at + count; k++) rows.Add(from, k);
        return rows;
    }

    private static Spread Of(double[] turns) => Spread.Of(turns.Skip(1));

    private static double Per(int runs, Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds / runs;
    }
}
