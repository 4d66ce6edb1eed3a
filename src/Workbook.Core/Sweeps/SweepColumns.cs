using Workbook.Core.Theory;

namespace Workbook.Core.Sweeps;

/// <summary>Type of a column; every one may be empty.</summary>
public enum ColumnKind
{
    /// <summary>64-bit whole number.</summary>
    Whole,

    /// <summary>64-bit floating point; NaN is a value that was computed, empty is one that was not.</summary>
    Real,

    /// <summary>Text.</summary>
    Text,
}

/// <summary>A column of a sweep's table.</summary>
public readonly record struct SweepColumn(string Name, ColumnKind Kind);

/// <summary>
/// The columns of a sweep's table: place and hash, the spec's parameters, <c>error</c> (empty where the run went well), then what the plan asks
/// for: measures, <c>stage_ID</c> (a step), and per claim <c>CLAIM_left</c>, <c>_right</c>, <c>_slack</c>, <c>_verdict</c> with its id's dots and dashes as underscores.
/// No column depends on when, where or how fast a row was computed.
/// </summary>
public static class SweepColumns
{
    /// <summary>Measures of a run (<see cref="RunOutcome.Read(Runs.RunSpec, string, Runs.Trajectory)"/>).</summary>
    public static IReadOnlyList<string> MeasureNames { get; } =
        ["train_loss", "train_error", "test_loss", "test_error", "s11", "s21", "value_noise", "value_signal", "growth_ratio", "late_movement"];

    /// <summary>Stages of a run.</summary>
    public static IReadOnlyList<string> StageNames { get; } = ["T1", "T2", "T3", "s21", "key", "query", "s11", "T4", "loss"];

    /// <summary>Claims about a run.</summary>
    public static IReadOnlyList<string> ClaimNames { get; } = [.. RunClaim.All.Select(c => c.Claim.Id)];

    internal static IReadOnlyList<SweepColumn> Fixed { get; } =
    [
        new("row", ColumnKind.Whole), new("run", ColumnKind.Text), new("block", ColumnKind.Text),
        new("d", ColumnKind.Whole), new("n", ColumnKind.Whole), new("s", ColumnKind.Whole), new("sigma_p", ColumnKind.Real), new("supports", ColumnKind.Text),
        new("m_k", ColumnKind.Whole), new("m_v", ColumnKind.Whole), new("sigma_0", ColumnKind.Real),
        new("optimizer", ColumnKind.Text), new("eta", ColumnKind.Real), new("beta1", ColumnKind.Real), new("beta2", ColumnKind.Real), new("eps", ColumnKind.Real),
        new("power", ColumnKind.Real), new("threshold", ColumnKind.Real), new("batch", ColumnKind.Whole),
        new("steps", ColumnKind.Whole), new("record", ColumnKind.Text), new("test_size", ColumnKind.Whole), new("seed", ColumnKind.Whole),
        new("engine", ColumnKind.Text), new("precision", ColumnKind.Text), new("error", ColumnKind.Text),
    ];

    internal static readonly int ErrorColumn = Fixed.Count - 1;

    /// <summary>The columns of a plan's table.</summary>
    public static IReadOnlyList<SweepColumn> Of(SweepPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var columns = new List<SweepColumn>(Fixed);
        columns.AddRange(plan.Measures.Select(m => new SweepColumn(m, ColumnKind.Real)));
        columns.AddRange(plan.Stages.Select(s => new SweepColumn("stage_" + s, ColumnKind.Whole)));
        foreach (string claim in plan.Claims)
        {
            string name = ClaimColumn(claim);
            foreach (string side in (string[])["_left", "_right", "_slack"]) columns.Add(new(name + side, ColumnKind.Real));
            columns.Add(new(name + "_verdict", ColumnKind.Text));
        }
        return columns;
    }

    /// <summary>A claim's id as the beginning of a column name.</summary>
    public static string ClaimColumn(string claim) => claim.Replace('.', '_').Replace('-', '_');
}
