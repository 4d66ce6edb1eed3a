using System.Globalization;

namespace Workbook.Core.Sweeps;

/// <summary>Task numbers as Slurm writes them: <c>1-3,7</c>.</summary>
public static class SlurmRanges
{
    private const int Most = 4_000_000;

    /// <summary>The shortest text for some numbers.</summary>
    public static string Write(IEnumerable<int> numbers)
    {
        var parts = new List<string>();
        int[] sorted = [.. numbers.Distinct().Order()];
        for (int k = 0; k < sorted.Length;)
        {
            int end = k;
            while (end + 1 < sorted.Length && sorted[end + 1] == sorted[end] + 1) end++;
            parts.Add(end == k ? sorted[k].ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{sorted[k]}-{sorted[end]}"));
            k = end + 1;
        }
        return string.Join(',', parts);
    }

    /// <summary>The numbers of a text; a limit behind <c>%</c> is passed over. Null where it is none.</summary>
    public static IReadOnlyList<int>? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var numbers = new List<int>();
        foreach (string part in text.Split('%')[0].Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !Number(ends[0], out int from) || !Number(ends[^1], out int to) || to < from) return null;
            for (int k = from; k <= to; k++) numbers.Add(k);
        }
        return numbers;
    }

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= Most;
}
