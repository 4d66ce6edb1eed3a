namespace Workbook.Notebooks.PaperFigures;

public static partial class PaperFigure
{
    /// <summary>
    /// Query noise, key noise and query signal over time, positive and negative ones told apart. Noise counts as positive or negative by
    /// its sign when the stage of sign alignment ends, so that a curve that turns later can be followed.
    /// </summary>
    /// <param name="t">Steps.</param>
    /// <param name="queryNoise"><c>y_i q_xi_i</c>, a row for each sample and neuron.</param>
    /// <param name="keyNoise"><c>y_i k_xi_i</c>, a row for each sample and neuron.</param>
    /// <param name="querySignal"><c>q_mu</c>, a row for each neuron.</param>
    /// <param name="stages">Boundaries to mark.</param>
    /// <param name="signsAt">The step at which signs are read, the end of stage II; without it the middle of the run.</param>
    public static Figure QueryKeyDynamics(double[] t, double[,] queryNoise, double[,] keyNoise, double[,] querySignal, IReadOnlyList<StageMark>? stages = null, double? signsAt = null)
    {
        ArgumentNullException.ThrowIfNull(t);
        int column = Spread.ColumnAt(t, signsAt ?? t.ElementAtOrDefault(t.Length / 2));
        Panel[] panels =
        [
            SignedPanel(@"(a) query noise y_i q_{\xi_i}", "query noise", Strokes.QueryNoise, t, queryNoise, column).Mark(stages),
            SignedPanel(@"(b) key noise y_i k_{\xi_i}", "key noise", Strokes.KeyNoise, t, keyNoise, column).Mark(stages?.Select(stage => stage with { Label = "" }).ToArray()),
            SignedPanel(@"(c) query signal q_\mu", "query signal", Strokes.QuerySignal, t, querySignal, column).Mark(stages?.Select(stage => stage with { Label = "" }).ToArray()),
        ];
        return Figure.Grid(1, panels, "Query noise, key noise and query signal",
            "Grouped by their sign at the end of stage II; where a band crosses zero, some have turned since. Line: median; band: minimum to maximum over samples and neurons.",
            shareX: true, panelHeight: 112);
    }

    private static Panel SignedPanel(string title, string name, Stroke stroke, double[] t, double[,] curves, int column)
    {
        var (positive, negative) = Spread.SignsAt(curves, column);
        Panel panel = new Panel(title).X("step t").Y("inner product");
        foreach (var (rows, sign, look) in new[] { (positive, "positive ", stroke), (negative, "negative ", stroke.Dashed()) })
        {
            if (rows.Length > 0)
            {
                Spread spread = Spread.Of(curves, rows);
                panel = panel.LineBand(sign + name, look, t, spread.Median, spread.Low, spread.High);
            }
        }
        return panel;
    }
}
