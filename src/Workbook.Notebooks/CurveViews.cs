using Workbook.Core.Runs;
using Workbook.Core.Theory.Experiments;
using Workbook.Notebooks.PaperFigures;

namespace Workbook.Notebooks;

/// <summary>What a cell asks of sweeps of learning curves: to run them, and their panels.</summary>
public static class CurveViews
{
    private static readonly PointMark[] Marks = [PointMark.Circle, PointMark.Square, PointMark.Triangle, PointMark.Diamond];

    /// <summary>Runs the specs on all cores with progress; those whose numbers are stored under <c>results/numbers</c> are read.</summary>
    /// <param name="specs">The runs, for instance <c>SnrSpecs.Text(..)</c>.</param>
    /// <param name="what">What the progress says.</param>
    /// <param name="inputs">Images or text that the specs refer to.</param>
    public static IReadOnlyList<LearningCurve> Learn(this IReadOnlyList<RunSpec> specs, string what, RunInputs? inputs = null)
    {
        ArgumentNullException.ThrowIfNull(specs);
        using var progress = Progress.Start(what, specs.Count);
        return LearningCurve.RunAll(specs, inputs, NumberCache.InResults("learning-curves"), () => progress.Advance());
    }

    /// <summary>A number of each run against the SNR: line the median, band the range over seeds, one colour a rule.</summary>
    /// <param name="sweep">The numbers.</param>
    /// <param name="title">Title of the panel.</param>
    /// <param name="quantity">What is shown.</param>
    /// <param name="log">Whether its axis is logarithmic.</param>
    /// <param name="min">Lower end of the axis.</param>
    /// <param name="max">Upper end.</param>
    public static Panel Against(this SnrSweep sweep, string title, string quantity, bool log = false, double? min = null, double? max = null)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        Panel panel = new Panel(title).X("SNR", log: true).Y(quantity, log: log, min: min, max: max);
        foreach (var (rule, k) in sweep.Rules.Select((rule, k) => (rule, k)))
        {
            Spread spread = Spread.Of(sweep[rule]);
            panel = panel.LineBand(rule, Strokes.ForOptimizer(rule).With(Marks[k % Marks.Length]), sweep.Snr, spread.Median, spread.Low, spread.High);
        }

