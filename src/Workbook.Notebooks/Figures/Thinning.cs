using System.Globalization;

namespace Workbook.Notebooks;

/// <summary>What a panel keeps of its data for drawing: few enough points, short enough numbers.</summary>
internal static class Thinning
{
    private const string DrawnDigits = "G7";

    /// <summary>Points of a line that are kept whatever its shape, so that a reader can point at it anywhere.</summary>
    private const int EvenPoints = 500;

    /// <summary>Beyond this many points no corners are searched for: it could take long, and noise has too many.</summary>
    private const int MostSearched = 20_000;

    /// <summary>What a line may deviate by, as a fraction of its own height.</summary>
    private const double LineTolerance = 1.0 / 5000;

    /// <summary>What a band may deviate by, as a fraction of its own height: less than a pixel.</summary>
    private const double BandTolerance = 1.0 / 2000;

    internal static Panel ForDrawing(Panel panel) => panel with { Layers = [.. panel.Layers.Select(layer => ForDrawing(layer, panel))] };

    private static Layer ForDrawing(Layer layer, Panel panel)
    {
        switch (layer)
        {
            case LineLayer line:
                int[] kept = LinePoints(line, panel);
                return line with { X = Take(line.X, kept), Y = Take(line.Y, kept) };
            case BandLayer band:
                // A band is drawn as its outline, which passes every x twice.
                int[] outline = Downsampling.KeepExtremes(band.Low, band.High, Figure.MaxPoints / 2 - 10);
                band = band with { X = Take(band.X, outline), Low = Take(band.Low, outline), High = Take(band.High, outline) };
                int[] corners = Corners(band.X, [band.Low, band.High], panel, BandTolerance);
                return band with { X = Take(band.X, corners), Low = Take(band.Low, corners), High = Take(band.High, corners) };
            case PointLayer points:
                int[] spread = Downsampling.KeepExtremes(points.Y, Figure.MaxPoints);
                return points with { X = Take(points.X, spread), Y = Take(points.Y, spread), Low = TakeIfAny(points.Low, spread), High = TakeIfAny(points.High, spread) };
            case BarLayer bars:
                return bars with { Height = Round(bars.Height), Low = bars.Low is null ? null : Round(bars.Low), High = bars.High is null ? null : Round(bars.High), X = Round(bars.X) };
            case HeatLayer heat:
                var values = (double[,])heat.Values.Clone();
                for (int row = 0; row < values.GetLength(0); row++)
                {
                    for (int column = 0; column < values.GetLength(1); column++)
                    {
                        values[row, column] = Round(values[row, column]);
                    }
                }
                return heat with { Values = values, XEdges = Round(heat.XEdges), YEdges = Round(heat.YEdges) };
            default:
                return layer;
        }
    }

    /// <summary>
    /// A few hundred points spread evenly, with all extremes and gaps, and the corners between them. A line that runs back on itself or
    /// has too many corners is only thinned evenly.
    /// </summary>
    private static int[] LinePoints(LineLayer line, Panel panel)
    {
        if (line.X.Length is > EvenPoints and <= MostSearched && line.X.Zip(line.X.Skip(1)).All(pair => !(pair.First > pair.Second)))
        {
            int[] both = [.. Downsampling.KeepExtremes(line.Y, EvenPoints).Union(Corners(line.X, [line.Y], panel, LineTolerance)).Order()];
            if (both.Length <= Figure.MaxPoints)
            {
                return both;
            }
        }
        return Downsampling.KeepExtremes(line.Y, Figure.MaxPoints);
    }

    /// <summary>The points of curves that are not on a straight piece of them, gap by gap; the gaps and the extremes stay.</summary>
    private static int[] Corners(double[] xs, double[][] ys, Panel panel, double fraction)
    {
        double[] x = [.. xs.Select(panel.XAxis.ToCoordinate)];
        double[][] curves = [.. ys.Select(y => y.Select(panel.YAxis.ToCoordinate).ToArray())];
        double[] finite = [.. curves.SelectMany(y => y).Where(double.IsFinite)];
        double tolerance = finite.Length == 0 ? 0 : (finite.Max() - finite.Min()) * fraction;
        var kept = new List<int>();
        int start = 0;
        for (int i = 0; i <= x.Length; i++)
        {
            if (i < x.Length && double.IsFinite(x[i] + curves.Sum(y => y[i])))
            {
                continue;
            }
            int first = start, end = i;
            kept.AddRange(Simplification.Keep(x[first..end], tolerance, [.. curves.Select(y => y[first..end])]).Select(k => k + first));
            if (i < x.Length)
            {
                kept.Add(i);
            }
            start = i + 1;
        }
        return [.. kept.Union(curves.SelectMany(Extremes)).Order()];
    }

    /// <summary>Where a curve is lowest and where it is highest: those stay even where it is flat enough to do without.</summary>
    private static IEnumerable<int> Extremes(double[] y)
    {
        int[] finite = [.. Enumerable.Range(0, y.Length).Where(i => double.IsFinite(y[i]))];
        return finite.Length == 0 ? [] : [finite.MinBy(i => y[i]), finite.MaxBy(i => y[i])];
    }

    private static double[]? TakeIfAny(double[]? values, int[] kept) => values is null ? null : Take(values, kept);

    private static double[] Take(double[] values, int[] kept) => Round([.. kept.Select(i => values[i])]);

    /// <summary>Seven digits place a point a thousand times finer than a pixel, unless the whole series is a small change of a large number.</summary>
    private static double[] Round(double[] values)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        if (finite.Length == 0)
        {
            return values;
        }
        double size = finite.Max(Math.Abs);
        bool narrow = finite.Max() - finite.Min() < 1e-3 * size && finite.Max() != finite.Min();
        return narrow ? values : [.. values.Select(Round)];
    }

    private static double Round(double value) =>
        double.IsFinite(value) ? double.Parse(value.ToString(DrawnDigits, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : double.NaN;
}
