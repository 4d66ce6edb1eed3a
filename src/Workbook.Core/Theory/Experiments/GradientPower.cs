using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using Workbook.Core.Data;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// What a rule that moves a weight by |g|^p sgn(g) should make of the signal-noise data, as long as all losses are equal and attention is even: ours, in
/// the manner of THEORY, section 8, whose two cases are p = 0 and p = 1.
/// </summary>
/// <remarks>
/// Then the value's gradient is <c>a</c> along mu and <c>a y_i xi_i,c / n</c> in a coordinate c of xi_i alone, and a step moves v by a common factor times
/// <code>
/// along mu: 1     in c: (|xi_i,c| / n)^p sgn(y_i xi_i,c)     y_i &lt;v, xi_i&gt;: n^-p sum_c |xi_i,c|^(1+p)
/// </code>
/// With z a standard normal, <c>M(q) = E|z|^q = 2^(q/2) Gamma((q+1)/2) / sqrt(pi)</c>.
/// </remarks>
public static class GradientPower
{
    /// <summary>M(q) = E|z|^q, q above -1.</summary>
    public static double Moment(double q) => Math.Pow(2, q / 2) * SpecialFunctions.Gamma((q + 1) / 2) / Math.Sqrt(Math.PI);

    /// <summary>Growth of value noise over growth of value signal: <c>R(p) = s sigma_p (sigma_p / n)^p M(1 + p)</c>.</summary>
    public static double GrowthRatio(SignalNoise law, double p)
    {
        ArgumentNullException.ThrowIfNull(law);
        return law.S * law.SigmaP * Math.Pow(law.SigmaP / law.N, p) * Moment(1 + p);
    }

    /// <summary>
    /// Test error: a fresh noise meets K ~ Binomial(s, 1 - (1 - s/(d-1))^n) memorized coordinates, where its product with v is taken as normal with
    /// standard deviation <c>sigma_p (sigma_p / n)^p sqrt(K M(2p))</c> against a signal of 1.
    /// </summary>
    public static double TestError(SignalNoise law, double p)
    {
        ArgumentNullException.ThrowIfNull(law);
        double touched = 1 - Math.Pow(1 - law.S / (law.D - 1.0), law.N), one = law.SigmaP * Math.Pow(law.SigmaP / law.N, p) * Math.Sqrt(Moment(2 * p)), error = 0;
        for (int k = 1; k <= law.S; k++) error += Binomial.PMF(touched, law.S, k) * Normal.CDF(0, 1, -1 / (one * Math.Sqrt(k)));
        return error;
    }

    /// <summary>The p in [0, 1] at which a prediction that falls with p passes a level; NaN where it does not.</summary>
    public static double Crossing(Func<double, double> falling, double level)
    {
        ArgumentNullException.ThrowIfNull(falling);
        double low = 0, high = 1;
        if (!(falling(0) >= level && falling(1) <= level)) return double.NaN;
        for (int k = 0; k < 60; k++)
        {
            double middle = (low + high) / 2;
            if (falling(middle) > level) low = middle; else high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>The same read off measured points by straight lines between them: the first crossing from the left.</summary>
    public static double Crossing(IReadOnlyList<double> p, IReadOnlyList<double> values, double level)
    {
        ArgumentNullException.ThrowIfNull(p);
        ArgumentNullException.ThrowIfNull(values);
        for (int k = 1; k < p.Count; k++)
            if (values[k - 1] >= level && values[k] < level) return p[k - 1] + (p[k] - p[k - 1]) * (values[k - 1] - level) / (values[k - 1] - values[k]);
        return double.NaN;
    }
}
