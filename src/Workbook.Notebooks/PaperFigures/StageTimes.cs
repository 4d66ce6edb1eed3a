namespace Workbook.Notebooks.PaperFigures;

/// <summary>Predicted and measured times of one stage over a sweep.</summary>
/// <param name="Stage">Name of the event.</param>
/// <param name="Stroke">Its colour and mark.</param>
/// <param name="Predicted">Closed-form prediction for each setting.</param>
/// <param name="Measured">Measured time, a row for each seed, a column for each setting.</param>
public sealed record StageTiming(string Stage, Stroke Stroke, double[] Predicted, double[,] Measured);

public static partial class PaperFigure
{
    /// <summary>Predicted against measured stage times, logarithmic on both axes; on the line they agree.</summary>
    public static Figure StageTimes(IReadOnlyList<StageTiming> timings)
    {
        ArgumentNullException.ThrowIfNull(timings);
        double[] all = [.. timings.SelectMany(timing => timing.Predicted.Concat(timing.Measured.Cast<double>())).Where(time => time > 0 && double.IsFinite(time)).DefaultIfEmpty(1)];
        double[] ends = [all.Min() / 1.5, all.Max() * 1.5];
        Panel panel = new Panel().X("predicted time", "steps", log: true).Y("measured time", "steps", log: true)
            .Line("measured = predicted", Strokes.Reference, ends, ends);
        foreach (StageTiming timing in timings)
        {
            Spread seeds = Spread.Of(timing.Measured);
            panel = panel.Points(timing.Stage, timing.Stroke, timing.Predicted, Figure.PositiveOrGap(seeds.Median), Figure.PositiveOrGap(seeds.Low), Figure.PositiveOrGap(seeds.High));
        }
        return Figure.Of(panel, "Stage times: predicted and measured",
            "Each point is one setting of a sweep: median over seeds, bar from minimum to maximum. On the dashed line the closed form is exact.", panelHeight: 250);
    }
}
