namespace Workbook.Notebooks;

/// <summary>
/// The look of every figure. The paper is opaque white, on purpose: a transparent figure needs strokes that work on black and on white
/// at once, and those have little contrast on either. On a dark page an opaque figure is a light card, always readable, and it prints.
/// Sizes are CSS pixels (1/96 inch) at 5.5 inches, the text width of the paper's template: 11 px is 8.25 pt.
/// </summary>
internal static class Theme
{
    internal const string Paper = "#FFFFFF";
    internal const string Ink = "#262626";
    internal const string Quiet = "#595959";
    internal const string Grid = "#E6E6E6";
    internal const string Frame = "#8C8C8C";
    internal const string MissingCell = "#DADADA";

    internal const double TitleSize = 13.5;
    internal const double PanelTitleSize = 12;
    internal const double LabelSize = 11.5;
    internal const double TickSize = 10.5;
    internal const double LegendSize = 11;
    internal const double MarkerSize = 10;

    internal const double BandOpacity = 0.2;
    internal const double FrameWidth = 1;
    internal const double MarkerWidth = 1;

    /// <summary>Dashes of stage boundaries and thresholds.</summary>
    internal static readonly double[] MarkerDash = [3, 2.5];

    /// <summary>What a browser should use: the embedded font's family first, then what most machines have.</summary>
    internal const string FontFamily = "DejaVu Sans Condensed, DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";
}
