using System.Text;
using System.Text.RegularExpressions;

namespace Workbook.Notebooks.Text;

/// <summary>
/// The Markdown that notes use, as HTML: headings, paragraphs, lists, code, emphasis, links and simple formulas. Everything else
/// stays text; nothing of the source reaches the page unescaped.
/// </summary>
internal static partial class MarkdownHtml
{
    internal static string Write(string markdown)
    {
        var html = new StringBuilder();
        var paragraph = new List<string>();
        string? list = null;
        bool code = false;
        foreach (string line in markdown.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                Close();
                html.Append(code ? "</code></pre>" : "<pre><code>");
                code = !code;
                continue;
            }
            if (code)
            {
                html.Append(Escape.Html(line)).Append('\n');
                continue;
            }
            Match heading = Heading().Match(line), item = Item().Match(line);
            if (heading.Success)
            {
                Close();
                int level = heading.Groups[1].Length;
                html.Append($"<h{level}>").Append(Inline(heading.Groups[2].Value)).Append($"</h{level}>");
            }
            else if (item.Success)
            {
                string kind = item.Groups[1].Value is "*" or "-" or "+" ? "ul" : "ol";
                if (paragraph.Count > 0 || list != kind)
                {
                    Close();
                    html.Append('<').Append(kind).Append('>');
                    list = kind;
                }
                html.Append("<li>").Append(Inline(item.Groups[2].Value)).Append("</li>");
            }
            else if (string.IsNullOrWhiteSpace(line))
            {
                Close();
            }
            else
            {
                paragraph.Add(line.Trim());
            }
        }
        Close();
        return html.Append(code ? "</code></pre>" : "").ToString();

        void Close()
        {
            if (list is not null)
            {
                html.Append("</").Append(list).Append('>');
                list = null;
            }
            if (paragraph.Count > 0)
            {
                html.Append("<p>").Append(Inline(string.Join(' ', paragraph))).Append("</p>");
                paragraph.Clear();
            }
        }
    }

    private static string Inline(string text)
    {
        // Code and formulas first: nothing inside them is emphasis.
        var result = new StringBuilder();
        int at = 0;
        foreach (Match match in Verbatim().Matches(text))
        {
            result.Append(Emphasis(text[at..match.Index]));
            string value = match.Value;
            result.Append(value[0] == '`' ? $"<code>{Escape.Html(value[1..^1])}</code>" : $"<i>{RichLabel.Parse(value.Trim('$')).ToHtml()}</i>");
            at = match.Index + match.Length;
        }
        return result.Append(Emphasis(text[at..])).ToString();
    }

    private static string Emphasis(string text)
    {
        string html = Escape.Html(text);
        html = Link().Replace(html, "<a href=\"$2\">$1</a>");
        html = Strong().Replace(html, "<b>$1</b>");
        return Italic().Replace(html, "<i>$1</i>");
    }

    [GeneratedRegex(@"^(#{1,6})\s+(.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\s*([*+-]|\d+\.)\s+(.*)$")]
    private static partial Regex Item();

    [GeneratedRegex(@"`[^`]+`|\$\$[^$]+\$\$|\$[^$]+\$")]
    private static partial Regex Verbatim();

    [GeneratedRegex(@"\[([^\]]+)\]\((https?://[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\*\*([^*]+)\*\*")]
    private static partial Regex Strong();

    [GeneratedRegex(@"(?<![\w*])\*([^*]+)\*(?![\w*])")]
    private static partial Regex Italic();
}
