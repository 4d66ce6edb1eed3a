using SkiaSharp;

namespace Workbook.Notebooks.Backends;

/// <summary>A label with its place on the page, for a program that sets it itself.</summary>
/// <param name="Label">The label as the figure has it.</param>
/// <param name="X">Position in pixels from the left.</param>
/// <param name="Y">Baseline in pixels from the top.</param>
/// <param name="Size">Font size in pixels.</param>
/// <param name="Color">As #rrggbb.</param>
/// <param name="Anchor">Which point of the text lies at the position.</param>
/// <param name="Bold">Whether it is bold.</param>
/// <param name="Angle">Turned by degrees.</param>
internal sealed record PlacedLabel(string Label, double X, double Y, double Size, string Color, TextAnchor Anchor, bool Bold, double Angle);

/// <summary>What a figure is drawn with: a canvas, and a list that takes the labels instead of the canvas where somebody else sets them.</summary>
internal sealed record Ink(SKCanvas Canvas, List<PlacedLabel>? Labels = null);
