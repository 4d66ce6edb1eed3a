using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Results;
using Workbook.Benchmarks.Rows;
using Workbook.Core;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Commands;

/// <summary>`compare`: every goal, with AVX-512 and with AVX2, each in a process of its own that first asserts what is on.</summary>
internal static class CompareCommand
{
    public const int DefaultPasses = 2;

    public static Command Create()
    {
        var command = new Command("compare", "Measures ours and its peers side by side, and writes compare.json and benchmarks.md row by row.");
        Option<string?> only = Options.Only();
        Option<bool> quick = Options.Quick();
        Option<string> to = Options.Out();
        var passes = new Option<int>("--passes") { Description = "How often to go through all rows, 1 to 100 (once with --quick): a machine that is slow for a minute is so in one pass.", DefaultValueFactory = _ => DefaultPasses, HelpName = "N" };
        passes.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int n) && n is < 1 or > 100) result.AddError($"--passes is {result.Tokens[0].Value}; it has to be from 1 to 100.");
        });
        foreach (Option option in (Option[])[only, quick, passes, to]) command.Options.Add(option);
        command.SetAction((parsed, cancel) => Task.Run(
            () => Run(new ResultFolder(parsed.GetValue(to)!), parsed.GetValue(only), parsed.GetValue(quick), parsed.GetValue(passes), cancel), CancellationToken.None));
        return command;
    }

    /// <summary>Measures and merges: rows that are not measured now keep what they had, unless everything is measured anew. The turns of all passes of a row are one set.</summary>
    public static int Run(ResultFolder folder, string? only, bool quick, int passes, CancellationToken cancel)
    {
        if (quick) passes = 1;
        bool everything = Selection.Parse(only).Names.Count == 0;
        string made = Program.CommandLine("compare" + (everything && quick ? " --quick" : everything && passes != DefaultPasses ? $" --passes {passes}" : ""));
        Comparison comparison = (Json.Read<Comparison>(folder.ComparePath) ?? Comparison.Empty(made)) with { Machine = Machine.Current with { InstructionSet = "" }, Command = made };
        var fresh = new Dictionary<(string, string), Row>();
        var skipped = new List<string>();
        for (int pass = 0; pass < passes; pass++)
            foreach (string set in Instructions.All)
            {
                string? reason = Child(set, only, quick, row =>
                {
                    var key = (row.Id, row.Instructions);
                    fresh[key] = row = fresh.TryGetValue(key, out Row? earlier) ? row.After(earlier) : row;
                    comparison = comparison.With(row);
                    Json.Write(folder.ComparePath, comparison);
                }, cancel);
                if (reason is not null && pass == 0) skipped.Add(reason);
            }
        if (everything) comparison = comparison with { Rows = [.. comparison.Rows.Where(row => fresh.ContainsKey((row.Id, row.Instructions)))], Skipped = skipped };
        Json.Write(folder.ComparePath, comparison);
        folder.WritePage();
        Console.Write(GoalTable.Markdown(comparison));
        return 0;
    }

    /// <summary>Starts a process for one instruction set and reads its rows; a sentence where this machine does not have it.</summary>
    private static string? Child(string set, string? only, bool quick, Action<Row> take, CancellationToken cancel)
    {
        string[] own = Environment.ProcessPath is string path && System.IO.Path.GetFileNameWithoutExtension(path) != "dotnet"
            ? [path] : ["dotnet", typeof(CompareCommand).Assembly.Location];
        var info = new ProcessStartInfo(own[0], [.. own[1..], MeasureCommand.Name, "--instructions", set]) { RedirectStandardOutput = true };
        if (only is not null) info.ArgumentList.Add("--only=" + only);
        if (quick) info.ArgumentList.Add("--quick");
        if (Output.Interactive) info.ArgumentList.Add("--progress");
        info.Environment.Remove(Instructions.Switch);
        if (set == Instructions.Avx2) info.Environment[Instructions.Switch] = "0";
        using Process child = Process.Start(info)!;
        using CancellationTokenRegistration stop = cancel.Register(() => child.Kill(entireProcessTree: true));
        string? last = null;
        while (child.StandardOutput.ReadLine() is string line)
        {
            if (!line.StartsWith('{')) last = line;
            else if (Read(line) is Row row) take(row);
        }
        child.WaitForExit();
        Output.Done(Output.Interactive);
        cancel.ThrowIfCancellationRequested();
        return child.ExitCode switch
        {
            0 => null,
            Instructions.NotInForce => $"{Instructions.Title(set)} was left out: {last}",
            _ => throw new InputException($"the process that measures {Instructions.Title(set)} ended with code {child.ExitCode}; what it had measured is kept."),
        };
    }

    // A process that is ended in the middle of a line leaves half a row.
    private static Row? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Row>(line, Json.Line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
