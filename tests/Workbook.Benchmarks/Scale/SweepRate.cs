using System.Text.Json;
using Workbook.Benchmarks.Measuring;
using Workbook.Core.Sweeps;

namespace Workbook.Benchmarks.Scale;

/// <summary>How fast the program runs a plan, beside what the parts of its cost add up to.</summary>
/// <param name="Asked">What the plan keeps.</param>
/// <param name="Runs">Runs.</param>
/// <param name="Jobs">Threads.</param>
/// <param name="Rate">Runs a second, measured by the program itself.</param>
/// <param name="Modelled">Runs a second from the parts.</param>
/// <param name="PeakBytes">Peak memory.</param>
public sealed record SweepRate(string Asked, int Runs, int Jobs, double Rate, double Modelled, long PeakBytes)
{
    /// <summary>Threads share all but the writing of rows, which one does at a time.</summary>
    public static double Model(RunCost cost, int jobs) => Math.Min(jobs / (cost.Train.Median + cost.Outside), 1 / (cost.Append.Median + cost.Fold.Median));

    /// <summary>Runs a plan with some threads.</summary>
    public static SweepRate Measure(RunCost cost, string plan, int runs, int jobs, string scratch, CancellationToken cancel)
    {
        string folder = Path.Combine(scratch, "rate"), file = Path.Combine(scratch, "rate.json");
        try
        {
            File.WriteAllText(file, PlanJson.Write(PlanJson.Read(plan) with { Seeds = [.. Enumerable.Range(1, runs).Select(k => (ulong)k)] }));
            ChildCost ran = Child.Run(cancel, "sweep", "run", file, "--out", folder, "--jobs", FormattableString.Invariant($"{jobs}"));
            double rate = JsonDocument.Parse(ran.Out.TrimEnd('\n').Split('\n')[^1]).RootElement.GetProperty("rate").GetDouble();
            return new SweepRate(cost.Asked, runs, jobs, rate, Model(cost, jobs), ran.PeakBytes);
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            File.Delete(file);
        }
    }
}

/// <summary>What it takes to put something on the device.</summary>
/// <param name="Block">A journal's block of 64 KiB, appended and flushed.</param>
/// <param name="Name">A small file, flushed, renamed, its folder flushed.</param>
public sealed record FlushCost(Spread Block, Spread Name)
{
    /// <summary>Measures on the device of a folder.</summary>
    public static FlushCost Measure(string scratch, CancellationToken cancel)
    {
        string file = Path.Combine(scratch, "flush.bin"), named = Path.Combine(scratch, "flush.txt");
        var block = new byte[64 << 10];
        try
        {
            using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            double[][] seen = Timing.TakeTurns(21, cancel,
                () => Seconds(() =>
                {
                    stream.Write(block);
                    stream.Flush(flushToDisk: true);
                }),
                () => Seconds(() => Durable.WriteText(named, "x")));
            return new FlushCost(Spread.Of(seen[0].Skip(1)), Spread.Of(seen[1].Skip(1)));
        }
        finally
        {
            File.Delete(file);
            File.Delete(named);
        }
    }

    private static double Seconds(Action work)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        work();
        return System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
