using System.Globalization;
using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// THEORY, section 8: test error after 600 steps at d = 2000, n = 20, s = 40 for three noise strengths. GD learns the signal where sign methods memorize.
/// </summary>
public static class NoiseStrength
{
    private static readonly (double SigmaP, double SignGd, double Adam, double Gd)[] Stated = [(2, 0.46, 0.49, 0.11), (0.5, 0.32, 0.42, 0.00), (0.2, 0.12, 0.31, 0.00)];

    private const string Section = "THEORY section 8";

    /// <summary>How far a median test error may be from the stated one: the stated numbers have two digits and unnamed seeds.</summary>
    private const double Tolerance = 0.06;

    /// <summary>The experiment.</summary>
    public static Experiment Create(ReproductionSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        var seeds = ReproductionSize.Range(size.Limit(10, 3));
        Optimizer[] optimizers = [new SignGd(2e-4), new Adam(2e-4), new GradientDescent(0.5)];
        return new Experiment
        {
            Id = "noise-strength",
            Title = "test error against noise strength: SignGD / Adam / GD",
            Runs =
            [
                .. from row in Stated from optimizer in optimizers from seed in seeds
                   select Presets.Figure1 with
                   {
                       Data = new SignalNoiseSource(new SignalNoise(2000, 20, 40, row.SigmaP)),
                       Optimizer = optimizer,
                       Steps = 600,
                       Record = Schedule.Dense(1, 50),
                       TestSize = 5000,
                       Test = Schedule.Every(600),
                       Seed = seed,
                   },
            ],
            Judge = Judge,
        };
    }

    private static double SigmaP(RunOutcome run) => ((SignalNoiseSource)run.Spec.Data).Distribution.SigmaP;

    private static List<ClaimSummary> Judge(IReadOnlyList<RunOutcome> runs)
    {
        var summaries = new List<ClaimSummary>();
        foreach (var row in Stated)
        {
            RunOutcome[] at = [.. runs.Where(r => SigmaP(r) == row.SigmaP)];
            string sigma = row.SigmaP.ToString(CultureInfo.InvariantCulture);
            foreach (var (name, stated) in new[] { ("signgd", row.SignGd), ("adam", row.Adam), ("gd", row.Gd) })
                summaries.Add(Comparison.Median(at.Where(r => r.Spec.Optimizer.Name == name), new Claim
                {
                    Id = $"noise-strength.{name}.sigma_p={sigma}",
                    Statement = $"Test error of {name} after 600 steps at sigma_p = {sigma}.",
                    Source = Section,
                    LeftLabel = "median test error",
                    RightLabel = "THEORY's value",
                    Relation = Relation.WithinTolerance,
                    Allowance = Tolerance,
                }, r => r["test_error"], stated));
        }
        RunOutcome[] weak = [.. runs.Where(r => SigmaP(r) == 0.5)];
        summaries.Add(Comparison.Pairwise(weak, new Claim
        {
            Id = "gd.learns-signal",
            Statement = "At sigma_p = 0.5 (sigma_p s >> 1, sigma_p^2 s / n < 1) GD learns the signal.",
            Source = Section,
            LeftLabel = "GD's test error",
            RightLabel = "bound",
            Relation = Relation.AtMost,
        }, seed => (seed("gd")["test_error"], 0.05)));
        summaries.Add(Comparison.Pairwise(weak, new Claim
        {
            Id = "gd.sign-methods-memorize",
            Statement = "On the same data SignGD and Adam memorize noise.",
            Source = Section,
            LeftLabel = "the lower of SignGD's and Adam's test error",
            RightLabel = "bound",
            Relation = Relation.AtLeast,
        }, seed => (Math.Min(seed("signgd")["test_error"], seed("adam")["test_error"]), 0.2)));
        summaries.Add(Growth(runs, "gd.growth-ratio", "gd", "Per step of GD value noise grows sigma_p^2 s / n times as much as value signal.", d => d.SigmaP * d.SigmaP * d.S / d.N, "sigma_p^2 s / n"));
        summaries.Add(Growth(runs, "sign.growth-ratio", "signgd", "Per step of SignGD value noise grows sqrt(2/pi) sigma_p s times as much as value signal.", d => d.MeanNorm1, "sqrt(2/pi) sigma_p s"));
        return summaries;
    }

    private static ClaimSummary Growth(IReadOnlyList<RunOutcome> runs, string id, string name, string statement, Func<SignalNoise, double> factor, string label)
    {
        var claim = new Claim
        {
            Id = id,
            Statement = statement,
            Source = Section,
            LeftLabel = "growth of value noise / growth of value signal in the first step",
            RightLabel = label,
            Relation = Relation.WithinFactor,
            Allowance = 1.3,
        };
        return new ClaimSummary(claim, [.. runs.Where(r => r.Spec.Optimizer.Name == name)
            .Select(r => claim.Judge(r["growth_ratio"], factor(((SignalNoiseSource)r.Spec.Data).Distribution)))]);
    }
}
