using Workbook.Core.Theory;
using Workbook.Notebooks.Text;
using Xunit;

namespace Workbook.Notebooks.Tests;

public class PlainFormulaTests
{
    [Theory]
    [InlineData("s_21 < 0.01", "s₂₁ < 0.01")]
    [InlineData("sgn q_xi = sgn k_xi = sgn q_mu = -sgn k_mu", "sgn q_ξ = sgn k_ξ = sgn q_μ = -sgn k_μ")]
    [InlineData("y_i v_xi_i(t) = 2 eta ||xi||_1 t", "yᵢ v_{ξᵢ}(t) = 2 η ||ξ||₁ t")]
    [InlineData("sqrt(2/pi) sigma_p s", "sqrt(2/π) σₚ s")]
    [InlineData("m_k (eta ell t)^2", "mₖ (η ℓ t)²")]
    [InlineData("the meta-level, a picture, beta-like", "the meta-level, a picture, β-like")]
    public void Plain_names_become_symbols(string plain, string shown) =>
        Assert.Equal(shown, RichLabel.Parse(PlainFormula.ToLabel(plain)).ToUnicode());

    [Fact]
    public void No_claim_shows_a_half_subscript()
    {
        foreach (RunClaim claim in RunClaim.All)
            foreach (string text in (string[])[claim.Claim.Statement, claim.Claim.LeftLabel, claim.Claim.RightLabel])
            {
                string shown = RichLabel.Parse(PlainFormula.ToLabel(text)).ToUnicode();
                // A subscript digit or letter followed by a plain one: the rest of its index was left behind.
                Assert.DoesNotMatch("[₀-₉ₐ-ₜᵢ][0-9a-z]", shown);
            }
    }
}
