using System.Globalization;
using Plotly.NET;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks.Backends;

/// <summary>One layer of a figure as one Plotly trace.</summary>
internal static class PlotlyTraces
{
    /// <param name="layer">The layer.</param>
    /// <param name="suffix">What the names of the panel's axes end in.</param>
    /// <param name="figure">The figure.</param>
    /// <param name="layout">Where its parts stand.</param>
    /// <param name="index">The panel.</param>
    /// <param name="named">Names that have an entry in the legend already.</param>
    internal static Trace Write(Layer layer, string suffix, Figure figure, FigureLayout layout, int index, HashSet<string> named)
    {
        var trace = new Trace2D(layer switch { BarLayer => "bar", HeatLayer => "heatmap", _ => "scatter" });
        trace.SetProperty("xaxis", "x" + suffix);
        trace.SetProperty("yaxis", "y" + suffix);
        if (layer is HeatLayer heat)
        {
            WriteHeat(heat, trace, layout, index);
            return trace;
        }
        WriteName(layer, trace, figure, named);
        switch (layer)
        {
            case LineLayer line:
                WritePoints(trace, line.X, line.Y, line.Stroke.Mark == PointMark.None ? "lines" : "lines+markers", line.Stroke);
                break;
            case BandLayer band:
                WriteBand(band, trace);
                break;
            case PointLayer points:
                WritePoints(trace, points.X, points.Y, "markers", points.Stroke);
                WriteRange(trace, points.Y, points.Low, points.High, points.Stroke.Color);
                break;
            case BarLayer bars:
                trace.SetProperty("x", Numbers(bars.X));
                trace.SetProperty("y", Numbers(bars.Height));
                trace.SetProperty("width", Math.Round(bars.Width, 6));
                trace.SetProperty("marker", new Dictionary<string, object> { ["color"] = bars.Stroke.Color });
                WriteRange(trace, bars.Height, bars.Low, bars.High, Theme.Ink);
                break;
        }
        return trace;
    }

    internal static string Dash(IReadOnlyList<double> dash) =>
        dash.Count == 0 ? "solid" : string.Join(",", dash.Select(length => length.ToString("0.##", CultureInfo.InvariantCulture) + "px"));

    private static void WriteName(Layer layer, Trace2D trace, Figure figure, HashSet<string> named)
    {
        if (layer.Name.Length == 0)
        {
            trace.SetProperty("showlegend", false);
            return;
        }
        trace.SetProperty("name", RichLabel.Parse(layer.Name).ToHtml());
        trace.SetProperty("legendgroup", layer.Name);
        // A band leaves the entry to its line, if it has one.
        bool left = layer is BandLayer && figure.Panels.Any(panel => panel.Layers.Any(other => other is LineLayer && other.Name == layer.Name));
        trace.SetProperty("showlegend", !left && named.Add(layer.Name));
    }

    private static void WritePoints(Trace2D trace, double[] x, double[] y, string mode, Stroke stroke)
    {
        trace.SetProperty("x", Numbers(x));
        trace.SetProperty("y", Numbers(y));
        trace.SetProperty("mode", mode);
        if (mode != "markers")
        {
            var line = new Dictionary<string, object> { ["color"] = stroke.Color, ["width"] = stroke.Width };
            if (stroke.Dash.Count > 0)
            {
                line["dash"] = Dash(stroke.Dash);
            }
            trace.SetProperty("line", line);
        }
        if (stroke.Mark != PointMark.None)
        {
            trace.SetProperty("marker", new Dictionary<string, object>
            {
                ["color"] = stroke.Color,
                ["size"] = stroke.MarkSize,
                ["symbol"] = stroke.Mark switch { PointMark.Square => "square", PointMark.Diamond => "diamond", PointMark.Triangle => "triangle-up", _ => "circle" },
            });
        }
    }

