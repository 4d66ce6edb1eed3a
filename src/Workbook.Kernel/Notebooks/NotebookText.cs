using System.Text;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>Text in a notebook: one string, or a list of lines that keep their ends.</summary>
internal static class NotebookText
{
    public static string Join(JsonNode? text) => text switch
    {
        JsonArray lines => string.Concat(lines.Select(line => (string?)line)),
        null => "",
        _ => (string?)text ?? "",
    };

    /// <summary>Splits where Jupyter's own writer does, which knows more line ends than <c>\n</c>.</summary>
    public static JsonArray Split(string text)
    {
        var lines = new JsonArray();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                continue;
            }

            if (text[i] is '\n' or '\r' or '\v' or '\f' or '\u001c' or '\u001d' or '\u001e' or '\u0085' or '\u2028' or '\u2029')
            {
                lines.Add(text[start..(i + 1)]);
                start = i + 1;
            }
        }

        if (start < text.Length)
        {
            lines.Add(text[start..]);
        }

        return lines;
    }

    /// <summary>Text as a terminal would leave it: a carriage return goes back to the head of its line, so of a progress bar only the last state stays.</summary>
    public static string Settle(string text)
    {
        if (!text.Contains('\r', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var line in text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n'))
        {
            var at = line.TrimEnd('\r').LastIndexOf('\r');
            result.Append(line.TrimEnd('\r').AsSpan(at + 1)).Append('\n');
        }

        return result.ToString(0, result.Length - 1);
    }
}
