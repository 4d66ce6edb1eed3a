namespace Workbook.Notebooks;

/// <summary>The ends of an axis, in the coordinate in which it is straight (log10 on a logarithmic axis).</summary>
/// <param name="Min">Lower end.</param>
/// <param name="Max">Upper end.</param>
internal readonly record struct AxisRange(double Min, double Max)
{
    private const double Padding = 0.04;

    /// <summary>The range of one axis of some panels that share it: given ends stay, the others leave a little room around the data.</summary>
    internal static AxisRange Of(IEnumerable<Panel> panels, bool horizontal)
    {
        double min = double.PositiveInfinity, max = double.NegativeInfinity;
        double? givenMin = null, givenMax = null;
        bool tight = false;
        bool log = false;
        foreach (Panel panel in panels)
        {
            Axis axis = horizontal ? panel.XAxis : panel.YAxis;
            log |= axis.Scale == AxisScale.Log;
            givenMin ??= axis.Min is { } a ? axis.ToCoordinate(a) : null;
            givenMax ??= axis.Max is { } b ? axis.ToCoordinate(b) : null;
            tight |= panel.Layers.Any(layer => layer is HeatLayer);
            foreach (double value in Values(panel, horizontal))
            {
                double at = axis.ToCoordinate(value);
                if (double.IsFinite(at))
                {
                    min = Math.Min(min, at);
                    max = Math.Max(max, at);
                }
            }
        }
        if (min > max)
        {
            (min, max) = (0, 1);
            tight = true;
        }
        if (min == max)
        {
            double room = log ? 0.5 : min == 0 ? 1 : Math.Abs(min) * 0.5;
            (min, max) = (min - room, max + room);
            tight = true;
        }
        double pad = tight ? 0 : (max - min) * (horizontal ? Padding / 2 : Padding);
        var range = new AxisRange(givenMin ?? min - pad, givenMax ?? max + pad);
        return range.Min < range.Max ? range : new AxisRange(range.Min, range.Min + 1);
    }

    private static IEnumerable<double> Values(Panel panel, bool horizontal)
    {
        IEnumerable<double> layers = panel.Layers.SelectMany(layer => horizontal ? Xs(layer) : Ys(layer, panel.YAxis.Scale == AxisScale.Log));
        return layers.Concat(panel.Markers.Where(marker => marker.Vertical == horizontal).Select(marker => marker.At));
    }

    private static IEnumerable<double> Xs(Layer layer) => layer switch
    {
        LineLayer line => line.X,
        BandLayer band => band.X,
        PointLayer points => points.X,
        BarLayer bars => bars.X.SelectMany(x => new[] { x - bars.Width / 2, x + bars.Width / 2 }),
        HeatLayer heat => heat.XEdges,
        _ => [],
    };

    private static IEnumerable<double> Ys(Layer layer, bool log) => layer switch
    {
        LineLayer line => line.Y,
        BandLayer band => band.Low.Concat(band.High),
        PointLayer points => points.Y.Concat(points.Low ?? []).Concat(points.High ?? []),
        BarLayer bars => bars.Height.Concat(bars.Low ?? []).Concat(bars.High ?? []).Concat(log ? [] : [0d]),
        HeatLayer heat => heat.YEdges,
        _ => [],
    };
}
