using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;

namespace Workbook.Core.Sweeps;

/// <summary>Turns what became of a run into a row of the table. Only what the plan asks for is evaluated.</summary>
internal sealed class RowWriter(SweepPlan plan)
{
    private readonly RunClaim[] _claims = [.. RunClaim.All.Where(c => plan.Claims.Contains(c.Claim.Id))];

    /// <summary>What is read at the last step alone.</summary>
    private static readonly string[] s_atTheEnd = ["train_loss", "train_error", "test_loss", "test_error", "s11", "s21", "value_noise", "value_signal"];

    private readonly bool _atTheEnd = plan.Stages.Count == 0 && plan.Claims.Count == 0 && plan.Measures.All(s_atTheEnd.Contains);

    public IReadOnlyList<SweepColumn> Columns { get; } = SweepColumns.Of(plan);

    /// <summary>
    /// The spec to train: a row of its own, recorded no more often than its columns need. Where all of them are read at the last step, only the first and the last state are;
    /// a state does not depend on which others are recorded.
    /// </summary>
    public RunSpec Trained(PlanRow row) => _atTheEnd && row.Spec.Steps >= 1 ? row.Spec with { Record = Schedule.Every(row.Spec.Steps) } : row.Spec;

    /// <summary>Appends the row of a run, or of its failure.</summary>
    public void Write(TableRows rows, PlanRow row, RunResult result)
    {
        RunOutcome? outcome = null;
        string? error = result.Error?.Message.ReplaceLineEndings(" ");
        if (result.Trajectory is Trajectory trajectory)
        {
            try
            {
                outcome = RunOutcome.Read(row.Spec, result.Engine!, trajectory, _claims, plan.Stages.Count > 0);
            }
            // A claim that cannot be read off this run is this row's failure and no other's.
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                error = e.Message.ReplaceLineEndings(" ");
            }
        }
        int at = WriteSpec(rows, row, outcome?.Engine, row.Spec.Hash());
        rows.Text(at++).Add(error);
        foreach (string measure in plan.Measures)
        {
            bool evaluated = row.Spec.TestSize > 0 || !measure.StartsWith("test_", StringComparison.Ordinal);
            rows.Real(at++).Add(evaluated && outcome is not null && outcome.Measures.TryGetValue(measure, out double value) ? value : null);
        }
        foreach (string stage in plan.Stages) rows.Whole(at++).Add(outcome?.Stages.FirstOrDefault(s => s.Id == stage)?.Step);
        for (int k = 0; k < _claims.Length; k++)
        {
            ClaimResult? claim = outcome?.Claims[k];
            bool judged = claim is not null && claim.Verdict != Verdict.NotApplicable;
            rows.Real(at++).Add(judged ? claim!.Left : null);
            rows.Real(at++).Add(judged ? claim!.Right : null);
            rows.Real(at++).Add(judged ? claim!.Slack : null);
            rows.Text(at++).Add(claim?.Verdict switch { Verdict.Holds => "holds", Verdict.Fails => "fails", Verdict.NotApplicable => "not applicable", _ => null });
        }
    }

    /// <summary>How many columns <see cref="WriteSpec"/> fills.</summary>
    internal static readonly int SpecColumns = SweepColumns.ErrorColumn;

    /// <summary>The spec's columns, in the order of <see cref="SweepColumns.Fixed"/> up to the error.</summary>
    internal static int WriteSpec(TableRows rows, PlanRow row, string? engine, string hash)
    {
        RunSpec spec = row.Spec;
        SignalNoise data = ((SignalNoiseSource)spec.Data).Distribution;
        var (beta1, beta2, eps) = spec.Optimizer switch
        {
            Adam a => (a.Beta1, a.Beta2, a.Epsilon),
            SignMomentum m => (m.Beta, null, null),
            _ => ((double?)null, (double?)null, (double?)null),
        };
        int at = 0;
        void Whole(long? value) => rows.Whole(at++).Add(value);
        void Real(double? value) => rows.Real(at++).Add(value);
        void Text(string? value) => rows.Text(at++).Add(value);
        Whole(row.Index);
        Text(hash);
        Text(row.Block);
        Whole(data.D);
        Whole(data.N);
        Whole(data.S);
        Real(data.SigmaP);
        Text(data.Supports.ToString().ToLowerInvariant());
        Whole(spec.Model.MK);
        Whole(spec.Model.MV);
        Real(spec.Model.Sigma0);
        Text(spec.Optimizer.Name);
        Real(spec.Optimizer.Eta.Constant);
        Real(beta1);
        Real(beta2);
        Real(eps);
        Real((spec.Optimizer as SignPower)?.Power);
        Real((spec.Optimizer as SignDeadZone)?.Threshold);
        Whole((spec.Optimizer as MiniBatchSignGd)?.Batch);
        Whole(spec.Steps);
        Text(spec.Record.ToString());
        Whole(spec.TestSize);
        Whole((long)spec.Seed);
        Text(engine);
        Text(spec.Precision.ToString().ToLowerInvariant());
        return at;
    }
}
