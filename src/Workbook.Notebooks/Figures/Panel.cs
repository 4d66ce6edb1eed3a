namespace Workbook.Notebooks;

/// <summary>
/// One pair of axes and what is drawn in it. Immutable: each method returns a new panel with one thing more, so a panel reads as a
/// list of what it shows.
/// </summary>
public sealed record Panel(string Title = "")
{
    /// <summary>The most lines that <see cref="Lines"/> draws.</summary>
    public const int MostLines = 100;

    /// <summary>The horizontal axis.</summary>
    public Axis XAxis { get; init; } = new();

    /// <summary>The vertical axis.</summary>
    public Axis YAxis { get; init; } = new();

    /// <summary>The series, first drawn first.</summary>
    public IReadOnlyList<Layer> Layers { get; init; } = [];

    /// <summary>Labelled lines across the panel.</summary>
    public IReadOnlyList<Marker> Markers { get; init; } = [];

    /// <summary>Words inside the panel.</summary>
    public IReadOnlyList<Annotation> Annotations { get; init; } = [];

    /// <summary>Names the horizontal axis.</summary>
    public Panel X(string label, string unit = "", bool log = false, double? min = null, double? max = null) =>
        this with { XAxis = new Axis(label, unit, log ? AxisScale.Log : AxisScale.Linear, min, max) { Categories = XAxis.Categories } };

    /// <summary>Names the vertical axis.</summary>
    public Panel Y(string label, string unit = "", bool log = false, double? min = null, double? max = null) =>
        this with { YAxis = new Axis(label, unit, log ? AxisScale.Log : AxisScale.Linear, min, max) };

    /// <summary>Adds a line.</summary>
    public Panel Line(string name, Stroke stroke, double[] x, double[] y) => Add(new LineLayer(name, stroke, x, y));

    /// <summary>
    /// Adds several thin lines of one kind, one entry in the legend: neurons, samples, seeds. Of more than <see cref="MostLines"/>, every
    /// second (third ...) is drawn: more would be a blot.
    /// </summary>
    public Panel Lines(string name, Stroke stroke, double[] x, IReadOnlyList<double[]> ys)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(ys);
        // One series with gaps: one trace in the file instead of hundreds. Thinned here, line by line, so that the gaps stay.
        int every = (ys.Count + MostLines - 1) / MostLines;
        double[][] drawn = [.. ys.Where((_, i) => i % every == 0)];
        int each = Figure.MaxPoints / Math.Max(1, drawn.Length) - 1;
        var (allX, allY) = (new List<double>(), new List<double>());
        foreach (double[] y in drawn)
        {
            int[] kept = Downsampling.KeepExtremes(y, each);
            allX.AddRange(kept.Select(i => x[i]).Append(x.Length > 0 ? x[^1] : 0));
            allY.AddRange(kept.Select(i => y[i]).Append(double.NaN));
        }
        return Add(new LineLayer(name, stroke, [.. allX], [.. allY]));
    }

    /// <summary>Adds a median with the band from minimum to maximum around it, under one entry in the legend.</summary>
    public Panel LineBand(string name, Stroke stroke, double[] x, double[] median, double[] low, double[] high) =>
        Add(new BandLayer(name, stroke, x, low, high)).Add(new LineLayer(name, stroke, x, median));

    /// <summary>Adds a band from minimum to maximum, without a line.</summary>
    public Panel Band(string name, Stroke stroke, double[] x, double[] low, double[] high) => Add(new BandLayer(name, stroke, x, low, high));

    /// <summary>Adds points that are not joined, with a vertical range each if given.</summary>
    public Panel Points(string name, Stroke stroke, double[] x, double[] y, double[]? low = null, double[]? high = null)
    {
        ArgumentNullException.ThrowIfNull(stroke);
        return Add(new PointLayer(name, stroke.Mark == PointMark.None ? stroke.With(PointMark.Circle) : stroke, x, y, low, high));
    }

    /// <summary>Adds a group of bars over categories; each entry of <paramref name="series"/> is one bar per category.</summary>
    public Panel Bars(IReadOnlyList<string> categories, IReadOnlyList<(string Name, Stroke Stroke, double[] Height, double[]? Low, double[]? High)> series)
    {
        ArgumentNullException.ThrowIfNull(categories);
        ArgumentNullException.ThrowIfNull(series);
        const double Group = 0.8;
        double width = Group / Math.Max(1, series.Count);
        Panel panel = this with { XAxis = XAxis with { Categories = categories, Min = -0.5, Max = categories.Count - 0.5 } };
        for (int k = 0; k < series.Count; k++)
        {
            double offset = -Group / 2 + (k + 0.5) * width;
            var (name, stroke, height, low, high) = series[k];
            panel = panel.Add(new BarLayer(name, stroke, [.. Enumerable.Range(0, height.Length).Select(i => i + offset)], height, width * 0.92, low, high));
        }
        return panel;
    }

    /// <summary>Adds a heat map over cell centres; the borders lie half way between centres (in ratio on a logarithmic axis).</summary>
    public Panel Heat(string label, double[] xCentres, double[] yCentres, double[,] values, double? min = null, double? max = null, bool diverging = false)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] finite = [.. values.Cast<double>().Where(double.IsFinite).DefaultIfEmpty(0)];
        return Add(new HeatLayer(label, CellEdges.Around(xCentres, XAxis), CellEdges.Around(yCentres, YAxis), values, min ?? finite.Min(), max ?? finite.Max(), diverging));
    }

    /// <summary>Marks an x with a vertical line: a stage boundary.</summary>
    public Panel At(double x, string label) => this with { Markers = [.. Markers, new Marker(true, x, label)] };

    /// <summary>Marks a y with a horizontal line: a threshold.</summary>
    public Panel Level(double y, string label) => this with { Markers = [.. Markers, new Marker(false, y, label)] };

    /// <summary>Writes a few words at a point.</summary>
    public Panel Write(double x, double y, string label, string color = "#262626", bool rightAligned = false) =>
        this with { Annotations = [.. Annotations, new Annotation(x, y, label, color, rightAligned)] };

    /// <summary>Adds a layer.</summary>
    public Panel Add(Layer layer) => this with { Layers = [.. Layers, layer] };
}
