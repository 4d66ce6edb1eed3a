using System.Globalization;

namespace Workbook.Notebooks;

/// <summary>
/// The two colour scales of heat maps. Sequential: Viridis, which rises in lightness all the way, so that it reads without colour vision too. Diverging: from
/// SignGD's blue through near-white to Adam's vermilion, the pair that stays apart best.
/// </summary>
internal static class ColorScales
{
    private const int Stops = 17;

    /// <summary>Equally spaced colours from the lowest to the highest value, as <c>#RRGGBB</c>.</summary>
    internal static readonly IReadOnlyList<string> Sequential = Sample(new ScottPlot.Colormaps.Viridis());

    /// <inheritdoc cref="Sequential"/>
    internal static readonly IReadOnlyList<string> Diverging =
        [.. Enumerable.Range(0, Stops).Select(i => i / (Stops - 1.0)).Select(t => t < 0.5 ? Mix("#005A8E", "#F7F7F4", Math.Pow(2 * t, 0.8)) : Mix("#F7F7F4", "#B84A00", Math.Pow(2 * t - 1, 1.25)))];

    /// <summary>The colour at a fraction of the scale; linear between stops, as Plotly does it.</summary>
    internal static string At(IReadOnlyList<string> scale, double fraction)
    {
        double at = Math.Clamp(fraction, 0, 1) * (scale.Count - 1);
        int below = Math.Min((int)at, scale.Count - 2);
        return Mix(scale[below], scale[below + 1], at - below);
    }

    private static string[] Sample(ScottPlot.Colormaps.Viridis map) =>
        [.. Enumerable.Range(0, Stops).Select(i => map.GetColor(i / (Stops - 1.0))).Select(color => Hex(color.R, color.G, color.B))];

    private static string Mix(string from, string to, double t)
    {
        double Channel(int start) => Byte(from, start) * (1 - t) + Byte(to, start) * t;
        return Hex(Channel(1), Channel(3), Channel(5));
    }

    private static int Byte(string color, int start) => int.Parse(color.AsSpan(start, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Hex(double red, double green, double blue) =>
        string.Create(CultureInfo.InvariantCulture, $"#{(int)Math.Round(red):X2}{(int)Math.Round(green):X2}{(int)Math.Round(blue):X2}");
}
