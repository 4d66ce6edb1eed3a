namespace Workbook.Notebooks.PaperFigures;

public static partial class PaperFigure
{
    /// <summary>The softmax outputs over time: as they are, and <c>s_21</c> on a logarithmic axis with its prediction.</summary>
    /// <param name="t">Steps.</param>
    /// <param name="s11">Weight of the signal query on the signal key, a row for each sample.</param>
    /// <param name="s21">Weight of the noise query on the signal key, a row for each sample.</param>
    /// <param name="stages">Boundaries to mark.</param>
    /// <param name="predictedS21">Prediction of <c>s_21</c>; drawn as a reference line if given.</param>
    public static Figure SoftmaxOutputs(double[] t, double[,] s11, double[,] s21, IReadOnlyList<StageMark>? stages = null, double[]? predictedS21 = null)
    {
        Spread signal = Spread.Of(s11), noise = Spread.Of(s21);
        Panel linear = new Panel("(a) attention on the signal patch").X("step t").Y("softmax output", min: 0)
            .LineBand("s_{11}: signal query", Strokes.SignalSoftmax, t, signal.Median, signal.Low, signal.High)
            .LineBand("s_{21}: noise query", Strokes.NoiseSoftmax, t, noise.Median, noise.Low, noise.High)
            .Mark(stages);
        Panel decay = new Panel("(b) the same, logarithmic").X("step t").Y("softmax output", log: true)
            .LineBand("s_{11}: signal query", Strokes.SignalSoftmax, t, Figure.PositiveOrGap(signal.Median), Figure.PositiveOrGap(signal.Low), Figure.PositiveOrGap(signal.High))
            .LineBand("s_{21}: noise query", Strokes.NoiseSoftmax, t, Figure.PositiveOrGap(noise.Median), Figure.PositiveOrGap(noise.Low), Figure.PositiveOrGap(noise.High));
        if (predictedS21 is not null)
        {
            decay = decay.Line(@"predicted s_{21}", Strokes.Reference.Dotted(), t, Figure.PositiveOrGap(predictedS21));
        }
        return Figure.Grid(2, [linear, decay.Mark(stages)], "Softmax outputs",
            @"Noise queries leave the signal patch first: s_{21} falls like exp(−t^2), s_{11} follows in stage IV. Line: median; band: minimum to maximum over samples.",
            panelHeight: 170);
    }

    private static Panel Mark(this Panel panel, IReadOnlyList<StageMark>? stages) =>
        (stages ?? []).Aggregate(panel, (marked, stage) => marked.At(stage.Time, stage.Label));
}
