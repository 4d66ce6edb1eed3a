using ScottPlot;
using ScottPlot.Plottables;
using SkiaSharp;

namespace Workbook.Notebooks.Backends;

/// <summary>Turns the layers of a panel into ScottPlot's shapes, in the coordinates in which the axes are straight.</summary>
internal sealed class StaticShapes(Plot plot, Panel panel, AxisRange xRange, AxisRange yRange)
{
    internal void Add(Layer layer)
    {
        switch (layer)
        {
            case LineLayer line:
                if (line.Stroke.Width > 0)
                {
                    plot.Add.Plottable(new Curve(Xs(line.X), Ys(line.Y), line.Stroke.Color, line.Stroke.Width, line.Stroke.Dash));
                }
                AddMarks(line.X, line.Y, line.Stroke);
                break;
            case BandLayer band:
                foreach (var (x, low, high) in BandOutline.Runs(band))
                {
                    AddBand(Xs(x), Ys(low), Ys(high), band.Stroke);
                }
                break;
            case PointLayer points:
                AddRanges(points.X, points.Low, points.High, points.Stroke.Color);
                AddMarks(points.X, points.Y, points.Stroke);
                break;
            case BarLayer bars:
                AddBars(bars);
                break;
            case HeatLayer heat:
                plot.Add.Plottable(new HeatCells(heat, [.. heat.XEdges.Select(panel.XAxis.ToCoordinate)], [.. heat.YEdges.Select(panel.YAxis.ToCoordinate)]));
                break;
        }
    }

    internal void Add(Marker marker)
    {
        double at = (marker.Vertical ? panel.XAxis : panel.YAxis).ToCoordinate(marker.At);
        (double[] x, double[] y) = marker.Vertical ? (new[] { at, at }, new[] { yRange.Min, yRange.Max }) : ([xRange.Min, xRange.Max], [at, at]);
        plot.Add.Plottable(new Curve(x, y, Theme.Quiet, Theme.MarkerWidth, Theme.MarkerDash));
    }

    /// <summary>The sample of a legend entry: its band, its line, its mark, as they are in the panel.</summary>
    internal static void DrawSample(SKCanvas canvas, LegendEntry entry)
    {
        float left = (float)entry.X, right = left + (float)FigureLayout.LegendSample, middle = (float)(entry.Y + FigureLayout.LegendRow / 2);
        using var paint = new SKPaint { IsAntialias = true };
        foreach (Layer layer in entry.Layers.OrderBy(layer => layer is BandLayer ? 0 : 1))
        {
            paint.Color = SKColor.Parse(layer.Stroke.Color);
            paint.Style = SKPaintStyle.Fill;
            switch (layer)
            {
                case BandLayer:
                    paint.Color = paint.Color.WithAlpha((byte)Math.Round(255 * Theme.BandOpacity));
                    canvas.DrawRect(left, middle - 5, right - left, 10, paint);
                    break;
                case BarLayer:
                    canvas.DrawRect(left + 4, middle - 5, right - left - 8, 10, paint);
                    break;
                case LineLayer when layer.Stroke.Width > 0:
                    paint.Style = SKPaintStyle.Stroke;
                    paint.StrokeWidth = (float)Math.Max(1.2, layer.Stroke.Width);
                    using (var line = new SKPath())
                    {
                        line.MoveTo(left, middle);
                        line.LineTo(right, middle);
                        using SKPath dashed = Dashes.Cut(line, layer.Stroke.Dash);
                        canvas.DrawPath(dashed, paint);
                    }
                    break;
            }
            if (layer.Stroke.Mark != PointMark.None)
            {
                paint.Style = SKPaintStyle.Fill;
                using SKPath mark = MarkOutline((left + right) / 2, middle, (float)layer.Stroke.MarkSize, layer.Stroke.Mark);
                canvas.DrawPath(mark, paint);
            }
        }
    }

    private double[] Xs(double[] values) => [.. values.Select(panel.XAxis.ToCoordinate)];

    private double[] Ys(double[] values) => [.. values.Select(panel.YAxis.ToCoordinate)];

    private void AddMarks(double[] x, double[] y, Stroke stroke)
    {
        if (stroke.Mark == PointMark.None)
        {
            return;
        }
        Scatter marks = plot.Add.ScatterPoints(Xs(x), Ys(y));
        marks.LineWidth = 0;
        marks.Color = Color.FromHex(stroke.Color);
        marks.MarkerSize = (float)stroke.MarkSize;
        marks.MarkerShape = stroke.Mark switch
        {
            PointMark.Square => MarkerShape.FilledSquare,
            PointMark.Diamond => MarkerShape.FilledDiamond,
            PointMark.Triangle => MarkerShape.FilledTriangleUp,
            _ => MarkerShape.FilledCircle,
        };
    }

    private void AddBand(double[] x, double[] low, double[] high, Stroke stroke)
    {
        Coordinates[] outline = [.. x.Zip(high, (a, b) => new Coordinates(a, b)), .. x.Zip(low, (a, b) => new Coordinates(a, b)).Reverse()];
        Polygon polygon = plot.Add.Polygon(outline);
        polygon.FillColor = Color.FromHex(stroke.Color).WithAlpha(Theme.BandOpacity);
        polygon.LineWidth = 0;
        polygon.MarkerSize = 0;
    }

    private void AddBars(BarLayer bars)
    {
        double floor = panel.YAxis.Scale == AxisScale.Log ? yRange.Min : 0;
        double[] x = Xs(bars.X), height = Ys(bars.Height);
        for (int i = 0; i < x.Length; i++)
        {
            if (!double.IsFinite(height[i]))
            {
                continue;
            }
            Rectangle bar = plot.Add.Rectangle(x[i] - bars.Width / 2, x[i] + bars.Width / 2, Math.Min(floor, height[i]), Math.Max(floor, height[i]));
            bar.FillColor = Color.FromHex(bars.Stroke.Color);
            bar.LineWidth = 0;
        }
        AddRanges(bars.X, bars.Low, bars.High, Theme.Ink);
    }

    private void AddRanges(double[] x, double[]? low, double[]? high, string color)
    {
        for (int i = 0; low is not null && high is not null && i < x.Length; i++)
        {
            double at = panel.XAxis.ToCoordinate(x[i]), from = panel.YAxis.ToCoordinate(low[i]), to = panel.YAxis.ToCoordinate(high[i]);
            if (double.IsFinite(at + from + to))
            {
                LinePlot line = plot.Add.Line(at, from, at, to);
                line.LineColor = Color.FromHex(color);
                line.LineWidth = 1.2f;
            }
        }
    }

    private static SKPath MarkOutline(float x, float y, float size, PointMark mark)
    {
        var path = new SKPath();
        float r = size / 2;
        switch (mark)
        {
            case PointMark.Square:
                path.AddRect(new SKRect(x - r, y - r, x + r, y + r));
                break;
            case PointMark.Diamond:
                path.AddPoly([new(x, y - r), new(x + r, y), new(x, y + r), new(x - r, y)], true);
                break;
            case PointMark.Triangle:
                path.AddPoly([new(x, y - r), new(x + r, y + r), new(x - r, y + r)], true);
                break;
            default:
                path.AddCircle(x, y, r);
                break;
        }
        return path;
    }
}
