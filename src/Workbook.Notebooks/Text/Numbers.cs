using System.Globalization;

namespace Workbook.Notebooks.Text;

/// <summary>Numbers for people: significant digits, scientific notation at the ends of the scale, always the invariant culture.</summary>
internal static class Numbers
{
    private const double SmallestPlain = 1e-4;
    private const double LargestPlain = 1e6;

    /// <summary>
    /// The number as a label: <c>0.012</c>, <c>1.5e-57</c> as <c>1.5\times 10^{-57}</c>. <paramref name="decimals"/> fixes the places
    /// after the point where a whole column should line up.
    /// </summary>
    internal static string Label(double value, int digits, bool scientific = false, int? decimals = null)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }
        if (double.IsInfinity(value))
        {
            return value > 0 ? @"\infty" : @"−\infty";
        }
        if (!scientific && !NeedsScientific(value))
        {
            return Minus(value.ToString("F" + (decimals ?? Decimals(value, digits)).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        }
        string[] parts = value.ToString("E" + (digits - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Split('E');
        string mantissa = decimals is null && parts[0].Contains('.', StringComparison.Ordinal) ? parts[0].TrimEnd('0').TrimEnd('.') : parts[0];
        int exponent = int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return exponent == 0 && !scientific ? Minus(mantissa) : $@"{Minus(mantissa)}\times10^{{{exponent.ToString(CultureInfo.InvariantCulture)}}}";
    }

    /// <summary>The same number in plain characters of a terminal: <c>1.5e-57</c>.</summary>
    internal static string Plain(double value, int digits = 4) =>
        double.IsFinite(value) && !NeedsScientific(value)
            ? value.ToString("F" + Decimals(value, digits).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : value.ToString("G" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace("E+0", "e", StringComparison.Ordinal).Replace('E', 'e');

    /// <summary>Every digit: reading it back gives the same bits.</summary>
    internal static string RoundTrip(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    internal static bool NeedsScientific(double value)
    {
        double size = Math.Abs(value);
        return size != 0 && (size < SmallestPlain || size >= LargestPlain);
    }

    /// <summary>How many places after the point show <paramref name="digits"/> significant digits, without zeros at the end.</summary>
    internal static int Decimals(double value, int digits)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return 0;
        }
        int most = Math.Clamp(digits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 15);
        string text = value.ToString("F" + most.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return most == 0 ? 0 : text.TrimEnd('0').Length - text.IndexOf('.', StringComparison.Ordinal) - 1;
    }

    private static string Minus(string text) => text.Replace('-', '−');
}
