using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Notebooks.PaperFigures;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>What a cell asks of a run: its figures, its stages and its claims, each in one call.</summary>
public static class RunViews
{
    /// <summary>Query noise, key noise and query signal over the whole run, with the stages that it reached.</summary>
    public static Figure QueryKeyDynamics(this Run run)
    {
        Trajectory t = Of(run);
        return PaperFigure.QueryKeyDynamics(Time(t), Curves(t, t.QueryNoise), Curves(t, t.KeyNoise), Curves(t, t.QuerySignal), Marks(run), Stages.Of(run.Spec, t).T2.Step);
    }

    /// <summary>Softmax outputs over the whole run, with the closed form of s_21 where the setting has one.</summary>
    public static Figure SoftmaxOutputs(this Run run)
    {
        Trajectory t = Of(run);
        double[]? predicted = run.Spec is { Data: SignalNoiseSource source, Optimizer: SignGd or Adam } && run.Spec.Optimizer.Eta.Constant is double eta
            ? [.. t.Steps.Select(step => 1 / (1 + Math.Exp(run.Spec.Model.MK * Math.Pow(eta * source.Distribution.MeanNorm1 * step, 2))))]
            : null;
        return PaperFigure.SoftmaxOutputs(Time(t), Curves(t, t.S11), Curves(t, t.S21), Marks(run), predicted);
    }

    /// <summary>Key and value noise over the first steps.</summary>
    /// <param name="run">The run.</param>
    /// <param name="steps">The last step shown.</param>
    public static Figure KeyAndValueNoise(this Run run, int steps = 15)
    {
        Trajectory t = Of(run);
        int rows = Math.Max(2, t.Steps.Count(step => step <= steps));
        double? slope = run.Spec is { Data: SignalNoiseSource source, Optimizer: SignGd } && run.Spec.Optimizer.Eta.Constant is double eta ? 2 * eta * source.Distribution.MeanNorm1 : null;
        Trajectory early = t.Truncate(Math.Min(rows, t.Rows));
        return PaperFigure.KeyAndValueNoise(Time(early), Curves(early, early.ValueNoise), Curves(early, early.KeyNoise), slope);
    }

    /// <summary>Shares of aligned signs over time: the quantities by which the stages are defined.</summary>
    public static Figure AlignedFractions(this Run run)
    {
        Trajectory t = Of(run);
        double[,] Share(Func<Trajectory, int, double> share)
        {
            var values = new double[1, t.Rows];
            for (int row = 0; row < t.Rows; row++) values[0, row] = share(t, row);
            return values;
        }
        return PaperFigure.AlignedFractions(Time(t),
        [
            ("query noise with key noise (II)", Strokes.ValueNoise, Share(StageQuantities.AlignedPairs)),
            ("neurons with their majority (III)", Strokes.QuerySignal, Share(StageQuantities.MajorityNeurons)),
            ("key noise with query signal (IV a)", Strokes.KeyNoise, Share(StageQuantities.KeyNoiseWithSignal)),
            ("query noise with query signal (IV b)", Strokes.QueryNoise, Share(StageQuantities.QueryNoiseWithSignal)),
        ], Marks(run));
    }

    /// <summary>Train and test loss of several runs, grouped by optimizer: line the median, band the range over seeds.</summary>
    public static Figure LossByOptimizer(this IEnumerable<Run> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return PaperFigure.LossByOptimizer([.. runs.GroupBy(r => r.Spec.Optimizer.Title).Select(g =>
        {
            Run[] seeds = [.. g];
            Trajectory first = seeds[0].Trajectory;
            double[,] Rows(Func<Trajectory, double[]> column)
            {
                var values = new double[seeds.Length, first.Rows];
                for (int k = 0; k < seeds.Length; k++)
                {
                    if (!seeds[k].Trajectory.Steps.AsSpan().SequenceEqual(first.Steps)) throw new ArgumentException("the runs of one optimizer were not recorded at the same steps.", nameof(runs));
                    for (int row = 0; row < first.Rows; row++) values[k, row] = column(seeds[k].Trajectory)[row];
                }
                return values;
            }
            return new LossCurves(g.Key, Time(first), Rows(t => t.TrainLoss), Rows(t => t.TestLoss));
        })]);
    }

