using System.Globalization;
using System.Text;
using Workbook.Benchmarks.Growth;
using Workbook.Benchmarks.Kernels;
using Workbook.Benchmarks.Measuring;

namespace Workbook.Benchmarks.Results;

/// <summary>The folder of results: what has been measured as JSON, and a page over whatever of it is there.</summary>
internal sealed record ResultFolder(string Path)
{
    public const string Default = "results/benchmarks";

    public string ComparePath => System.IO.Path.Combine(Path, "compare.json");

    public string GrowthPath => System.IO.Path.Combine(Path, "growth.json");

    public string KernelsPath => System.IO.Path.Combine(Path, "kernels.json");

    public string PagePath => System.IO.Path.Combine(Path, "benchmarks.md");

    /// <summary>Writes benchmarks.md from the JSON files that are there.</summary>
    public void WritePage()
    {
        var text = new StringBuilder("# Benchmarks\n");
        if (Json.Read<Comparison>(ComparePath) is Comparison comparison) Compared(text, comparison);
        if (Json.Read<GrowthResult>(GrowthPath) is GrowthResult growth) Grown(text, growth);
        if (Json.Read<KernelResults>(KernelsPath) is KernelResults kernels) KernelTables(text, kernels);
        Json.WriteText(PagePath, text.ToString());
    }

    private static void Compared(StringBuilder text, Comparison comparison)
    {
        text.Append("\n## Goals\n\n").Append(GoalTable.Markdown(comparison));
        text.Append("\n## Every row\n\n| row | set | what | value | ours | peer's | peer | commit | measured (UTC) |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (Row row in comparison.Rows)
        {
            Goal goal = Goals.Get(row.GoalId);
            string peer = string.Join(", ", new[] { row.Peer, row.PeerChoice, row.Note }.Where(part => part is not null));
            text.Append(CultureInfo.InvariantCulture, $"| {row.Id} | {Instructions.Title(row.Instructions)} | {row.What} | {(row.Value is null ? "-" : Words.Range(goal.Unit, row.Value))} | ")
                .Append(CultureInfo.InvariantCulture, $"{Middle(row.OurSeconds)} | {Middle(row.PeerSeconds)} | {peer} | {Short(row.Commit)} | {row.Measured:yyyy-MM-dd HH:mm} |\n");
        }
    }

    private static void Grown(StringBuilder text, GrowthResult growth)
    {
        text.Append("\n## How the cost of a step grows\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{growth.Machine.Cpu}, {growth.Machine.InstructionSet}, {growth.Machine.Runtime}, {growth.Measured:yyyy-MM-dd}. Made by `{growth.Command}`.\n");
        text.Append(CultureInfo.InvariantCulture, $"One factor at a time around {growth.Base}; time per step ~ factor^b, b with its 95 % interval over the upper points.\n\n");
        text.Append("![Time per step against n, m_k, s and d, on logarithmic axes](growth.svg)\n\n| engine | factor | exponent b | of the operations | points |\n|---|---|---|---|---|\n");
        foreach (GrowthFit fit in growth.Fits)
            text.Append(CultureInfo.InvariantCulture, $"| {fit.Engine} | {fit.Factor} | {fit.Exponent:F2} [{fit.Low:F2} .. {fit.High:F2}] | {fit.Expected:F0} | {fit.Points} |\n");
        text.Append("\n| engine | n | m_k | s | d | time per step | allocated per step | state |\n|---|---|---|---|---|---|---|---|\n");
        foreach (GrowthPoint point in growth.Points)
            text.Append(CultureInfo.InvariantCulture, $"| {point.Engine} | {point.N} | {point.MK} | {point.S} | {point.D} | {Words.Seconds(point.Seconds.Median)} | {point.BytesPerStep:0.##} B | {point.StateBytes / 1024.0:N0} KiB |\n");
        GrowthPoint[] allocating = [.. growth.Points.Where(point => point.BytesPerStep > 0)];
        text.Append(allocating.Length == 0 ? "\nNo step allocates.\n" : $"\n{allocating.Length} of {growth.Points.Count} settings allocate while they step.\n");
    }

    private static void KernelTables(StringBuilder text, KernelResults kernels)
    {
        text.Append("\n## Kernels\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{kernels.Machine.Cpu}, {kernels.Machine.InstructionSet}, {kernels.Machine.Runtime}, BenchmarkDotNet {kernels.BenchmarkDotNet}, {kernels.Measured:yyyy-MM-dd}. Made by `{kernels.Command}`.\n");
        text.Append("\n| kernel | parameters | mean | standard deviation | per unit | allocated |\n|---|---|---|---|---|---|\n");
        foreach (KernelResult kernel in kernels.Kernels)
            text.Append(CultureInfo.InvariantCulture, $"| {kernel.Name} | {kernel.Parameters} | {Words.Seconds(kernel.MeanSeconds)} | {Words.Seconds(kernel.DeviationSeconds)} | {kernel.PerUnit} | {kernel.AllocatedBytes:0} B |\n");
    }

    private static string Middle(Spread? seconds) => seconds is null ? "-" : Words.Seconds(seconds.Median);

    private static string Short(string commit) => commit.Length > 9 ? commit[..9] : commit;
}
