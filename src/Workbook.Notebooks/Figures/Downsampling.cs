namespace Workbook.Notebooks;

/// <summary>
/// Thins a long series for drawing. The series is cut into equal runs of points, and of each run the first, the last, the lowest and the
/// highest value stay, and one NaN if there is any. So no peak is lost, no gap closes, and every kept point is a point of the data.
/// </summary>
internal static class Downsampling
{
    /// <summary>Points that one run may keep: first, last, lowest, highest, one gap.</summary>
    private const int PerRun = 5;

    /// <summary>Indices of at most <paramref name="most"/> points, ascending; all of them where there are no more than that.</summary>
    internal static int[] KeepExtremes(double[] y, int most) => KeepExtremes(y, y, most);

    /// <summary>The same for a band: the lowest of <paramref name="low"/> and the highest of <paramref name="high"/> stay.</summary>
    internal static int[] KeepExtremes(double[] low, double[] high, int most)
    {
        int count = low.Length;
        if (count <= most)
        {
            return [.. Enumerable.Range(0, count)];
        }
        int runs = Math.Max(1, most / PerRun);
        var kept = new List<int>(runs * PerRun);
        var here = new SortedSet<int>();
        for (int run = 0; run < runs; run++)
        {
            int start = (int)((long)run * count / runs);
            int end = (int)((long)(run + 1) * count / runs);
            int lowest = -1, highest = -1, first = -1, last = -1, gap = -1;
            for (int i = start; i < end; i++)
            {
                if (double.IsNaN(low[i]) || double.IsNaN(high[i]))
                {
                    gap = gap < 0 ? i : gap;
                    continue;
                }
                first = first < 0 ? i : first;
                last = i;
                lowest = lowest < 0 || low[i] < low[lowest] ? i : lowest;
                highest = highest < 0 || high[i] > high[highest] ? i : highest;
            }
            here.Clear();
            here.UnionWith([first, last, lowest, highest, gap]);
            here.Remove(-1);
            kept.AddRange(here);
        }
        return [.. kept];
    }
}
