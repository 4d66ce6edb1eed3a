namespace Workbook.Core.Models;

/// <summary>Widths and initial scale of the two-layer transformer; all weights start as i.i.d. N(0, sigma_0^2).</summary>
/// <param name="MK">m_k: rows of W_Q and W_K, 1 .. 1,048,576.</param>
/// <param name="MV">m_v: rows of each W_V, 1 .. 1,048,576.</param>
/// <param name="Sigma0">sigma_0, positive.</param>
public sealed record ModelSpec(int MK, int MV, double Sigma0)
{
    private const int WidthLimit = 1 << 20;

    /// <summary>Throws one sentence for the first parameter that is out of its range.</summary>
    public ModelSpec Validate()
    {
        CheckWidth("m_k", MK);
        CheckWidth("m_v", MV);
        if (!(Sigma0 > 0) || !double.IsFinite(Sigma0))
            throw new InputException(FormattableString.Invariant($"sigma_0 is {Sigma0}; it has to be positive and finite."));
        return this;
    }

    internal static void CheckWidth(string name, int value)
    {
        if (value is < 1 or > WidthLimit) throw new InputException($"{name} is {value}; it has to lie in 1 .. {WidthLimit}.");
    }
}
