using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// figure-1 under SignGD, Adam and GD over many seeds: the four stages, the theorem's conclusions and Adam's difference.
/// </summary>
public static class Figure1
{
    /// <summary>eta of GD in this comparison: ours, as in THEORY, section 8, since the source gives none for figure-1.</summary>
    public const double GradientDescentEta = 0.5;

    /// <summary>Every step up to the end of stage III, then every fifth.</summary>
    private static readonly Schedule Record = Schedule.Dense(100, 5);

    /// <summary>The experiment.</summary>
    public static Experiment Create(ReproductionSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        var seeds = ReproductionSize.Range(size.Seeds);
        var preset = Presets.Figure1 with { Record = Record, TestSize = 2000, Test = Schedule.Every(100) };
        return new Experiment
        {
            Id = "figure-1",
            Title = "four stages, theorem, SignGD / Adam / GD at figure-1",
            Runs = [.. from optimizer in Optimizers() from seed in seeds select preset with { Optimizer = optimizer, Seed = seed }],
            Judge = Judge,
        };
    }

    private static Optimizer[] Optimizers() => [new SignGd(1e-4), new Adam(1e-4), new GradientDescent(GradientDescentEta)];

    private static IReadOnlyList<ClaimSummary> Judge(IReadOnlyList<RunOutcome> runs) =>
    [
        // Single-run claims name the optimizer that they speak of; those shared by SignGD and Adam are shown for SignGD here, and for Adam below.
        .. Summaries([.. runs.Where(r => r.Spec.Optimizer is SignGd)], "").Where(s => s.Results.Count > 0),
        .. Summaries([.. runs.Where(r => r.Spec.Optimizer is Adam)], "adam/").Where(s => s.Results.Count > 0),
        Comparison.Pairwise(runs, new Claim
        {
            Id = "comparison.train-loss",
            Statement = "SignGD's training loss at the end is the lowest of the three.",
            Source = "THEORY sections 6 and 8",
            LeftLabel = "SignGD's training loss",
            RightLabel = "the lower of Adam's and GD's",
            Relation = Relation.AtMost,
        }, seed => (seed("signgd")["train_loss"], Math.Min(seed("adam")["train_loss"], seed("gd")["train_loss"]))),
        Comparison.Pairwise(runs, new Claim
        {
            Id = "comparison.test-error",
            Statement = "GD's test error at the end is the lowest of the three, by a wide margin.",
            Source = "THEORY section 8",
            LeftLabel = "GD's test error",
            RightLabel = "half the lower of SignGD's and Adam's",
            Relation = Relation.AtMost,
        }, seed => (seed("gd")["test_error"], 0.5 * Math.Min(seed("signgd")["test_error"], seed("adam")["test_error"]))),
        Comparison.Pairwise(runs, new Claim
        {
            Id = "comparison.value-signal",
            Statement = "GD learns the signal in the value: |v_mu| is several times that of SignGD.",
            Source = "THEORY section 8",
            LeftLabel = "GD's v_mu at the end",
            RightLabel = "2 times SignGD's",
            Relation = Relation.AtLeast,
        }, seed => (seed("gd")["value_signal"], 2 * seed("signgd")["value_signal"])),
    ];

    /// <summary>One summary per single-run claim, ids prefixed where they are a second optimizer's.</summary>
    internal static IEnumerable<ClaimSummary> Summaries(IReadOnlyList<RunOutcome> runs, string prefix) =>
        RunClaim.All.Select(c =>
        {
            Claim claim = c.Claim.Id.StartsWith("adam.", StringComparison.Ordinal) ? c.Claim : c.Claim with { Id = prefix + c.Claim.Id };
            return new ClaimSummary(claim, [.. runs.Select(r => r.Claims.First(x => x.Id == c.Claim.Id)).Where(x => x.Verdict != Verdict.NotApplicable)]);
        });
}
