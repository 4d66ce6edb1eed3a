using System.Globalization;
using Microsoft.FSharp.Collections;
using Plotly.NET;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks.Backends;

/// <summary>
/// Writes a figure as Plotly JSON through Plotly.NET. Of its template nothing is used: what differs from plotly.js's defaults is said in
/// the layout, which is a tenth of the size.
/// </summary>
internal static class PlotlyBackend
{
    /// <summary>Live figures are wider than paper: a little more height keeps their proportions.</summary>
    private const double HeightFactor = 1.2;

    /// <summary>Height of a row of plotly.js's legend.</summary>
    private const double LegendRow = 29;

    internal static string ToJson(Figure figure)
    {
        var layout = new FigureLayout(figure, StaticBackend.Width);
        var named = new HashSet<string>(StringComparer.Ordinal);
        var traces = new List<Trace>();
        for (int i = 0; i < figure.Panels.Length; i++)
        {
            foreach (Layer layer in figure.Panels[i].Layers)
            {
                traces.Add(PlotlyTraces.Write(layer, AxisSuffix(i), figure, layout, i, named));
            }
        }
        GenericChart chart = GenericChart.NewMultiChart(ListModule.OfSeq(traces), WriteLayout(figure, layout), new Config(), new DisplayOptions());
        return GenericChart.toFigureJson(chart);
    }

    internal static string AxisSuffix(int panel) => panel == 0 ? "" : (panel + 1).ToString(CultureInfo.InvariantCulture);

    private static Layout WriteLayout(Figure figure, FigureLayout layout)
    {
        var result = new Layout();
        double height = Math.Round(layout.Height * HeightFactor) + 20;
        if (figure.Title.Length > 0)
        {
            result.SetProperty("title", new Dictionary<string, object>
            {
                ["text"] = "<b>" + RichLabel.Parse(figure.Title).ToHtml() + "</b>",
                ["x"] = 0.01,
                ["xanchor"] = "left",
                ["yref"] = "container",
                ["y"] = Math.Round(1 - 14 / height, 4),
                ["yanchor"] = "top",
                ["font"] = Font(15, Theme.Ink),
            });
        }
        result.SetProperty("font", new Dictionary<string, object> { ["family"] = Theme.FontFamily, ["size"] = 12, ["color"] = Theme.Ink });
        result.SetProperty("paper_bgcolor", Theme.Paper);
        result.SetProperty("plot_bgcolor", Theme.Paper);
        result.SetProperty("height", height);
        result.SetProperty("autosize", true);
        Box first = layout.Axes[0];
        double right = layout.Axes.Max(box => box.Right), bottom = layout.Axes.Max(box => box.Bottom);
        double top = figure.Title.Length > 0 ? 44 : 16;
        int legendRows = layout.Legend.Count == 0 ? 0 : layout.Legend.Select(entry => entry.Y).Distinct().Count();
        double aboveAxes = figure.Panels.Select((_, i) => i).Where(i => figure.RowOf(i) == 0).Max(i => first.Top - layout.PanelTitleBaseline(i)) + 22;
        result.SetProperty("margin", new Dictionary<string, object>
        {
            ["l"] = Math.Round(first.Left + 12),
            ["r"] = Math.Round(layout.Width - right + 16),
            ["t"] = Math.Round(top + (legendRows == 0 ? 0 : legendRows * LegendRow - 3) + aboveAxes),
            ["b"] = Math.Round(layout.Height - bottom + 14),
        });
        result.SetProperty("showlegend", layout.Legend.Count > 0);
        result.SetProperty("legend", new Dictionary<string, object>
        {
            ["orientation"] = "h",
            ["x"] = 0,
            ["xanchor"] = "left",
            ["yref"] = "container",
            ["y"] = Math.Round(1 - top / height, 4),
            ["yanchor"] = "top",
        });
        result.SetProperty("hovermode", "closest");
        result.SetProperty("barmode", "overlay");
        var notes = new List<object>();
        var shapes = new List<object>();
        for (int i = 0; i < figure.Panels.Length; i++)
        {
            result.SetProperty("xaxis" + AxisSuffix(i), WriteAxis(figure, layout, i, horizontal: true));
            result.SetProperty("yaxis" + AxisSuffix(i), WriteAxis(figure, layout, i, horizontal: false));
            WriteNotes(figure, layout, i, notes, shapes);
        }
        result.SetProperty("annotations", notes);
        result.SetProperty("shapes", shapes);
        return result;
    }

