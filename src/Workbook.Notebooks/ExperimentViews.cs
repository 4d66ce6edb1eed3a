using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>An experiment after its runs: the outcomes in the order of its specs, and its claims.</summary>
/// <param name="Experiment">What was run.</param>
/// <param name="Outcomes">One per spec.</param>
/// <param name="Claims">Both sides of every claim over the seeds.</param>
public sealed record ExperimentResult(Experiment Experiment, IReadOnlyList<RunOutcome> Outcomes, IReadOnlyList<ClaimSummary> Claims);

/// <summary>What a cell asks of an experiment: the parts of `workbook reproduce`, with their claims as cards and tables.</summary>
public static class ExperimentViews
{
    /// <summary>
    /// Runs every spec of an experiment on all cores, with progress. From the store of `workbook reproduce` where one is given: runs that are there are
    /// read, the others are run and kept.
    /// </summary>
    /// <param name="experiment">The experiment, for instance <c>Figure1.Create(size)</c>.</param>
    /// <param name="store">The store, or null to run everything in memory.</param>
    public static ExperimentResult Run(this Experiment experiment, RunStore? store = null)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        using var progress = Progress.Start(experiment.Title, experiment.Runs.Count);
        IReadOnlyList<RunOutcome> outcomes = experiment.RunAll(store, done: () => progress.Advance());
        return new ExperimentResult(experiment, outcomes, experiment.Judge(outcomes));
    }

    /// <summary>Every claim of the experiment: median and range of the left side, the other side, and in how many seeds it held.</summary>
    public static Table ClaimTable(this ExperimentResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Table.Of(result.Claims.Select(c => new
        {
            Claim = c.Claim.Id,
            Left = c.Left.Median,
            Least = c.Left.Min,
            Largest = c.Left.Max,
            Relation = c.Claim.Sign,
            Right = c.Right.Median,
            Slack = c.Slack.Median,
            Held = $"{c.Held}/{c.Results.Count}",
            Verdict = Word(c.Verdict),
        }), $"Claims: {result.Experiment.Title}. Medians and range over seeds; a claim holds where nine seeds in ten hold.")
            .Column("Left", digits: 4).Column("Least", digits: 4).Column("Largest", digits: 4).Column("Right", digits: 4).Column("Slack", digits: 3);
    }

    /// <summary>One claim of the experiment as a card.</summary>
    /// <exception cref="ArgumentException">The experiment has no claim of that id.</exception>
    public static ClaimCard Claim(this ExperimentResult result, string id)
    {
        ArgumentNullException.ThrowIfNull(result);
        ClaimSummary c = result.Claims.FirstOrDefault(c => c.Claim.Id == id)
            ?? throw new ArgumentException($"the experiment '{result.Experiment.Id}' has no claim '{id}'; it has {string.Join(", ", result.Claims.Select(x => x.Claim.Id))}.", nameof(id));
        return new ClaimCard(id, PlainFormula.ToLabel(c.Claim.Statement), PlainFormula.ToLabel(c.Claim.LeftLabel), c.Left.Median, c.Claim.Sign, PlainFormula.ToLabel(c.Claim.RightLabel), c.Right.Median, c.Slack.Median, c.Verdict)
        {
            PerSeed = c.Results.Count > 1 ? [.. c.Results.Select(r => r.Left)] : [],
            Remark = string.Join("; ", c.Results.Select(r => r.Note).Where(n => n is not null).Distinct().Prepend(c.Claim.Source)),
        };
    }

    private static string Word(Verdict verdict) => verdict switch { Verdict.Holds => "holds", Verdict.Fails => "fails", _ => "not applicable" };
}
