using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Engines.Support;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>Entries at the scale of their column, against the framework's scaling one by one.</summary>
public sealed unsafe class ScaledEntriesTests
{
    [Fact]
    public void Every_column_is_scaled_to_its_largest_term()
    {
        // Columns of one to seven patches, entries that are stored as 0 alone, beside others, and in all of a column.
        const int Patches = 14, D = 40;
        var random = new Random(3);
        int[][] patchesOf = [.. Enumerable.Range(0, D).Select(c => Enumerable.Range(0, Patches).OrderBy(_ => random.Next()).Take(c % 8 == 0 ? 1 : c % 8).Order().ToArray())];
        var (start, index, value) = (new List<int> { 0 }, new List<int>(), new List<double>());
        for (int p = 0; p < Patches; p++)
        {
            for (int c = 0; c < D; c++)
            {
                if (!patchesOf[c].Contains(p)) continue;
                index.Add(c);
                value.Add(c >= D - 2 || random.Next(5) == 0 ? 0 : random.NextDouble() * 2 - 1);
            }
            start.Add(index.Count);
        }
        var data = new Dataset(2, D, [.. Enumerable.Range(0, Patches / 2).Select(i => i % 2 == 0 ? 1.0 : -1)], [.. start], [.. index], [.. value]);
        double[] factor = [.. Enumerable.Range(0, Patches).Select(p => p % 3 == 0 ? -1.0 : 1)], none = [.. factor.Select(_ => 1.0)];
        foreach (Closure closure in (Closure[])[Closure.None, Closure.ScaleInvariant])
        {
            var columns = new TouchedColumns(data, closure);
            foreach (bool withFactor in (bool[])[false, true])
            {
                var entries = withFactor ? new ScaledEntries(columns, factor) : new ScaledEntries(columns);
                foreach (double range in (double[])[3, 2000, 1e9, 1e13])
                {
                    for (int p = 0; p < Patches; p++)
                        for (int m = 0; m < 3; m++) entries.Exponents[ScaledEntries.Size * p + m] = -1 - Math.Round(random.NextDouble() * range);
                    entries.Scale(columns.Count);
                    Check(columns, entries, withFactor ? factor : none, (p, m) => entries.Exponents[ScaledEntries.Size * p + m]);
                    for (int k = 0; k < columns.Count; k++)
                        for (int m = 0; m < 3; m++)
                            if (Top(columns, k, p => entries.Exponents[ScaledEntries.Size * p + m]) is { } top) Assert.Equal(Math.Max(top, -1e9), entries.Top(m, k));
                }
                entries.Reset();
                Check(columns, entries, withFactor ? factor : none, (_, _) => 0);
            }
        }
    }

    private static double? Top(TouchedColumns columns, int k, Func<int, double> exponent)
    {
        SparseMatrix by = columns.ByColumn;
        double? top = null;
        for (int e = by.Start[k]; e < by.Start[k + 1]; e++)
            if (by.Value[e] != 0 && !(exponent(by.Index[e]) <= top)) top = exponent(by.Index[e]);
        return top;
    }

    private static void Check(TouchedColumns columns, ScaledEntries entries, double[] factor, Func<int, int, double> exponent)
    {
        SparseMatrix by = columns.ByColumn;
        var read = new double[columns.Entries];
        for (int m = 0; m < 3; m++)
        {
            if (m == ScaledEntries.Value) entries.Values.CopyTo(read);
            else entries.Read(m, read);
            for (int k = 0; k < columns.Count; k++)
            {
                double top = Top(columns, k, p => exponent(p, m)) ?? 0;
                for (int e = by.Start[k]; e < by.Start[k + 1]; e++)
                {
                    int p = by.Index[e];
                    double x = by.Value[e] * (m == ScaledEntries.Value ? 1 : factor[p]);
                    Assert.Equal(Math.ScaleB(x, (int)Math.Clamp(exponent(p, m) - top, -900, 0)), read[e]);
                    if (m != ScaledEntries.Value) Assert.Equal(read[e], entries.OnScores[ScaledEntries.Pair * e + m]);
                }
            }
        }
    }
}
