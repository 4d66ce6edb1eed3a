using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Report.Writing;

namespace Workbook.Cli.Commands;

/// <summary>`workbook claims`: every claim about a stored run, with both sides.</summary>
internal static class ClaimsCommand
{
    public static Command Create() => StoredRunCommand.Create("claims", "Checks the paper's claims on a stored run: both sides, slack, verdict.", Print,
        run => Console.WriteLine(JsonSerializer.Serialize(Evaluate(run).Select(r => RunDocuments.ClaimJson(r.Claim, r.Result)), Json.Options)));

    private static (Claim Claim, ClaimResult Result)[] Evaluate(StoredRun run)
    {
        var view = new RunView(run.Spec, run.Trajectory);
        return [.. RunClaim.All.Select(c => (c.Claim, c.Evaluate(view)))];
    }

    private static void Print(StoredRun run)
    {
        var results = Evaluate(run);
        var table = Terminal.Table("claim", "left", "", "right", "slack", "verdict");
        foreach (var (claim, r) in results.Where(r => r.Result.Verdict != Verdict.NotApplicable))
            table.AddRow(Terminal.Cells(claim.Id, ShortNumbers.Short(r.Left), claim.Sign, ShortNumbers.Short(r.Right), ShortNumbers.Short(r.Slack), r.Verdict.ToString().ToLowerInvariant()));
        Terminal.Write(table);
        var skipped = results.Where(r => r.Result.Verdict == Verdict.NotApplicable).ToArray();
        if (skipped.Length > 0) Console.WriteLine("not applicable here:");
        foreach (var (claim, r) in skipped) Console.WriteLine($"  {claim.Id}: {r.Note}");
    }
}
