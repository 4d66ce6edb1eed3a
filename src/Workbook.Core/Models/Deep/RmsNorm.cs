namespace Workbook.Core.Models.Deep;

/// <summary>
/// Root-mean-square normalisation of each token with a trained gain: <c>y_j = g_j x_j / rms</c>, <c>rms = sqrt((1/w) sum_j x_j^2 + eps)</c>.
/// </summary>
/// <remarks>
/// Shapes: x, y [rows, w], g [w]. Kept for the backward pass: 1 / rms [rows]. eps = 1e-12: the tokens of layer 1 start near 1e-3, and the usual 1e-5 would
/// normalise noise and leave signal small.
/// </remarks>
public static class RmsNorm
{
    /// <summary>eps under the root.</summary>
    public const double Epsilon = 1e-12;

    /// <summary>x [rows, w], g [w] -> y [rows, w], inverse [rows].</summary>
    public static void Forward(int rows, int w, ReadOnlySpan<double> x, ReadOnlySpan<double> gain, Span<double> y, Span<double> inverse)
    {
        for (int p = 0; p < rows; p++)
        {
            var row = x.Slice(p * w, w);
            var into = y.Slice(p * w, w);
            double r = 1 / Math.Sqrt(ShortVectors.Dot(row, row) / w + Epsilon);
            inverse[p] = r;
            ShortVectors.Product(r, gain[..w], row, into);
        }
    }

    /// <summary>
    /// x [rows, w], g [w], inverse [rows], dy [rows, w] -> dx [rows, w], dg [w], both overwritten; r = inverse:
    /// <code>
    /// dx_j = r g_j dy_j - r^3 x_j (1/w) sum_k g_k dy_k x_k     dg_j = sum_rows dy_j x_j r
    /// </code>
    /// </summary>
    public static void Backward(int rows, int w, ReadOnlySpan<double> x, ReadOnlySpan<double> gain, ReadOnlySpan<double> inverse, ReadOnlySpan<double> dy, Span<double> dx, Span<double> dGain)
    {
        dGain[..w].Clear();
        for (int p = 0; p < rows; p++)
        {
            var row = x.Slice(p * w, w);
            var slope = dy.Slice(p * w, w);
            var into = dx.Slice(p * w, w);
            double r = inverse[p];
            ShortVectors.AddProduct(r, slope, row, dGain[..w]);
            ShortVectors.Product(r, gain[..w], slope, into);
            // into is r g dy; its part along x is what normalisation takes away.
            ShortVectors.Add(-ShortVectors.Dot(into, row) * r * r / w, row, into);
        }
    }
}
