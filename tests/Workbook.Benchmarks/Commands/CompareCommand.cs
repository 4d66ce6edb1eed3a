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
    public static Command Create()
    {
        var command = new Command("compare", "Measures ours and its peers side by side, and writes compare.json and benchmarks.md row by row.");
        Option<string?> only = Options.Only();
        Option<bool> quick = Options.Quick();
        Option<string> to = Options.Out();
        foreach (Option option in (Option[])[only, quick, to]) command.Options.Add(option);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(new ResultFolder(parsed.GetValue(to)!), parsed.GetValue(only), parsed.GetValue(quick), cancel), CancellationToken.None));
        return command;
    }

    /// <summary>Measures and merges: rows that are not measured now keep what they had, unless everything is measured anew.</summary>
    public static int Run(ResultFolder folder, string? only, bool quick, CancellationToken cancel)
    {
        bool everything = Selection.Parse(only).Names.Count == 0;
        string made = Program.CommandLine("compare" + (everything && quick ? " --quick" : ""));
        Comparison comparison = (Json.Read<Comparison>(folder.ComparePath) ?? Comparison.Empty(made)) with { Machine = Machine.Current with { InstructionSet = "" }, Command = made };
        var fresh = new HashSet<(string, string)>();
        var skipped = new List<string>();
        foreach (string set in Instructions.All)
        {
            string? reason = Child(set, only, quick, row =>
            {
                fresh.Add((row.Id, row.Instructions));
                comparison = comparison.With(row);
                Json.Write(folder.ComparePath, comparison);
            }, cancel);
            if (reason is not null) skipped.Add(reason);
        }
        if (everything) comparison = comparison with { Rows = [.. comparison.Rows.Where(row => fresh.Contains((row.Id, row.Instructions)))], Skipped = skipped };
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
