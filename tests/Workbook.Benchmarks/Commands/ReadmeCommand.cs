using System.CommandLine;
using Workbook.Benchmarks.Results;
using Workbook.Core;

namespace Workbook.Benchmarks.Commands;

/// <summary>`readme`: the table of README, from compare.json and from nothing else.</summary>
internal static class ReadmeCommand
{
    public static Command Create()
    {
        var command = new Command("readme", $"Rewrites what stands between {GoalTable.Begin} and {GoalTable.End} in README.md from compare.json.");
        Option<string> from = Options.Out();
        from.Description = "Folder with compare.json.";
        var file = new Option<string>("--file") { Description = "The file to rewrite.", DefaultValueFactory = _ => "README.md", HelpName = "FILE" };
        command.Options.Add(from);
        command.Options.Add(file);
        command.SetAction(parsed =>
        {
            var folder = new ResultFolder(parsed.GetValue(from)!);
            string path = parsed.GetValue(file)!;
            Comparison comparison = Json.Read<Comparison>(folder.ComparePath) ?? throw new InputException($"{folder.ComparePath} is not there; `{Program.CommandLine("compare")}` makes it.");
            if (!File.Exists(path)) throw new InputException($"{path} is not there; start this where README.md is, or name it with --file.");
            Json.WriteText(path, GoalTable.Replace(File.ReadAllText(path), comparison, path));
            Console.WriteLine($"{path} has the table of {folder.ComparePath}");
            return 0;
        });
        return command;
    }
}
