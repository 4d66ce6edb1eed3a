namespace Workbook.Core.Models.Deep;

/// <summary><c>O = relu(Z W_1^T) W_2^T</c>, no biases; relu has slope 0 at 0.</summary>
/// <remarks>Shapes: Z, O [rows, w], W_1 [hidden, w], W_2 [w, hidden]. Kept for the backward pass: relu(Z W_1^T) [rows, hidden].</remarks>
public static class MlpBlock
{
    /// <summary>Z [rows, w], W_1 [hidden, w], W_2 [w, hidden] -> active [rows, hidden], O [rows, w].</summary>
    public static void Forward(int rows, int w, int hidden, ReadOnlySpan<double> z, ReadOnlySpan<double> first, ReadOnlySpan<double> second, Span<double> active, Span<double> o)
    {
        LinearBlock.Forward(rows, w, hidden, z, first, active);
        ShortVectors.Relu(active[..(rows * hidden)]);
        LinearBlock.Forward(rows, hidden, w, active, second, o);
    }

    /// <summary>
    /// dO [rows, w] and what the forward pass read and kept -> dZ [rows, w], dW_1 [hidden, w], dW_2 [w, hidden], all overwritten:
    /// <code>
    /// dA = dO W_2     dW_2 = dO^T A     dH = dA where A > 0     dZ = dH W_1     dW_1 = dH^T Z
    /// </code>
    /// <paramref name="dActive"/> [rows, hidden] is room to work in.
    /// </summary>
    public static void Backward(int rows, int w, int hidden, ReadOnlySpan<double> z, ReadOnlySpan<double> first, ReadOnlySpan<double> second, ReadOnlySpan<double> active,
        ReadOnlySpan<double> dOut, Span<double> dActive, Span<double> dz, Span<double> dFirst, Span<double> dSecond)
    {
        LinearBlock.Backward(rows, hidden, w, active, second, dOut, dActive, dSecond);
        ShortVectors.KeepWherePositive(active[..(rows * hidden)], dActive[..(rows * hidden)]);
        LinearBlock.Backward(rows, w, hidden, z, first, dActive, dz, dFirst);
    }
}
