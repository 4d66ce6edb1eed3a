using Workbook.Core.Data;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Notebooks;
using Workbook.Notebooks.PaperFigures;

namespace Workbook.Report.Writing;

/// <summary>The report's figures, each from outcomes that the tables show too.</summary>
internal static class ReportFigures
{
    internal static Figure NoiseStrength(ExperimentResult result)
    {
        double Strength(RunOutcome o) => ((SignalNoiseSource)o.Spec.Data).Distribution.SigmaP;
        double[] axis = [.. result.Outcomes.Select(Strength).Distinct().Order()];
        PointMark[] marks = [PointMark.Circle, PointMark.Square, PointMark.Triangle];
        Panel panel = new Panel().X("noise standard deviation \\sigma_p", log: true).Y("test error", min: 0, max: 0.55).Level(0.5, "guessing");
        foreach (var (group, k) in result.Outcomes.GroupBy(o => o.Spec.Optimizer.Title).Select((g, k) => (g, k)))
        {
            Spread seeds = Spread.Of(Values(group, Strength, axis, o => o["test_error"]));
            panel = panel.LineBand(group.Key, Strokes.ForOptimizer(group.Key).With(marks[k % marks.Length]), axis, seeds.Median, seeds.Low, seeds.High);
        }
        return Figure.Of(panel, "Weak noise fools sign methods, not gradient descent", "Test error after 600 steps at d = 2000, n = 20, s = 40. Line: median; band: minimum to maximum over seeds.");
    }

    internal static Figure Digits(ExperimentResult result)
    {
        double Snr(RunOutcome o) => ((NoisyImagesSource)o.Spec.Data).Options.Snr;
        double[] axis = [.. result.Outcomes.Select(Snr).Distinct().Order()];
        return PaperFigure.TestLossAgainstSnr(axis, [.. result.Outcomes.GroupBy(o => o.Spec.Optimizer.Title).Select(g => (g.Key, Values(g, Snr, axis, o => o["test_error"])))], "test error", chance: 0.5);
    }

    /// <summary>Predicted against measured times over the settings of the scaling sweep.</summary>
    internal static Figure? StageTimes(ExperimentResult result)
    {
        (string Id, string Title, Stroke Stroke)[] stages =
        [
            ("T2", "sign alignment T_2", Strokes.QueryNoise.With(PointMark.Circle)), ("s21", "s_{21} decayed", Strokes.NoiseSoftmax.With(PointMark.Square)),
            ("loss", "converged", Strokes.ValueNoise.With(PointMark.Triangle)),
        ];
        var timings = new List<StageTiming>();
        foreach (var (id, title, stroke) in stages)
        {
            // One setting is everything but the seed; its prediction does not depend on the seed.
            var settings = result.Outcomes.Where(o => o.Stages.Any(s => s.Id == id && s.Predicted is not null)).GroupBy(o => (o.Spec with { Seed = 0 }).Hash()).ToArray();
            int seeds = settings.Length == 0 ? 0 : settings.Max(g => g.Count());
            if (seeds == 0) continue;
            var measured = new double[seeds, settings.Length];
            for (int k = 0; k < settings.Length; k++)
            {
                RunOutcome[] of = [.. settings[k]];
                for (int seed = 0; seed < seeds; seed++) measured[seed, k] = seed < of.Length ? of[seed].Stages.First(s => s.Id == id).Step ?? double.NaN : double.NaN;
            }
            timings.Add(new StageTiming(title, stroke, [.. settings.Select(g => g.First().Stages.First(s => s.Id == id).Predicted!.Value)], measured));
        }
        return timings.Count == 0 ? null : PaperFigure.StageTimes(timings);
    }

    /// <summary>[seeds, axis]; where seeds are missing, NaN.</summary>
    private static double[,] Values(IEnumerable<RunOutcome> outcomes, Func<RunOutcome, double> at, double[] axis, Func<RunOutcome, double> value)
    {
        double[][] columns = [.. axis.Select(a => outcomes.Where(o => at(o) == a).Select(value).ToArray())];
        var values = new double[columns.Max(c => c.Length), axis.Length];
        for (int k = 0; k < axis.Length; k++)
            for (int seed = 0; seed < values.GetLength(0); seed++) values[seed, k] = seed < columns[k].Length ? columns[k][seed] : double.NaN;
        return values;
    }
}
