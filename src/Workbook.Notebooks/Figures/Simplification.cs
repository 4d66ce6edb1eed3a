namespace Workbook.Notebooks;

/// <summary>
/// Leaves out points that lie, within a tolerance, on the straight line between their neighbours (Ramer, Douglas, Peucker). No kept
/// curve deviates from the full one by more than the tolerance.
/// </summary>
internal static class Simplification
{
    /// <summary>Indices to keep of curves over one x, ascending, first and last included; the deviation is vertical, in units of y.</summary>
    /// <param name="x">Positions, ascending.</param>
    /// <param name="tolerance">The largest vertical deviation.</param>
    /// <param name="curves">Values without gaps; a point stays if any of them needs it.</param>
    internal static int[] Keep(double[] x, double tolerance, params double[][] curves)
    {
        var keep = new bool[x.Length];
        if (x.Length > 0)
        {
            keep[0] = keep[^1] = true;
        }
        var open = new Stack<(int First, int Last)>();
        open.Push((0, x.Length - 1));
        while (open.TryPop(out var span))
        {
            int worst = -1;
            double largest = tolerance;
            for (int i = span.First + 1; i < span.Last; i++)
            {
                double along = x[span.Last] == x[span.First] ? 0 : (x[i] - x[span.First]) / (x[span.Last] - x[span.First]);
                foreach (double[] y in curves)
                {
                    double deviation = Math.Abs(y[i] - (y[span.First] + along * (y[span.Last] - y[span.First])));
                    if (deviation > largest)
                    {
                        (worst, largest) = (i, deviation);
                    }
                }
            }
            if (worst > 0)
            {
                keep[worst] = true;
                open.Push((span.First, worst));
                open.Push((worst, span.Last));
            }
        }
        return [.. Enumerable.Range(0, x.Length).Where(i => keep[i])];
    }
}
