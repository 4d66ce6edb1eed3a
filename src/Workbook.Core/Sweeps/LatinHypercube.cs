using Workbook.Core.Data;
using Workbook.Core.Numerics;

namespace Workbook.Core.Sweeps;

/// <summary>
/// A Latin hypercube: n points in [0, 1)^k such that every axis, cut into n equal strata, has exactly one point in each.
/// </summary>
/// <remarks>
/// Coordinate a of point i is <c>(p_a(i) + u_a(i)) / n</c>, p_a a uniform permutation of 0 .. n-1 (Fisher-Yates) and u_a(i) uniform in [0, 1). Axis a
/// draws from substream a of <see cref="Streams.LatinHypercube"/>: words 0 .. n-1 shuffle, words n .. 2n-1 place the point in its stratum. An axis
/// does not depend on how many others there are.
/// </remarks>
public static class LatinHypercube
{
    private const int Most = 100_000_000;

    /// <summary>The points, [n][k].</summary>
    /// <param name="n">Points, at least 1.</param>
    /// <param name="k">Axes, at least 1.</param>
    /// <param name="seed">Seed of the stream.</param>
    /// <exception cref="InputException">n or k is out of range.</exception>
    public static double[][] Points(int n, int k, ulong seed)
    {
        if (n < 1) throw new InputException($"a Latin hypercube has {n} points; it has to have at least 1.");
        if (k < 1) throw new InputException($"a Latin hypercube has {k} axes; it has to have at least 1.");
        if ((long)n * k > Most) throw new InputException($"a Latin hypercube has {n} points on {k} axes; points times axes may be at most {Most}.");
        double[][] points = [.. Enumerable.Range(0, n).Select(_ => new double[k])];
        int[] stratum = new int[n];
        for (int a = 0; a < k; a++)
        {
            var words = new RandomStream(seed, Streams.LatinHypercube, (ulong)a);
            for (int i = 0; i < n; i++) stratum[i] = i;
            for (int i = n - 1; i > 0; i--)
            {
                int j = words.Below((ulong)i, i + 1);
                (stratum[i], stratum[j]) = (stratum[j], stratum[i]);
            }
            for (int i = 0; i < n; i++)
            {
                double x = (stratum[i] + words.Uniform((ulong)n + (ulong)i)) / n;
                // Rounding may carry the last sliver of a stratum over its edge.
                points[i][a] = Math.Floor(x * n) > stratum[i] ? Math.BitDecrement((stratum[i] + 1.0) / n) : x;
            }
        }
        return points;
    }

    /// <summary><c>low + u (high - low)</c>.</summary>
    /// <param name="u">In [0, 1).</param>
    /// <param name="low">Value at 0.</param>
    /// <param name="high">Value at 1.</param>
    public static double Linear(double u, double low, double high) => low + u * (high - low);

    /// <summary><c>low (high / low)^u</c>: even in the logarithm.</summary>
    /// <param name="u">In [0, 1).</param>
    /// <param name="low">Value at 0, positive.</param>
    /// <param name="high">Value at 1, positive.</param>
    /// <exception cref="InputException">An end is not positive and finite.</exception>
    public static double Log(double u, double low, double high)
    {
        if (!(low > 0 && high > 0) || !double.IsFinite(low) || !double.IsFinite(high))
            throw new InputException(FormattableString.Invariant($"a log range goes from {low} to {high}; both ends have to be positive and finite."));
        return low * Math.Pow(high / low, u);
    }
}
