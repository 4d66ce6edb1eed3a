using System.Text.RegularExpressions;

namespace Workbook.Notebooks.Text;

/// <summary>
/// Formulas as the library writes them in plain words (<c>s_21</c>, <c>y_i q_xi_i</c>, <c>sigma_p</c>, <c>eta</c>) in the notation of labels
/// (<c>s_{21}</c>, <c>y_{i} q_{\xi_i}</c>, <c>\sigma_{p}</c>, <c>\eta</c>), so that a card shows them as a figure does.
/// </summary>
internal static partial class PlainFormula
{
    /// <summary>Words that are not names of symbols stay as they are.</summary>
    public static string ToLabel(string text)
    {
        string sub = NestedSubscript().Replace(text, m => $"_{{\\{m.Groups[1].Value}_{m.Groups[2].Value}}}");
        sub = Subscript().Replace(sub, m => $"_{{{m.Groups[1].Value}}}");
        return Greek().Replace(sub, m => "\\" + m.Value);
    }

    [GeneratedRegex(@"_(xi|mu)_([a-z])\b")]
    private static partial Regex NestedSubscript();

    // \b does not part a letter from an underscore: the look-arounds do.
    [GeneratedRegex(@"(?<=[A-Za-z])_([A-Za-z0-9]+)(?![A-Za-z0-9]|})")]
    private static partial Regex Subscript();

    [GeneratedRegex(@"(?<![A-Za-z\\])(sigma|eta|beta|ell|xi|mu|pi|epsilon)(?![A-Za-z])")]
    private static partial Regex Greek();
}
