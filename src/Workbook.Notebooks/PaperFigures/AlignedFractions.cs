namespace Workbook.Notebooks.PaperFigures;

public static partial class PaperFigure
{
    /// <summary>
    /// How many signs agree, over time: query noise with key noise (stage II), query signal with the vote and key signal against it
    /// (stage III), key and query noise with the query signal (stage IV).
    /// </summary>
    /// <param name="t">Steps.</param>
    /// <param name="fractions">Name, stroke and fraction (0 to 1) of each comparison, a row for each seed.</param>
    /// <param name="stages">Boundaries to mark.</param>
    public static Figure AlignedFractions(double[] t, IReadOnlyList<(string Name, Stroke Stroke, double[,] Fraction)> fractions, IReadOnlyList<StageMark>? stages = null)
    {
        ArgumentNullException.ThrowIfNull(fractions);
        Panel panel = new Panel().X("step t").Y("fraction of pairs aligned", min: 0, max: 1.03);
        foreach (var (name, stroke, fraction) in fractions)
        {
            Spread seeds = Spread.Of(fraction);
            panel = panel.LineBand(name, stroke, t, seeds.Median, seeds.Low, seeds.High);
        }
        return Figure.Of(panel.Mark(stages), "Aligned fractions",
            "The fraction of (sample, neuron) pairs or neurons whose signs agree. Each stage ends where its own fraction reaches one.");
    }
}
