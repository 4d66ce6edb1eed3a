namespace Workbook.Notebooks.PaperFigures;

public static partial class PaperFigure
{
    /// <summary>Test loss (or test error) against the signal-to-noise ratio, by optimizer.</summary>
    /// <param name="snr">Signal-to-noise ratios.</param>
    /// <param name="losses">Name of the optimizer and its values, a row for each seed, a column for each ratio.</param>
    /// <param name="quantity">What is shown.</param>
    /// <param name="chance">The level of guessing; marked if given.</param>
    public static Figure TestLossAgainstSnr(double[] snr, IReadOnlyList<(string Optimizer, double[,] Values)> losses, string quantity = "test loss", double? chance = null)
    {
        ArgumentNullException.ThrowIfNull(losses);
        PointMark[] marks = [PointMark.Circle, PointMark.Square, PointMark.Triangle, PointMark.Diamond];
        Panel panel = new Panel().X("signal-to-noise ratio", log: true).Y(quantity, min: 0);
        for (int i = 0; i < losses.Count; i++)
        {
            var (optimizer, values) = losses[i];
            Spread seeds = Spread.Of(values);
            panel = panel.LineBand(optimizer, Strokes.ForOptimizer(optimizer).With(marks[i % marks.Length]), snr, seeds.Median, seeds.Low, seeds.High);
        }
        if (chance is { } level)
        {
            panel = panel.Level(level, "guessing");
        }
        return Figure.Of(panel, "Sign methods need more signal",
            "Noise memorization ends only where the signal is strong; gradient descent learns it much earlier. Line: median; band: minimum to maximum over seeds.");
    }
}
