using System.Globalization;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>A tick: where (in the coordinate of <see cref="AxisRange"/>) and what it says; a minor tick says nothing.</summary>
internal readonly record struct Tick(double At, string Label)
{
    internal bool IsMajor => Label.Length > 0;
}

/// <summary>Chooses the ticks of an axis.</summary>
internal static class Ticks
{
    /// <summary>Below this many pixels to the decade, minor ticks are a grey smear and are left out.</summary>
    private const double SmallestMinorDecade = 5;

    /// <summary>A round step may be a little too small: labels that do not fit are thinned out later.</summary>
    private const double NearlyFits = 0.88;

    private const double FewSteps = 3.2;

    /// <summary>Ticks for an axis of <paramref name="length"/> pixels, labels at least about <paramref name="spacing"/> pixels apart.</summary>
    internal static IReadOnlyList<Tick> For(AxisRange range, Axis axis, double length, double spacing)
    {
        if (axis.Categories.Count > 0)
        {
            return [.. axis.Categories.Select((name, i) => new Tick(i, name)).Where(tick => tick.At >= range.Min && tick.At <= range.Max)];
        }
        return axis.Scale == AxisScale.Log ? Logarithmic(range, length, spacing) : Linear(range, length, spacing);
    }

    private static List<Tick> Linear(AxisRange range, double length, double spacing)
    {
        double span = range.Max - range.Min;
        double rough = span / Math.Max(1, Math.Floor(length / spacing));
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1d, 2, 5, 10 }.Select(factor => factor * power).First(candidate => candidate >= rough * NearlyFits);
        // Quarters only where fives would leave an axis with hardly a number on it.
        step = step == 5 * power && 2.5 * power >= rough && span / step < FewSteps ? 2.5 * power : step;
        var ticks = new List<Tick>();
        double largest = Math.Max(Math.Abs(range.Min), Math.Abs(range.Max));
        bool scientific = largest < 1e-3 || largest >= 1e5;
        for (double index = Math.Ceiling(range.Min / step - 1e-9); index * step <= range.Max + 1e-9 * span; index++)
        {
            double value = index * step;
            ticks.Add(new Tick(value, index == 0 ? "0" : scientific ? Power(value, Digits(largest, step)) : Fixed(value, step)));
        }
        return ticks;
    }

    private static List<Tick> Logarithmic(AxisRange range, double length, double spacing)
    {
        double decades = range.Max - range.Min;
        int every = Math.Max(1, (int)Math.Ceiling(decades / Math.Max(1, length / spacing)));
        every = every <= 3 ? every : (int)(Math.Ceiling(every / 5.0) * 5);
        var ticks = new List<Tick>();
        bool few = decades < 2.2;
        // One way of writing for the whole axis: 0.01 0.1 1, or powers.
        bool plain = range.Min > -3 && range.Max < 4;
        for (int exponent = (int)Math.Floor(range.Min) - 1; exponent <= Math.Ceiling(range.Max); exponent++)
        {
            for (int digit = 1; digit <= (every == 1 ? 9 : 1); digit++)
            {
                double at = exponent + Math.Log10(digit);
                if (at < range.Min - 1e-9 || at > range.Max + 1e-9)
                {
                    continue;
                }
                bool labelled = digit == 1 ? exponent % every == 0 : few && digit is 2 or 5 && length / decades > 3 * spacing;
                if (!labelled && length / decades < SmallestMinorDecade)
                {
                    continue;
                }
                ticks.Add(new Tick(at, labelled ? LogLabel(digit, exponent, plain) : ""));
            }
        }
        return ticks;
    }

    private static string LogLabel(int digit, int exponent, bool plain) =>
        plain
            ? (digit * Math.Pow(10, exponent)).ToString("0.###", CultureInfo.InvariantCulture)
            : digit == 1 ? $"10^{{{exponent}}}" : $@"{digit}\times10^{{{exponent}}}";

    /// <summary>A number with its power of ten, <c>10^6</c> instead of <c>1 x 10^6</c>.</summary>
    private static string Power(double value, int digits)
    {
        string label = Numbers.Label(value, digits, scientific: true);
        return label.StartsWith(@"1\times", StringComparison.Ordinal) ? label[@"1\times".Length..] : label.StartsWith(@"−1\times", StringComparison.Ordinal) ? "−" + label[@"−1\times".Length..] : label;
    }

    private static string Fixed(double value, double step)
    {
        int decimals = 0;
        for (double scaled = step; decimals < 9 && Math.Abs(scaled - Math.Round(scaled)) > 1e-6 * scaled; scaled *= 10)
        {
            decimals++;
        }
        return value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Replace('-', '−');
    }

    private static int Digits(double largest, double step) => Math.Clamp((int)Math.Ceiling(Math.Log10(largest / step)) + 1, 1, 6);
}