    private static void WriteBand(BandLayer band, Trace2D trace)
    {
        // Forward along the upper curve, back along the lower one, a gap, the next run: one closed outline each.
        var (x, y) = (new List<object?>(), new List<object?>());
        foreach (var (runX, low, high) in BandOutline.Runs(band))
        {
            if (x.Count > 0)
            {
                x.Add(null);
                y.Add(null);
            }
            x.AddRange(Numbers([.. runX, .. runX.Reverse()]));
            y.AddRange(Numbers([.. high, .. low.Reverse()]));
        }
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", y.ToArray());
        trace.SetProperty("mode", "lines");
        trace.SetProperty("fill", "toself");
        trace.SetProperty("fillcolor", Rgba(band.Stroke.Color, Theme.BandOpacity));
        trace.SetProperty("line", new Dictionary<string, object> { ["width"] = 0, ["color"] = band.Stroke.Color });
        trace.SetProperty("hoverinfo", "skip");
    }

    private static void WriteRange(Trace2D trace, double[] y, double[]? low, double[]? high, string color)
    {
        if (low is null || high is null)
        {
            return;
        }
        trace.SetProperty("error_y", new Dictionary<string, object>
        {
            ["type"] = "data",
            ["symmetric"] = false,
            ["array"] = Numbers([.. high.Zip(y, (a, b) => a - b)]),
            ["arrayminus"] = Numbers([.. y.Zip(low, (a, b) => a - b)]),
            ["color"] = color,
            ["thickness"] = 1.2,
            ["width"] = 0,
        });
    }

    private static void WriteHeat(HeatLayer heat, Trace2D trace, FigureLayout layout, int index)
    {
        int rows = heat.Values.GetLength(0), columns = heat.Values.GetLength(1);
        trace.SetProperty("x", Numbers(heat.XEdges));
        trace.SetProperty("y", Numbers(heat.YEdges));
        trace.SetProperty("z", Enumerable.Range(0, rows).Select(row => Numbers([.. Enumerable.Range(0, columns).Select(column => heat.Values[row, column])])).ToArray());
        AxisRange range = FigureLayout.ColorRange(heat);
        trace.SetProperty("zmin", range.Min);
        trace.SetProperty("zmax", range.Max);
        IReadOnlyList<string> scale = heat.Diverging ? ColorScales.Diverging : ColorScales.Sequential;
        trace.SetProperty("colorscale", scale.Select((color, i) => new object[] { Math.Round(i / (scale.Count - 1.0), 4), color }).ToArray());
        trace.SetProperty("hoverongaps", false);
        trace.SetProperty("showscale", heat.Label.Length > 0);
        if (heat.Label.Length == 0)
        {
            return;
        }
        Box box = layout.Axes[index];
        double left = layout.Axes.Min(axes => axes.Left), right = layout.Axes.Max(axes => axes.Right);
        double top = layout.Axes.Min(axes => axes.Top), bottom = layout.Axes.Max(axes => axes.Bottom);
        trace.SetProperty("colorbar", new Dictionary<string, object>
        {
            ["title"] = new Dictionary<string, object> { ["text"] = RichLabel.Parse(heat.Label).ToHtml(), ["side"] = "right" },
            ["thickness"] = FigureLayout.ColorBarWidth,
            ["outlinewidth"] = 0,
            ["x"] = Math.Round((box.Right + 5 - left) / (right - left), 4),
            ["y"] = Math.Round((bottom - (box.Top + box.Bottom) / 2) / (bottom - top), 4),
            ["len"] = Math.Round(box.Height / (bottom - top), 4),
            ["ypad"] = 0,
        });
    }

    private static object?[] Numbers(double[] values) => [.. values.Select(value => double.IsFinite(value) ? value == Math.Floor(value) && Math.Abs(value) < 1e15 ? (long)value : (object)value : null)];

    private static string Rgba(string color, double opacity)
    {
        int Channel(int start) => int.Parse(color.AsSpan(start, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"rgba({Channel(1)},{Channel(3)},{Channel(5)},{opacity})");
    }
}
