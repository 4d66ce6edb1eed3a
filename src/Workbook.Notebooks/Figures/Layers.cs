namespace Workbook.Notebooks;

/// <summary>One series of a panel: data and how it is drawn. Arrays are never changed after the figure is built.</summary>
/// <param name="Name">Name in the legend; series of one name share an entry, and an empty name has none.</param>
/// <param name="Stroke">Colour, width, dashes, mark.</param>
public abstract record Layer(string Name, Stroke Stroke);

/// <summary>Points joined by a line; NaN is a gap.</summary>
public sealed record LineLayer(string Name, Stroke Stroke, double[] X, double[] Y) : Layer(Name, Stroke);

/// <summary>The area between two curves, for example minimum and maximum over seeds; NaN is a gap.</summary>
public sealed record BandLayer(string Name, Stroke Stroke, double[] X, double[] Low, double[] High) : Layer(Name, Stroke);

/// <summary>Points that are not joined, with a vertical range each where <paramref name="Low"/> and <paramref name="High"/> are given.</summary>
public sealed record PointLayer(string Name, Stroke Stroke, double[] X, double[] Y, double[]? Low = null, double[]? High = null) : Layer(Name, Stroke);

/// <summary>Bars from zero (from the lower end of a logarithmic axis) to a height, with a range each where it is given.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Stroke">Its colour fills the bar.</param>
/// <param name="X">Centres.</param>
/// <param name="Height">Heights.</param>
/// <param name="Width">Width of a bar in units of the axis.</param>
/// <param name="Low">Lower end of the range.</param>
/// <param name="High">Upper end of the range.</param>
public sealed record BarLayer(string Name, Stroke Stroke, double[] X, double[] Height, double Width, double[]? Low = null, double[]? High = null) : Layer(Name, Stroke);

/// <summary>A grid of coloured cells. Cell (row, column) spans <c>YEdges[row..row+1]</c> by <c>XEdges[column..column+1]</c>; NaN is left grey.</summary>
/// <param name="Label">What the colour shows; without it there is no colour bar, for panels that share the bar of a neighbour.</param>
/// <param name="XEdges">Cell borders along x, one more than columns.</param>
/// <param name="YEdges">Cell borders along y, one more than rows.</param>
/// <param name="Values">Values by row and column.</param>
/// <param name="Min">Value of the first colour.</param>
/// <param name="Max">Value of the last colour.</param>
/// <param name="Diverging">Whether the middle of the scale is the neutral point.</param>
public sealed record HeatLayer(string Label, double[] XEdges, double[] YEdges, double[,] Values, double Min, double Max, bool Diverging = false)
    : Layer("", new Stroke("#000000", 0));

/// <summary>A labelled line across the panel: a stage boundary, a threshold.</summary>
/// <param name="Vertical">Whether it stands at an x (true) or lies at a y (false).</param>
/// <param name="At">Where.</param>
/// <param name="Label">Its label.</param>
public sealed record Marker(bool Vertical, double At, string Label);

/// <summary>A few words at a point of the panel.</summary>
/// <param name="X">Where the text begins, or ends if <paramref name="RightAligned"/>.</param>
/// <param name="Y">Where, at half height.</param>
/// <param name="Label">The words.</param>
/// <param name="Color">Their colour.</param>
/// <param name="RightAligned">Whether the text ends at <paramref name="X"/>.</param>
public sealed record Annotation(double X, double Y, string Label, string Color = "#262626", bool RightAligned = false);
