using System.Collections.Concurrent;
using System.Globalization;
using Workbook.Core.Models.Deep;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// Deeper models, read for the signatures of the paper's stages: sign alignment in layer 1, attention on noise in every layer, the gap between training and
/// test, and how regular training is. The models and the measures of regularity are ours.
/// </summary>
public static class DepthStudy
{
    private const int Version = 1;

    /// <summary>Steps at the start that do not count for the regularity: signs find their way there at any depth.</summary>
    public const int Settling = 50;

    /// <summary>
    /// The numbers of one run. Values: <c>log_train_loss</c>, <c>train_error</c>, <c>test_error</c>, <c>test_loss</c>, <c>s11</c>, <c>s21</c> (means, layer 1) at the last step;
    /// <c>T2</c> (first step with all pairs aligned in layer 1) and <c>aligned</c> (largest share of aligned pairs up to half the run, the value at step 0 left
    /// out); <c>converged</c> (first step with L_S &lt; 0.01); <c>rises</c>, share of steps at which L_S rises; <c>flips</c>, mean share of layer 1's query and key gradient signs
    /// turned round in a step; both after <see cref="Settling"/> steps and before a loss of 1e-100; <c>lost</c>, step at which signs begin to underflow. NaN: not reached.
    /// Series over <c>t</c> [R]: <c>log_loss</c>, <c>aligned</c>, <c>s11</c>, <c>s21</c>, <c>flips</c> [R], <c>noise</c> [R D] (mean softmax output on the noise token, per
    /// layer), and <c>test_t</c>, <c>test_error_t</c>.
    /// </summary>
    /// <param name="spec">The run.</param>
    /// <param name="cache">Where its numbers are kept and found, or null.</param>
    public static NumberRecord Read(DeepRunSpec spec, NumberCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        DeepSpec m = spec.Validate().Model;
        string key = string.Create(CultureInfo.InvariantCulture, $"{{\"study\":\"depth\",\"version\":{Version},\"depth\":{m.Depth},\"hidden\":{m.Hidden},\"residual\":{(m.Residual ? 1 : 0)},\"norm\":\"{m.Norm}\",\"gain\":{m.Gain:R},\"run\":{SpecJson.Write(spec.Run with { Model = m.First })}}}");
        return cache is null ? Compute(spec) : cache.GetOrAdd(key, () => Compute(spec));
    }

    /// <summary>All of several runs on all cores, in their order.</summary>
    public static IReadOnlyList<NumberRecord> ReadAll(IReadOnlyList<DeepRunSpec> specs, NumberCache? cache = null, Action? done = null)
    {
        ArgumentNullException.ThrowIfNull(specs);
        var records = new NumberRecord[specs.Count];
        // One at a time off a common list: deep runs take many times as long as shallow ones.
        int[] order = [.. Enumerable.Range(0, specs.Count).OrderByDescending(k => specs[k].Model.Depth)];
        Parallel.ForEach(Partitioner.Create(order, loadBalance: true), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, k =>
        {
            records[k] = Read(specs[k], cache);
            done?.Invoke();
        });
        return records;
    }

    private static NumberRecord Compute(DeepRunSpec spec)
    {
        DeepRun run = DeepTraining.Run(spec);
        Trajectory t = run.First;
        int last = t.Rows - 1, steps = spec.Run.Steps, depth = spec.Model.Depth;
        double[] aligned = [.. Enumerable.Range(0, t.Rows).Select(row => StageQuantities.AlignedPairs(t, row))];
        int Reached(Func<int, bool> holds) => Enumerable.Range(0, t.Rows).FirstOrDefault(holds, -1) is var row && row >= 0 ? t.Steps[row] : -1;
        double OrNaN(int step) => step >= 0 ? step : double.NaN;
        const double Fitted = -230;
        int[] counted = [.. Enumerable.Range(0, steps).Where(k => k >= Math.Min(Settling, steps / 2) && run.LogLoss[k] > Fitted)];
        double Share(Func<int, double> of) => counted.Length == 0 ? double.NaN : counted.Average(of);
        int[] rows = [.. Enumerable.Range(0, t.Rows).Where(row => row == last || row % Math.Max(1, t.Rows / 100) == 0)];
        int[] tested = [.. Enumerable.Range(0, t.Rows).Where(row => !double.IsNaN(t.TestError[row]))];
        return new NumberRecord(new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["log_train_loss"] = t.LogTrainLoss[last],
            ["train_error"] = t.TrainError[last],
            ["test_error"] = double.IsNaN(t.LogTrainLoss[last]) ? double.NaN : t.TestError[last],
            ["test_loss"] = t.TestLoss[last],
            ["s11"] = t.Mean(t.S11, last),
            ["s21"] = t.Mean(t.S21, last),
            ["T2"] = OrNaN(Reached(row => aligned[row] == 1)),
            ["aligned"] = Enumerable.Range(1, last).Where(row => t.Steps[row] <= Math.Max(t.Steps[1], steps / 2)).Max(row => aligned[row]),
            ["converged"] = OrNaN(Reached(row => t.TrainLoss[row] < Theory.Stages.LossThreshold)),
            ["rises"] = Share(k => run.LogLoss[k + 1] > run.LogLoss[k] ? 1 : 0),
            ["flips"] = Share(k => run.Flips[k]),
            ["lost"] = run.FirstLost ?? double.NaN,
        }, new Dictionary<string, double[]>(StringComparer.Ordinal)
        {
            ["t"] = [.. rows.Select(row => (double)t.Steps[row])],
            ["log_loss"] = [.. rows.Select(row => t.LogTrainLoss[row])],
            ["aligned"] = [.. rows.Select(row => aligned[row])],
            ["s11"] = [.. rows.Select(row => t.Mean(t.S11, row))],
            ["s21"] = [.. rows.Select(row => t.Mean(t.S21, row))],
            // Of a recorded row the mean over the steps since the one before.
            ["flips"] = [.. rows.Select((row, k) => k == 0 ? double.NaN : run.Flips[t.Steps[rows[k - 1]]..Math.Max(t.Steps[rows[k - 1]] + 1, t.Steps[row])].Where(f => !double.IsNaN(f)).DefaultIfEmpty(double.NaN).Average())],
            ["noise"] = [.. rows.SelectMany(row => run.NoiseAttention[(row * depth)..((row + 1) * depth)])],
            ["test_t"] = [.. tested.Select(row => (double)t.Steps[row])],
            ["test_error_t"] = [.. tested.Select(row => t.TestError[row])],
        });
    }
}
