using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>What is kept of a run once its trajectory has been read: enough to judge it and to compare it with others.</summary>
/// <param name="Spec">The setting.</param>
/// <param name="Engine">The engine that ran.</param>
/// <param name="Claims">Every single-run claim, applicable or not.</param>
/// <param name="Stages">Stage times; empty where the data has no families.</param>
/// <param name="Measures">Named numbers of the run (<see cref="Read(RunSpec, string, Trajectory)"/> lists them).</param>
public sealed record RunOutcome(RunSpec Spec, string Engine, IReadOnlyList<ClaimResult> Claims, IReadOnlyList<StageTime> Stages, IReadOnlyDictionary<string, double> Measures)
{
    /// <summary>
    /// Reads an outcome off a run. Measures: <c>train_loss</c>, <c>train_error</c>, <c>test_loss</c>, <c>test_error</c> at the last step; <c>s11</c>, <c>s21</c>
    /// (means) there; and where the families exist <c>value_noise</c> (mean), <c>value_signal</c> there, <c>growth_ratio</c> (growth of value noise over growth of
    /// value signal up to the second recorded row), <c>late_movement</c> (mean over samples and neurons of |change of query noise| between the last two
    /// recorded rows, over eta ||xi_i||_1 per step) and <c>stage.ID</c> for every stage reached.
    /// </summary>
    public static RunOutcome Read(RunSpec spec, string engine, Trajectory trajectory) => Read(spec, engine, trajectory, RunClaim.All, stages: true);

    /// <summary>The same with these claims only, and stage times only where asked: with thousands of runs the reading costs more than the training.</summary>
    public static RunOutcome Read(RunSpec spec, string engine, Trajectory trajectory, IReadOnlyList<RunClaim> claims, bool stages)
    {
        ArgumentNullException.ThrowIfNull(claims);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(trajectory);
        var view = new RunView(spec, trajectory);
        int last = view.Last;
        var measures = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["train_loss"] = trajectory.TrainLoss[last],
            ["train_error"] = trajectory.TrainError[last],
            ["test_loss"] = trajectory.TestLoss[last],
            ["test_error"] = trajectory.TestError[last],
            ["s11"] = trajectory.Mean(trajectory.S11, last),
            ["s21"] = trajectory.Mean(trajectory.S21, last),
        };
        IReadOnlyList<StageTime> times = [];
        if (trajectory.FamiliesRefused is null)
        {
            if (stages) times = view.Stages.All;
            foreach (StageTime stage in times)
                if (stage.Step is int step) measures["stage." + stage.Id] = step;
            measures["value_noise"] = trajectory.Mean(trajectory.ValueNoise, last);
            measures["value_signal"] = trajectory.ValueSignal[last];
            measures["late_movement"] = LateMovement(spec, trajectory);
            if (trajectory.Rows > 1)
                measures["growth_ratio"] = (trajectory.Mean(trajectory.ValueNoise, 1) - trajectory.Mean(trajectory.ValueNoise, 0)) / (trajectory.ValueSignal[1] - trajectory.ValueSignal[0]);
        }
        return new RunOutcome(spec, engine, [.. claims.Select(c => c.Evaluate(view))], times, measures);
    }

    private static double LateMovement(RunSpec spec, Trajectory t)
    {
        if (t.Rows < 2) return double.NaN;
        int width = t.Samples * t.Neurons, to = (t.Rows - 1) * width, from = to - width;
        double sum = 0;
        double[] query = t.QueryNoise, norm = t.Facts.Norm1;
        for (int k = 0, i = 0; i < t.Samples; i++)
            for (int r = 0; r < t.Neurons; r++, k++) sum += Math.Abs(query[to + k] - query[from + k]) / norm[i];
        return sum / width / (spec.Optimizer.Eta.At(t.Steps[^1]) * (t.Steps[^1] - t.Steps[^2]));
    }

    /// <summary>A measure, NaN where the run has none of that name.</summary>
    public double this[string measure] => Measures.TryGetValue(measure, out double value) ? value : double.NaN;
}
