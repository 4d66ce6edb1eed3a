using System.Globalization;
using System.Text;
using Workbook.Benchmarks.Results;
using Workbook.Core.Sweeps;

namespace Workbook.Benchmarks.Scale;

/// <summary>The tables of docs/scale.md; the words around them stand in the file itself.</summary>
internal static class ScalePage
{
    public const string Begin = "<!-- scale -->", End = "<!-- /scale -->";

    /// <summary>The cluster that is reckoned with: nodes, cores of each, cores of a task.</summary>
    private const int Nodes = 100, Cores = 32, TaskCores = 8;
    private const double Target = 1e8;

    /// <summary>All tables.</summary>
    public static string Markdown(ScaleResult result)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{result.Machine.Cpu}, {result.Machine.Cores} cores, {result.Machine.InstructionSet}, {result.Machine.System}, {result.Machine.Runtime}, {result.Measured:yyyy-MM-dd}; load as it began {result.Load:0.0}. Made by `{result.Command}`.\n");
        Runs(text, result);
        Rates(text, result);
        Stores(text, result);
        Cluster(text, result);
        return text.ToString();
    }

    /// <summary>A text with what stands between its markers replaced.</summary>
    /// <exception cref="Core.InputException">The markers are not there, once each and in order.</exception>
    public static string Replace(string text, ScaleResult result, string name)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin) throw new Core.InputException($"{name} has to hold '{Begin}' and after it '{End}'; the tables go between them.");
        return $"{text[..(begin + Begin.Length)]}\n{Markdown(result)}{text[end..]}";
    }

    private static void Runs(StringBuilder text, ScaleResult result)
    {
        text.Append("\n### A run, part by part\n\nMicroseconds per run of figure-1 on one thread (median of the turns); bytes per row.\n\n");
        text.Append("| what is kept | training | plan row | reading | of it the hash | journal | part | outside training | bytes in the journal | in a part | columns |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (RunCost c in result.Runs)
            text.Append(CultureInfo.InvariantCulture, $"| {c.Asked} | {Micro(c.Train.Median)} | {Micro(c.Expand.Median)} | {Micro(c.Read.Median)} | {Micro(c.Hash.Median)} | {Micro(c.Append.Median)} | {Micro(c.Fold.Median)} | {Micro(c.Outside)} | {c.JournalBytes:0} | {c.PartBytes:0} | {c.Columns} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\nThe device takes {Words.Seconds(result.Flush.Block.Median)} to flush a block of 64 KiB, once a second and shard at most, and {Words.Seconds(result.Flush.Name.Median)} for a small file with its name, a few times a part.\n");
    }

    private static void Rates(StringBuilder text, ScaleResult result)
    {
        text.Append("\n### The model against measured sweeps\n\nModel: J threads share all but the writing of rows, so min(J / all parts, 1 / (journal + part)) runs a second.\n\n");
        text.Append("| what is kept | runs | threads | model, runs/s | measured | measured / model | peak memory |\n|---|---|---|---|---|---|---|\n");
        foreach (SweepRate r in result.Rates)
            text.Append(CultureInfo.InvariantCulture, $"| {r.Asked} | {r.Runs:#,0} | {r.Jobs} | {Words.Digits(r.Modelled)} | {Words.Digits(r.Rate)} | {r.Rate / r.Modelled:0.00} | {Mega(r.PeakBytes)} |\n");
    }

    private static void Stores(StringBuilder text, ScaleResult result)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n### Simulated stores\n\nRows that nobody trained, in real parts of {SweepRun.PartRows:#,0} rows at most; seconds of whole commands, the start of the process included, and their peak memory.\n\n");
        text.Append("| rows | shards | files | bytes | per row | collect | its file | status | start of a shard | count | group, two medians | one row | count, all parts hashed and read |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (StoreCost s in result.Stores)
            text.Append(CultureInfo.InvariantCulture, $"| {s.Rows:#,0} | {s.Shards:#,0} | {s.Files:#,0} | {Mega(s.Bytes)} | {s.Bytes / (double)s.Rows:0} B | {Took(s.Collect)} | {Mega(s.CollectedBytes)} | {Took(s.Status)} | {Took(s.Resume)} | {Took(s.Count)} | {Took(s.Group)} | {Took(s.Point)} | {Took(s.Unvouched)} |\n");
    }

    private static void Cluster(StringBuilder text, ScaleResult result)
    {
        int shards = Nodes * Cores / TaskCores;
        double rowsOfShard = Target / shards;
        StoreCost largest = result.Stores.Where(s => s.Shards == ScaleStudy.Shards).MaxBy(s => s.Rows)!;
        double times = Target / largest.Rows;
        text.Append(CultureInfo.InvariantCulture, $"\n### {Target:#,0} runs on {Nodes} nodes\n\nReckoned, not run: {Nodes} nodes of {Cores} cores like this machine's, {shards} tasks of {TaskCores} cores, {rowsOfShard:#,0} runs each.\n\n");
        text.Append("| what is kept | hours | one task, runs/s | writing alone could | parts | disk |\n|---|---|---|---|---|---|\n");
        foreach (RunCost c in result.Runs)
        {
            double rate = SweepRate.Model(c, TaskCores);
            text.Append(CultureInfo.InvariantCulture, $"| {c.Asked} | {rowsOfShard / rate / 3600:0.00} | {Words.Digits(rate)} | {Words.Digits(1 / (c.Append.Median + c.Fold.Median))} | {shards * Math.Ceiling(rowsOfShard / SweepRun.PartRows):#,0} | {Target * c.PartBytes / 1e9:0.0} GB |\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"\nIn proportion to the largest store above: collect {Words.Seconds(times * largest.Collect.Seconds)}, a query that groups {Words.Seconds(times * largest.Group.Seconds)}. A shard's set of rows done takes {Target / 8e6:0.0} MB in every task.\n");
    }

    private static string Took(ChildCost cost) => $"{Words.Seconds(cost.Seconds)}, {Mega(cost.PeakBytes)}";

    private static string Mega(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:#,0} MB");

    private static string Micro(double seconds) => Words.Digits(seconds * 1e6);
}
