using System.CommandLine;
using Workbook.Benchmarks.Results;

namespace Workbook.Benchmarks.Commands;

/// <summary>Options that several commands share.</summary>
internal static class Options
{
    public static Option<string?> Only() => new("--only")
    {
        Description = "Measure only these rows and keep the others: ids or their beginnings, with commas (matrix, support.large, runs).",
        HelpName = "A,B",
    };

    public static Option<bool> Quick() => new("--quick") { Description = "Fewer turns and sizes: a look, not a result." };

    public static Option<string> Out() => new("--out") { Description = "Folder for results.", DefaultValueFactory = _ => ResultFolder.Default, HelpName = "DIR" };
}
