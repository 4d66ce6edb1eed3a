using System.Globalization;
using Workbook.Benchmarks.Measuring;

namespace Workbook.Benchmarks.Results;

/// <summary>Numbers and verdicts as a reader sees them.</summary>
internal static class Words
{
    /// <summary>A number with its unit, three digits.</summary>
    public static string Number(Unit unit, double value) => unit switch
    {
        Unit.Share => Text(value * 100, "0.0") + " %",
        Unit.Times or Unit.Scaling => Digits(value) + "x",
        Unit.NanosecondsPerElement => Text(value, "0.00") + " ns",
        Unit.RunsPerSecond => Digits(value) + " /s",
        Unit.SamplesPerSecond => Digits(value / 1e6) + " M/s",
        _ => Digits(value) + " ms",
    };

    /// <summary>Median and both ends of one row.</summary>
    public static string Range(Unit unit, Spread spread) => $"{Number(unit, spread.Median)} [{Number(unit, spread.Min)} .. {Number(unit, spread.Max)}]";

    /// <summary>What is asked.</summary>
    public static string Bound(Goal goal, string instructions) =>
        goal.BoundFor(instructions) is double bound ? (goal.LargerIsBetter ? ">= " : "<= ") + Number(goal.Unit, bound) : "";

    /// <summary>A group of rows in one cell: one row with its range over turns, of several the worst and the best median.</summary>
    public static string Group(Goal goal, IReadOnlyList<Row> rows)
    {
        Spread[] measured = [.. rows.Select(row => row.Value).OfType<Spread>()];
        if (measured.Length == 0) return "-";
        if (measured.Length == 1) return Range(goal.Unit, measured[0]);
        double[] medians = [.. measured.Select(spread => spread.Median).Order()];
        return $"{Number(goal.Unit, medians[0])} .. {Number(goal.Unit, medians[^1])}";
    }

    /// <summary>Whether the worst of a group reaches the goal, and if not by how much.</summary>
    public static string Verdict(Goal goal, IReadOnlyList<Row> rows, string instructions)
    {
        double[] medians = [.. rows.Select(row => row.Value).OfType<Spread>().Select(spread => spread.Median)];
        if (medians.Length == 0) return "not measured";
        string rest = medians.Length < rows.Count ? $" ({rows.Count - medians.Length} not measured)" : "";
        return goal.Missing(goal.Worst(medians), instructions) switch
        {
            null => "",
            0 => "yes" + rest,
            < 1 and var part => $"no, {Text(part * 100, part < 0.1 ? "0.0" : "0")} % {(goal.LargerIsBetter ? "more needed" : "over")}{rest}",
            double many => $"no, by a factor {Digits(many + 1)}{rest}",
        };
    }

    /// <summary>Seconds in the unit that leaves few zeros.</summary>
    public static string Seconds(double seconds) => seconds switch
    {
        < 1e-6 => Digits(seconds * 1e9) + " ns",
        < 1e-3 => Digits(seconds * 1e6) + " us",
        < 1 => Digits(seconds * 1e3) + " ms",
        _ => Digits(seconds) + " s",
    };

    /// <summary>Three significant digits, thousands apart.</summary>
    public static string Digits(double value) => Math.Abs(value) switch
    {
        >= 10_000 => Text(Math.Round(value / 100) * 100, "#,0"),
        >= 1000 => Text(Math.Round(value / 10) * 10, "#,0"),
        >= 100 => Text(value, "0"),
        >= 10 => Text(value, "0.0"),
        _ => Text(value, "0.00"),
    };

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