        return panel;
    }

    /// <summary>Columns of runs that differ in rule and seed only, over time.</summary>
    /// <param name="curves">The runs; all with the same recorded steps.</param>
    /// <param name="title">Title of the panel.</param>
    /// <param name="quantity">What is shown.</param>
    /// <param name="column">The column.</param>
    /// <param name="log">Whether its axis is logarithmic.</param>
    /// <param name="min">Lower end of the axis.</param>
    /// <param name="max">Upper end.</param>
    public static Panel OverTime(this IEnumerable<LearningCurve> curves, string title, string quantity, Func<LearningCurve, double[]> column, bool log = false, double? min = null, double? max = null)
    {
        ArgumentNullException.ThrowIfNull(curves);
        Panel panel = new Panel(title).X("step t").Y(quantity, log: log, min: min, max: max);
        foreach (var rule in curves.GroupBy(c => c.Spec.Optimizer.Title))
        {
            Spread spread = Over([.. rule], column);
            panel = panel.LineBand(rule.Key, Strokes.ForOptimizer(rule.Key), rule.First().Steps, spread.Median, spread.Low, spread.High);
        }

        return panel;
    }

    /// <summary>
    /// A column against the training loss that the run had reached by then, on a grid of levels: rules that fit at different speeds, side by side at equal fit. Only levels that
    /// every seed of a rule reaches are drawn.
    /// </summary>
    /// <param name="curves">The runs.</param>
    /// <param name="title">Title of the panel.</param>
    /// <param name="quantity">What is shown.</param>
    /// <param name="levels">Training losses, increasing.</param>
    /// <param name="column">The column.</param>
    /// <param name="min">Lower end of the axis.</param>
    /// <param name="max">Upper end.</param>
    public static Panel AtEqualLoss(this IEnumerable<LearningCurve> curves, string title, string quantity, double[] levels, Func<LearningCurve, double[]> column, double? min = null, double? max = null)
    {
        ArgumentNullException.ThrowIfNull(curves);
        ArgumentNullException.ThrowIfNull(levels);
        Panel panel = new Panel(title).X("training loss reached", log: true).Y(quantity, min: min, max: max);
        foreach (var rule in curves.GroupBy(c => c.Spec.Optimizer.Title))
        {
            LearningCurve[] runs = [.. rule];
            var values = new double[runs.Length, levels.Length];
            for (int k = 0; k < levels.Length; k++)
            {
                double[] at = [.. runs.Select(c => c.AtTrainLoss(levels[k], column))];
                for (int row = 0; row < runs.Length; row++) values[row, k] = at.Any(double.IsNaN) ? double.NaN : at[row];
            }

            Spread spread = Spread.Of(values);
            panel = panel.LineBand(rule.Key, Strokes.ForOptimizer(rule.Key), levels, spread.Median, spread.Low, spread.High);
        }

        return panel;
    }

    /// <summary>
    /// The SNR that each rule needs against the test error that is asked for: line the median, band the range over seeds; only where every seed's curve comes down to the
    /// error inside the sweep.
    /// </summary>
    /// <param name="sweep">Test errors.</param>
    /// <param name="title">Title of the panel.</param>
    /// <param name="levels">Test errors, increasing.</param>
    public static Panel Needed(this SnrSweep sweep, string title, double[] levels)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        ArgumentNullException.ThrowIfNull(levels);
        Panel panel = new Panel(title).X("test error asked for").Y("SNR needed", log: true);
        foreach (string rule in sweep.Rules)
        {
            var values = new double[sweep.Seeds.Length, levels.Length];
            for (int k = 0; k < levels.Length; k++)
            {
                EquivalentSnr[] at = sweep.Reaching(rule, levels[k]);
                for (int row = 0; row < at.Length; row++) values[row, k] = at.All(e => e.Bound == SnrBound.Inside) ? at[row].Snr : double.NaN;
            }

            Spread spread = Spread.Of(values);
            panel = panel.LineBand(rule, Strokes.ForOptimizer(rule), levels, spread.Median, spread.Low, spread.High);
        }

        return panel;
    }

    /// <summary>For each level and rule the factor by which its SNR has to exceed the reference's.</summary>
    /// <param name="sweep">Test errors.</param>
    /// <param name="how">How the runs are compared, for the row.</param>
    /// <param name="reference">The rule compared with.</param>
    /// <param name="levels">Test errors to be reached.</param>
    public static IEnumerable<FactorRow> Factors(this SnrSweep sweep, string how, string reference, params IReadOnlyList<double> levels)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        return from level in levels from rule in sweep.Rules where rule != reference select new FactorRow(how, level, rule, Snr(sweep, reference, level), Snr(sweep, rule, level), sweep.Factor(rule, reference, level).ToString());
    }

    /// <summary>Median and range over seeds of the SNR at which a rule reaches a level, in words.</summary>
    public static string Snr(this SnrSweep sweep, string rule, double level)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        EquivalentSnr[] all = sweep.Reaching(rule, level);
        int above = all.Count(e => e.Bound == SnrBound.Above), below = all.Count(e => e.Bound == SnrBound.Below);
        double[] at = [.. all.Select(e => e.Snr).Order()];
        if (above == all.Length) return double.IsNaN(at[^1]) ? "not run that far" : FormattableString.Invariant($"above {at[^1]:G2}");
        if (below == all.Length) return FormattableString.Invariant($"below {at[0]:G2}");
        return FormattableString.Invariant($"{(above > 0 ? "at least " : below > 0 ? "at most " : "")}{MathNet.Numerics.Statistics.Statistics.Median(at):G2} ({at[0]:G2} to {at[^1]:G2})");
    }

    private static Spread Over(LearningCurve[] runs, Func<LearningCurve, double[]> column)
    {
        var values = new double[runs.Length, runs[0].Steps.Length];
        for (int row = 0; row < runs.Length; row++)
        {
            if (!runs[row].Steps.AsSpan().SequenceEqual(runs[0].Steps)) throw new ArgumentException("the runs of one rule were not recorded at the same steps.", nameof(runs));
            for (int k = 0; k < runs[0].Steps.Length; k++) values[row, k] = column(runs[row])[k];
        }

        return Spread.Of(values);
    }
}

/// <summary>A row of a table of factors.</summary>
/// <param name="How">How the runs are compared.</param>
/// <param name="Level">The test error to be reached.</param>
/// <param name="Rule">The rule.</param>
/// <param name="ReferenceSnr">SNR at which the reference reaches it.</param>
/// <param name="RuleSnr">SNR at which the rule does.</param>
/// <param name="Factor">The second over the first, seed by seed.</param>
public sealed record FactorRow(string How, double Level, string Rule, string ReferenceSnr, string RuleSnr, string Factor);
