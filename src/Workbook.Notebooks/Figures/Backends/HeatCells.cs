using ScottPlot;
using SkiaSharp;

namespace Workbook.Notebooks.Backends;

/// <summary>Draws the cells of a heat map whose borders need not be equally far apart.</summary>
internal sealed class HeatCells(HeatLayer heat, double[] xEdges, double[] yEdges) : IPlottable
{
    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => xEdges.Length == 0 || yEdges.Length == 0 ? AxisLimits.NoLimits : new AxisLimits(xEdges[0], xEdges[^1], yEdges[0], yEdges[^1]);

    public void Render(RenderPack rp)
    {
        // A hair of overlap and no smoothing: otherwise the paper shines through between cells.
        const float Overlap = 0.4f;
        using var paint = new SKPaint { IsAntialias = false, Style = SKPaintStyle.Fill };
        IReadOnlyList<string> scale = heat.Diverging ? ColorScales.Diverging : ColorScales.Sequential;
        AxisRange range = FigureLayout.ColorRange(heat);
        for (int row = 0; row + 1 < yEdges.Length; row++)
        {
            for (int column = 0; column + 1 < xEdges.Length; column++)
            {
                double value = heat.Values[row, column];
                paint.Color = SKColor.Parse(double.IsNaN(value) ? Theme.MissingCell : ColorScales.At(scale, (value - range.Min) / (range.Max - range.Min)));
                Pixel from = Axes.GetPixel(new Coordinates(xEdges[column], yEdges[row]));
                Pixel to = Axes.GetPixel(new Coordinates(xEdges[column + 1], yEdges[row + 1]));
                rp.Canvas.DrawRect(new SKRect(Math.Min(from.X, to.X), Math.Min(from.Y, to.Y), Math.Max(from.X, to.X) + Overlap, Math.Max(from.Y, to.Y) + Overlap), paint);
            }
        }
    }
}
