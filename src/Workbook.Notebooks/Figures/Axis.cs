namespace Workbook.Notebooks;

/// <summary>How an axis places its values.</summary>
public enum AxisScale
{
    /// <summary>Equal steps for equal differences.</summary>
    Linear,

    /// <summary>Equal steps for equal ratios; values must be positive.</summary>
    Log,
}

/// <summary>One axis of a panel.</summary>
/// <param name="Label">What it shows; may hold <c>s_{21}</c>, <c>\sigma_p</c>, <c>10^{-3}</c>.</param>
/// <param name="Unit">The unit, shown in brackets after the label; empty for pure numbers.</param>
/// <param name="Scale">Linear or logarithmic.</param>
/// <param name="Min">Lower end; null to take it from the data.</param>
/// <param name="Max">Upper end; null to take it from the data.</param>
public sealed record Axis(string Label = "", string Unit = "", AxisScale Scale = AxisScale.Linear, double? Min = null, double? Max = null)
{
    /// <summary>Names of the positions 0, 1, 2 ... on an axis of categories; empty for an axis of numbers.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Label and unit together.</summary>
    internal string FullLabel => Unit.Length == 0 ? Label : Label.Length == 0 ? Unit : $"{Label} [{Unit}]";

    /// <summary>A value to the coordinate in which the axis is straight.</summary>
    internal double ToCoordinate(double value) => Scale == AxisScale.Log ? Math.Log10(value) : value;

    /// <summary>The inverse of <see cref="ToCoordinate"/>.</summary>
    internal double FromCoordinate(double coordinate) => Scale == AxisScale.Log ? Math.Pow(10, coordinate) : coordinate;
}
