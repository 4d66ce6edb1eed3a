using Workbook.Notebooks;

namespace Workbook.Benchmarks.Growth;

/// <summary>Time per step against each factor, logarithmic on both axes, with the fitted law over the points it was fitted to.</summary>
internal static class GrowthFigure
{
    private static readonly Dictionary<string, Stroke> Engines = new()
    {
        ["dense"] = Strokes.KeySignal.With(PointMark.Square),
        ["support"] = Strokes.ValueNoise.With(PointMark.Triangle, 6),
        ["reduced"] = Strokes.QueryNoise.With(PointMark.Circle),
    };

    public static Figure Of(GrowthResult growth)
    {
        string[] factors = [.. growth.Fits.Select(fit => fit.Factor).Distinct()];
        Panel[] panels = [.. factors.Select((factor, k) => PanelOf(growth, factor, $"({(char)('a' + k)})"))];
        return Figure.Grid(2, panels, "Cost of a step", "Time per SignGD step of the three engines; lines are power laws fitted to the upper points.", panelHeight: 160);
    }

    private static Panel PanelOf(GrowthResult growth, string factor, string title)
    {
        var panel = new Panel($"{title} against ${factor}$").X($"${factor}$", log: true).Y("seconds", log: true);
        foreach (GrowthFit fit in growth.Fits.Where(fit => fit.Factor == factor))
        {
            GrowthPoint[] points = [.. growth.Points.Where(point => point.Engine == fit.Engine && point.Factor == factor)];
            double[] x = [.. points.Select(point => (double)Value(point))];
            double[] ends = [x[^fit.Points], x[^1]];
            Stroke stroke = Engines[fit.Engine];
            panel = panel
                .Points(fit.Engine, stroke, x, [.. points.Select(p => p.Seconds.Median)], [.. points.Select(p => p.Seconds.Min)], [.. points.Select(p => p.Seconds.Max)])
                .Line("", stroke with { Mark = PointMark.None, Width = 1.2 }, ends, [.. ends.Select(e => fit.Prefactor * Math.Pow(e, fit.Exponent))]);
        }
        return panel;
    }

    private static int Value(GrowthPoint point) => point.Factor switch { "n" => point.N, "m_k" => point.MK, "s" => point.S, _ => point.D };
}
