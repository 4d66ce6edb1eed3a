using System.Globalization;
using System.Text;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>A figure in words: what a terminal, a screen reader and a reader of the raw notebook get.</summary>
internal static class FigureText
{
    internal static string Write(Figure figure)
    {
        var text = new StringBuilder();
        text.Append("Figure").Append(figure.Title.Length > 0 ? ": " + Plain(figure.Title) : "").Append('\n');
        if (figure.Caption.Length > 0)
        {
            text.Append(Plain(figure.Caption)).Append('\n');
        }
        foreach (Panel panel in figure.Panels)
        {
            text.Append(figure.Panels.Length > 1 || panel.Title.Length > 0 ? Plain(panel.Title.Length > 0 ? panel.Title : "Panel") + ": " : "")
                .Append(AxisText(panel.YAxis, "y")).Append(" over ").Append(AxisText(panel.XAxis, "x")).Append('\n');
            foreach (string line in panel.Layers.Select(Describe).Where(line => line.Length > 0))
            {
                text.Append("  ").Append(line).Append('\n');
            }
            foreach (Marker marker in panel.Markers)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {Plain(marker.Label)} at {(marker.Vertical ? "x" : "y")} = {Numbers.Plain(marker.At)}\n");
            }
        }
        return text.ToString().TrimEnd('\n');
    }

    private static string AxisText(Axis axis, string otherwise) =>
        (axis.FullLabel.Length > 0 ? Plain(axis.FullLabel) : otherwise) + (axis.Scale == AxisScale.Log ? " (log)" : "");

    private static string Describe(Layer layer) => layer switch
    {
        LineLayer line => $"{Named(line)}: {Ends(line.Y)}",
        BandLayer band => $"{Named(band)}, band: {Numbers.Plain(Lowest(band.Low))} to {Numbers.Plain(Highest(band.High))}",
        PointLayer points => $"{Named(points)}, points: {Ends(points.Y)}",
        BarLayer bars => $"{Named(bars)}, bars: {string.Join(", ", bars.Height.Select(height => Numbers.Plain(height)))}",
        HeatLayer heat => $"{Plain(heat.Label)}, {heat.Values.GetLength(0)} by {heat.Values.GetLength(1)} cells: {Numbers.Plain(Lowest(heat.Values.Cast<double>()))} to {Numbers.Plain(Highest(heat.Values.Cast<double>()))}",
        _ => "",
    };

    private static string Ends(double[] y)
    {
        double[] finite = [.. y.Where(double.IsFinite)];
        return finite.Length == 0
            ? "no data"
            : $"{finite.Length} points, from {Numbers.Plain(finite[0])} to {Numbers.Plain(finite[^1])}, lowest {Numbers.Plain(finite.Min())}, highest {Numbers.Plain(finite.Max())}";
    }

    private static double Lowest(IEnumerable<double> values) => values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min();

    private static double Highest(IEnumerable<double> values) => values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    private static string Named(Layer layer) => layer.Name.Length > 0 ? Plain(layer.Name) : "unnamed";

    private static string Plain(string label) => RichLabel.Parse(label).ToUnicode();
}
