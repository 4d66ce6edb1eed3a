using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>What is kept of a run of a sweep: a few numbers at every recorded step. All arrays are [R]; NaN where the test set was not evaluated.</summary>
/// <param name="Spec">The run.</param>
/// <param name="Steps">Recorded steps t, increasing.</param>
/// <param name="TrainLoss">L_S.</param>
/// <param name="TestLoss">Mean loss on the test set.</param>
/// <param name="TestError">Share of test samples with y F &lt;= 0.</param>
/// <param name="NoiseAttention">Attention that the noise patch of a training sample receives, <c>1 - (s_11 + s_21) / 2</c>, mean over samples: 1/2 is even, 1 is all.</param>
public sealed record LearningCurve(RunSpec Spec, double[] Steps, double[] TrainLoss, double[] TestLoss, double[] TestError, double[] NoiseAttention)
{
    /// <summary>Version of the numbers, part of the key under which they are kept.</summary>
    private const int Version = 1;

    /// <summary>Reads the curve off a trajectory.</summary>
    public static LearningCurve Of(RunSpec spec, Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        return new LearningCurve(spec, [.. trajectory.Steps.Select(t => (double)t)], [.. trajectory.TrainLoss], [.. trajectory.TestLoss], [.. trajectory.TestError],
            [.. Enumerable.Range(0, trajectory.Rows).Select(row => 1 - (trajectory.Mean(trajectory.S11, row) + trajectory.Mean(trajectory.S21, row)) / 2)]);
    }

    /// <summary>The smallest test error that any recorded step has: what an oracle that stops early would get.</summary>
    public double LeastTestError => TestError.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min();

    /// <summary>A column at a step, linear in the step between two recorded rows with a value; the last such row's value after it. NaN where no row at or before the step has one.</summary>
    public double At(double step, Func<LearningCurve, double[]> column)
    {
        ArgumentNullException.ThrowIfNull(column);
        double[] values = column(this);
        int row = Array.FindLastIndex(Steps, t => t <= step);
        while (row >= 0 && double.IsNaN(values[row])) row--;
        if (row < 0) return double.NaN;
        int next = Array.FindIndex(values, row + 1, value => !double.IsNaN(value));
        return next < 0 ? values[row] : values[row] + (step - Steps[row]) / (Steps[next] - Steps[row]) * (values[next] - values[row]);
    }

    /// <summary>
    /// A column where the training loss first reaches a level, linear in log L_S between the two recorded steps around it; NaN where it is not reached.
    /// </summary>
    /// <param name="trainLoss">The level, positive.</param>
    /// <param name="column">The column, for instance the test error.</param>
    public double AtTrainLoss(double trainLoss, Func<LearningCurve, double[]> column)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainLoss);
        double[] values = column(this);
        int row = Array.FindIndex(TrainLoss, loss => loss <= trainLoss);
        if (row <= 0) return row < 0 ? double.NaN : values[0];
        double above = Math.Log(TrainLoss[row - 1] / trainLoss), drop = Math.Log(TrainLoss[row - 1] / TrainLoss[row]);
        // A loss that has underflowed to 0 is infinitely far below: the row before counts.
        double part = double.IsFinite(drop) && drop > 0 ? above / drop : 0;
        return values[row - 1] + part * (values[row] - values[row - 1]);
    }

    /// <summary>
    /// The curves of many runs on all cores, in the order of the specs. Those that <paramref name="numbers"/> has are read, the others are run and kept there.
    /// </summary>
    /// <param name="specs">The runs.</param>
    /// <param name="inputs">Images or text that they refer to.</param>
    /// <param name="numbers">Where the numbers are kept; null keeps none.</param>
    /// <param name="done">Called once per run, from any thread.</param>
    /// <param name="cancel">Stops between two steps of the runs under way; what is finished is kept.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static IReadOnlyList<LearningCurve> RunAll(IReadOnlyList<RunSpec> specs, RunInputs? inputs = null, NumberCache? numbers = null, Action? done = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(specs);
        var curves = new LearningCurve[specs.Count];
        Parallel.For(0, curves.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel }, k =>
        {
            LearningCurve Train()
            {
                Run run = Training.Run(specs[k], inputs, null, cancel);
                cancel.ThrowIfCancellationRequested();
                return Of(specs[k], run.Trajectory);
            }

            curves[k] = numbers is null ? Train() : Read(specs[k], numbers.GetOrAdd(Key(specs[k]), () => Train().Record()));
            done?.Invoke();
        });
        return curves;
    }

    private static string Key(RunSpec spec) => $"{{\"learning_curve\": {Version}, \"spec\": {SpecJson.Write(spec)}}}";

    private NumberRecord Record() => new(new Dictionary<string, double>(), new Dictionary<string, double[]>
    {
        ["steps"] = Steps, ["train_loss"] = TrainLoss, ["test_loss"] = TestLoss, ["test_error"] = TestError, ["noise_attention"] = NoiseAttention,
    });

    private static LearningCurve Read(RunSpec spec, NumberRecord record)
    {
        double[] Series(string name) => record.Series is { } series && series.TryGetValue(name, out double[]? values) ? values : throw new InputException($"a stored learning curve has no '{name}'; remove the file of numbers and run again.");
        return new LearningCurve(spec, Series("steps"), Series("train_loss"), Series("test_loss"), Series("test_error"), Series("noise_attention"));
    }
}
