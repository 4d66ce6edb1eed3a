using System.Text;

namespace Workbook.Notebooks.Text;

/// <summary>Writes a parsed label as LaTeX: prose stays prose, and whatever carries a script goes between dollar signs.</summary>
internal static class LatexLabel
{
    internal static string Write(IReadOnlyList<RichLabel.Piece> pieces)
    {
        var text = new StringBuilder();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Script == RichLabel.Script.None)
            {
                // The word that touches a script belongs to the formula: in "query noise y_i" that is "y".
                bool scriptFollows = i + 1 < pieces.Count && pieces[i + 1].Script != RichLabel.Script.None;
                int cut = scriptFollows ? WordStart(pieces[i].Text) : pieces[i].Text.Length;
                text.Append(Prose(pieces[i].Text[..cut]));
                if (!scriptFollows)
                {
                    continue;
                }
                text.Append('$').Append(Mathematics(pieces[i].Text[cut..]));
            }
            else
            {
                text.Append('$');
                i--;
            }
            while (i + 1 < pieces.Count && pieces[i + 1].Script != RichLabel.Script.None)
            {
                i++;
                WriteScript(pieces[i], text);
            }
            text.Append('$');
        }
        return text.ToString();
    }

    private static int WordStart(string text)
    {
        int start = text.Length;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]) && text[start - 1] is not ('(' or ',' or '['))
        {
            start--;
        }
        return start;
    }

    private static void WriteScript(RichLabel.Piece piece, StringBuilder text)
    {
        text.Append(piece.Script == RichLabel.Script.Sub ? "_{" : "^{");
        foreach (RichLabel.Piece child in piece.Children)
        {
            if (child.Script == RichLabel.Script.None)
            {
                text.Append(Mathematics(child.Text));
            }
            else
            {
                WriteScript(child, text);
            }
        }
        text.Append('}');
    }

    private static string Mathematics(string text)
    {
        var result = new StringBuilder();
        foreach (char c in text)
        {
            result.Append(c == '−' ? "-" : Symbols.ByCharacter.TryGetValue(c, out string? name) ? $"\\{name} " : Escape.Latex(c.ToString()));
        }
        return result.ToString().TrimEnd();
    }

    private static string Prose(string text)
    {
        var result = new StringBuilder();
        foreach (char c in text)
        {
            result.Append(Symbols.ByCharacter.TryGetValue(c, out string? name) ? $"$\\{name}$" : c == '−' ? "$-$" : Escape.Latex(c.ToString()));
        }
        return result.ToString();
    }
}
