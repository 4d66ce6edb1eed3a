namespace Workbook.Notebooks.Backends;

/// <summary>A rectangle in pixels, y downwards.</summary>
internal readonly record struct Box(double Left, double Top, double Right, double Bottom)
{
    internal double Width => Right - Left;

    internal double Height => Bottom - Top;
}

/// <summary>The label of a vertical marker and where it stands: centre, and the row above the panel (0 lowest).</summary>
internal readonly record struct MarkerLabel(string Label, double Centre, int Row);

/// <summary>One entry of the legend its top left corner, and the size of its text.</summary>
internal readonly record struct LegendEntry(string Name, IReadOnlyList<Layer> Layers, double X, double Y, double Size);

/// <summary>
/// Where everything of a figure stands, for both back ends. Every label is measured before anything is placed, so nothing is cut off
/// and the legend, which has a strip of its own, lies on no data.
/// </summary>
internal sealed class FigureLayout
{
    internal const double LegendSample = 20;
    internal const double LegendRow = 16;
    internal const double TickLength = 3.5;
    internal const double ColorBarWidth = 10;
    internal const double ColorBarGap = 9;
    internal const double Edge = 7;

    /// <summary>How far the name of an axis may reach past its ends.</summary>
    internal const double NameOverhang = 16;

    private const double TickGap = 3.5;
    private const double Gutter = 12;
    private const double TitleHeight = 21;
    private const double PanelTitleHeight = 18;
    internal const double MarkerRow = 13;
    private const double MarkerGap = 4;
    private const double MarkerShift = 15;
    private const double XTickSpacing = 46;
    private const double YTickSpacing = 27;

    private readonly Figure _figure;
    private readonly double[] _left;
    private readonly double[] _right;
    private readonly double[] _bottom;

    internal FigureLayout(Figure figure, double width)
    {
        _figure = figure;
        Width = width;
        double y = Edge;
        if (figure.Title.Length > 0)
        {
            TitleSize = StaticText.Fit(figure.Title, Theme.TitleSize, width - 2 * Edge, bold: true);
            TitleBaseline = y + Theme.TitleSize * 0.95;
            y += TitleHeight;
        }
        Legend = PlaceLegend(y, out double below);
        y = below;
        YTicks = [.. figure.Panels.Select((panel, i) => Ticks.For(figure.YRanges[i], panel.YAxis, figure.PanelHeight, YTickSpacing))];
        (_left, _right) = (ColumnMargins(LeftMargin), ColumnMargins(RightMargin));
        _bottom = RowMargins(BottomMargin);
        double plotWidth = (width - 2 * Edge - _left.Sum() - _right.Sum() - Gutter * (figure.Columns - 1)) / figure.Columns;
        XTicks = [.. figure.Panels.Select((panel, i) => FittingXTicks(panel, figure.XRanges[i], plotWidth))];
        Axes = new Box[figure.Panels.Length];
        MarkerLabels = new IReadOnlyList<MarkerLabel>[figure.Panels.Length];
        for (int row = 0; row < figure.Rows; row++)
        {
            int[] members = [.. Enumerable.Range(row * figure.Columns, figure.Columns).Where(i => i < figure.Panels.Length)];
            double x = Edge;
            for (int column = 0; column < members.Length; column++)
            {
                x += _left[column];
                Axes[members[column]] = new Box(x, 0, x + plotWidth, 0);
                MarkerLabels[members[column]] = PlaceMarkers(members[column]);
                x += plotWidth + _right[column] + Gutter;
            }
            double top = y + members.Max(TopMargin);
            foreach (int member in members)
            {
                Axes[member] = Axes[member] with { Top = top, Bottom = top + figure.PanelHeight };
            }
            y = top + figure.PanelHeight + _bottom[row];
        }
        Height = Math.Ceiling(y + Edge - 2);
    }

    internal double Width { get; }

    internal double Height { get; }

    internal double TitleBaseline { get; }

    internal double TitleSize { get; } = Theme.TitleSize;

    /// <summary>The rectangle inside the axes, per panel.</summary>
    internal Box[] Axes { get; }

    internal IReadOnlyList<Tick>[] XTicks { get; }

    internal IReadOnlyList<Tick>[] YTicks { get; }

    internal IReadOnlyList<LegendEntry> Legend { get; }

    internal IReadOnlyList<MarkerLabel>[] MarkerLabels { get; }