    private static Dictionary<string, object> WriteAxis(Figure figure, FigureLayout layout, int index, bool horizontal)
    {
        Panel panel = figure.Panels[index];
        Axis axis = horizontal ? panel.XAxis : panel.YAxis;
        AxisRange range = horizontal ? figure.XRanges[index] : figure.YRanges[index];
        Box box = layout.Axes[index];
        double left = layout.Axes.Min(axes => axes.Left), right = layout.Axes.Max(axes => axes.Right);
        double top = layout.Axes.Min(axes => axes.Top), bottom = layout.Axes.Max(axes => axes.Bottom);
        bool labelled = horizontal ? layout.HasXLabels(index) : layout.HasYLabels(index);
        bool grid = !panel.Layers.Any(layer => layer is HeatLayer);
        var result = new Dictionary<string, object>
        {
            ["type"] = axis.Scale == AxisScale.Log ? "log" : "linear",
            ["range"] = new[] { range.Min, range.Max },
            ["domain"] = horizontal
                ? new[] { Fraction(box.Left - left, right - left), Fraction(box.Right - left, right - left) }
                : new[] { Fraction(bottom - box.Bottom, bottom - top), Fraction(bottom - box.Top, bottom - top) },
            ["anchor"] = (horizontal ? "y" : "x") + AxisSuffix(index),
            ["showgrid"] = grid,
            ["gridcolor"] = Theme.Grid,
            ["zeroline"] = false,
            ["showline"] = true,
            ["linecolor"] = Theme.Frame,
            ["ticks"] = "outside",
            ["ticklen"] = 4,
            ["tickcolor"] = Theme.Frame,
            ["exponentformat"] = "power",
            ["showticklabels"] = labelled,
        };
        if (labelled && axis.FullLabel.Length > 0)
        {
            result["title"] = new Dictionary<string, object> { ["text"] = RichLabel.Parse(axis.FullLabel).ToHtml(), ["standoff"] = 6 };
        }
        if (axis.Categories.Count > 0)
        {
            result["tickvals"] = Enumerable.Range(0, axis.Categories.Count).ToArray();
            result["ticktext"] = axis.Categories.Select(name => RichLabel.Parse(name).ToHtml()).ToArray();
        }
        int shared = horizontal ? (figure.ShareX ? 0 : index) : (figure.ShareY ? 0 : index);
        if (shared != index)
        {
            result["matches"] = (horizontal ? "x" : "y") + AxisSuffix(shared);
        }
        return result;
    }

    private static void WriteNotes(Figure figure, FigureLayout layout, int index, List<object> notes, List<object> shapes)
    {
        Panel panel = figure.Panels[index];
        string x = "x" + AxisSuffix(index), y = "y" + AxisSuffix(index);
        if (panel.Title.Length > 0)
        {
            double rise = layout.Axes[index].Top - layout.PanelTitleBaseline(index);
            notes.Add(Note(x + " domain", 0, y + " domain", 1, "<b>" + RichLabel.Parse(panel.Title).ToHtml() + "</b>", "left", "bottom", 13, Theme.Ink, rise - 4));
        }
        if (panel.Layers.Any(layer => layer is HeatLayer))
        {
            shapes.Add(new Dictionary<string, object>
            {
                ["type"] = "rect",
                ["xref"] = x + " domain",
                ["yref"] = y + " domain",
                ["x0"] = 0,
                ["x1"] = 1,
                ["y0"] = 0,
                ["y1"] = 1,
                ["fillcolor"] = Theme.MissingCell,
                ["line"] = new Dictionary<string, object> { ["width"] = 0 },
                ["layer"] = "below",
            });
        }
        foreach (Marker marker in panel.Markers)
        {
            shapes.Add(new Dictionary<string, object>
            {
                ["type"] = "line",
                ["xref"] = marker.Vertical ? x : x + " domain",
                ["yref"] = marker.Vertical ? y + " domain" : y,
                ["x0"] = marker.Vertical ? marker.At : 0,
                ["x1"] = marker.Vertical ? marker.At : 1,
                ["y0"] = marker.Vertical ? 0 : marker.At,
                ["y1"] = marker.Vertical ? 1 : marker.At,
                ["line"] = new Dictionary<string, object> { ["color"] = Theme.Quiet, ["width"] = Theme.MarkerWidth, ["dash"] = PlotlyTraces.Dash(Theme.MarkerDash) },
            });
            if (!marker.Vertical)
            {
                notes.Add(Note(x + " domain", 1, y, panel.YAxis.ToCoordinate(marker.At), RichLabel.Parse(marker.Label).ToHtml(), "right", "bottom", 11, Theme.Quiet, 0));
            }
        }
        foreach (MarkerLabel label in layout.MarkerLabels[index])
        {
            double at = (label.Centre - layout.Axes[index].Left) / layout.Axes[index].Width;
            notes.Add(Note(x + " domain", Math.Round(at, 4), y + " domain", 1, RichLabel.Parse(label.Label).ToHtml(), "center", "bottom", 11, Theme.Quiet, label.Row * FigureLayout.MarkerRow));
        }
        foreach (Annotation annotation in panel.Annotations)
        {
            notes.Add(Note(x, panel.XAxis.ToCoordinate(annotation.X), y, panel.YAxis.ToCoordinate(annotation.Y), RichLabel.Parse(annotation.Label).ToHtml(), annotation.RightAligned ? "right" : "left", "middle", 11, annotation.Color, 0));
        }
    }

    private static Dictionary<string, object> Note(string xRef, double x, string yRef, double y, string text, string xAnchor, string yAnchor, double size, string color, double rise) => new()
    {
        ["xref"] = xRef,
        ["x"] = x,
        ["yref"] = yRef,
        ["y"] = y,
        ["text"] = text,
        ["showarrow"] = false,
        ["xanchor"] = xAnchor,
        ["yanchor"] = yAnchor,
        ["yshift"] = rise,
        ["font"] = Font(size, color),
    };

    private static Dictionary<string, object> Font(double size, string color) => new() { ["size"] = size, ["color"] = color };

    private static double Fraction(double part, double whole) => Math.Round(Math.Clamp(part / whole, 0, 1), 4);
}
