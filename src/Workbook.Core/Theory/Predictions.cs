using MathNet.Numerics.Distributions;
using Workbook.Core.Data;
using Workbook.Core.Models;

namespace Workbook.Core.Theory;

/// <summary>
/// Closed-form stage times under SignGD (and, up to stage IV (a), Adam), from the setting alone: THEORY, section 6. All in steps.
/// </summary>
/// <remarks>
/// <c>ell = sqrt(2/pi) sigma_p s</c> is E||xi||_1. Where a stage waits for the slowest sample, the smallest of n such norms counts:
/// <c>ell_min = ell - b_n sigma_p sqrt(s (1 - 2/pi))</c>, b_n the expected extreme of n standard normals (Blom's approximation).
/// </remarks>
/// <param name="Data">The distribution.</param>
/// <param name="Model">Widths and initial scale.</param>
/// <param name="Eta">Constant learning rate.</param>
public sealed record Predictions(SignalNoise Data, ModelSpec Model, double Eta)
{
    /// <summary>ell = E||xi||_1.</summary>
    public double Ell => Data.MeanNorm1;

    /// <summary>Expected smallest ||xi_i||_1 of the n samples; at least a tenth of ell.</summary>
    public double EllMin => Math.Max(Ell / 10, Ell - Extreme(Data.N) * Data.SigmaP * Math.Sqrt(Data.S * (1 - 2 / Math.PI)));

    /// <summary>T1: the worst initial value noise, <c>b_n sigma_0 sigma_p sqrt(2 s / m_v)</c>, is made up at 2 eta ell a step; at least 1.</summary>
    public double MeanValueNoise => Math.Max(1, Extreme(Data.N) * Model.Sigma0 * Data.SigmaP * Math.Sqrt(2.0 * Data.S / Model.MV) / (2 * Eta * Ell));

    /// <summary>T2: <c>max |q(0)| / (eta ell) = sigma_0 z_max / (eta sqrt(s)) sqrt(pi / 2)</c>, z_max the largest of n m_k normals in size.</summary>
    public double SignAlignment => Model.Sigma0 * Extreme(2 * Data.N * Model.MK) / (Eta * Math.Sqrt(Data.S)) * Math.Sqrt(Math.PI / 2);

    /// <summary>T3: after alignment the query signal, then the key signal, has to cross zero from up to <c>sigma_0 b</c> at rate eta.</summary>
    public double MajorityVoting => SignAlignment + Model.Sigma0 * Extreme(2 * Model.MK) / Eta;

    /// <summary>Time at which s_21 of a sample with norm ell is p: <c>sqrt(ln((1 - p) / p) / m_k) / (eta ell)</c>.</summary>
    public double SoftmaxBelow(double p) => Math.Sqrt(Math.Log((1 - p) / p) / Model.MK) / (Eta * Ell);

    /// <summary>Start of the turn of losing key noise, <c>sqrt(ln(4 ell) / m_k) / (eta ell)</c>, for a norm.</summary>
    public double KeyTurnStart(double ell) => Math.Sqrt(Math.Log(Math.Max(4 * ell, 2)) / Model.MK) / (Eta * ell);

    /// <summary>Stage IV (a) ends: the slowest sample's losing key noise has gone back as far as it came, 2 turn starts.</summary>
    public double KeyNoiseAligned => 2 * KeyTurnStart(EllMin);

    /// <summary>Stage IV (b) ends: losing query noise turns when key noise crosses zero, and also goes back all the way: 4 turn starts.</summary>
    public double QueryNoiseAligned => 4 * KeyTurnStart(EllMin);

    /// <summary>
    /// s_11 below p: <c>m_k eta^2 ell t (t - 2 f t_0) = ln((1 - p) / p)</c>, where f = (1 - sqrt(2 / (pi n))) / 2 is the share of key noise that lost
    /// its vote and t_0 the start of its turn.
    /// </summary>
    public double SignalSoftmaxBelow(double p)
    {
        double f = (1 - Math.Sqrt(2 / (Math.PI * Data.N))) / 2, half = f * KeyTurnStart(Ell);
        return half + Math.Sqrt(half * half + Math.Log((1 - p) / p) / (Model.MK * Eta * Eta * Ell));
    }

    /// <summary>L_S below eps once margins are 4 eta ell t: <c>ln(1 / eps) / (4 eta ell)</c>, the form of the theorem's T.</summary>
    public double Convergence(double eps) => Math.Log(1 / eps) / (4 * Eta * Ell);

    /// <summary>Expected largest of k standard normals: Blom's (1 - 3/8 / (k + 1/4)) quantile.</summary>
    public static double Extreme(int k) => k <= 1 ? 0 : Normal.InvCDF(0, 1, 1 - 0.625 / (k + 0.25));
}