    /// <summary>Whether the panel writes its own tick labels and name below; with a shared axis only the last of a column does.</summary>
    internal bool HasXLabels(int panel) => !_figure.ShareX || panel + _figure.Columns >= _figure.Panels.Length;

    /// <summary>Whether the panel writes its own tick labels and name at the left; with a shared axis only the first of a row does.</summary>
    internal bool HasYLabels(int panel) => !_figure.ShareY || panel % _figure.Columns == 0;

    /// <summary>Baseline of the horizontal tick labels of a panel.</summary>
    internal double XTickBaseline(int panel) => Axes[panel].Bottom + TickLength + TickGap + Theme.TickSize * 0.78;

    /// <summary>Baseline of the name of the horizontal axis.</summary>
    internal double XNameBaseline(int panel) => XTickBaseline(panel) + 5 + Theme.LabelSize;

    /// <summary>Baseline of the (turned) name of the vertical axis.</summary>
    internal double YNameBaseline(int panel) => Axes[panel].Left - _left[panel % _figure.Columns] + Theme.LabelSize * 0.85;

    /// <summary>Baseline of a panel's title.</summary>
    internal double PanelTitleBaseline(int panel) => Axes[panel].Top - 6 - MarkerRows(panel) * MarkerRow;

    /// <summary>Size of a panel's title: it may reach over the panel's right margin, not into its neighbour.</summary>
    internal double PanelTitleSize(int panel) =>
        StaticText.Fit(_figure.Panels[panel].Title, Theme.PanelTitleSize, Axes[panel].Width + _right[panel % _figure.Columns], bold: true);

    /// <summary>Size of the name of the horizontal axis.</summary>
    internal double XNameSize(int panel) => StaticText.Fit(_figure.Panels[panel].XAxis.FullLabel, Theme.LabelSize, Axes[panel].Width + NameOverhang);

    /// <summary>Size of the name of the vertical axis.</summary>
    internal double YNameSize(int panel) => StaticText.Fit(_figure.Panels[panel].YAxis.FullLabel, Theme.LabelSize, Axes[panel].Height + NameOverhang);

    /// <summary>Baseline of a marker's label.</summary>
    internal double MarkerBaseline(int panel, int row) => Axes[panel].Top - 4 - row * MarkerRow;

    internal static double YTickAnchor(Box axes) => axes.Left - TickLength - TickGap;

    /// <summary>Ticks of the colour bar of a heat map of this height.</summary>
    internal static IReadOnlyList<Tick> ColorTicks(HeatLayer heat, double height) =>
        Ticks.For(ColorRange(heat), new Axis(), height, YTickSpacing);

    internal static AxisRange ColorRange(HeatLayer heat) => heat.Max > heat.Min ? new AxisRange(heat.Min, heat.Max) : new AxisRange(heat.Min, heat.Min + 1);

    /// <summary>Baseline of the (turned) name of the colour bar.</summary>
    internal double ColorNameBaseline(int panel, HeatLayer heat) =>
        Axes[panel].Right + ColorBarGap + ColorBarWidth + TickGap + WidestLabel(ColorTicks(heat, _figure.PanelHeight)) + 5 + Theme.LabelSize;

    private static double WidestLabel(IReadOnlyList<Tick> ticks) => ticks.Count == 0 ? 0 : ticks.Max(tick => StaticText.Measure(tick.Label, Theme.TickSize));

    private double[] ColumnMargins(Func<int, double> margin) =>
        [.. Enumerable.Range(0, _figure.Columns).Select(column => Enumerable.Range(0, _figure.Panels.Length).Where(i => i % _figure.Columns == column).Max(margin))];

    private double[] RowMargins(Func<int, double> margin) =>
        [.. Enumerable.Range(0, _figure.Rows).Select(row => Enumerable.Range(0, _figure.Panels.Length).Where(i => _figure.RowOf(i) == row).Max(margin))];

    private double LeftMargin(int panel)
    {
        double ticks = TickLength + TickGap;
        if (!HasYLabels(panel))
        {
            return ticks;
        }
        double name = _figure.Panels[panel].YAxis.FullLabel.Length > 0 ? Theme.LabelSize * StaticText.LineHeight + 2 : 0;
        return name + WidestLabel(YTicks[panel]) + ticks;
    }

    private double RightMargin(int panel)
    {
        HeatLayer? heat = _figure.Panels[panel].Layers.OfType<HeatLayer>().FirstOrDefault();
        if (heat is null || heat.Label.Length == 0)
        {
            // The last tick label may reach past the end of its axis by half its width.
            return 12;
        }
        return ColorBarGap + ColorBarWidth + TickGap + WidestLabel(ColorTicks(heat, _figure.PanelHeight)) + 5 + Theme.LabelSize * StaticText.LineHeight;
    }