    /// <summary>When each stage was reached, and when theory puts it.</summary>
    public static Table StageTable(this Run run) => Table.Of(Stages.Of(Check(run).Spec, run.Trajectory).All.Select(s => new
    {
        Stage = s.Id,
        What = s.Title,
        Step = s.Step is int step ? (double)step : double.NaN,
        Predicted = s.Predicted ?? double.NaN,
        s.Definition,
    }), "Stages. NaN: the step was not reached, or theory makes no prediction here.").Column("Step", unit: "steps").Column("Predicted", unit: "steps", digits: 4);

    /// <summary>Every claim that says something about this run, both sides first.</summary>
    public static Table ClaimTable(this Run run)
    {
        var view = new RunView(Check(run).Spec, run.Trajectory);
        return Table.Of(RunClaim.All.Select(c => (c.Claim, Result: c.Evaluate(view))).Where(c => c.Result.Verdict != Verdict.NotApplicable).Select(c => new
        {
            Claim = c.Claim.Id,
            c.Result.Left,
            Relation = c.Claim.Sign,
            c.Result.Right,
            c.Result.Slack,
            Verdict = c.Result.Verdict == Verdict.Holds ? "holds" : "fails",
        }), "Claims about this run.").Column("Left", digits: 4).Column("Right", digits: 4).Column("Slack", digits: 3);
    }

    /// <summary>One claim about this run as a card.</summary>
    /// <param name="run">The run.</param>
    /// <param name="id">The claim's id, for instance <c>stage2.sign-alignment</c>.</param>
    /// <exception cref="ArgumentException">There is no claim of that id.</exception>
    public static ClaimCard Claim(this Run run, string id)
    {
        RunClaim claim = RunClaim.All.FirstOrDefault(c => c.Claim.Id == id)
            ?? throw new ArgumentException($"there is no claim '{id}'; there are {string.Join(", ", RunClaim.All.Select(c => c.Claim.Id))}.", nameof(id));
        ClaimResult result = claim.Evaluate(new RunView(Check(run).Spec, run.Trajectory));
        return new ClaimCard(id, PlainFormula.ToLabel(claim.Claim.Statement), PlainFormula.ToLabel(claim.Claim.LeftLabel), result.Left, claim.Claim.Sign, PlainFormula.ToLabel(claim.Claim.RightLabel), result.Right, result.Slack, result.Verdict)
        {
            Remark = result.Note ?? claim.Claim.Source,
        };
    }

    /// <summary>A family [R, n], [R, m_k] or [R, n, m_k] as one curve per sample, neuron or pair: [curves, R].</summary>
    public static double[,] Curves(this Trajectory trajectory, double[] family)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        ArgumentNullException.ThrowIfNull(family);
        int width = family.Length / trajectory.Rows;
        var curves = new double[width, trajectory.Rows];
        for (int row = 0; row < trajectory.Rows; row++)
            for (int k = 0; k < width; k++) curves[k, row] = family[row * width + k];
        return curves;
    }

    /// <summary>Recorded steps as numbers, [R].</summary>
    public static double[] Time(this Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        return [.. trajectory.Steps.Select(t => (double)t)];
    }

    private static StageMark[] Marks(Run run) => [.. Stages.Of(run.Spec, run.Trajectory).All
        .Where(s => s.Id is "T1" or "T2" or "T3" or "s21" or "T4" && s.Step is not null)
        .Select(s => new StageMark(s.Id == "s21" ? "s_{21}" : "T_" + s.Id[1..], s.Step!.Value))];

    private static Trajectory Of(Run run) => Check(run).Trajectory;

    private static Run Check(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run;
    }
}
