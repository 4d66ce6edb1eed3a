using Workbook.Core.Runs;
using Workbook.Core.Theory.Experiments;
using Workbook.Notebooks.PaperFigures;

namespace Workbook.Notebooks;

/// <summary>What the notebooks on several heads and on depth ask of the studies' numbers: medians, ranges, bands, and runs with progress.</summary>
public static class DeepViews
{
    /// <summary>All runs of a study of heads on all cores, with progress; those that the store has are read.</summary>
    public static IReadOnlyList<NumberRecord> ReadWithProgress(this IReadOnlyList<MultiHeadSpec> specs, NumberCache? cache)
    {
        ArgumentNullException.ThrowIfNull(specs);
        using var progress = Progress.Start("runs with several heads", specs.Count);
        return HeadStudy.ReadAll(specs, cache, () => progress.Advance());
    }

    /// <summary>All runs of a study of depth on all cores, with progress; those that the store has are read.</summary>
    public static IReadOnlyList<NumberRecord> ReadWithProgress(this IReadOnlyList<DeepRunSpec> specs, NumberCache? cache)
    {
        ArgumentNullException.ThrowIfNull(specs);
        using var progress = Progress.Start("runs of deeper models", specs.Count);
        return DepthStudy.ReadAll(specs, cache, () => progress.Advance());
    }

    /// <summary>Median, minimum and maximum of the numbers that are there; NaN where there is none.</summary>
    public static (double Median, double Low, double High, int Count) Range(this IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] there = [.. values.Where(double.IsFinite).Order()];
        return there.Length == 0 ? (double.NaN, double.NaN, double.NaN, 0) : ((there[(there.Length - 1) / 2] + there[there.Length / 2]) / 2, there[0], there[^1], there.Length);
    }

    /// <summary>"median (low to high)" with the given format; "not reached" where nothing is there.</summary>
    public static string Told(this IEnumerable<double> values, string format)
    {
        var (median, low, high, count) = values.Range();
        return count == 0 ? "not reached" : Number(low) == Number(high) ? Number(median) : $"{Number(median)} ({Number(low)} to {Number(high)})";

        string Number(double x) => x.ToString(format, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>A panel with the median of several curves and a band from minimum to maximum.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="name">Name in the legend.</param>
    /// <param name="stroke">How it is drawn.</param>
    /// <param name="t">Times, [R].</param>
    /// <param name="curves">Curves of R values, one or more.</param>
    public static Panel SpreadOf(this Panel panel, string name, Stroke stroke, double[] t, IReadOnlyList<double[]> curves)
    {
        ArgumentNullException.ThrowIfNull(panel);
        ArgumentNullException.ThrowIfNull(t);
        ArgumentNullException.ThrowIfNull(curves);
        var all = new double[curves.Count, t.Length];
        for (int k = 0; k < curves.Count; k++)
            for (int row = 0; row < t.Length; row++) all[k, row] = curves[k][row];
        Spread spread = Spread.Of(all);
        return panel.LineBand(name, stroke, t, spread.Median, spread.Low, spread.High);
    }

    /// <summary>Points with bars from minimum to maximum, one group of values for each place on the axis.</summary>
    public static Panel RangesOf(this Panel panel, string name, Stroke stroke, IReadOnlyList<(double X, IEnumerable<double> Values)> groups)
    {
        ArgumentNullException.ThrowIfNull(panel);
        ArgumentNullException.ThrowIfNull(groups);
        var ranges = groups.Select(g => (g.X, Of: g.Values.Range())).Where(g => g.Of.Count > 0).ToArray();
        return ranges.Length == 0 ? panel : panel.Points(name, stroke, [.. ranges.Select(g => g.X)], [.. ranges.Select(g => g.Of.Median)], [.. ranges.Select(g => g.Of.Low)], [.. ranges.Select(g => g.Of.High)]);
    }

    /// <summary>Part k of an array of equal parts of the given length.</summary>
    public static double[] Part(this double[] values, int k, int length)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values[(k * length)..((k + 1) * length)];
    }
}
