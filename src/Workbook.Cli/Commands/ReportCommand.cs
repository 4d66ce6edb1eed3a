using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbook.Core;
using Workbook.Core.Data;
using Workbook.Core.Theory.Experiments;
using Workbook.Report.Writing;

namespace Workbook.Cli.Commands;

/// <summary><c>workbook report</c>: the stored reproduction as a page, figures, tables, Markdown and a paper to start from.</summary>
internal static class ReportCommand
{
    private const int DefaultSeeds = 20;

    internal static Command Create()
    {
        var results = new Option<string>("--results") { Description = "Folder of `workbook reproduce`; what it lacks is run first.", DefaultValueFactory = _ => "results", HelpName = "DIR" };
        var to = new Option<string?>("--out") { Description = "Folder to write into (default: report/ inside the results).", HelpName = "DIR" };
        var command = new Command("report", "Writes the stored reproduction as one self-contained page, with figures, tables, Markdown and a paper that compiles.") { results, to };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed.GetValue(results)!, parsed.GetValue(to) ?? Path.Combine(parsed.GetValue(results)!, "report"), cancel), CancellationToken.None));
        return command;
    }

    private static int Run(string results, string to, CancellationToken cancel)
    {
        ReproductionSize size = SizeOf(results);
        var reproduction = new ReproductionRun(results, force: false);
        reproduction.Compute(size, say: null, cancel);
        Findings findings = FindingsReader.Read(size, reproduction.Done, reproduction.Store, to);
        foreach (var (path, content) in ReportFiles.Write(findings))
        {
            cancel.ThrowIfCancellationRequested();
            AtomicFile.Write(Path.Combine(to, path), stream => stream.Write(content));
        }
        if (!Console.IsOutputRedirected) Console.WriteLine($"{Path.Combine(to, "index.html")} is the page; figures/, tables/, report.md and paper/ (make) lie beside it.");
        return CommandLine.Success;
    }

    /// <summary>The size that was reproduced there; that of `workbook reproduce` without options where nothing was.</summary>
    private static ReproductionSize SizeOf(string results)
    {
        FoundDigits digits = DataFolder.FindDigits();
        string claims = Path.Combine(results, "claims.json");
        if (!File.Exists(claims)) return new ReproductionSize(DefaultSeeds, false, digits);
        try
        {
            JsonNode? root = JsonNode.Parse(File.ReadAllText(claims));
            if (root?["seeds"]?.GetValue<int>() is int seeds && root["quick"]?.GetValue<bool>() is bool quick) return new ReproductionSize(seeds, quick, digits);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Said below.
        }
        throw new InputException($"{claims} is not what `workbook reproduce` writes; run that again, or remove the file.");
    }
}
