using System.Text;

namespace Workbook.Notebooks.Text;

/// <summary>
/// A label with subscripts, superscripts and Greek letters, written the way the paper writes them:
/// <c>s_{21}</c>, <c>\sigma_p</c>, <c>10^{-3}</c>, <c>y_i q_{\xi_i}</c>. Parsed once; every back end shows the same tree.
/// </summary>
/// <remarks>
/// <c>_</c> and <c>^</c> take the next character, the next command or a group in braces. Dollar signs are dropped, so that a label
/// may be pasted from LaTeX. <c>\_</c>, <c>\^</c>, <c>\$</c>, <c>\{</c>, <c>\}</c> and <c>\\</c> are the characters themselves. An unknown
/// command shows its name.
/// </remarks>
internal sealed class RichLabel
{
    /// <summary>How a piece of a label stands to the line.</summary>
    internal enum Script
    {
        /// <summary>On the line.</summary>
        None,

        /// <summary>Below it.</summary>
        Sub,

        /// <summary>Above it.</summary>
        Sup,
    }

    /// <summary>Either text, or a group of pieces set as a script.</summary>
    internal sealed record Piece(string Text, Script Script, IReadOnlyList<Piece> Children);

    private RichLabel(IReadOnlyList<Piece> pieces) => Pieces = pieces;

    /// <summary>The pieces, left to right.</summary>
    internal IReadOnlyList<Piece> Pieces { get; }

    /// <summary>Reads a label. Never fails: what is not understood is shown as it stands.</summary>
    internal static RichLabel Parse(string source)
    {
        int position = 0;
        return new RichLabel(ParseGroup(source, ref position, closing: false, inScript: false));
    }

    /// <summary>The label for a browser: escaped text with <c>sub</c> and <c>sup</c>.</summary>
    internal string ToHtml()
    {
        var text = new StringBuilder();
        WriteHtml(Pieces, text);
        return text.ToString();
    }

    /// <summary>The label in plain characters, with Unicode scripts where they exist and <c>_{...}</c> where they do not.</summary>
    internal string ToUnicode()
    {
        var text = new StringBuilder();
        WriteUnicode(Pieces, text);
        return text.ToString();
    }

    /// <summary>The label for a LaTeX document: words escaped, formulas between dollar signs.</summary>
    internal string ToLatex() => LatexLabel.Write(Pieces);

    private static List<Piece> ParseGroup(string source, ref int position, bool closing, bool inScript)
    {
        var pieces = new List<Piece>();
        var text = new StringBuilder();
        while (position < source.Length)
        {
            char c = source[position];
            if (c == '}' && closing)
            {
                break;
            }
            if (c is '_' or '^' && position + 1 < source.Length)
            {
                position++;
                Flush(pieces, text);
                pieces.Add(new Piece("", c == '_' ? Script.Sub : Script.Sup, ParseArgument(source, ref position)));
                continue;
            }
            if (c == '{')
            {
                position++;
                Flush(pieces, text);
                pieces.AddRange(ParseGroup(source, ref position, closing: true, inScript));
                position++;
                continue;
            }
            text.Append(ReadOne(source, ref position, inScript));
        }
        Flush(pieces, text);
        return pieces;
    }

    private static List<Piece> ParseArgument(string source, ref int position)
    {
        if (source[position] == '{')
        {
            position++;
            List<Piece> group = ParseGroup(source, ref position, closing: true, inScript: true);
            position++;
            return group;
        }
        return [new Piece(ReadOne(source, ref position, inScript: true), Script.None, [])];
    }

    private static string ReadOne(string source, ref int position, bool inScript)
    {
        char c = source[position++];
        if (c == '$')
        {
            return "";
        }
        if (c == '-' && inScript)
        {
            return "−";
        }
        if (c != '\\' || position >= source.Length)
        {
            return c.ToString();
        }
        if (!char.IsAsciiLetter(source[position]))
        {
            char literal = source[position++];
            return literal is ',' or ';' or ' ' ? "\u2009" : literal.ToString();
        }
        int start = position;
        while (position < source.Length && char.IsAsciiLetter(source[position]))
        {
            position++;
        }
        string name = source[start..position];
        bool isSymbol = Symbols.ByName.TryGetValue(name, out string? symbol);
        // As in LaTeX, one space after a letter-like command only ends its name when another letter follows.
        if (isSymbol && symbol!.Length == 1 && position + 1 < source.Length && source[position] == ' ' && source[position + 1] is '_' or '^')
        {
            position++;
        }
        return isSymbol ? symbol! : name;
    }

    private static void Flush(List<Piece> pieces, StringBuilder text)
    {
        if (text.Length > 0)
        {
            pieces.Add(new Piece(text.ToString(), Script.None, []));
            text.Clear();
        }
    }

    private static void WriteHtml(IReadOnlyList<Piece> pieces, StringBuilder text)
    {
        foreach (Piece piece in pieces)
        {
            if (piece.Script == Script.None)
            {
                text.Append(Escape.Html(piece.Text));
                continue;
            }
            string tag = piece.Script == Script.Sub ? "sub" : "sup";
            text.Append('<').Append(tag).Append('>');
            WriteHtml(piece.Children, text);
            text.Append("</").Append(tag).Append('>');
        }
    }

    private static void WriteUnicode(IReadOnlyList<Piece> pieces, StringBuilder text)
    {
        foreach (Piece piece in pieces)
        {
            if (piece.Script == Script.None)
            {
                text.Append(piece.Text);
                continue;
            }
            var inner = new StringBuilder();
            WriteUnicode(piece.Children, inner);
            string plain = inner.ToString();
            string? mapped = piece.Script == Script.Sub ? Symbols.Subscript(plain) : Symbols.Superscript(plain);
            string mark = piece.Script == Script.Sub ? "_" : "^";
            text.Append(mapped ?? (plain.Length == 1 ? mark + plain : $"{mark}{{{plain}}}"));
        }
    }
}
