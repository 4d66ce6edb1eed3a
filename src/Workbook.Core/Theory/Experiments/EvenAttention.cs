using MathNet.Numerics.Distributions;
using Workbook.Core.Data;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// Test error in closed form while attention is even and every training sample has the same weight: <c>y F = v_mu + y &lt;v, xi&gt;</c> with a fresh noise xi. Derived in the notebook on gradient descent; what is
/// left out is attention that moves, losses that are not equal, initial weights and Adam's unequal steps.
/// </summary>
public static class EvenAttention
{
    /// <summary>
    /// GD: <c>v = mu + (1/n) sum y_i xi_i</c> up to a factor. A fresh noise's inner product with each xi_i has variance sigma_p^4 s^2 / d, so the error is
    /// <c>Phi(-sqrt(n d) / (sigma_p^2 s))</c>.
    /// </summary>
    public static double GradientDescent(SignalNoise law)
    {
        ArgumentNullException.ThrowIfNull(law);
        return Normal.CDF(0, 1, -Math.Sqrt((double)law.N * law.D) / (law.SigmaP * law.SigmaP * law.S));
    }

    /// <summary>
    /// SignGD: <c>v = mu +</c> a sign in every touched coordinate. K of a fresh noise's s coordinates are touched, K binomial with <c>p = 1 - (1 - s/(d-1))^n</c>, and then
    /// <c>&lt;v, xi&gt;</c> is N(0, sigma_p^2 K): the error is <c>sum_K P(K) Phi(-1 / (sigma_p sqrt(K)))</c>.
    /// </summary>
    public static double SignDescent(SignalNoise law)
    {
        ArgumentNullException.ThrowIfNull(law);
        double p = 1 - Math.Pow(1 - law.S / (law.D - 1.0), law.N);
        return Enumerable.Range(1, law.S).Sum(k => Binomial.PMF(p, law.S, k) * Normal.CDF(0, 1, -1 / (law.SigmaP * Math.Sqrt(k))));
    }
}
