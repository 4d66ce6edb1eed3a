using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Report.Writing;

namespace Workbook.Cli.Commands;

/// <summary>`workbook stages`: the stage times of a stored run beside their predictions.</summary>
internal static class StagesCommand
{
    public static Command Create() => StoredRunCommand.Create("stages", "Shows when each stage of a stored run was reached, and when theory puts it.", Print,
        run => Console.WriteLine(JsonSerializer.Serialize(Stages.Of(run.Spec, run.Trajectory).All, Json.Options)));

    private static void Print(StoredRun run)
    {
        var table = Terminal.Table("stage", "what", "step", "predicted", "definition");
        foreach (StageTime s in Stages.Of(run.Spec, run.Trajectory).All)
            table.AddRow(Terminal.Cells(s.Id, s.Title, Reached(s), s.Predicted is double p ? ShortNumbers.Short(p) : "-", s.Definition));
        Terminal.Write(table);
    }

    /// <summary>The step, as an interval where steps were left out of the record.</summary>
    private static string Reached(StageTime s) => s.Step is not int step ? "not reached" : s.After is int after && step - after > 1 ? $"{after + 1}..{step}" : $"{step}";
}
