using Workbook.Core.Numerics;

namespace Workbook.Core.Models.Deep;

/// <summary><c>Y = X W^T</c>: a linear map of token rows.</summary>
public static class LinearBlock
{
    /// <summary>X [rows, from], W [to, from] -> Y [rows, to].</summary>
    public static void Forward(int rows, int from, int to, ReadOnlySpan<double> x, ReadOnlySpan<double> w, Span<double> y) =>
        MatrixProduct.Multiply(false, true, rows, to, from, 1, x, from, w, from, 0, y, to);

    /// <summary>
    /// dY [rows, to], X [rows, from], W [to, from] -> <c>dX = dY W</c> [rows, from], <c>dW = dY^T X</c> [to, from]; both are overwritten.
    /// </summary>
    public static void Backward(int rows, int from, int to, ReadOnlySpan<double> x, ReadOnlySpan<double> w, ReadOnlySpan<double> dy, Span<double> dx, Span<double> dw)
    {
        MatrixProduct.Multiply(false, false, rows, from, to, 1, dy, to, w, from, 0, dx, from);
        MatrixProduct.Multiply(true, false, to, from, rows, 1, dy, to, x, from, 0, dw, from);
    }
}
