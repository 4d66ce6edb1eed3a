using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Core.Runs;
using Workbook.Core.Theory;

namespace Workbook.Cli.Commands;

/// <summary>`workbook claims`: every claim about a stored run, with both sides.</summary>
internal static class ClaimsCommand
{
    public static Command Create()
    {
        var command = new Command("claims", "Checks the paper's claims on a stored run: both sides, slack, verdict.");
        var folder = new Argument<string>("DIR") { Description = "Folder of a run." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        command.Arguments.Add(folder);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            StoredRun run = RunFolder.Read(parsed.GetValue(folder)!);
            var view = new RunView(run.Spec, run.Trajectory);
            var results = RunClaim.All.Select(c => (c.Claim, Result: c.Evaluate(view))).ToArray();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(results.Select(r => RunDocuments.ClaimJson(r.Claim, r.Result)), Json.Options));
                return CommandLine.Success;
            }
            var table = Terminal.Table("claim", "left", "", "right", "slack", "verdict");
            foreach (var (claim, r) in results.Where(r => r.Result.Verdict != Verdict.NotApplicable))
                table.AddRow(Terminal.Cells(claim.Id, Numbers.Short(r.Left), claim.Sign, Numbers.Short(r.Right), Numbers.Short(r.Slack), r.Verdict.ToString().ToLowerInvariant()));
            Terminal.Write(table);
            var skipped = results.Where(r => r.Result.Verdict == Verdict.NotApplicable).ToArray();
            if (skipped.Length > 0) Console.WriteLine("not applicable here:");
            foreach (var (claim, r) in skipped) Console.WriteLine($"  {claim.Id}: {r.Note}");
            return CommandLine.Success;
        });
        return command;
    }
}
