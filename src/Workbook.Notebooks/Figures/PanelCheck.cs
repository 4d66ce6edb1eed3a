using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>Refuses data that cannot be drawn as asked, with one sentence that says which and why.</summary>
internal static class PanelCheck
{
    internal static void Check(Panel panel)
    {
        ArgumentNullException.ThrowIfNull(panel);
        CheckAxis(panel, panel.XAxis, "x");
        CheckAxis(panel, panel.YAxis, "y");
        foreach (Layer layer in panel.Layers)
        {
            CheckLengths(panel, layer);
            foreach (var (horizontal, part, xs, values) in Columns(layer))
            {
                CheckPositive(panel, layer, horizontal, part, xs, values);
            }
        }
    }

    private static void CheckAxis(Panel panel, Axis axis, string name)
    {
        string where = panel.Title.Length > 0 ? $" of panel '{panel.Title}'" : "";
        if (axis.Min >= axis.Max)
        {
            throw new ArgumentException($"The {name} axis{where} ends at {Numbers.Plain(axis.Max.Value)}, which is not above its start at {Numbers.Plain(axis.Min.Value)}.");
        }
        IEnumerable<double> places = panel.Markers.Where(marker => marker.Vertical == (name == "x")).Select(marker => marker.At)
            .Concat(new[] { axis.Min, axis.Max }.Where(end => end.HasValue).Select(end => end!.Value));
        foreach (double place in axis.Scale == AxisScale.Log ? places.Where(place => place <= 0) : [])
        {
            throw new ArgumentException($"The {name} axis{where} is logarithmic and cannot show its end or marker at {Numbers.Plain(place)}.");
        }
    }

    private static void CheckLengths(Panel panel, Layer layer)
    {
        bool fits = layer switch
        {
            LineLayer line => line.X.Length == line.Y.Length,
            BandLayer band => band.X.Length == band.Low.Length && band.X.Length == band.High.Length,
            PointLayer points => points.X.Length == points.Y.Length && SameLength(points.Low, points.High, points.X),
            BarLayer bars => bars.X.Length == bars.Height.Length && SameLength(bars.Low, bars.High, bars.X),
            HeatLayer heat => (heat.Values.Length == 0 && heat.XEdges.Length * heat.YEdges.Length == 0)
                || (heat.XEdges.Length == heat.Values.GetLength(1) + 1 && heat.YEdges.Length == heat.Values.GetLength(0) + 1),
            _ => true,
        };
        if (!fits)
        {
            throw new ArgumentException($"The arrays of {Describe(panel, layer)} differ in length.");
        }
    }

    private static bool SameLength(double[]? low, double[]? high, double[] x) =>
        low is null == high is null && (low is null || low.Length == x.Length) && (high is null || high.Length == x.Length);

    private static void CheckPositive(Panel panel, Layer layer, bool horizontal, string part, double[] xs, double[] values)
    {
        Axis axis = horizontal ? panel.XAxis : panel.YAxis;
        int first = axis.Scale == AxisScale.Log ? Array.FindIndex(values, value => value <= 0) : -1;
        if (first < 0)
        {
            return;
        }
        int count = values.Count(value => value <= 0);
        string where = horizontal || xs.Length != values.Length ? "" : $" at x = {Numbers.Plain(xs[first])}";
        throw new ArgumentException(
            $"The {(horizontal ? "x" : "y")} axis is logarithmic, but {part}{Describe(panel, layer)} has {count} value{(count == 1 ? "" : "s")} that "
            + $"{(count == 1 ? "is" : "are")} not positive (the first is {Numbers.Plain(values[first])}{where}): use a linear axis, or Figure.PositiveOrGap to leave {(count == 1 ? "it" : "them")} out.");
    }

    private static IEnumerable<(bool Horizontal, string Part, double[] Xs, double[] Values)> Columns(Layer layer) => layer switch
    {
        LineLayer line => [(true, "", line.X, line.X), (false, "", line.X, line.Y)],
        BandLayer band => [(true, "", band.X, band.X), (false, "the lower end of ", band.X, band.Low), (false, "the upper end of ", band.X, band.High)],
        PointLayer points => [(true, "", points.X, points.X), (false, "", points.X, points.Y), (false, "the lower end of ", points.X, points.Low ?? [])],
        BarLayer bars => [(false, "", bars.X, bars.Height), (false, "the lower end of ", bars.X, bars.Low ?? [])],
        HeatLayer heat => [(true, "", heat.XEdges, heat.XEdges), (false, "", heat.YEdges, heat.YEdges)],
        _ => [],
    };

    private static string Describe(Panel panel, Layer layer)
    {
        string name = layer is HeatLayer heat ? heat.Label : layer.Name;
        return (name.Length > 0 ? $"'{name}'" : "a series") + (panel.Title.Length > 0 ? $" in panel '{panel.Title}'" : "");
    }
}
