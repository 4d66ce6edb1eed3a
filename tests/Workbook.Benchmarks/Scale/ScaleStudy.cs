using System.Globalization;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Scale;

/// <summary>Everything that docs/scale.md shows.</summary>
/// <param name="Machine">Where.</param>
/// <param name="Command">What makes it again.</param>
/// <param name="Measured">When, UTC.</param>
/// <param name="Load">What ran beside: the system's mean load over a minute as the measuring began; NaN where it is not known.</param>
/// <param name="Runs">Cost of a run, part by part.</param>
/// <param name="Rates">The program's rates.</param>
/// <param name="Flush">The device.</param>
/// <param name="Stores">The simulated stores.</param>
public sealed record ScaleResult(Machine Machine, string Command, DateTime Measured, double Load, IReadOnlyList<RunCost> Runs, IReadOnlyList<SweepRate> Rates, FlushCost Flush, IReadOnlyList<StoreCost> Stores);

/// <summary>Measures what sweeps cost: runs, rates, the device, and simulated stores of a hundred thousand to ten million rows.</summary>
internal static class ScaleStudy
{
    /// <summary>A cluster's tasks: what the simulated stores are written by.</summary>
    public const int Shards = 16, ManyShards = 1600;

    /// <summary>Measures; nothing is left behind.</summary>
    /// <param name="most">Rows of the largest store; the others are tenths of it.</param>
    /// <param name="quick">Fewer turns and runs.</param>
    /// <param name="command">What a person typed.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancel">Stops.</param>
    public static ScaleResult Run(long most, bool quick, string command, Action<string> progress, CancellationToken cancel)
    {
        double load = Load();
        string scratch = Directory.CreateTempSubdirectory("workbook-scale-").FullName;
        try
        {
            var costs = new List<RunCost>();
            var rates = new List<SweepRate>();
            foreach (var (asked, plan) in RunCosts.Plans)
            {
                progress("cost of a run: " + asked);
                costs.Add(RunCosts.Measure(asked, plan, quick, cancel));
                foreach (int jobs in (int[])[1, Environment.ProcessorCount])
                {
                    progress($"rate with {jobs} threads: {asked}");
                    rates.Add(SweepRate.Measure(costs[^1], plan, (quick ? 400 : 4000) * jobs, jobs, scratch, cancel));
                }
            }
            progress("flushing");
            FlushCost flush = FlushCost.Measure(scratch, cancel);
            var stores = new List<StoreCost>();
            foreach (long rows in (long[])[most / 100, most / 10, most]) stores.Add(StoreCosts.Measure(rows, Shards, scratch, progress, cancel));
            stores.Add(StoreCosts.Measure(most / 10, ManyShards, scratch, progress, cancel));
            return new ScaleResult(Machine.Current, command, DateTime.UtcNow, load, costs, rates, flush, stores);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static double Load() =>
        File.Exists("/proc/loadavg") && double.TryParse(File.ReadAllText("/proc/loadavg").Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double load) ? load : double.NaN;
}
