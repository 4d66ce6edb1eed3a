using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Sensitivity;

/// <summary>
/// One point of the sweep over constants, as multiples of a preset: s = C1 s*, sigma_p = C2 sigma_p*, eta = C3 eta*, sigma_0 and m_k alike.
/// </summary>
/// <remarks>
/// The paper's conditions carry constants that it leaves open. That C1 stands on s, C2 on sigma_p and C3 on eta, each 1 at figure-1, is our reading.
/// </remarks>
/// <param name="C1">Multiple of s.</param>
/// <param name="C2">Multiple of sigma_p.</param>
/// <param name="C3">Multiple of eta.</param>
/// <param name="Sigma0">Multiple of sigma_0.</param>
/// <param name="Width">Multiple of m_k.</param>
public sealed record Constants(double C1 = 1, double C2 = 1, double C3 = 1, double Sigma0 = 1, double Width = 1)
{
    /// <summary>Version of the numbers that <see cref="Read"/> gives.</summary>
    public const int Version = 1;

    /// <summary>The axes in the order of the parameters.</summary>
    public static IReadOnlyList<string> Names { get; } = ["C1 (s)", "C2 (sigma_p)", "C3 (eta)", "sigma_0", "m_k"];

    /// <summary>A point of the unit cube, each axis from 1 / <paramref name="reach"/> to <paramref name="reach"/>, even in the logarithm.</summary>
    public static Constants At(IReadOnlyList<double> u, double reach)
    {
        ArgumentNullException.ThrowIfNull(u);
        double Of(int axis) => Math.Pow(reach, 2 * u[axis] - 1);
        return new Constants(Of(0), Of(1), Of(2), Of(3), Of(4));
    }

    /// <summary>The preset with one constant changed.</summary>
    public static Constants Only(int axis, double value) => axis switch
    {
        0 => new(C1: value),
        1 => new(C2: value),
        2 => new(C3: value),
        3 => new(Sigma0: value),
        4 => new(Width: value),
        _ => throw new ArgumentOutOfRangeException(nameof(axis)),
    };

    /// <summary>
    /// The run: supports disjoint where they fit (the event that the proof conditions on; else independent), 1.6 times as long as the slowest predicted event, at most
    /// <paramref name="most"/> steps; recorded evenly in log t; without a test set.
    /// </summary>
    public RunSpec Spec(RunSpec preset, ulong seed, int most)
    {
        ArgumentNullException.ThrowIfNull(preset);
        SignalNoise law = ((SignalNoiseSource)preset.Data).Distribution;
        int s = Math.Clamp((int)Math.Round(C1 * law.S), 1, law.D - 1);
        law = law with { S = s, SigmaP = C2 * law.SigmaP, Supports = (long)law.N * s <= law.D - 1 ? SupportMode.Disjoint : SupportMode.Independent };
        var model = preset.Model with { MK = Math.Max(1, (int)Math.Round(Width * preset.Model.MK)), Sigma0 = Sigma0 * preset.Model.Sigma0 };
        double eta = C3 * preset.Optimizer.Eta.Constant!.Value;
        return preset with
        {
            Data = new SignalNoiseSource(law), Model = model, Optimizer = new SignGd(eta), Seed = seed, TestSize = 0, Record = Schedule.Log(60),
            Steps = (int)Math.Clamp(Math.Ceiling(Needed(new Predictions(law, model, eta))), 50, most),
        };
    }

    /// <summary>1.6 times the slowest predicted event.</summary>
    public static double Needed(Predictions p)
    {
        ArgumentNullException.ThrowIfNull(p);
        double[] events = [p.MajorityVoting, p.QueryNoiseAligned, p.SignalSoftmaxBelow(Stages.SignalSoftmaxThreshold), p.Convergence(Stages.LossThreshold)];
        return 1.6 * events.Max();
    }

    /// <summary>
    /// Numbers of a run: <c>time.ID</c> of every stage (NaN where not reached), <c>predicted.ID</c>, <c>steps</c>, <c>needed</c> (the horizon that was wanted) and
    /// <c>in_order</c>: 1 where T1 &lt;= T2 &lt;= s_21 decayed &lt;= T4 and T3 &lt;= T4 were all reached in that order (T3 waits for the closest vote, so it is not
    /// held against s_21).
    /// </summary>
    public static NumberRecord Read(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var stages = Stages.Of(run.Spec, run.Trajectory);
        var values = new Dictionary<string, double>(StringComparer.Ordinal) { ["steps"] = run.Spec.Steps };
        foreach (StageTime stage in stages.All)
        {
            values["time." + stage.Id] = stage.Step ?? double.NaN;
            values["predicted." + stage.Id] = stage.Predicted ?? double.NaN;
        }
        values["needed"] = Needed(new Predictions(((SignalNoiseSource)run.Spec.Data).Distribution, run.Spec.Model, run.Spec.Optimizer.Eta.Constant!.Value));
        bool ordered = stages.T1.Step <= stages.T2.Step && stages.T2.Step <= stages["s21"].Step && stages["s21"].Step <= stages.T4.Step && stages.T3.Step <= stages.T4.Step;
        values["in_order"] = ordered ? 1 : 0;
        return new NumberRecord(values);
    }
}
