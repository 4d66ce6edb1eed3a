using System.CommandLine;
using Workbook.Core;
using Workbook.Core.Sweeps;

namespace Workbook.Cli.Commands;

/// <summary>`workbook sweep`: many runs as one plan.</summary>
internal static class SweepCommand
{
    public static Command Create() => new("sweep", "Runs plans of many runs: on all cores, in shards, interrupted and resumed at will.")
    {
        SweepPlanCommand.Create(),
        SweepRunCommand.Create(),
        SweepStatusCommand.Create(),
        SweepSubmitCommand.Create(),
        SweepCollectCommand.Create(),
    };

    /// <summary>The plan as a file or by its name: exactly one of the two.</summary>
    public static (Argument<string?> File, Option<string?> Preset) PlanInputs(Command command)
    {
        var file = new Argument<string?>("F") { Description = "The plan (sweep.json).", Arity = ArgumentArity.ZeroOrOne };
        var preset = new Option<string?>("--preset") { Description = "Take this plan instead: " + string.Join("; ", SweepPresets.All.Select(p => $"{p.Name} ({p.About})")) + ".", HelpName = "NAME" };
        command.Arguments.Add(file);
        command.Options.Add(preset);
        return (file, preset);
    }

    public static SweepPlan Read(string? file, string? preset) => (file, preset) switch
    {
        (string path, null) => PlanJson.ReadFile(path),
        (null, string name) => SweepPresets.Get(name),
        (null, null) => throw new InputException("no plan: give a file, or --preset NAME."),
        _ => throw new InputException("a file and --preset both name a plan; give one of them."),
    };
}
