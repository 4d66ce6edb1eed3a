using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Workbook.Core.Numerics;
using Workbook.Core.Sweeps;

namespace Workbook.Benchmarks.Scale;

/// <summary>
/// A store whose rows nobody trained: real part files, real columns, and values drawn around those of figure-1 by the library's own generator. It is for measuring
/// files and programs; nothing may be concluded from what stands in it.
/// </summary>
internal static class SimulatedStore
{
    private const uint Stream = 71;

    /// <summary>Draws per row, more than there are columns.</summary>
    private const ulong Draws = 64;

    /// <summary>The plan: figure-1 over so many seeds, all measures and stage times.</summary>
    public static SweepPlan Plan(long rows) => PlanJson.Read($$"""
        {"version": 1, "name": "simulated: nobody trained these rows", "base": {"preset": "figure-1"}, "set": {"record": "log:20", "test": "every:1000000000"}, "axes": [],
         "seeds": {"from": 1, "count": {{rows.ToString(CultureInfo.InvariantCulture)}}}, "measures": "all", "claims": []}
        """);

    /// <summary>Writes the parts that so many tasks of a cluster would leave, each of the size that a sweep writes.</summary>
    /// <returns>Seconds of drawing and writing, all threads together.</returns>
    public static double Write(string folder, long rows, int shards, int threads, CancellationToken cancel)
    {
        SweepPlan plan = Plan(rows);
        var store = new SweepStore(folder, plan);
        store.Prepare();
        long ticks = 0;
        Parallel.For(1, shards + 1, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel }, k =>
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            Shard(store, new Shard(k, shards), cancel);
            Interlocked.Add(ref ticks, System.Diagnostics.Stopwatch.GetElapsedTime(start).Ticks);
        });
        return TimeSpan.FromTicks(ticks).TotalSeconds;
    }

    private static void Shard(SweepStore store, Shard shard, CancellationToken cancel)
    {
        SweepPlan plan = store.Plan;
        CheckedParts list = CheckedParts.Begin(store, shard);
        var columns = SweepColumns.Of(plan);
        PlanRow first = plan[0];
        var words = new RandomStream(1, Stream, (ulong)shard.Number);
        int part = 0;
        for (long row = shard.Next(0); row < plan.Rows;)
        {
            cancel.ThrowIfCancellationRequested();
            var table = new TableRows(columns);
            for (; row < plan.Rows && table.Count < SweepRun.PartRows; row = shard.Next(row + 1)) Row(table, plan, first, row, words);
            list.Add(PartFile.Write(store.Folder, $"part-{shard.Name}-{++part:D6}", store.PlanHash, table));
        }
        list.Save();
    }

    private static void Row(TableRows table, SweepPlan plan, PlanRow first, long row, RandomStream words)
    {
        ulong draw = (ulong)row * Draws;
        double U() => words.Uniform(draw++);
        double Around(double value, double spread) => value * Math.Exp(spread * (U() + U() + U() - 1.5));
        RowWriter.WriteSpec(table, first with { Index = row }, "reduced", Name(row));
        table.Whole(SeedColumn)[^1] = row + 1;
        int at = RowWriter.SpecColumns;
        table.Text(at++).Add(null);
        foreach (string measure in plan.Measures)
            table.Real(at++).Add(measure switch
            {
                "train_loss" => Around(8.1e-5, 0.8),
                "train_error" => 0,
                "test_loss" => Around(0.685, 0.02),
                // A share of 1,000 test samples.
                "test_error" => Math.Round(1000 * Around(0.384, 0.06)) / 1000,
                "s11" => Around(0.0189, 0.3),
                "s21" => Math.Exp(-30 - 40 * U()),
                "value_noise" => Around(5.34, 0.1),
                "value_signal" => 0.18,
                _ => Around(1, 0.2),
            });
        foreach (string stage in plan.Stages)
        {
            // Late stages are missed by most runs.
            bool reached = stage is not ("query" or "T4") || U() < 0.2;
            double typical = stage switch { "T1" => 1, "T2" => 23, "T3" => 56, "s21" => 160, "key" => 500, "query" or "T4" => 860, "s11" => 660, _ => 485 };
            table.Whole(at++).Add(reached ? (long)Math.Min(900, Math.Max(1, Math.Round(Around(typical, 0.3)))) : null);
        }
    }

    private static readonly int SeedColumn = SweepColumns.Fixed.ToList().FindIndex(c => c.Name == "seed");

    /// <summary>Stands for the hash of a spec: 64 digits that do not repeat.</summary>
    private static string Name(long row)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, row);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
