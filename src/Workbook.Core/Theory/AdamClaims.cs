using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>What Adam does differently (THEORY, section 6, last paragraphs): claims about one Adam run.</summary>
public static class AdamClaims
{
    private const string Section = "THEORY section 6, Adam";

    /// <summary>Adam's claims.</summary>
    public static IReadOnlyList<RunClaim> All { get; } =
    [
        new(new Claim
        {
            Id = "adam.key-noise-turns",
            Statement = "Under Adam stage IV (a) happens: nearly all key noise takes the sign of the query signal.",
            Source = Section,
            LeftLabel = "share of key noise with the query signal's sign at the last step",
            RightLabel = "share",
            Relation = Relation.AtLeast,
        }, RunClaim.AdamOnly, run => (StageQuantities.KeyNoiseWithSignal(run.Trajectory, run.Last), 0.95)),
        new(new Claim
        {
            Id = "adam.query-noise-stays",
            Statement = "Under Adam stage IV (b) does not happen: query noise of the losing sign stays there, because its gradient has died while sqrt(v_hat) remembers.",
            Source = Section,
            LeftLabel = "share of the query noise that has the losing sign when s_21 has decayed, and still has it at the last step",
            RightLabel = "share",
            Relation = Relation.AtLeast,
        }, run => RunClaim.Needs(run, RunClaim.AdamOnly, "s21"), run => (Stayed(run), 0.95)),
        new(new Claim
        {
            Id = "adam.sublinear-loss",
            Statement = "Under Adam log L_S flattens: the training loss falls sublinearly instead of linearly.",
            Source = Section,
            LeftLabel = "slope of log L_S over the last third / over the third before",
            RightLabel = "ratio",
            Relation = Relation.AtMost,
        }, RunClaim.AdamOnly, run => (TheoremClaims.LossSlope(run, 2 / 3.0, 1) / TheoremClaims.LossSlope(run, 1 / 3.0, 2 / 3.0), 0.8)),
    ];

    private static double Stayed(RunView run)
    {
        Trajectory t = run.Trajectory;
        int from = t.RowOf(run.Stages["s21"].Step!.Value), width = t.Samples * t.Neurons, losing = 0, stayed = 0;
        double[] signal = t.QuerySignal, noise = t.QueryNoise;
        for (int k = 0; k < width; k++)
        {
            // The query signal's sign at the end is the vote's outcome, close votes included.
            int outcome = StageQuantities.Sign(signal[run.Last * t.Neurons + k % t.Neurons]);
            if (StageQuantities.Sign(noise[from * width + k]) == outcome) continue;
            losing++;
            if (StageQuantities.Sign(noise[run.Last * width + k]) != outcome) stayed++;
        }
        return losing == 0 ? double.NaN : (double)stayed / losing;
    }
}
