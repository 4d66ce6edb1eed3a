namespace Workbook.Notebooks.PaperFigures;

/// <summary>The figures of the paper, one function each, against plain arrays: a row is a curve, a column a time.</summary>
public static partial class PaperFigure
{
    /// <summary>
    /// Stage I: mean value noise against key noise over the first steps. Value noise is linear from the first step, key noise still
    /// lies where the initial weights put it.
    /// </summary>
    /// <param name="t">Steps.</param>
    /// <param name="valueNoise"><c>y_i v_xi_i</c>, a row for each sample.</param>
    /// <param name="keyNoise"><c>y_i k_xi_i</c>, a row for each sample and neuron.</param>
    /// <param name="predictedValueSlope">Growth of value noise per step, <c>2 eta ell</c>; drawn as a reference line if given.</param>
    public static Figure KeyAndValueNoise(double[] t, double[,] valueNoise, double[,] keyNoise, double? predictedValueSlope = null)
    {
        ArgumentNullException.ThrowIfNull(t);
        const int MostCurves = 60;
        Spread value = Spread.Of(valueNoise), key = Spread.Of(keyNoise);
        Panel both = new Panel("(a) both, on one scale").X("step t").Y(@"inner product")
            .LineBand(@"mean value noise y_i v_{\xi_i}", Strokes.ValueNoise, t, value.Median, value.Low, value.High)
            .LineBand(@"key noise y_i k_{\xi_i}", Strokes.KeyNoise, t, key.Median, key.Low, key.High);
        if (predictedValueSlope is { } slope && t.Length > 0)
        {
            both = both.Line(@"start + 2\eta\ell t", Strokes.Reference, t, [.. t.Select(step => value.Median[0] + slope * (step - t[0]))]);
        }
        int every = Math.Max(1, keyNoise.GetLength(0) / MostCurves);
        double[][] curves = [.. Enumerable.Range(0, keyNoise.GetLength(0)).Where(row => row % every == 0).Select(row => Spread.Row(keyNoise, row))];
        Panel enlarged = new Panel(@"(b) key noise, enlarged").X("step t").Y("")
            .Lines(@"key noise y_i k_{\xi_i}", Strokes.KeyNoise with { Width = 0.7 }, t, curves);
        return Figure.Grid(2, [both, enlarged], "Value noise grows first",
            @"Stage I. Mean value noise y_i v_{\xi_i} is linear in t from the first step, while key noise y_i k_{\xi_i} is still near its initial value. Line: median; band: minimum to maximum over samples (and neurons).",
            panelHeight: 170);
    }
}
