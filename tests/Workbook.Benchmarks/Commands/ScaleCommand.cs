using System.CommandLine;
using Workbook.Benchmarks.Results;
using Workbook.Benchmarks.Scale;
using Workbook.Core;

namespace Workbook.Benchmarks.Commands;

/// <summary>`scale`: what a run of a sweep costs beside its training, and how the store behaves at a hundred thousand, a million and ten million rows.</summary>
internal static class ScaleCommand
{
    private const int MostRows = 100_000_000;

    public static Command Create()
    {
        var command = new Command("scale", $"Measures what sweeps cost and rewrites what stands between {ScalePage.Begin} and {ScalePage.End} in docs/scale.md. Needs src/Workbook.Cli built, and 3 GB of disk for ten million rows.");
        Option<bool> quick = Options.Quick();
        var rows = new Option<int>("--rows") { Description = "Rows of the largest simulated store.", DefaultValueFactory = _ => 10_000_000 };
        var file = new Option<string>("--file") { Description = "The file to rewrite; - prints the tables only.", DefaultValueFactory = _ => "docs/scale.md", HelpName = "FILE" };
        command.Options.Add(quick);
        command.Options.Add(rows);
        command.Options.Add(file);
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            int most = parsed.GetValue(rows);
            if (most is < 10_000 or > MostRows) throw new InputException($"--rows is {most}; it has to lie in 10000 .. {MostRows}.");
            string path = parsed.GetValue(file)!;
            if (path != "-" && !File.Exists(path)) throw new InputException($"{path} is not there; start this where README.md is, or name it with --file.");
            bool show = Output.Interactive;
            string command = Program.CommandLine("scale" + (most == 10_000_000 ? "" : FormattableString.Invariant($" --rows {most}")) + (parsed.GetValue(quick) ? " --quick" : ""));
            ScaleResult result = ScaleStudy.Run(most, parsed.GetValue(quick), command, Output.Progress(show), cancel);
            Output.Done(show);
            Console.Write(ScalePage.Markdown(result));
            if (path != "-") Json.WriteText(path, ScalePage.Replace(File.ReadAllText(path), result, path));
            return 0;
        }, CancellationToken.None));
        return command;
    }
}
