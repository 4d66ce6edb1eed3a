namespace Workbook.Kernel;

/// <summary>The protocol counts characters as Unicode code points, .NET as UTF-16 units.</summary>
internal static class CodePoints
{
    public static int ToUnits(string text, int points)
    {
        var unit = 0;
        for (; points > 0 && unit < text.Length; points--)
        {
            unit += char.IsSurrogatePair(text, unit) ? 2 : 1;
        }

        return unit;
    }

    public static int FromUnits(string text, int units)
    {
        var points = 0;
        foreach (var _ in text.AsSpan(0, Math.Clamp(units, 0, text.Length)).EnumerateRunes())
        {
            points++;
        }

        return points;
    }
}
