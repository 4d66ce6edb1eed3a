using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Workbook.Core.Theory.Sensitivity;

/// <summary>A first-order Sobol index with its interval.</summary>
/// <param name="Index">S_j = Var(E[Y | X_j]) / Var(Y).</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end.</param>
public sealed record SobolIndex(double Index, double Low, double High);

/// <summary>
/// First-order Sobol indices from runs that are there already, by binning one input at a time (a given-data estimator).
/// </summary>
/// <remarks>
/// The N points are cut along X_j into B bins of equal count. With SSB the sum of squares between bins, SST that of all points and
/// <c>MSW = (SST - SSB) / (N - B)</c>,
/// <code>S_j = (SSB - (B - 1) MSW) / SST</code>
/// The second term takes away what the spread within bins alone puts between their means; without it an input without effect would score
/// (B - 1) / (N - 1). What is left is a bias of order B^-2 (the mean is taken as constant within a bin) and noise of order N^-1/2; B is
/// sqrt(N), at most N / 4. S_j may come out slightly negative.
/// <para>
/// Interval: delete-a-group jackknife with G = 20 groups (point i is in group i mod 20), <c>S_j +- t_{0.975, 19} sqrt((G - 1)/G sum_g (S_g - mean S)^2)</c>.
/// It is for independent inputs; a Latin hypercube is one, a selection of its points need not be.
/// </para>
/// </remarks>
public static class FirstOrderIndices
{
    private const int Groups = 20;

    /// <summary>Fewer points than this give no index.</summary>
    public const int Fewest = 80;

    /// <summary>One index per input.</summary>
    /// <param name="x">Inputs, [N][k].</param>
    /// <param name="y">Output, [N]; points where it is NaN are left out.</param>
    /// <returns>NaN for all where fewer than <see cref="Fewest"/> points are left or the output does not vary.</returns>
    public static SobolIndex[] Of(IReadOnlyList<double[]> x, IReadOnlyList<double> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Count != y.Count) throw new ArgumentException($"there are {x.Count} points and {y.Count} outputs.", nameof(y));
        int[] kept = [.. Enumerable.Range(0, y.Count).Where(i => !double.IsNaN(y[i]))];
        int axes = x.Count == 0 ? 0 : x[0].Length;
        return [.. Enumerable.Range(0, axes).Select(j => One([.. kept.Select(i => x[i][j])], [.. kept.Select(i => y[i])]))];
    }

    private static SobolIndex One(double[] x, double[] y)
    {
        double index = y.Length < Fewest ? double.NaN : Binned(x, y);
        if (double.IsNaN(index)) return new SobolIndex(double.NaN, double.NaN, double.NaN);
        double[] without = [.. Enumerable.Range(0, Groups).Select(g =>
        {
            int[] rest = [.. Enumerable.Range(0, y.Length).Where(i => i % Groups != g)];
            return Binned([.. rest.Select(i => x[i])], [.. rest.Select(i => y[i])]);
        })];
        double half = StudentT.InvCDF(0, 1, Groups - 1, 0.975) * Math.Sqrt((Groups - 1.0) / Groups * without.Sum(s => Math.Pow(s - without.Average(), 2)));
        return new SobolIndex(index, index - half, index + half);
    }

    private static double Binned(double[] x, double[] y)
    {
        int n = y.Length, bins = Math.Clamp((int)Math.Sqrt(n), 2, n / 4);
        int[] order = [.. Enumerable.Range(0, n)];
        Array.Sort((double[])x.Clone(), order);
        double mean = y.Mean(), total = y.Sum(v => (v - mean) * (v - mean)), between = 0;
        if (!(total > 1e-24 * n * mean * mean)) return double.NaN;
        for (int b = 0; b < bins; b++)
        {
            int from = (int)((long)b * n / bins), to = (int)((long)(b + 1) * n / bins);
            double sum = 0;
            for (int i = from; i < to; i++) sum += y[order[i]] - mean;
            between += sum * sum / (to - from);
        }
        double within = (total - between) / (n - bins);
        return (between - (bins - 1) * within) / total;
    }
}
