namespace Workbook.Notebooks.Text;

/// <summary>The LaTeX command names that labels and notes understand, and the characters they stand for.</summary>
internal static class Symbols
{
    /// <summary>Command name without the backslash, to the text that shows it.</summary>
    internal static readonly IReadOnlyDictionary<string, string> ByName = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["alpha"] = "α", ["beta"] = "β", ["gamma"] = "γ", ["delta"] = "δ", ["epsilon"] = "ε", ["varepsilon"] = "ε",
        ["zeta"] = "ζ", ["eta"] = "η", ["theta"] = "θ", ["iota"] = "ι", ["kappa"] = "κ", ["lambda"] = "λ", ["mu"] = "μ",
        ["nu"] = "ν", ["xi"] = "ξ", ["pi"] = "π", ["rho"] = "ρ", ["sigma"] = "σ", ["tau"] = "τ", ["upsilon"] = "υ",
        ["phi"] = "φ", ["chi"] = "χ", ["psi"] = "ψ", ["omega"] = "ω",
        ["Gamma"] = "Γ", ["Delta"] = "Δ", ["Theta"] = "Θ", ["Lambda"] = "Λ", ["Xi"] = "Ξ", ["Pi"] = "Π", ["Sigma"] = "Σ",
        ["Phi"] = "Φ", ["Psi"] = "Ψ", ["Omega"] = "Ω",
        ["ell"] = "ℓ", ["infty"] = "∞", ["partial"] = "∂", ["nabla"] = "∇", ["sum"] = "∑", ["prod"] = "∏", ["int"] = "∫",
        ["sqrt"] = "√", ["pm"] = "±", ["mp"] = "∓", ["times"] = "×", ["cdot"] = "·", ["odot"] = "⊙", ["propto"] = "∝",
        ["le"] = "≤", ["leq"] = "≤", ["ge"] = "≥", ["geq"] = "≥", ["ne"] = "≠", ["neq"] = "≠", ["ll"] = "≪", ["gg"] = "≫",
        ["approx"] = "≈", ["sim"] = "∼", ["equiv"] = "≡", ["in"] = "∈", ["notin"] = "∉", ["subset"] = "⊂", ["forall"] = "∀",
        ["exists"] = "∃", ["to"] = "→", ["rightarrow"] = "→", ["leftarrow"] = "←", ["Rightarrow"] = "⇒", ["mapsto"] = "↦",
        ["langle"] = "⟨", ["rangle"] = "⟩", ["lVert"] = "‖", ["rVert"] = "‖", ["Vert"] = "‖", ["ldots"] = "…", ["dots"] = "…",
        ["cdots"] = "⋯", ["perp"] = "⊥", ["prime"] = "′", ["quad"] = "\u2003", ["R"] = "ℝ", ["N"] = "ℕ",
        ["log"] = "log", ["ln"] = "ln", ["exp"] = "exp", ["max"] = "max", ["min"] = "min", ["sgn"] = "sgn",
        ["left"] = "", ["right"] = "", ["mathrm"] = "", ["mathbf"] = "", ["text"] = "", ["operatorname"] = "", ["mathcal"] = "",
    };

    /// <summary>Character to command name, for the way back to LaTeX.</summary>
    internal static readonly IReadOnlyDictionary<char, string> ByCharacter = ByName
        .Where(pair => pair.Value.Length == 1 && !char.IsAsciiLetterOrDigit(pair.Value[0]))
        .GroupBy(pair => pair.Value[0])
        .ToDictionary(group => group.Key, group => group.First().Key switch { "R" => "mathbb{R}", "N" => "mathbb{N}", var name => name });

    private const string PlainSub = "0123456789+-=()aeoxhklmnpstijruvβγρφχ";
    private const string UnicodeSub = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥᵦᵧᵨᵩᵪ";
    private const string PlainSup = "0123456789+-=()ni";
    private const string UnicodeSup = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ";

    /// <summary>The text in Unicode subscript characters, or null where one of them does not exist.</summary>
    internal static string? Subscript(string text) => Map(text, PlainSub, UnicodeSub);

    /// <summary>The text in Unicode superscript characters, or null where one of them does not exist.</summary>
    internal static string? Superscript(string text) => Map(text, PlainSup, UnicodeSup);

    private static string? Map(string text, string from, string to)
    {
        var mapped = new char[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            int at = from.IndexOf(text[i] == '−' ? '-' : text[i], StringComparison.Ordinal);
            if (at < 0)
            {
                return null;
            }
            mapped[i] = to[at];
        }
        return new string(mapped);
    }
}
