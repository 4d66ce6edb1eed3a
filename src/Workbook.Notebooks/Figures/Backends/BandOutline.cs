namespace Workbook.Notebooks.Backends;

/// <summary>A band in runs without gaps: what both back ends fill.</summary>
internal static class BandOutline
{
    internal static IEnumerable<(double[] X, double[] Low, double[] High)> Runs(BandLayer band)
    {
        int start = 0;
        for (int i = 0; i <= band.X.Length; i++)
        {
            if (i < band.X.Length && double.IsFinite(band.X[i] + band.Low[i] + band.High[i]))
            {
                continue;
            }
            if (i > start)
            {
                yield return (band.X[start..i], band.Low[start..i], band.High[start..i]);
            }
            start = i + 1;
        }
    }
}
