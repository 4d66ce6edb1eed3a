using ScottPlot;
using SkiaSharp;

namespace Workbook.Notebooks.Backends;

/// <summary>
/// A line with gaps and dashes. The dashes are cut out of the path itself, because SVG output knows no dash effect; so both kinds of
/// picture have the same dashes. Coordinates are those in which the axes are straight; NaN is a gap.
/// </summary>
internal sealed class Curve(double[] x, double[] y, string color, double width, IReadOnlyList<double> dash) : IPlottable
{
    /// <summary>Pixels that a drawn line may leave the data by: invisible, and it keeps SVG files small.</summary>
    private const double Tolerance = 0.08;

    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

    public void Render(RenderPack rp)
    {
        using var path = new SKPath();
        int start = 0;
        for (int i = 0; i <= x.Length; i++)
        {
            if (i < x.Length && double.IsFinite(x[i] + y[i]))
            {
                continue;
            }
            AddRun(path, start, i);
            start = i + 1;
        }
        using var paint = new SKPaint
        {
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            Color = SKColor.Parse(color),
            StrokeWidth = (float)width,
            StrokeJoin = SKStrokeJoin.Round,
            StrokeCap = SKStrokeCap.Butt,
        };
        using SKPath dashed = Dashes.Cut(path, dash);
        rp.Canvas.DrawPath(dashed, paint);
    }

    private void AddRun(SKPath path, int start, int end)
    {
        if (end <= start)
        {
            return;
        }
        double[] px = new double[end - start], py = new double[end - start];
        bool ascending = true;
        for (int i = start; i < end; i++)
        {
            Pixel pixel = Axes.GetPixel(new Coordinates(x[i], y[i]));
            (px[i - start], py[i - start]) = (pixel.X, pixel.Y);
            ascending &= i == start || px[i - start] >= px[i - start - 1];
        }
        // A curve that runs back on itself (a phase portrait) is drawn in full.
        int[] kept = ascending ? Simplification.Keep(px, Tolerance, py) : [.. Enumerable.Range(0, px.Length)];
        path.MoveTo((float)px[kept[0]], (float)py[kept[0]]);
        foreach (int i in kept.Skip(1))
        {
            path.LineTo((float)px[i], (float)py[i]);
        }
    }
}
