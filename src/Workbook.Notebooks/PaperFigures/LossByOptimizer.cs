namespace Workbook.Notebooks.PaperFigures;

/// <summary>Train and test loss of one optimizer.</summary>
/// <param name="Optimizer">Its name; decides its colour and line style.</param>
/// <param name="T">Steps.</param>
/// <param name="Train">Training loss, a row for each seed.</param>
/// <param name="Test">Test loss, a row for each seed.</param>
public sealed record LossCurves(string Optimizer, double[] T, double[,] Train, double[,] Test);

public static partial class PaperFigure
{
    /// <summary>Train and test loss by optimizer.</summary>
    /// <param name="curves">The optimizers.</param>
    /// <param name="testFloor">The constant that the theorem keeps test loss above; marked if given.</param>
    public static Figure LossByOptimizer(IReadOnlyList<LossCurves> curves, double? testFloor = null)
    {
        ArgumentNullException.ThrowIfNull(curves);
        Panel train = new Panel("(a) training loss").X("step t").Y("loss", log: true);
        Panel test = new Panel("(b) test loss").X("step t").Y("", min: 0);
        foreach (LossCurves curve in curves)
        {
            Stroke stroke = Strokes.ForOptimizer(curve.Optimizer);
            Spread seeds = Spread.Of(curve.Train), unseen = Spread.Of(curve.Test);
            train = train.LineBand(curve.Optimizer, stroke, curve.T, Figure.PositiveOrGap(seeds.Median), Figure.PositiveOrGap(seeds.Low), Figure.PositiveOrGap(seeds.High));
            test = test.LineBand(curve.Optimizer, stroke, curve.T, unseen.Median, unseen.Low, unseen.High);
        }
        if (testFloor is { } floor)
        {
            test = test.Level(floor, "lower bound");
        }
        return Figure.Grid(2, [train, test], "Training and test loss by optimizer",
            "Training loss (logarithmic) and test loss by optimizer. Line: median; band: minimum to maximum over seeds.", panelHeight: 170);
    }
}
