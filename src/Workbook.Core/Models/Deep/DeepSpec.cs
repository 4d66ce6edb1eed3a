namespace Workbook.Core.Models.Deep;

/// <summary>Normalisation before each block of a deeper layer.</summary>
public enum Normalisation
{
    /// <summary>None.</summary>
    None,

    /// <summary><see cref="RmsNorm"/>: x_j g_j / sqrt(mean x^2 + eps), gains trained from 1.</summary>
    Rms,
}

/// <summary>
/// A deeper transformer over the paper's model:
/// <code>
/// layer 1        H = W_V X softmax(X^T W_K^T W_Q X)                       the paper's attention; W_V = [W_{V,+1}; W_{V,-1}], w = 2 m_v rows
/// layers 2 .. D  H &lt;- [H +] A(N(H)),   H &lt;- [H +] M(N(H))
///                A: W_V Z softmax((W_K Z)^T W_Q Z / sqrt(m_k)),   M: W_2 relu(W_1 Z)
/// output         F = (1 / m_v) sum_l (sum_{r &lt; m_v} H_rl - sum_{r &gt;= m_v} H_rl)      the paper's fixed readout
/// </code>
/// H + is there where <see cref="Residual"/> is set, N is <see cref="Norm"/> or the identity. Depth 1 is the paper's model itself.
/// </summary>
/// <remarks>
/// This extension is ours. Layer 1 changes the width from d to w, so nothing can be added to it, and it has no MLP, so that depth 1 stays the paper's.
/// Its weights start as in the paper, N(0, sigma_0^2); those above at the usual scale, N(0, gain^2 / columns). No biases, no final normalisation.
/// </remarks>
/// <param name="Depth">Layers D, 1 .. 64.</param>
/// <param name="First">Widths of layer 1 and sigma_0: m_k rows of W_Q and W_K (in every layer), w = 2 m_v.</param>
/// <param name="Hidden">Rows of W_1 in each MLP, at least 1.</param>
/// <param name="Residual">Whether blocks add to what they read.</param>
/// <param name="Norm">Normalisation of what a block reads.</param>
/// <param name="Gain">Initial scale of the layers above the first, positive.</param>
public sealed record DeepSpec(int Depth, ModelSpec First, int Hidden, bool Residual = true, Normalisation Norm = Normalisation.None, double Gain = 1)
{
    private const int DepthLimit = 64;

    /// <summary>Width w = 2 m_v of a token after layer 1.</summary>
    public int Width => 2 * First.MV;

    /// <summary>Columns of a packed projection [q | k | v]: 2 m_k + w.</summary>
    public int Projection => 2 * First.MK + Width;

    /// <summary>Throws one sentence for the first parameter that is out of its range.</summary>
    public DeepSpec Validate()
    {
        if (Depth is < 1 or > DepthLimit) throw new InputException($"the depth is {Depth}; it has to lie in 1 .. {DepthLimit}.");
        First.Validate();
        ModelSpec.CheckWidth("the hidden width", Hidden);
        if (!(Gain > 0) || !double.IsFinite(Gain)) throw new InputException(FormattableString.Invariant($"the gain is {Gain}; it has to be positive and finite."));
        return this;
    }
}
