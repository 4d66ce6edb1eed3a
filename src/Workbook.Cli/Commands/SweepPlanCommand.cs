using System.CommandLine;
using System.Text;
using Workbook.Cli.Output;
using Workbook.Report.Writing;
using Workbook.Core;
using Workbook.Core.Sweeps;

namespace Workbook.Cli.Commands;

/// <summary>`workbook sweep plan`: what a plan asks for and what it would take, before anything is run.</summary>
internal static class SweepPlanCommand
{
    public static Command Create()
    {
        var command = new Command("plan", "Checks a plan and shows its size, time and disk.");
        var (file, preset) = SweepCommand.PlanInputs(command);
        var write = new Option<string?>("--write") { Description = "Write the plan to a file, to be edited.", HelpName = "F" };
        command.Options.Add(write);
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(file), name = parsed.GetValue(preset);
            SweepPlan plan = SweepCommand.Read(path, name);
            if (parsed.GetValue(write) is string to) Write(to, name is null ? PlanJson.Write(plan) : SweepPresets.Text(name));
            Print(plan);
            return CommandLine.Success;
        });
        return command;
    }

    private static void Print(SweepPlan plan)
    {
        SweepEstimate estimate = SweepEstimate.Of(plan);
        int cores = Environment.ProcessorCount;
        Console.WriteLine($"plan     {plan.Name} ({plan.Hash()[..16]})");
        foreach (SweepBlock block in plan.Blocks)
            Console.WriteLine($"block    {block.Name}: {string.Join(" x ", block.Axes.Select(a => $"{string.Join(", ", a.Parameters.Select(p => Parameter.All[p].Name))} ({a.Count})").Append($"seeds ({plan.Seeds.Count})"))}");
        Console.WriteLine($"rows     {plan.Rows}");
        Console.WriteLine($"columns  {SweepColumns.Of(plan).Count}: {plan.Measures.Count} measures, {plan.Stages.Count} stages, {plan.Claims.Count} claims");
        Console.WriteLine(estimate.Sampled == 0
            ? "time     unknown: none of the sampled rows can be run"
            : $"time     about {Duration(estimate.Seconds(cores))} on {cores} cores ({ShortNumbers.Short(1000 * estimate.SecondsPerRun)} ms a run, from {estimate.Sampled} rows timed just now)");
        Console.WriteLine($"disk     about {Size(estimate.Bytes)}");
        if (estimate.Invalid > 0) Console.WriteLine($"invalid  about {100 * estimate.Invalid:F1} % of the rows are out of range as a whole; they will be recorded with their error");
    }

    private static void Write(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text, new UTF8Encoding(false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be written: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    internal static string Duration(double seconds) => seconds switch
    {
        < 1 => "a second",
        < 120 => $"{seconds:F0} s",
        < 7200 => $"{seconds / 60:F0} min",
        < 172_800 => $"{seconds / 3600:F1} h",
        _ => $"{seconds / 86_400:F1} days",
    };

    private static string Size(double bytes) => bytes switch
    {
        < 1e6 => $"{bytes / 1e3:F0} kB",
        < 1e9 => $"{bytes / 1e6:F1} MB",
        _ => $"{bytes / 1e9:F1} GB",
    };
}
