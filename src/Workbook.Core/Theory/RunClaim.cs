using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>A claim about a single run, with the way its sides are read off.</summary>
/// <param name="Claim">The statement.</param>
/// <param name="Refusal">Why it says nothing about a run, or null where it does.</param>
/// <param name="Sides">Left and right side.</param>
public sealed record RunClaim(Claim Claim, Func<RunView, string?> Refusal, Func<RunView, (double Left, double Right)> Sides)
{
    /// <summary>Evaluates the claim on a run.</summary>
    public ClaimResult Evaluate(RunView run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Trajectory.FamiliesRefused is string families) return Claim.Skip(families);
        if (Refusal(run) is string why) return Claim.Skip(why);
        var (left, right) = Sides(run);
        return Claim.Judge(left, right);
    }

    /// <summary>All claims about single runs, in the order of the stages.</summary>
    public static IReadOnlyList<RunClaim> All { get; } = [.. StageClaims.All, .. TheoremClaims.All, .. AdamClaims.All];

    /// <summary>Applies to sign descent (SignGD, sign with momentum).</summary>
    internal static string? SignOnly(RunView run) => run.Spec.Optimizer is SignGd or SignMomentum
        ? ConstantRate(run)
        : $"the statement is about sign descent; this run used {run.Spec.Optimizer.Title}.";

    /// <summary>Applies to SignGD alone, where growth is exact.</summary>
    internal static string? SignGdOnly(RunView run) => run.Spec.Optimizer is SignGd
        ? ConstantRate(run)
        : $"the statement is about SignGD; this run used {run.Spec.Optimizer.Title}.";

    /// <summary>Applies to sign descent and Adam.</summary>
    internal static string? SignOrAdam(RunView run) => run.Spec.Optimizer is SignGd or SignMomentum or Adam
        ? ConstantRate(run)
        : $"the statement is about sign descent and Adam; this run used {run.Spec.Optimizer.Title}.";

    /// <summary>Applies to Adam with a memory of squared gradients.</summary>
    internal static string? AdamOnly(RunView run) => run.Spec.Optimizer is Adam { Beta2: > 0 }
        ? ConstantRate(run)
        : "the statement is about Adam with beta2 > 0.";

    /// <summary>Refuses where a stage that the statement needs was not reached.</summary>
    internal static string? Needs(RunView run, Func<RunView, string?> rule, params string[] stages)
    {
        if (rule(run) is string why) return why;
        foreach (string id in stages)
            if (run.Stages[id].Step is null) return $"the run did not reach '{run.Stages[id].Title}'.";
        return null;
    }

    private static string? ConstantRate(RunView run) =>
        run.Spec.Optimizer.Eta.Constant is null ? "the predictions are for a constant rate."
        : run.Spec.Data is not SignalNoiseSource ? "the predictions need the parameters of the signal-noise distribution."
        : null;

    internal static double Eta(RunView run) => run.Spec.Optimizer.Eta.Constant!.Value;

    internal static SignalNoise Distribution(RunView run) => ((SignalNoiseSource)run.Spec.Data).Distribution;

    /// <summary>A reached time against its prediction; an event that was not reached fails, as NaN.</summary>
    internal static (double, double) Time(RunView run, string stage)
    {
        StageTime time = run.Stages[stage];
        return (time.Step ?? double.NaN, time.Predicted ?? double.NaN);
    }
}
