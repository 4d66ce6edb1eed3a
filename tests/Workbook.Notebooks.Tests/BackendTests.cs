using System.Text.Json;
using SkiaSharp;
using Workbook.Notebooks.Backends;
using Xunit;
using AxisLimits = ScottPlot.AxisLimits;
using Plot = ScottPlot.Plot;

namespace Workbook.Notebooks.Tests;

public class BackendTests
{
    public static TheoryData<string> Names => [.. Synthetic.Gallery.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_point_of_the_figure_is_in_the_json_and_the_other_way_round(string name)
    {
        Figure figure = Synthetic.Gallery[name]();
        foreach (var (trace, layer, _) in PlotlyJson.TracesWithLayers(figure))
        {
            switch (layer)
            {
                case LineLayer line:
                    Assert.Equal(line.X, PlotlyJson.Numbers(trace, "x"));
                    Assert.Equal(line.Y, PlotlyJson.Numbers(trace, "y"));
                    break;
                case PointLayer points:
                    Assert.Equal(points.X, PlotlyJson.Numbers(trace, "x"));
                    Assert.Equal(points.Y, PlotlyJson.Numbers(trace, "y"));
                    break;
                case BarLayer bars:
                    Assert.Equal(bars.X, PlotlyJson.Numbers(trace, "x"));
                    Assert.Equal(bars.Height, PlotlyJson.Numbers(trace, "y"));
                    break;
                case BandLayer band:
                    var drawn = PlotlyJson.Numbers(trace, "x").Zip(PlotlyJson.Numbers(trace, "y")).Where(point => !double.IsNaN(point.First)).ToHashSet();
                    var meant = band.X.Zip(band.Low).Concat(band.X.Zip(band.High)).Where(point => !double.IsNaN(point.Second)).ToHashSet();
                    Assert.Equal(meant, drawn);
                    break;
                case HeatLayer heat:
                    Assert.Equal(heat.XEdges, PlotlyJson.Numbers(trace, "x"));
                    Assert.Equal(heat.YEdges, PlotlyJson.Numbers(trace, "y"));
                    double[] cells = [.. trace.GetProperty("z").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(cell => cell.ValueKind == JsonValueKind.Null ? double.NaN : cell.GetDouble())];
                    Assert.Equal(heat.Values.Cast<double>(), cells);
                    break;
                default:
                    Assert.Fail($"no check for {layer.GetType().Name}");
                    break;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Axis_ends_and_scales_are_the_same_in_both(string name)
    {
        Figure figure = Synthetic.Gallery[name]();
        var layout = new FigureLayout(figure, StaticBackend.Width);
        JsonElement json = PlotlyJson.Parse(figure).GetProperty("layout");
        for (int panel = 0; panel < figure.Panels.Length; panel++)
        {
            using Plot plot = StaticBackend.BuildPlot(figure, layout, panel);
            AxisLimits limits = plot.Axes.GetLimits();
            JsonElement x = json.GetProperty("xaxis" + PlotlyBackend.AxisSuffix(panel)), y = json.GetProperty("yaxis" + PlotlyBackend.AxisSuffix(panel));
            Assert.Equal([limits.Left, limits.Right], PlotlyJson.Numbers(x, "range"));
            Assert.Equal([limits.Bottom, limits.Top], PlotlyJson.Numbers(y, "range"));
            Assert.Equal(figure.Panels[panel].XAxis.Scale == AxisScale.Log ? "log" : "linear", x.GetProperty("type").GetString());
            Assert.Equal(figure.Panels[panel].YAxis.Scale == AxisScale.Log ? "log" : "linear", y.GetProperty("type").GetString());
        }
    }

    [Fact]
    public void Colour_width_and_dashes_are_the_same_in_both()
    {
        foreach (var (trace, layer, _) in PlotlyJson.TracesWithLayers(Synthetic.LossByOptimizer()).Where(pair => pair.Layer is LineLayer))
        {
            JsonElement line = trace.GetProperty("line");
            Assert.Equal(layer.Stroke.Color, line.GetProperty("color").GetString());
            Assert.Equal(layer.Stroke.Width, line.GetProperty("width").GetDouble());
            Assert.Equal(layer.Stroke.Dash.Count > 0, line.TryGetProperty("dash", out JsonElement dash));
            if (layer.Stroke.Dash.Count > 0)
            {
                Assert.Equal(layer.Stroke.Dash, dash.GetString()!.Split(',').Select(length => double.Parse(length.Replace("px", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture)));
            }
        }
    }

    [Fact]
    public void A_series_of_the_same_name_has_one_entry_in_the_legend()
    {
        JsonElement[] shown = [.. PlotlyJson.Parse(Synthetic.LossByOptimizer()).GetProperty("data").EnumerateArray().Where(trace => trace.GetProperty("showlegend").GetBoolean())];
        Assert.Equal(["SignGD", "Adam", "GD", "Signum"], shown.Select(trace => trace.GetProperty("name").GetString()));
        Assert.Equal(4, new FigureLayout(Synthetic.LossByOptimizer(), StaticBackend.Width).Legend.Count);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_figure_twice_gives_the_same_bytes(string name)
    {
        Figure first = Synthetic.Gallery[name](), second = Synthetic.Gallery[name]();
        Assert.Equal(first.ToPlotlyJson(), second.ToPlotlyJson());
        Assert.Equal(first.ToPng(), second.ToPng());
        Assert.Equal(first.ToSvg(), second.ToSvg());
        Assert.Equal(first.ToText(), second.ToText());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_stands_outside_the_picture_or_on_something_else(string name)
    {
        Figure figure = Synthetic.Gallery[name]();
        var layout = new FigureLayout(figure, StaticBackend.Width);
        for (int i = 0; i < figure.Panels.Length; i++)
        {
            Box axes = layout.Axes[i];
            Assert.InRange(axes.Left, 0, axes.Right);
            Assert.InRange(axes.Right, axes.Left, layout.Width);
            Assert.InRange(layout.XNameBaseline(i) + 4, axes.Bottom, layout.Height + (layout.HasXLabels(i) && figure.Panels[i].XAxis.FullLabel.Length > 0 ? 0 : 1000));
            Assert.True(!layout.HasYLabels(i) || layout.YNameBaseline(i) >= Theme.LabelSize * 0.7);
            double[] ends = [.. layout.YTicks[i].Where(tick => tick.IsMajor).Select(tick => FigureLayout.YTickAnchor(axes) - StaticText.Measure(tick.Label, Theme.TickSize))];
            Assert.All(ends, end => Assert.True(!layout.HasYLabels(i) || end >= 0));
            foreach (var row in layout.MarkerLabels[i].GroupBy(label => label.Row))
            {
                var labels = row.OrderBy(label => label.Centre).ToArray();
                for (int k = 1; k < labels.Length; k++)
                {
                    double gap = labels[k].Centre - labels[k - 1].Centre - (StaticText.Measure(labels[k].Label, Theme.MarkerSize) + StaticText.Measure(labels[k - 1].Label, Theme.MarkerSize)) / 2;
                    Assert.True(gap >= 3, $"labels {labels[k - 1].Label} and {labels[k].Label} are {gap:0.0} px apart");
                }
            }
            Assert.All(layout.Legend, entry => Assert.True(entry.Y + FigureLayout.LegendRow <= axes.Top));
        }
        Assert.All(layout.Legend, entry => Assert.True(entry.X + FigureLayout.LegendSample + 5 + StaticText.Measure(entry.Name, entry.Size) <= layout.Width));
    }

    [Fact]
    public void Labels_that_are_too_long_shrink_instead_of_being_cut()
    {
        string words = string.Concat(Enumerable.Repeat("a rather long label ", 8));
        Panel panel = new Panel(words).X(words).Y(words).Line(words, Strokes.GD, [0, 1], [0, 1]);
        Figure figure = Figure.Grid(2, [panel, panel], words);
        var layout = new FigureLayout(figure, StaticBackend.Width);
        Assert.True(StaticText.Measure(words, layout.TitleSize, bold: true) <= layout.Width);
        Assert.True(StaticText.Measure(words, layout.Legend[0].Size) <= layout.Width);
        Assert.True(layout.Axes[0].Left + StaticText.Measure(words, layout.PanelTitleSize(0), bold: true) <= layout.Axes[1].Left);
        Assert.True(StaticText.Measure(words, layout.YNameSize(0)) <= layout.Axes[0].Height + FigureLayout.NameOverhang + 1e-6);
        Assert.True(layout.Axes[0].Right + (StaticText.Measure(words, layout.XNameSize(0)) - layout.Axes[0].Width) / 2 <= layout.Axes[1].Left);
    }

    [Fact]
    public void Gaps_stay_gaps()
    {
        double[] x = [0, 1, 2, 3, 4, 5], y = [1, 2, double.NaN, double.NaN, 3, 4];
        Figure figure = Figure.Of(new Panel().LineBand("a", Strokes.SignGD, x, y, y, y));
        JsonElement line = PlotlyJson.TracesWithLayers(figure).Single(pair => pair.Layer is LineLayer).Trace;
        Assert.Equal(JsonValueKind.Null, line.GetProperty("y")[2].ValueKind);
        JsonElement band = PlotlyJson.TracesWithLayers(figure).Single(pair => pair.Layer is BandLayer).Trace;
        Assert.Contains(band.GetProperty("x").EnumerateArray(), value => value.ValueKind == JsonValueKind.Null);
        Assert.NotEmpty(figure.ToPng());
        Assert.NotEmpty(figure.ToSvg());
    }

    [Fact]
    public void A_figure_without_data_still_draws()
    {
        Panel empty = new Panel("nothing").X("t").Y("y").Line("none", Strokes.GD, [], []).Band("no band", Strokes.GD, [], [], [])
            .Points("no points", Strokes.Adam, [], []).Lines("no lines", Strokes.Adam, [], []);
        Panel nan = new Panel("all gaps").Y("y", log: true).Line("gaps", Strokes.SignGD, [1, 2], [double.NaN, double.NaN]);
        Panel heat = new Panel("no cells").Heat("z", [], [], new double[0, 0]);
        Figure figure = Figure.Grid(3, [empty, nan, heat, new Panel()], "Empty");
        Assert.NotEmpty(figure.ToPng());
        Assert.NotEmpty(figure.ToSvg());
        Assert.Equal(6, PlotlyJson.Parse(figure).GetProperty("data").GetArrayLength());
        Assert.Contains("no data", figure.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_point_and_equal_values_have_a_range()
    {
        Figure figure = Figure.Grid(2, [new Panel().Line("a", Strokes.GD, [5], [0.3]), new Panel().X("x", log: true).Y("y", log: true).Line("b", Strokes.GD, [1, 2], [7, 7])]);
        Assert.All(figure.XRanges.Concat(figure.YRanges), range => Assert.True(range.Min < range.Max && double.IsFinite(range.Max - range.Min)));
        Assert.NotEmpty(figure.ToPng());
    }

    [Fact]
    public void A_value_that_a_logarithmic_axis_cannot_show_is_one_clear_sentence()
    {
        var refused = Assert.Throws<ArgumentException>(() => Figure.Of(new Panel("Loss").Y("loss", log: true).Line("SignGD", Strokes.SignGD, [0, 1, 2], [0.5, 0, -1])));
        Assert.Equal("The y axis is logarithmic, but 'SignGD' in panel 'Loss' has 2 values that are not positive (the first is 0 at x = 1): use a linear axis, or Figure.PositiveOrGap to leave them out.", refused.Message);
        Assert.NotEmpty(Figure.Of(new Panel().Y("loss", log: true).Line("SignGD", Strokes.SignGD, [0, 1, 2], Figure.PositiveOrGap([0.5, 0, -1]))).ToPng());
        Assert.Throws<ArgumentException>(() => Figure.Of(new Panel().X("t", log: true).Line("", Strokes.GD, [0, 1], [1, 1])));
        Assert.Throws<ArgumentException>(() => Figure.Of(new Panel().Line("", Strokes.GD, [0, 1], [1])));
        Assert.Throws<ArgumentException>(() => Figure.Of(new Panel().Y("", log: true, min: 0)));
        Assert.Throws<ArgumentException>(() => Figure.Of(new Panel().X("", log: true).At(0, "T_0")));
        Assert.Throws<ArgumentException>(() => Figure.Of(new Panel().X("", min: 2, max: 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Figure.Grid(5, [new Panel()]));
    }

    [Fact]
    public void Every_panel_shows_its_own_data_and_nothing_of_the_others()
    {
        string[] colors = ["#0072B2", "#D55E00", "#009E73", "#000000"];
        Figure figure = Figure.Grid(2, [.. colors.Select(color => new Panel().Line("", new Stroke(color, 6), [0, 1], [0, 1]))]);
        var layout = new FigureLayout(figure, StaticBackend.Width);
        using SKBitmap picture = SKBitmap.Decode(figure.ToPng(scale: 1));
        Assert.Equal((int)layout.Width, picture.Width);
        Assert.Equal((int)layout.Height, picture.Height);
        for (int panel = 0; panel < colors.Length; panel++)
        {
            Box axes = layout.Axes[panel];
            for (int color = 0; color < colors.Length; color++)
            {
                SKColor wanted = SKColor.Parse(colors[color]);
                int found = 0;
                for (int x = (int)axes.Left + 4; x < axes.Right - 4; x++)
                {
                    for (int y = (int)axes.Top + 4; y < axes.Bottom - 4; y++)
                    {
                        found += picture.GetPixel(x, y) == wanted ? 1 : 0;
                    }
                }
                Assert.Equal(panel == color, found > 300);
                Assert.True(panel == color || found == 0);
            }
        }
    }

    [Fact]
    public void Infinite_values_are_gaps_in_both()
    {
        Figure figure = Figure.Of(new Panel().LineBand("a", Strokes.GD, [0, 1, 2], [1, double.PositiveInfinity, 2], [0, double.NegativeInfinity, 1], [2, 3, 4]));
        foreach (var (trace, _, _) in PlotlyJson.TracesWithLayers(figure))
        {
            Assert.Contains(PlotlyJson.Numbers(trace, "y"), double.IsNaN);
        }
        Assert.True(double.IsFinite(figure.YRanges[0].Max) && double.IsFinite(figure.YRanges[0].Min));
        Assert.NotEmpty(figure.ToPng());
    }

    [Fact]
    public void The_widest_grid_of_small_multiples_fits()
    {
        Panel panel = new Panel("(a) title").X("step t").Y("inner product").LineBand("a", Strokes.GD, [0, 1, 2], [0.001, 0.002, 0.003], [0, 0, 0], [1, 1, 1]).At(1, "T_1");
        Figure figure = Figure.Grid(Figure.MostColumns, [.. Enumerable.Repeat(panel, 7)], "Seven", shareX: true);
        var layout = new FigureLayout(figure, StaticBackend.Width);
        Assert.All(layout.Axes, axes => Assert.True(axes.Width > 40 && axes.Right < layout.Width && axes.Bottom < layout.Height));
        Assert.True(layout.HasXLabels(3) && layout.HasXLabels(6) && !layout.HasXLabels(0));
    }

    [Fact]
    public void Small_changes_of_a_large_number_survive_the_rounding()
    {
        double[] y = [1_000_000.001, 1_000_000.002, 1_000_000.003];
        Figure figure = Figure.Of(new Panel().Line("a", Strokes.GD, [0, 1, 2], y));
        Assert.Equal(y, Assert.IsType<LineLayer>(figure.Panels[0].Layers[0]).Y);
    }

    [Fact]
    public void The_svg_has_no_text_that_needs_a_font_and_nothing_from_a_network()
    {
        string svg = Synthetic.SoftmaxOutputs().ToSvg();
        Assert.DoesNotContain("<text", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("<image", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("font-family", svg, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?:href|src)=\"http", svg);
        Assert.Contains("<title>Softmax outputs</title>", svg, StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(svg);
    }
}
