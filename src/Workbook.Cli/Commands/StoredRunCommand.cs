using System.CommandLine;
using Workbook.Core.Runs;

namespace Workbook.Cli.Commands;

/// <summary>A command that reads one stored run and prints something about it, as a table or as JSON.</summary>
internal static class StoredRunCommand
{
    public static Command Create(string name, string description, Action<StoredRun> asTable, Action<StoredRun> asJson)
    {
        var command = new Command(name, description);
        var folder = new Argument<string>("DIR") { Description = "Folder of a run." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        command.Arguments.Add(folder);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            StoredRun run = RunFolder.Read(parsed.GetValue(folder)!);
            (parsed.GetValue(json) ? asJson : asTable)(run);
            return CommandLine.Success;
        });
        return command;
    }
}
