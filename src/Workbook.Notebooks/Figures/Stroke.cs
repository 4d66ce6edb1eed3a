namespace Workbook.Notebooks;

/// <summary>The mark at each point of a line or scatter.</summary>
public enum PointMark
{
    /// <summary>No mark.</summary>
    None,

    /// <summary>A filled disc.</summary>
    Circle,

    /// <summary>A filled square.</summary>
    Square,

    /// <summary>A filled diamond.</summary>
    Diamond,

    /// <summary>A filled triangle, point up.</summary>
    Triangle,
}

/// <summary>How one series is drawn, in every back end: colour, width, dashes, mark.</summary>
/// <param name="Color">Colour as <c>#RRGGBB</c>.</param>
/// <param name="Width">Line width in CSS pixels (1/96 inch); 0 draws no line.</param>
/// <param name="Dash">Lengths of dash and gap in pixels, alternating; empty for a solid line.</param>
/// <param name="Mark">The mark at each point.</param>
/// <param name="MarkSize">Diameter of the mark in pixels.</param>
public sealed record Stroke(string Color, double Width = 1.7, IReadOnlyList<double>? Dash = null, PointMark Mark = PointMark.None, double MarkSize = 5)
{
    /// <summary>Lengths of dash and gap in pixels, alternating; empty for a solid line.</summary>
    public IReadOnlyList<double> Dash { get; init; } = Dash ?? Solid;

    // One list for each pattern: strokes that look the same are then equal. Methods, not properties: a record prints its properties.
    private static readonly double[] Solid = [];
    private static readonly double[] Dashes = [5, 2.5];
    private static readonly double[] Dots = [1.6, 2.2];
    private static readonly double[] DashesAndDots = [6, 2.2, 1.6, 2.2];

    /// <summary>The same colour, dashed.</summary>
    public Stroke Dashed() => this with { Dash = Dashes };

    /// <summary>The same colour, dotted.</summary>
    public Stroke Dotted() => this with { Dash = Dots };

    /// <summary>The same colour, with dashes and dots.</summary>
    public Stroke DashDotted() => this with { Dash = DashesAndDots };

    /// <summary>The same colour with a mark at each point.</summary>
    public Stroke With(PointMark mark, double size = 5) => this with { Mark = mark, MarkSize = size };
}
