using System.CommandLine;
using System.Text.Json;
using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Results;
using Workbook.Benchmarks.Rows;

namespace Workbook.Benchmarks.Commands;

/// <summary>`measure`: what `compare` starts for one instruction set. A line of JSON for each row.</summary>
internal static class MeasureCommand
{
    public const string Name = "measure";

    public static Command Create()
    {
        var command = new Command(Name, "Measures with one instruction set; started by compare.") { Hidden = true };
        var set = new Option<string>("--instructions") { Required = true };
        var progress = new Option<bool>("--progress");
        Option<string?> only = Options.Only();
        Option<bool> quick = Options.Quick();
        foreach (Option option in (Option[])[set, progress, only, quick]) command.Options.Add(option);
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            try
            {
                Instructions.Assert(parsed.GetValue(set)!);
            }
            catch (NotInForceException missing)
            {
                Console.WriteLine(missing.Message);
                return Instructions.NotInForce;
            }
            using var context = new RowContext(parsed.GetValue(set)!, parsed.GetValue(quick), Selection.Parse(parsed.GetValue(only)),
                row => Console.WriteLine(JsonSerializer.Serialize(row, Json.Line)), Output.Progress(parsed.GetValue(progress)), cancel);
            AllRows.Measure(context);
            return 0;
        }, CancellationToken.None));
        return command;
    }
}
