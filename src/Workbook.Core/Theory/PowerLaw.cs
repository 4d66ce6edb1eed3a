using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Workbook.Core.Theory;

/// <summary>y = c x^b fitted by least squares in logarithms.</summary>
/// <param name="Exponent">b.</param>
/// <param name="Low">Lower end of b's 95 % confidence interval (Student t).</param>
/// <param name="High">Upper end.</param>
/// <param name="Prefactor">c.</param>
public sealed record PowerLaw(double Exponent, double Low, double High, double Prefactor)
{
    /// <summary>Fits positive points; NaN throughout where fewer than three are given.</summary>
    public static PowerLaw Fit(double[] x, double[] y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Length != y.Length) throw new ArgumentException("x and y have different lengths.", nameof(y));
        if (x.Length < 3) return new PowerLaw(double.NaN, double.NaN, double.NaN, double.NaN);
        double[] u = [.. x.Select(a => Math.Log(a))], v = [.. y.Select(a => Math.Log(a))];
        var (intercept, slope) = MathNet.Numerics.Fit.Line(u, v);
        double mean = u.Average(), spread = u.Sum(a => (a - mean) * (a - mean)), rest = 0;
        for (int k = 0; k < u.Length; k++) rest += Math.Pow(v[k] - intercept - slope * u[k], 2);
        double half = StudentT.InvCDF(0, 1, u.Length - 2, 0.975) * Math.Sqrt(rest / (u.Length - 2) / spread);
        return new PowerLaw(slope, slope - half, slope + half, Math.Exp(intercept));
    }
}
