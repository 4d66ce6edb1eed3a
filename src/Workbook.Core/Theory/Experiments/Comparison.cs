namespace Workbook.Core.Theory.Experiments;

/// <summary>Claims that set runs of different optimizers, or runs and stated numbers, against each other.</summary>
internal static class Comparison
{
    /// <summary>One result per seed, from the runs of that seed by optimizer name.</summary>
    public static ClaimSummary Pairwise(IReadOnlyList<RunOutcome> runs, Claim claim, Func<Func<string, RunOutcome>, (double Left, double Right)> sides) =>
        new(claim, [.. runs.GroupBy(r => r.Spec.Seed).OrderBy(g => g.Key).Select(seed =>
        {
            var (left, right) = sides(name => seed.First(r => r.Spec.Optimizer.Name == name));
            return claim.Judge(left, right);
        })]);

    /// <summary>
    /// The median of a measure over seeds against a number that THEORY states: a single result, since the statement is about the typical run.
    /// </summary>
    public static ClaimSummary Median(IEnumerable<RunOutcome> runs, Claim claim, Func<RunOutcome, double> measure, double stated)
    {
        double[] values = [.. runs.Select(measure)];
        double median = values.Length == 0 ? double.NaN : MathNet.Numerics.Statistics.Statistics.Median(values);
        string range = FormattableString.Invariant($"median of {values.Length} seeds, range {values.Min():G3} .. {values.Max():G3}");
        return new ClaimSummary(claim, [claim.Judge(median, stated, range)]);
    }
}
