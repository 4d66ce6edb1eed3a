using System.Globalization;
using System.Text;
using Workbook.Core;

namespace Workbook.Explorer;

/// <summary>How a slider's positions are spread over a parameter's range.</summary>
public enum Spread
{
    /// <summary>Evenly.</summary>
    Linear,

    /// <summary>Evenly in the logarithm.</summary>
    Logarithmic,

    /// <summary>As an Adam beta: evenly in log(1 - beta), with 0 as the first position.</summary>
    NearOne,
}

/// <summary>A number that the page lets a reader move: its name, its range, its slider. The page and the server read the same table.</summary>
/// <param name="Name">Name in permalinks, requests and the notebook.</param>
/// <param name="Tex">Its symbol.</param>
/// <param name="Title">What it is, for a reader who does not see the symbol.</param>
/// <param name="Least">Smallest value taken.</param>
/// <param name="Most">Largest value taken.</param>
/// <param name="Whole">Whether it is a whole number.</param>
/// <param name="Spread">Positions of the slider.</param>
/// <param name="SliderMost">Where the slider ends, if before <paramref name="Most"/>: the rest is typed.</param>
public sealed record Parameter(string Name, string Tex, string Title, double Least, double Most, bool Whole, Spread Spread, double? SliderMost = null)
{
    private const int LongestText = 32;

    /// <summary>Largest whole number that a page's script keeps exactly: 2^53 - 1.</summary>
    private const double LargestExact = 9007199254740991;

    /// <summary>Every parameter in the order of the page.</summary>
    public static IReadOnlyList<Parameter> All { get; } =
    [
        new("n", "n", "training samples", 1, 100, true, Spread.Linear),
        new("s", "s", "non-zero noise coordinates", 1, 1000, true, Spread.Logarithmic),
        new("sigma_p", @"\sigma_p", "noise standard deviation", 1e-3, 100, false, Spread.Logarithmic),
        new("m_k", "m_k", "query and key neurons", 1, 100, true, Spread.Logarithmic),
        new("eta", @"\eta", "learning rate", 1e-7, 10, false, Spread.Logarithmic),
        new("sigma_0", @"\sigma_0", "initial weight scale", 1e-8, 1, false, Spread.Logarithmic),
        new("seed", @"\text{seed}", "seed of data and weights", 0, LargestExact, true, Spread.Linear, 99),
        new("beta1", @"\beta_1", "decay of the mean gradient", 0, 0.999, false, Spread.NearOne),
        new("beta2", @"\beta_2", "decay of the squared gradient", 0, 0.99999, false, Spread.NearOne),
        new("d", "d", "dimension", 2, 20_000, true, Spread.Logarithmic),
        new("m_v", "m_v", "value neurons", 1, 200, true, Spread.Logarithmic),
        new("steps", "T", "steps of training", 10, 20_000, true, Spread.Logarithmic),
    ];

    /// <summary>A parameter by its name.</summary>
    public static Parameter Of(string name) => All.First(p => p.Name == name);

    /// <summary>Reads a value within the range.</summary>
    /// <exception cref="InputException">It is no number, or outside; the sentence names value and range.</exception>
    public double Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        NumberStyles styles = Whole ? NumberStyles.None : NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (text.Length > LongestText || !double.TryParse(text, styles, CultureInfo.InvariantCulture, out double value) || !(value >= Least && value <= Most))
            throw new InputException($"{Name} is '{Shown(text)}'; it has to be a {(Whole ? "whole number" : "number")} in {Write(Least)} .. {Write(Most)}.");
        return value;
    }

    /// <summary>A client's text in a sentence: short, and printable, so that the sentence stays one.</summary>
    internal static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, LongestText))) shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        return shown.Append(text.Length > LongestText ? ".." : "").ToString();
    }

    /// <summary>The shortest text that reads back as the same number.</summary>
    public static string Write(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal).Replace("e+", "e", StringComparison.Ordinal);
}
