using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>How the two sides of a claim have to stand.</summary>
public enum Relation
{
    /// <summary>left &lt;= right; slack = right - left.</summary>
    AtMost,

    /// <summary>left &gt;= right; slack = left - right.</summary>
    AtLeast,

    /// <summary>left / right within [1 / f, f]; slack = ln f - |ln(left / right)|.</summary>
    WithinFactor,

    /// <summary>|left - right| &lt;= tolerance; slack = tolerance - |left - right|.</summary>
    WithinTolerance,
}

/// <summary>Whether a claim held.</summary>
public enum Verdict
{
    /// <summary>The slack is at least 0.</summary>
    Holds,

    /// <summary>The slack is negative, or a side is not a number.</summary>
    Fails,

    /// <summary>The claim says nothing about this run; the note says why.</summary>
    NotApplicable,
}

/// <summary>A claim evaluated once: both sides first, then the slack, then the verdict.</summary>
/// <param name="Id">Id of the claim.</param>
/// <param name="Left">What was measured.</param>
/// <param name="Right">What it is held against.</param>
/// <param name="Slack">Room left; negative where the claim fails.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Note">A reason where the claim is not applicable, or what a side could not be computed from.</param>
public sealed record ClaimResult(string Id, double Left, double Right, double Slack, Verdict Verdict, string? Note = null);

/// <summary>What a claim is told of a run.</summary>
/// <param name="Spec">The setting.</param>
/// <param name="Trajectory">What was recorded.</param>
public sealed record RunView(RunSpec Spec, Trajectory Trajectory)
{
    private Stages? _stages;

    /// <summary>The run's stages, read once.</summary>
    public Stages Stages => _stages ??= Stages.Of(Spec, Trajectory);

    /// <summary>The last recorded row.</summary>
    public int Last => Trajectory.Rows - 1;
}

/// <summary>
/// A statement of the paper (or of THEORY) as an object: an id, words, its source, the two sides and the relation between them.
/// </summary>
public sealed record Claim
{
    /// <summary>Stable id, such as <c>stage2.sign-alignment</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The statement in words.</summary>
    public required string Statement { get; init; }

    /// <summary>Where it comes from.</summary>
    public required string Source { get; init; }

    /// <summary>What the left side is.</summary>
    public required string LeftLabel { get; init; }

    /// <summary>What the right side is.</summary>
    public required string RightLabel { get; init; }

    /// <summary>How the sides have to stand.</summary>
    public required Relation Relation { get; init; }

    /// <summary>The factor f or the tolerance of <see cref="Relation"/>; unused for the one-sided ones.</summary>
    public double Allowance { get; init; }

    /// <summary>Judges two sides.</summary>
    public ClaimResult Judge(double left, double right, string? note = null)
    {
        double slack = Relation switch
        {
            Relation.AtMost => right - left,
            Relation.AtLeast => left - right,
            Relation.WithinFactor => Math.Log(Allowance) - Math.Abs(Math.Log(left / right)),
            _ => Allowance - Math.Abs(left - right),
        };
        return new ClaimResult(Id, left, right, slack, slack >= 0 ? Verdict.Holds : Verdict.Fails, note);
    }

    /// <summary>A claim that says nothing here.</summary>
    public ClaimResult Skip(string why) => new(Id, double.NaN, double.NaN, double.NaN, Verdict.NotApplicable, why);

    /// <summary>The relation as a sign for tables.</summary>
    public string Sign => Relation switch
    {
        Relation.AtMost => "<=",
        Relation.AtLeast => ">=",
        Relation.WithinFactor => FormattableString.Invariant($"~ (x{Allowance})"),
        _ => FormattableString.Invariant($"= (+-{Allowance})"),
    };
}

/// <summary>A claim over several seeds: the median and range of each side, and in how many it held.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Results">One result per seed, those not applicable left out.</param>
public sealed record ClaimSummary(Claim Claim, IReadOnlyList<ClaimResult> Results)
{
    /// <summary>Share of seeds in which a statement "with high probability" has to hold.</summary>
    public const double RequiredShare = 0.9;

    /// <summary>Seeds in which it held.</summary>
    public int Held => Results.Count(r => r.Verdict == Verdict.Holds);

    /// <summary>Holds where at least nine seeds in ten hold.</summary>
    public Verdict Verdict => Results.Count == 0 ? Verdict.NotApplicable : Held >= RequiredShare * Results.Count ? Verdict.Holds : Verdict.Fails;

    /// <summary>Median, least and largest left side.</summary>
    public (double Median, double Min, double Max) Left => Range(r => r.Left);

    /// <summary>Median, least and largest right side.</summary>
    public (double Median, double Min, double Max) Right => Range(r => r.Right);

    /// <summary>Median, least and largest slack.</summary>
    public (double Median, double Min, double Max) Slack => Range(r => r.Slack);

    private (double, double, double) Range(Func<ClaimResult, double> side)
    {
        double[] values = [.. Results.Select(side).Where(double.IsFinite)];
        return values.Length == 0 ? (double.NaN, double.NaN, double.NaN) : (MathNet.Numerics.Statistics.Statistics.Median(values), values.Min(), values.Max());
    }
}
