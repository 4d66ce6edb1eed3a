using System.Text.Json;
using Workbook.Core.Runs;
using Workbook.Core.Theory;

namespace Workbook.Cli.Output;

/// <summary>What is stored beside a run's trajectory.</summary>
internal static class RunDocuments
{
    /// <summary>claims.json: stage times and every claim of the run.</summary>
    public static IReadOnlyDictionary<string, string> Of(RunSpec spec, Trajectory trajectory)
    {
        var view = new RunView(spec, trajectory);
        var document = new
        {
            Stages = trajectory.FamiliesRefused is null ? view.Stages.All : [],
            Claims = RunClaim.All.Select(c => ClaimJson(c.Claim, c.Evaluate(view))),
        };
        return new Dictionary<string, string> { ["claims.json"] = JsonSerializer.Serialize(document, Json.Options) + "\n" };
    }

    public static object ClaimJson(Claim claim, ClaimResult r) => new
    {
        claim.Id,
        claim.Statement,
        claim.Source,
        claim.LeftLabel,
        r.Left,
        Relation = claim.Relation,
        claim.Allowance,
        claim.RightLabel,
        r.Right,
        r.Slack,
        r.Verdict,
        r.Note,
    };
}
