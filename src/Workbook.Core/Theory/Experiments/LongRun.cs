using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// figure-1 past its preset: to twice its length, where the last alignments fall, and under SignGD to 20,000 steps, where s_21 is far below the
/// double range and only exact signs keep the dynamics moving.
/// </summary>
public static class LongRun
{
    private const int Far = 20_000;

    /// <summary>The experiment.</summary>
    public static Experiment Create(ReproductionSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        var seeds = ReproductionSize.Range(size.Limit(10, 3)).ToArray();
        var longer = Presets.Figure1 with { Steps = 1800, Record = Schedule.Dense(100, 10), TestSize = 2000, Test = Schedule.Every(300) };
        return new Experiment
        {
            Id = "long-run",
            Title = "final alignment (1,800 steps) and signs after underflow (20,000 steps)",
            Runs =
            [
                .. seeds.Select(seed => longer with { Seed = seed }),
                .. seeds.Select(seed => longer with { Seed = seed, Optimizer = new Adam(1e-4) }),
                .. seeds.Select(seed => Presets.Figure1 with { Steps = Far, Record = Schedule.Log(20), TestSize = 0, Seed = seed }),
            ],
            Judge = runs =>
            [
                .. Figure1.Summaries([.. runs.Where(r => r.Spec is { Optimizer: SignGd, Steps: < Far })], "long/").Where(s => s.Claim.Id.StartsWith("long/stage4", StringComparison.Ordinal) || s.Claim.Id == "long/theorem.log-linear"),
                .. Figure1.Summaries([.. runs.Where(r => r.Spec.Optimizer is Adam)], "long/").Where(s => s.Results.Count > 0 && s.Claim.Id is "adam.query-noise-stays" or "adam.sublinear-loss")
                    .Select(s => s with { Claim = s.Claim with { Id = "long/" + s.Claim.Id } }),
                SignsSurvive([.. runs.Where(r => r.Spec.Steps == Far)]),
            ],
        };
    }

    private static ClaimSummary SignsSurvive(IReadOnlyList<RunOutcome> runs)
    {
        var claim = new Claim
        {
            Id = "exact.signs-survive",
            Statement = "At 20,000 steps s_21 is far below the double range, and still every sign is the theory's: sgn q_xi = sgn k_xi = sgn q_mu = -sgn k_mu.",
            Source = "THEORY section 5",
            LeftLabel = "least share of aligned signs at the last step",
            RightLabel = "share",
            Relation = Relation.AtLeast,
        };
        return new ClaimSummary(claim, [.. runs.Select(r =>
        {
            ClaimResult final = r.Claims.First(c => c.Id == "stage4.final-alignment");
            return claim.Judge(final.Left, final.Right);
        })]);
    }
}
