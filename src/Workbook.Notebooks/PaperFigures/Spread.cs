namespace Workbook.Notebooks.PaperFigures;

/// <summary>Median, minimum and maximum of many curves at each time: what a band shows.</summary>
/// <param name="Median">The median; NaN where there is no value.</param>
/// <param name="Low">The minimum.</param>
/// <param name="High">The maximum.</param>
public sealed record Spread(double[] Median, double[] Low, double[] High)
{
    /// <summary>Over all curves, one per row.</summary>
    public static Spread Of(double[,] curves)
    {
        ArgumentNullException.ThrowIfNull(curves);
        return Of(curves, [.. Enumerable.Range(0, curves.GetLength(0))]);
    }

    /// <summary>Over some of the curves.</summary>
    public static Spread Of(double[,] curves, IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(curves);
        ArgumentNullException.ThrowIfNull(rows);
        int times = curves.GetLength(1);
        var (median, low, high) = (new double[times], new double[times], new double[times]);
        double[] values = new double[rows.Count];
        for (int t = 0; t < times; t++)
        {
            int count = 0;
            foreach (int row in rows)
            {
                if (!double.IsNaN(curves[row, t]))
                {
                    values[count++] = curves[row, t];
                }
            }
            Array.Sort(values, 0, count);
            (median[t], low[t], high[t]) = count == 0
                ? (double.NaN, double.NaN, double.NaN)
                : ((values[(count - 1) / 2] + values[count / 2]) / 2, values[0], values[count - 1]);
        }
        return new Spread(median, low, high);
    }

    /// <summary>The rows that are positive, and those that are not, in one column.</summary>
    public static (int[] Positive, int[] Negative) SignsAt(double[,] curves, int column)
    {
        ArgumentNullException.ThrowIfNull(curves);
        int[] rows = [.. Enumerable.Range(0, curves.GetLength(0))];
        return ([.. rows.Where(row => curves[row, column] > 0)], [.. rows.Where(row => !(curves[row, column] > 0))]);
    }

    /// <summary>One curve as an array.</summary>
    internal static double[] Row(double[,] curves, int row) => [.. Enumerable.Range(0, curves.GetLength(1)).Select(t => curves[row, t])];

    /// <summary>The column whose time is nearest.</summary>
    internal static int ColumnAt(double[] t, double time) => t.Length == 0 ? 0 : Enumerable.Range(0, t.Length).MinBy(i => Math.Abs(t[i] - time));
}
