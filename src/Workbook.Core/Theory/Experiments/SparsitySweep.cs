using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// figure-1 with the sparsity condition violated step by step: s at fixed d, and d at fixed s (the overlap alone), each kept as named numbers.
/// </summary>
/// <remarks>
/// With s the rate and the initial scale are multiplied by (preset's s) / s: then eta ell and sigma_0 / eta stay what they are, and theory's stage times (but for
/// T2 ~ s^-1/2) stand still. What changes is sparsity, not how coarse the steps are.
/// </remarks>
public static class SparsitySweep
{
    /// <summary>Version of the numbers.</summary>
    public const int Version = 1;

    /// <summary>The run of one setting.</summary>
    /// <param name="preset">Signal-noise data under a constant rate.</param>
    /// <param name="s">Non-zero coordinates.</param>
    /// <param name="d">Dimension.</param>
    /// <param name="supports">Independent or disjoint supports.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="most">The run is 1.7 times as long as its slowest predicted event, but not longer than this.</param>
    public static RunSpec Spec(RunSpec preset, int s, int d, SupportMode supports, ulong seed, int most)
    {
        ArgumentNullException.ThrowIfNull(preset);
        SignalNoise law = ((SignalNoiseSource)preset.Data).Distribution;
        double factor = (double)law.S / s, eta = preset.Optimizer.Eta.Constant!.Value * factor;
        law = law with { S = s, D = d, Supports = supports };
        var model = preset.Model with { Sigma0 = preset.Model.Sigma0 * factor };
        var p = new Predictions(law, model, eta);
        double slowest = Math.Max(Math.Max(p.QueryNoiseAligned, p.SignalSoftmaxBelow(Stages.SignalSoftmaxThreshold)), p.MajorityVoting);
        int steps = (int)Math.Min(most, Math.Ceiling(1.7 * slowest));
        return preset with
        {
            Data = new SignalNoiseSource(law), Model = model, Optimizer = new SignGd(eta), Steps = steps, Seed = seed,
            Record = Schedule.Dense(100, 5), TestSize = 500, Test = Schedule.Every(steps),
        };
    }

    /// <summary>Expected share of a noise's coordinates that another noise touches, supports being independent: 1 - (1 - s / (d - 1))^(n - 1).</summary>
    public static double ExpectedOverlap(SignalNoise law)
    {
        ArgumentNullException.ThrowIfNull(law);
        return law.Supports == SupportMode.Disjoint ? 0 : 1 - Math.Pow(1 - law.S / (law.D - 1.0), law.N - 1);
    }

    /// <summary>Share of the runs to which a claim applies and in which it holds; NaN where it applies to none.</summary>
    public static double Held(IEnumerable<NumberRecord> runs, string claim)
    {
        ArgumentNullException.ThrowIfNull(runs);
        double[] slacks = [.. runs.Where(r => r.Values.ContainsKey("slack." + claim)).Select(r => r["slack." + claim])];
        return slacks.Length == 0 ? double.NaN : slacks.Count(x => x >= 0) / (double)slacks.Length;
    }
}
