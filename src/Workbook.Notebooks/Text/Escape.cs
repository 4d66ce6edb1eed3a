using System.Text;

namespace Workbook.Notebooks.Text;

/// <summary>Makes arbitrary text safe inside HTML, LaTeX, Markdown and CSV.</summary>
internal static class Escape
{
    internal static string Html(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '&' => result.Append("&amp;"),
                '<' => result.Append("&lt;"),
                '>' => result.Append("&gt;"),
                '"' => result.Append("&quot;"),
                '\'' => result.Append("&#39;"),
                _ => result.Append(c),
            };
        }
        return result.ToString();
    }

    internal static string Latex(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\\' => result.Append(@"\textbackslash{}"),
                '~' => result.Append(@"\textasciitilde{}"),
                '^' => result.Append(@"\textasciicircum{}"),
                '<' => result.Append(@"\textless{}"),
                '>' => result.Append(@"\textgreater{}"),
                '&' or '%' or '$' or '#' or '_' or '{' or '}' => result.Append('\\').Append(c),
                '\n' or '\r' => result.Append(' '),
                _ => result.Append(c),
            };
        }
        return result.ToString();
    }

    /// <summary>For one cell of a Markdown table or one run of prose: nothing in it can end the cell, start a tag or a formula.</summary>
    internal static string Markdown(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '<' => result.Append("&lt;"),
                '>' => result.Append("&gt;"),
                '&' => result.Append("&amp;"),
                '\\' or '|' or '*' or '_' or '`' or '[' or ']' or '$' or '~' or '#' => result.Append('\\').Append(c),
                '\r' => result,
                '\n' => result.Append(' '),
                _ => result.Append(c),
            };
        }
        return result.ToString();
    }

    /// <summary>One field of RFC 4180: quoted only where it has to be.</summary>
    internal static string Csv(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 && text.Trim().Length == text.Length ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