    private double BottomMargin(int panel)
    {
        if (!HasXLabels(panel))
        {
            return TickLength + 6;
        }
        double ticks = TickLength + TickGap + Theme.TickSize * 0.78;
        return ticks + (_figure.Panels[panel].XAxis.FullLabel.Length > 0 ? 5 + Theme.LabelSize * StaticText.LineHeight : 5);
    }

    private double TopMargin(int panel) =>
        8 + (_figure.Panels[panel].Title.Length > 0 ? PanelTitleHeight : 0) + MarkerRows(panel) * MarkerRow;

    private int MarkerRows(int panel) => MarkerLabels[panel].Count == 0 ? 0 : MarkerLabels[panel].Max(label => label.Row) + 1;

    private static IReadOnlyList<Tick> FittingXTicks(Panel panel, AxisRange range, double width)
    {
        // Fewer ticks until the labels stand apart: how wide they are is only known once they are chosen.
        for (double spacing = XTickSpacing; ; spacing *= 1.3)
        {
            IReadOnlyList<Tick> ticks = Ticks.For(range, panel.XAxis, width, spacing);
            int labelled = ticks.Count(tick => tick.IsMajor);
            double perTick = width / Math.Max(1, (range.Max - range.Min) / Step(ticks));
            if (panel.XAxis.Categories.Count > 0 || labelled <= 2 || WidestLabel(ticks) + 8 <= perTick)
            {
                return ticks;
            }
        }
    }

    private static double Step(IReadOnlyList<Tick> ticks)
    {
        double[] at = [.. ticks.Where(tick => tick.IsMajor).Select(tick => tick.At)];
        return at.Length < 2 ? double.PositiveInfinity : at.Zip(at.Skip(1), (a, b) => b - a).Min();
    }

    private List<LegendEntry> PlaceLegend(double top, out double below)
    {
        var entries = new List<LegendEntry>();
        double x = Edge, y = top;
        foreach (var group in _figure.Panels.SelectMany(panel => panel.Layers).Where(layer => layer.Name.Length > 0).GroupBy(layer => layer.Name))
        {
            // In several panels one name has one look; a band and its line show together.
            Layer[] look = [.. group.GroupBy(layer => layer.GetType()).Select(kind => kind.First())];
            double size = StaticText.Fit(group.Key, Theme.LegendSize, Width - 2 * Edge - LegendSample - 5);
            double width = LegendSample + 5 + StaticText.Measure(group.Key, size) + 14;
            if (x > Edge && x + width - 14 > Width - Edge)
            {
                (x, y) = (Edge, y + LegendRow);
            }
            entries.Add(new LegendEntry(group.Key, look, x, y, size));
            x += width;
        }
        below = entries.Count > 0 ? y + LegendRow + 2 : top;
        return entries;
    }

    private List<MarkerLabel> PlaceMarkers(int panel)
    {
        Panel shown = _figure.Panels[panel];
        Box axes = Axes[panel];
        AxisRange range = _figure.XRanges[panel];
        var placed = new List<MarkerLabel>();
        var ends = new List<double>();
        foreach (Marker marker in shown.Markers.Where(marker => marker.Vertical && marker.Label.Length > 0).OrderBy(marker => marker.At))
        {
            double at = shown.XAxis.ToCoordinate(marker.At);
            if (!(at >= range.Min && at <= range.Max))
            {
                continue;
            }
            double half = StaticText.Measure(marker.Label, Theme.MarkerSize) / 2;
            double x = axes.Left + (at - range.Min) / (range.Max - range.Min) * axes.Width;
            double centre = Math.Clamp(x, axes.Left + half, Math.Max(axes.Left + half, axes.Right + 8 - half));
            // A label may stand a little to the right of its line before it has to go up a row.
            int row = ends.FindIndex(end => end + MarkerGap <= centre - half + MarkerShift && end + MarkerGap + 2 * half <= axes.Right + 8);
            if (row < 0)
            {
                row = ends.Count;
                ends.Add(double.NegativeInfinity);
            }
            centre = Math.Max(centre, ends[row] + MarkerGap + half);
            ends[row] = centre + half;
            placed.Add(new MarkerLabel(marker.Label, centre, row));
        }
        return placed;
    }
}
