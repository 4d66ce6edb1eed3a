using MathNet.Numerics;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>The four conclusions of the paper's Theorem 4.1, in the form of THEORY, section 7.</summary>
public static class TheoremClaims
{
    private const string Section = "THEORY section 7";

    /// <summary>The theorem's claims.</summary>
    public static IReadOnlyList<RunClaim> All { get; } =
    [
        new(new Claim
        {
            Id = "theorem.convergence",
            Statement = "Training converges: L_S <= epsilon = 0.01 at T = O(log(1/epsilon) / (eta sigma_p s)); the constant is taken as 1.",
            Source = Section + ", conclusion 1",
            LeftLabel = "step at which L_S < 0.01",
            RightLabel = "ln(1/epsilon) / (eta sigma_p s)",
            Relation = Relation.AtMost,
        }, RunClaim.SignOnly, run => (run.Stages["loss"].Step ?? double.PositiveInfinity, Math.Log(1 / Stages.LossThreshold) / (RunClaim.Eta(run) * RunClaim.Distribution(run).SigmaP * RunClaim.Distribution(run).S))),
        new(new Claim
        {
            Id = "theorem.log-linear",
            Statement = "Late training loss is log-linear: L_S ~ exp(-4 eta ell t), ell the smallest ||xi_i||_1 of the training set.",
            Source = Section + ", conclusion 1",
            LeftLabel = "slope of log L_S over the last third / (-4 eta min_i ||xi_i||_1)",
            RightLabel = "1",
            Relation = Relation.WithinTolerance,
            Allowance = 0.25,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "loss"), run => (LossSlope(run, 2 / 3.0, 1) / (-4 * RunClaim.Eta(run) * run.Trajectory.Facts.Norm1.Min()), 1)),
        new(new Claim
        {
            Id = "theorem.generalization",
            Statement = "Test loss stays above a constant, here 0.1.",
            Source = Section + ", conclusion 2",
            LeftLabel = "test loss at the last step",
            RightLabel = "constant",
            Relation = Relation.AtLeast,
        }, WithTest, run => (LastTest(run, run.Trajectory.TestLoss), 0.1)),
        new(new Claim
        {
            Id = "theorem.test-error",
            Statement = "Test error stays nearer to 1/2 than to 0, although the training error is 0.",
            Source = Section + ", conclusion 2 (the paper says near 1/2; the bound 1/4 is ours)",
            LeftLabel = "test error at the last step",
            RightLabel = "bound",
            Relation = Relation.AtLeast,
        }, WithTest, run => (LastTest(run, run.Trajectory.TestError), 0.25)),
        new(new Claim
        {
            Id = "theorem.value-memorization",
            Statement = "The value memorizes noise: |v_xi_i| = Omega(1) for every sample once L_S < 0.01; the constant is taken as 1/2.",
            Source = Section + ", conclusion 3",
            LeftLabel = "min_i y_i v_xi_i at that step",
            RightLabel = "constant",
            Relation = Relation.AtLeast,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "loss"), run => (Smallest(run), 0.5)),
        new(new Claim
        {
            Id = "theorem.value-signal-small",
            Statement = "The value has hardly learned the signal: |v_mu| = O(1 / (sigma_p s)) once L_S < 0.01; the constant is taken as ln(1/0.01).",
            Source = Section + ", conclusion 3",
            LeftLabel = "|v_mu| at that step",
            RightLabel = "ln(100) / (sigma_p s)",
            Relation = Relation.AtMost,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "loss"), run => (Math.Abs(run.Trajectory.ValueSignal[LossRow(run)]), Math.Log(1 / Stages.LossThreshold) / (RunClaim.Distribution(run).SigmaP * RunClaim.Distribution(run).S))),
        new(new Claim
        {
            Id = "theorem.attention-memorization-signal",
            Statement = "All attention goes to noise: s_11 = o(1) at the end of the run.",
            Source = Section + ", conclusion 4",
            LeftLabel = "mean s_11 at the last step",
            RightLabel = "threshold",
            Relation = Relation.AtMost,
        }, RunClaim.SignOnly, run => (run.Trajectory.Mean(run.Trajectory.S11, run.Last), 0.1)),
        new(new Claim
        {
            Id = "theorem.attention-memorization-noise",
            Statement = "All attention goes to noise: s_21 = o(1) at the end of the run.",
            Source = Section + ", conclusion 4",
            LeftLabel = "largest s_21 at the last step",
            RightLabel = "threshold",
            Relation = Relation.AtMost,
        }, RunClaim.SignOrAdam, run => (run.Trajectory.S21.AsSpan(run.Last * run.Trajectory.Samples).ToArray().Max(), 0.01)),
    ];

    /// <summary>Least-squares slope of log L_S per step between two fractions of the run.</summary>
    internal static double LossSlope(RunView run, double from, double to)
    {
        Trajectory t = run.Trajectory;
        int[] rows = [.. Enumerable.Range(0, t.Rows).Where(r => t.Steps[r] >= from * run.Spec.Steps && t.Steps[r] <= to * run.Spec.Steps)];
        if (rows.Length < 2) return double.NaN;
        var (_, slope) = Fit.Line([.. rows.Select(r => (double)t.Steps[r])], [.. rows.Select(r => t.LogTrainLoss[r])]);
        return slope;
    }

    private static int LossRow(RunView run) => run.Trajectory.RowOf(run.Stages["loss"].Step!.Value);

    private static double Smallest(RunView run)
    {
        int row = LossRow(run), n = run.Trajectory.Samples;
        return run.Trajectory.ValueNoise.AsSpan(row * n, n).ToArray().Min();
    }

    private static string? WithTest(RunView run) =>
        RunClaim.SignOrAdam(run) ?? (double.IsNaN(run.Trajectory.TestLoss[run.Last]) ? "the run has no test set." : null);

    private static double LastTest(RunView run, double[] column) => column[run.Last];
}
