using SkiaSharp;

namespace Workbook.Notebooks.Backends;

/// <summary>Cuts a path into dashes.</summary>
internal static class Dashes
{
    /// <summary>A new path with the dashes of the old one; all of it where there is no pattern.</summary>
    internal static SKPath Cut(SKPath path, IReadOnlyList<double> pattern)
    {
        if (pattern.Count == 0)
        {
            return new SKPath(path);
        }
        var result = new SKPath();
        using var measure = new SKPathMeasure(path, false);
        do
        {
            double at = 0;
            for (int i = 0; at < measure.Length; i = (i + 1) % pattern.Count)
            {
                double end = Math.Min(at + pattern[i], measure.Length);
                if (i % 2 == 0)
                {
                    measure.GetSegment((float)at, (float)end, result, true);
                }
                at += pattern[i];
            }
        }
        while (measure.NextContour());
        return result;
    }
}
