using System.Globalization;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// Runs with several heads, read per head: stage times, votes, and which samples a head keeps its attention on the signal for. The model with
/// several heads is ours (<see cref="Models.MultiHeadTransformer"/>); so are the quantities here.
/// </summary>
/// <remarks>
/// Why heads can be predicted one by one: in <c>beta_{i,a}^g = (-l'_i / (n h)) s_{i,a1} s_{i,a2} Delta_i^g</c> the loss derivative, the only number that heads
/// share, is a common factor of all coefficients of sample i. Under SignGD it cancels from the sign of every coefficient that belongs to one sample
/// (query, key and value noise on private coordinates) and only weighs the samples in the votes (query and key signal).
/// </remarks>
public static class HeadStudy
{
    private const int Version = 1;

    /// <summary>Stages read per head, in order.</summary>
    public static IReadOnlyList<string> Stages { get; } = ["T1", "T2", "T3", "s21", "key", "query", "s11"];

    /// <summary>
    /// The numbers of one run. Values: <c>test_error</c>, <c>test_loss</c>, <c>log_train_loss</c> at the last step, <c>converged</c> (step of L_S &lt; 0.01), <c>look</c> (the
    /// step at which heads are compared: a recorded one near the mean of the predicted s_21 time and the start of the key turn).
    /// Series: <c>stage.ID</c> [h], NaN where not reached; <c>predicted.ID</c> [1]; and at <c>look</c> <c>positive</c> [h], share of neurons with q_mu &gt; 0;
    /// <c>won</c> [h n], share of a head's neurons in which the sample's key noise has the sign of the query signal; <c>logit</c> [h n], measured log(s_11 / s_12);
    /// <c>foretold</c> [h], share of pairs whose sign at <c>look</c> is that of y(q_xi + k_xi) at step 0; curves over <c>t</c> [R]: <c>aligned</c>, <c>majority</c> [h R],
    /// <c>s11</c>, <c>s21</c> [h R] (means).
    /// </summary>
    /// <param name="spec">The run.</param>
    /// <param name="cache">Where its numbers are kept and found, or null.</param>
    public static NumberRecord Read(MultiHeadSpec spec, NumberCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string key = string.Create(CultureInfo.InvariantCulture, $"{{\"study\":\"heads\",\"version\":{Version},\"heads\":{spec.Heads},\"run\":{SpecJson.Write(spec.Run)}}}");
        return cache is null ? Compute(spec) : cache.GetOrAdd(key, () => Compute(spec));
    }

    /// <summary>All of several runs on all cores, in their order.</summary>
    public static IReadOnlyList<NumberRecord> ReadAll(IReadOnlyList<MultiHeadSpec> specs, NumberCache? cache = null, Action? done = null)
    {
        ArgumentNullException.ThrowIfNull(specs);
        var records = new NumberRecord[specs.Count];
        Parallel.For(0, specs.Count, k =>
        {
            records[k] = Read(specs[k], cache);
            done?.Invoke();
        });
        return records;
    }

    private static NumberRecord Compute(MultiHeadSpec spec)
    {
        MultiHeadRun run = MultiHeadTraining.Run(spec);
        Trajectory first = run.Heads[0];
        int heads = spec.Heads, last = first.Rows - 1;
        Stages[] stages = [.. run.Heads.Select(t => Theory.Stages.Of(spec.HeadSpec, t))];
        double around = stages[0]["s21"].Predicted is double s21 && stages[0]["key"].Predicted is double turned ? (s21 + turned / 2) / 2 : spec.Run.Steps / 4.0;
        int look = Enumerable.Range(0, first.Rows).MinBy(row => Math.Abs(first.Steps[row] - around));
        var series = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach (string id in Stages)
        {
            series["stage." + id] = [.. stages.Select(s => s[id].Step is int step ? step : double.NaN)];
            series["predicted." + id] = [stages[0][id].Predicted ?? double.NaN];
        }
        series["positive"] = [.. run.Heads.Select(t => Enumerable.Range(0, t.Neurons).Count(r => t.QuerySignal[look * t.Neurons + r] > 0) / (double)t.Neurons)];
        series["won"] = [.. run.Heads.SelectMany(t => Enumerable.Range(0, t.Samples).Select(i => Enumerable.Range(0, t.Neurons)
            .Count(r => StageQuantities.Sign(t.KeyNoise[(look * t.Samples + i) * t.Neurons + r]) * StageQuantities.Sign(t.QuerySignal[look * t.Neurons + r]) > 0) / (double)t.Neurons))];
        series["logit"] = [.. run.Heads.SelectMany(t => Enumerable.Range(0, t.Samples).Select(i =>
        {
            // log(s / (1 - s)) from log s, without losing either end.
            double log = t.LogS11[look * t.Samples + i];
            return log - Math.Log(-Math.Exp(log) + 1);
        }))];
        series["norm1"] = [.. first.Facts.Norm1];
        series["foretold"] = [.. run.Heads.Select(t =>
        {
            int width = t.Samples * t.Neurons;
            return Enumerable.Range(0, width).Count(k => StageQuantities.Sign(t.QueryNoise[k] + t.KeyNoise[k]) == StageQuantities.Sign(t.KeyNoise[look * width + k])) / (double)width;
        })];
        int[] rows = [.. Enumerable.Range(0, first.Rows).Where(row => row == last || row % Math.Max(1, first.Rows / 150) == 0 || first.Steps[row] < 40)];
        series["t"] = [.. rows.Select(row => (double)first.Steps[row])];
        series["aligned"] = [.. run.Heads.SelectMany(t => rows.Select(row => StageQuantities.AlignedPairs(t, row)))];
        series["majority"] = [.. run.Heads.SelectMany(t => rows.Select(row => StageQuantities.MajorityNeurons(t, row)))];
        series["s11"] = [.. run.Heads.SelectMany(t => rows.Select(row => t.Mean(t.S11, row)))];
        series["s21"] = [.. run.Heads.SelectMany(t => rows.Select(row => t.Mean(t.S21, row)))];
        return new NumberRecord(new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["test_error"] = first.TestError[last],
            ["test_loss"] = first.TestLoss[last],
            ["log_train_loss"] = first.LogTrainLoss[last],
            ["converged"] = stages[0]["loss"].Step is int step ? step : double.NaN,
            ["look"] = first.Steps[look],
        }, series);
    }
}
