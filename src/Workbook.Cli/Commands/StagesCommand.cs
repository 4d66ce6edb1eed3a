using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Core.Runs;
using Workbook.Core.Theory;

namespace Workbook.Cli.Commands;

/// <summary>`workbook stages`: the stage times of a stored run beside their predictions.</summary>
internal static class StagesCommand
{
    public static Command Create()
    {
        var command = new Command("stages", "Shows when each stage of a stored run was reached, and when theory puts it.");
        var folder = new Argument<string>("DIR") { Description = "Folder of a run." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        command.Arguments.Add(folder);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            StoredRun run = RunFolder.Read(parsed.GetValue(folder)!);
            Stages stages = Stages.Of(run.Spec, run.Trajectory);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(stages.All, Json.Options));
                return CommandLine.Success;
            }
            var table = Terminal.Table("stage", "what", "step", "predicted", "definition");
            foreach (StageTime s in stages.All) table.AddRow(Terminal.Cells(s.Id, s.Title, Reached(s), s.Predicted is double p ? Numbers.Short(p) : "-", s.Definition));
            Terminal.Write(table);
            return CommandLine.Success;
        });
        return command;
    }

    /// <summary>The step, as an interval where steps were left out of the record.</summary>
    private static string Reached(StageTime s) => s.Step is not int step ? "not reached" : s.After is int after && step - after > 1 ? $"{after + 1}..{step}" : $"{step}";
}
