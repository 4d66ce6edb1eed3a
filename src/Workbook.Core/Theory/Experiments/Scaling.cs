using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// The scaling laws of THEORY, section 7: one parameter of figure-1 at a time, from a quarter to four times its value, and the exponent of each
/// stage time fitted over all seeds.
/// </summary>
public static class Scaling
{
    private static readonly double[] Factors = [0.25, 0.5, 1, 2, 4];

    /// <summary>An exponent may differ by this from its leading-order value: the laws neglect the slower terms.</summary>
    private const double Tolerance = 0.2;

    /// <summary>
    /// Sign alignment is also fitted with a rate this much smaller. At figure-1's rate a pair moves by about its initial size in a few steps, and the last
    /// pairs to align are those that swap signs in step with each other until the key signal's drift of eta a step separates them: about ell
    /// steps, whatever sigma_0 and eta are. The law is that of the continuous limit.
    /// </summary>
    private const double Fine = 0.02;

    private sealed record Axis(string Id, string Name, Func<RunSpec, double, RunSpec> Scale, IReadOnlyList<(string Stage, double Exponent)> Laws);

    private static readonly Axis[] Axes =
    [
        new("sigma_0", "sigma_0", Sigma0, [("T2", 1)]),
        new("eta", "eta", (spec, f) => spec with { Optimizer = new SignGd(spec.Optimizer.Eta.Constant!.Value * f), Steps = (int)Math.Ceiling(spec.Steps / f) }, [("T2", -1), ("s21", -1), ("loss", -1)]),
        new("s", "s", (spec, f) => Noise(spec, d => d with { S = (int)(d.S * f) }) with { Steps = (int)Math.Ceiling(spec.Steps / f) }, [("T2", -0.5), ("s21", -1), ("loss", -1)]),
        new("m_k", "m_k", (spec, f) => spec with { Model = spec.Model with { MK = (int)(spec.Model.MK * f) } }, [("s21", -0.5)]),
        new("sigma_p", "sigma_p", (spec, f) => Noise(spec, d => d with { SigmaP = d.SigmaP * f }) with { Steps = (int)Math.Ceiling(spec.Steps / f) }, [("s21", -1), ("loss", -1)]),
        new("fine.sigma_0", "sigma_0", (spec, f) => Sigma0(Slow(spec, 1), f), [("T2", 1)]),
        new("fine.eta", "eta", (spec, f) => Slow(spec, f), [("T2", -1)]),
        new("fine.s", "s", (spec, f) => Noise(Slow(spec, 1), d => d with { S = (int)(d.S * f) }), [("T2", -0.5)]),
    ];

    /// <summary>The experiment. Its outcomes are kept, its trajectories are not.</summary>
    public static Experiment Create(ReproductionSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        var seeds = ReproductionSize.Range(size.Limit(8, 3)).ToArray();
        // Disjoint supports: the laws are the proof's, which conditions on them; d grows so that s = 80 still fits.
        var source = Noise(Presets.Figure1, d => d with { D = 8000, Supports = SupportMode.Disjoint });
        var plain = source with { TestSize = 0, Record = Schedule.Every(1), Steps = 700 };
        return new Experiment
        {
            Id = "scaling",
            Title = "scaling laws of the stage times",
            Runs = [.. from axis in Axes from factor in Factors from seed in seeds select axis.Scale(plain, factor) with { Seed = seed }],
            Stored = false,
            Judge = runs => Judge(runs, seeds.Length),
        };
    }

    private static RunSpec Sigma0(RunSpec spec, double factor) => spec with { Model = spec.Model with { Sigma0 = spec.Model.Sigma0 * factor } };

    /// <summary>The continuous limit of alignment: small steps, recorded to 1 %, and no further than alignment needs.</summary>
    private static RunSpec Slow(RunSpec spec, double factor) =>
        spec with { Optimizer = new SignGd(spec.Optimizer.Eta.Constant!.Value * Fine * factor), Steps = 6000, Record = Schedule.Log(250) };

    private static RunSpec Noise(RunSpec spec, Func<SignalNoise, SignalNoise> change) =>
        spec with { Data = new SignalNoiseSource(change(((SignalNoiseSource)spec.Data).Distribution)) };

    private static List<ClaimSummary> Judge(IReadOnlyList<RunOutcome> runs, int seeds)
    {
        var summaries = new List<ClaimSummary>();
        for (int a = 0; a < Axes.Length; a++)
        {
            RunOutcome[] of = [.. runs.Skip(a * Factors.Length * seeds).Take(Factors.Length * seeds)];
            foreach (var (stage, exponent) in Axes[a].Laws)
            {
                var points = of.Select((run, k) => (X: Factors[k / seeds], Y: run["stage." + stage])).Where(p => p.Y > 0).ToArray();
                PowerLaw law = PowerLaw.Fit([.. points.Select(p => p.X)], [.. points.Select(p => p.Y)]);
                var claim = new Claim
                {
                    Id = $"scaling.{stage}.{Axes[a].Id}",
                    Statement = FormattableString.Invariant($"The time of {stage} goes as {Axes[a].Name}^{exponent}{(Axes[a].Id == Axes[a].Name ? "" : " (at a fiftieth of the rate)")}."),
                    Source = "THEORY section 7, scaling laws",
                    LeftLabel = "fitted exponent",
                    RightLabel = "theory's exponent",
                    Relation = Relation.WithinTolerance,
                    Allowance = Tolerance,
                };
                summaries.Add(new ClaimSummary(claim, [claim.Judge(law.Exponent, exponent,
                    FormattableString.Invariant($"95 % interval {law.Low:F3} .. {law.High:F3} from {points.Length} of {of.Length} runs"))]));
            }
        }
        return summaries;
    }
}
