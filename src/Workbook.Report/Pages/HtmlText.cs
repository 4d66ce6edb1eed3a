using System.Net;

namespace Workbook.Report.Pages;

/// <summary>Text on its way into HTML and into script elements.</summary>
internal static partial class HtmlText
{
    /// <summary>What is left of HTML without its tags.</summary>
    internal static string Plain(string html) => WebUtility.HtmlDecode(Tag().Replace(html, "")).Trim();

    [System.Text.RegularExpressions.GeneratedRegex("<[^>]*>")]
    private static partial System.Text.RegularExpressions.Regex Tag();

    /// <summary>Text that can stand between tags and inside a quoted attribute.</summary>
    internal static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>JSON or script text inside a script element: nothing in it can end the element.</summary>
    internal static string InScript(string text) => text.Replace("</", "<\\/", StringComparison.Ordinal).Replace("<!--", "<\\u0021--", StringComparison.Ordinal);

    /// <summary>An id for an anchor: letters, digits, points and hyphens.</summary>
    internal static string Anchor(string text)
    {
        var id = new System.Text.StringBuilder(text.Length);
        foreach (char c in text.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '=') id.Append(c);
            else if (id.Length > 0 && id[^1] != '-') id.Append('-');
        }
        return id.ToString().TrimEnd('-');
    }
}
