namespace Workbook.Core.Tests.Engines.Deep;

/// <summary>Slopes by central differences, extrapolated once.</summary>
internal static class Differences
{
    private const double Step = 1e-4;

    /// <summary>The slope of <paramref name="loss"/> in entry k of an array that it reads.</summary>
    public static double Slope(double[] at, int k, Func<double> loss)
    {
        return (4 * Central(Step / 2) - Central(Step)) / 3;

        double Central(double h)
        {
            double kept = at[k];
            at[k] = kept + h;
            double up = loss();
            at[k] = kept - h;
            double down = loss();
            at[k] = kept;
            return (up - down) / (2 * h);
        }
    }
}
