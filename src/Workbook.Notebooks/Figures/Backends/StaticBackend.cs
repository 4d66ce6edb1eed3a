using System.Globalization;
using System.Text;
using ScottPlot;
using SkiaSharp;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks.Backends;

/// <summary>Draws a figure to PNG or SVG: the data, grid and frames by ScottPlot, every label by <see cref="StaticText"/>.</summary>
internal static class StaticBackend
{
    /// <summary>5.5 inches in CSS pixels.</summary>
    internal const double Width = 528;

    internal static byte[] ToPng(Figure figure, double scale)
    {
        var layout = new FigureLayout(figure, Width);
        using SKSurface surface = SKSurface.Create(new SKImageInfo((int)Math.Round(Width * scale), (int)Math.Round(layout.Height * scale), SKColorType.Rgba8888, SKAlphaType.Opaque));
        surface.Canvas.Scale((float)scale);
        Draw(figure, layout, new Ink(surface.Canvas));
        using SKPixmap pixels = surface.PeekPixels();
        using SKData data = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.NoFilters, 9))
            ?? throw new InvalidOperationException("The picture could not be encoded as PNG.");
        return data.ToArray();
    }

    internal static string ToSvg(Figure figure)
    {
        var layout = new FigureLayout(figure, Width);
        using var stream = new MemoryStream();
        using (SKCanvas canvas = SKSvgCanvas.Create(new SKRect(0, 0, (float)Width, (float)layout.Height), stream))
        {
            Draw(figure, layout, new Ink(canvas));
        }
        string svg = SvgIds.Rename(Encoding.UTF8.GetString(stream.ToArray()));
        string size = string.Create(CultureInfo.InvariantCulture, $"viewBox=\"0 0 {Width} {layout.Height}\" role=\"img\" ");
        int open = svg.IndexOf("<svg ", StringComparison.Ordinal) + "<svg ".Length;
        int body = svg.IndexOf('>', open) + 1;
        return svg[..open] + size + svg[open..body] + $"<title>{Escape.Html(RichLabel.Parse(figure.Title).ToUnicode())}</title>" + svg[body..];
    }

    /// <summary>One page of PDF, as large as the figure; with <paramref name="labels"/> the text goes there and not onto the page.</summary>
    internal static byte[] ToPdf(Figure figure, List<PlacedLabel>? labels = null)
    {
        // PDF counts in points, 72 to the inch; layout in pixels, 96 to the inch.
        const float Points = 0.75f;
        var layout = new FigureLayout(figure, Width);
        using var stream = new MemoryStream();
        // No dates: the same figure gives the same bytes.
        using (SKDocument document = SKDocument.CreatePdf(stream, new SKDocumentPdfMetadata { Title = RichLabel.Parse(figure.Title).ToUnicode(), RasterDpi = 288, EncodingQuality = 101 }))
        {
            SKCanvas canvas = document.BeginPage((float)Width * Points, (float)layout.Height * Points);
            canvas.Scale(Points);
            Draw(figure, layout, new Ink(canvas, labels));
            document.EndPage();
            document.Close();
        }
        return stream.ToArray();
    }

    /// <summary>The ScottPlot plot of one panel: data, ticks and axis ends, no text.</summary>
    internal static Plot BuildPlot(Figure figure, FigureLayout layout, int index)
    {
        Panel panel = figure.Panels[index];
        var plot = new Plot();
        plot.FigureBackground.Color = Color.FromHex(Theme.Paper);
        plot.DataBackground.Color = Color.FromHex(Theme.Paper);
        plot.Axes.Title.IsVisible = false;
        plot.Axes.Top.IsVisible = false;
        plot.Axes.Right.IsVisible = false;
        StyleAxis(plot.Axes.Bottom, layout.XTicks[index]);
        StyleAxis(plot.Axes.Left, layout.YTicks[index]);
        plot.Grid.MajorLineColor = Color.FromHex(Theme.Grid);
        plot.Grid.MajorLineWidth = 0.8f;
        plot.Grid.XAxisStyle.IsVisible = panel.XAxis.Categories.Count == 0;
        plot.Grid.IsVisible = !panel.Layers.Any(layer => layer is HeatLayer);
        var shapes = new StaticShapes(plot, panel, figure.XRanges[index], figure.YRanges[index]);
        foreach (Layer layer in panel.Layers)
        {
            shapes.Add(layer);
        }
        foreach (Marker marker in panel.Markers)
        {
            shapes.Add(marker);
        }
        plot.Axes.SetLimits(figure.XRanges[index].Min, figure.XRanges[index].Max, figure.YRanges[index].Min, figure.YRanges[index].Max);
        return plot;
    }

    private static void StyleAxis(IAxis axis, IReadOnlyList<Tick> ticks)
    {
        axis.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. ticks.Select(tick => new ScottPlot.Tick(tick.At, "", tick.IsMajor))]);
        axis.Label.IsVisible = false;
        axis.TickLabelStyle.IsVisible = false;
        axis.FrameLineStyle.Color = Color.FromHex(Theme.Frame);
        axis.FrameLineStyle.Width = (float)Theme.FrameWidth;
        axis.MajorTickStyle.Color = axis.FrameLineStyle.Color;
        axis.MajorTickStyle.Length = (float)FigureLayout.TickLength;
        axis.MajorTickStyle.Width = (float)Theme.FrameWidth;
        axis.MinorTickStyle.Color = axis.FrameLineStyle.Color;
        axis.MinorTickStyle.Length = 2;
        axis.MinorTickStyle.Width = 0.6f;
    }

    private static void Draw(Figure figure, FigureLayout layout, Ink ink)
    {
        ink.Canvas.Clear(SKColor.Parse(Theme.Paper));
        for (int i = 0; i < figure.Panels.Length; i++)
        {
            DrawData(figure, layout, i, ink);
        }
        StaticText.Draw(ink, figure.Title, FigureLayout.Edge, layout.TitleBaseline, layout.TitleSize, Theme.Ink, bold: true);
        foreach (LegendEntry entry in layout.Legend)
        {
            StaticShapes.DrawSample(ink.Canvas, entry);
            StaticText.Draw(ink, entry.Name, entry.X + FigureLayout.LegendSample + 5, entry.Y + FigureLayout.LegendRow / 2 + entry.Size * StaticText.HalfHeight, entry.Size, Theme.Ink);
        }
        for (int i = 0; i < figure.Panels.Length; i++)
        {
            DrawLabels(figure, layout, i, ink);
        }
    }

    private static void DrawData(Figure figure, FigureLayout layout, int index, Ink ink)
    {
        // Room on all sides for ticks and for strokes on the border; the data area itself is exactly the box.
        const float Room = 8;
        Box axes = layout.Axes[index];
        using Plot plot = BuildPlot(figure, layout, index);
        plot.Layout.Fixed(new PixelPadding(Room, Room, Room, Room));
        var outer = new PixelRect((float)axes.Left - Room, (float)axes.Right + Room, (float)axes.Bottom + Room, (float)axes.Top - Room);
        // Without this, each panel would wipe out the ones before it.
        plot.RenderManager.RenderActions.RemoveAll(action => action is ScottPlot.Rendering.RenderActions.ClearCanvas);
        plot.Render(ink.Canvas, outer);
    }

    private static void DrawLabels(Figure figure, FigureLayout layout, int index, Ink ink)
    {
        Box axes = layout.Axes[index];
        Panel panel = figure.Panels[index];
        StaticText.Draw(ink, panel.Title, axes.Left - 1, layout.PanelTitleBaseline(index), layout.PanelTitleSize(index), Theme.Ink, bold: true);
        foreach (MarkerLabel label in layout.MarkerLabels[index])
        {
            StaticText.Draw(ink, label.Label, label.Centre, layout.MarkerBaseline(index, label.Row), Theme.MarkerSize, Theme.Quiet, TextAnchor.Centre);
        }
        DrawXAxis(figure, layout, index, ink);
        DrawYAxis(figure, layout, index, ink);
        double X(double value) => axes.Left + (panel.XAxis.ToCoordinate(value) - figure.XRanges[index].Min) / (figure.XRanges[index].Max - figure.XRanges[index].Min) * axes.Width;
        double Y(double value) => axes.Bottom - (panel.YAxis.ToCoordinate(value) - figure.YRanges[index].Min) / (figure.YRanges[index].Max - figure.YRanges[index].Min) * axes.Height;
        foreach (Marker marker in panel.Markers.Where(marker => !marker.Vertical))
        {
            StaticText.Draw(ink, marker.Label, axes.Right - 3, Y(marker.At) - 4, Theme.MarkerSize, Theme.Quiet, TextAnchor.Right, halo: true);
        }
        foreach (Annotation annotation in panel.Annotations)
        {
            StaticText.Draw(ink, annotation.Label, X(annotation.X), Y(annotation.Y) + Theme.MarkerSize * StaticText.HalfHeight, Theme.MarkerSize, annotation.Color, annotation.RightAligned ? TextAnchor.Right : TextAnchor.Left, halo: true);
        }
        if (panel.Layers.OfType<HeatLayer>().FirstOrDefault() is { Label.Length: > 0 } heat)
        {
            DrawColorBar(figure, layout, index, heat, ink);
        }
    }

    private static void DrawXAxis(Figure figure, FigureLayout layout, int index, Ink ink)
    {
        if (!layout.HasXLabels(index))
        {
            return;
        }
        Box axes = layout.Axes[index];
        AxisRange range = figure.XRanges[index];
        foreach (Tick tick in layout.XTicks[index].Where(tick => tick.IsMajor))
        {
            double x = axes.Left + (tick.At - range.Min) / (range.Max - range.Min) * axes.Width;
            StaticText.Draw(ink, tick.Label, x, layout.XTickBaseline(index), Theme.TickSize, Theme.Ink, TextAnchor.Centre);
        }
        StaticText.Draw(ink, figure.Panels[index].XAxis.FullLabel, (axes.Left + axes.Right) / 2, layout.XNameBaseline(index), layout.XNameSize(index), Theme.Ink, TextAnchor.Centre);
    }

    private static void DrawYAxis(Figure figure, FigureLayout layout, int index, Ink ink)
    {
        if (!layout.HasYLabels(index))
        {
            return;
        }
        Box axes = layout.Axes[index];
        AxisRange range = figure.YRanges[index];
        foreach (Tick tick in layout.YTicks[index].Where(tick => tick.IsMajor))
        {
            double y = axes.Bottom - (tick.At - range.Min) / (range.Max - range.Min) * axes.Height;
            StaticText.Draw(ink, tick.Label, FigureLayout.YTickAnchor(axes), y + Theme.TickSize * StaticText.HalfHeight, Theme.TickSize, Theme.Ink, TextAnchor.Right);
        }
        StaticText.Draw(ink, figure.Panels[index].YAxis.FullLabel, layout.YNameBaseline(index), (axes.Top + axes.Bottom) / 2, layout.YNameSize(index), Theme.Ink, TextAnchor.Centre, angle: -90);
    }

    private static void DrawColorBar(Figure figure, FigureLayout layout, int index, HeatLayer heat, Ink ink)
    {
        const int Steps = 64;
        Box axes = layout.Axes[index];
        double left = axes.Right + FigureLayout.ColorBarGap;
        using var paint = new SKPaint { IsAntialias = false, Style = SKPaintStyle.Fill };
        IReadOnlyList<string> scale = heat.Diverging ? ColorScales.Diverging : ColorScales.Sequential;
        for (int step = 0; step < Steps; step++)
        {
            paint.Color = SKColor.Parse(ColorScales.At(scale, (step + 0.5) / Steps));
            double bottom = axes.Bottom - step * axes.Height / Steps;
            ink.Canvas.DrawRect(new SKRect((float)left, (float)(axes.Bottom - (step + 1) * axes.Height / Steps), (float)(left + FigureLayout.ColorBarWidth), (float)bottom), paint);
        }
        AxisRange range = FigureLayout.ColorRange(heat);
        foreach (Tick tick in FigureLayout.ColorTicks(heat, axes.Height))
        {
            double y = axes.Bottom - (tick.At - range.Min) / (range.Max - range.Min) * axes.Height;
            StaticText.Draw(ink, tick.Label, left + FigureLayout.ColorBarWidth + 3.5, y + Theme.TickSize * StaticText.HalfHeight, Theme.TickSize, Theme.Ink);
        }
        StaticText.Draw(ink, heat.Label, layout.ColorNameBaseline(index, heat), (axes.Top + axes.Bottom) / 2, StaticText.Fit(heat.Label, Theme.LabelSize, axes.Height + FigureLayout.NameOverhang), Theme.Ink, TextAnchor.Centre, angle: -90);
    }
}
