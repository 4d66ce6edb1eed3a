using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Workbook.Kernel;
using Workbook.Report.Pages;

namespace Workbook.Report.Book;

/// <summary>A place in a notebook that a reader may search for: a section or a claim's verdict.</summary>
/// <param name="Title">The heading, or the claim's id.</param>
/// <param name="Anchor">The id of its element.</param>
/// <param name="IsClaim">Whether it is a claim's card.</param>
/// <param name="Text">Lower-case words found there.</param>
public sealed record Place(string Title, string Anchor, bool IsClaim, string Text);

/// <summary>What a notebook becomes on a page: HTML, its title and first paragraph, its figures, and its places.</summary>
public sealed partial record NotebookContent
{
    /// <summary>The file's name without its extension.</summary>
    public required string Name { get; init; }

    /// <summary>The first heading, or the name.</summary>
    public required string Title { get; init; }

    /// <summary>The first paragraph, Markdown.</summary>
    public required string Summary { get; init; }

    /// <summary>The cells as HTML.</summary>
    public required string Html { get; init; }

    /// <summary>Sections and claims in order.</summary>
    public required IReadOnlyList<Place> Places { get; init; }

    /// <summary>Pictures of the figures, PNG, by file name.</summary>
    public required IReadOnlyDictionary<string, byte[]> Pictures { get; init; }

    /// <summary>Turns a notebook with its outputs into HTML.</summary>
    /// <param name="notebook">The notebook, run.</param>
    /// <param name="name">Its file's name without extension.</param>
    /// <param name="picture">Where a picture will be, from its file name and content; null for a data URI.</param>
    /// <param name="link">Rewrites links in the text.</param>
    /// <param name="home">Address of what a code span names: the place where a claim is checked, or a notebook's page; null where it names neither.</param>
    public static NotebookContent Read(NotebookDocument notebook, string name, Func<string, byte[], string>? picture = null, Func<string, string>? link = null,
        Func<string, string?>? home = null)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        ArgumentNullException.ThrowIfNull(name);
        picture ??= (_, png) => "data:image/png;base64," + Convert.ToBase64String(png);
        var html = new StringBuilder();
        var places = new List<(string Title, string Anchor, bool IsClaim, StringBuilder Text)>();
        var pictures = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        string? title = null, summary = null;
        void Words(string text)
        {
            if (places.Count == 0) places.Add((name, "content", false, new()));
            (places.FindLast(p => !p.IsClaim).Text ?? places[^1].Text).Append(text).Append(' ');
        }
        string Unique(string anchor)
        {
            string unique = anchor;
            for (int k = 1; !anchors.Add(unique); k++) unique = $"{anchor}-{k}";
            return unique;
        }
        foreach (NotebookCell cell in notebook.Cells)
        {
            if (!cell.IsCode)
            {
                foreach (string part in SectionStart().Split(cell.Source).Where(p => p.Length > 0))
                {
                    Match heading = Heading().Match(part);
                    if (heading.Success)
                    {
                        string words = heading.Groups[2].Value.Trim();
                        title ??= words;
                        string anchor = Unique(HtmlText.Anchor(words));
                        places.Add((words, anchor, false, new()));
                        html.Append($"<section id=\"{anchor}\" class=\"text\">");
                    }
                    else html.Append("<section class=\"text\">");
                    if (title is not null) summary ??= FirstParagraph(part);
                    Words(part);
                    html.Append(LinkNames(MarkdownText.ToHtml(part, link), home)).Append("</section>\n");
                }
                continue;
            }
            if (cell.Source.Trim().Length > 0) html.Append("<details class=\"code\"><summary>Code</summary>").Append(CodeHtml.Write(cell.Source)).Append("</details>\n");
            int output = 0;
            foreach (JsonObject item in cell.Outputs.OfType<JsonObject>())
            {
                string id = $"{HtmlText.Anchor(cell.Id)}-{output++}", plain = CellOutput.Part(item, "text/plain") ?? "";
                Match claim = ClaimVerdict().Match(plain);
                if (claim.Success)
                {
                    string anchor = Unique("claim-" + HtmlText.Anchor(claim.Groups[1].Value));
                    html.Append($"<div id=\"{anchor}\"></div>");
                    places.Add((claim.Groups[1].Value, anchor, true, new(plain)));
                }
                else Words(plain.Split('\n')[0]);
                html.Append(Output(item, id, name, plain, pictures, picture, link));
            }
        }
        return new NotebookContent
        {
            Name = name,
            Title = title ?? name,
            Summary = summary ?? "",
            Html = html.ToString(),
            Places = [.. places.Select(p => new Place(p.Title, p.Anchor, p.IsClaim, Spaces().Replace(p.Text.ToString().ToLowerInvariant(), " ").Trim()))],
            Pictures = pictures,
        };
    }

    private static string Output(JsonObject output, string id, string name, string plain, SortedDictionary<string, byte[]> pictures, Func<string, byte[], string> picture, Func<string, string>? link)
    {
        switch (CellOutput.Kind(output))
        {
            case "stream":
                string kind = (string?)output["name"] == "stderr" ? " class=\"stderr\"" : "";
                return $"<div class=\"output\"><pre{kind}>{HtmlText.Escape(CellOutput.Joined(output["text"]))}</pre></div>\n";
            case "error":
                string trace = string.Join('\n', (output["traceback"] as JsonArray ?? []).Select(line => (string?)line));
                return $"<div class=\"output\"><pre class=\"stderr\">{HtmlText.Escape(Colours().Replace(trace, ""))}</pre></div>\n";
        }
        string? source = null;
        if (CellOutput.Part(output, "image/png") is string base64)
        {
            string file = $"{name}-{id}.png";
            byte[] png = Convert.FromBase64String(base64);
            pictures[file] = png;
            source = picture(file, png);
        }
        if (CellOutput.Data(output, "application/vnd.plotly.v1+json") is JsonNode plotly)
        {
            string[] lines = plain.Split('\n');
            string caption = lines.Length > 1 && !PanelLine().IsMatch(lines[1]) ? Subscript().Replace(HtmlText.Escape(lines[1]), "<sub>$1</sub>") : "";
            return new PlotElement("figure-" + id, plotly.ToJsonString(), plain, caption, source).ToHtml();
        }
        if (CellOutput.Part(output, "text/html") is string rich) return $"<div class=\"output\" tabindex=\"0\" role=\"group\" aria-label=\"output\">{rich}</div>\n";
        if (source is not null) return $"<figure><img src=\"{source}\" alt=\"{HtmlText.Escape(plain)}\"></figure>\n";
        if (CellOutput.Part(output, "image/svg+xml") is string svg) return $"<figure role=\"img\" aria-label=\"{HtmlText.Escape(plain.Split('\n')[0])}\">{svg}</figure>\n";
        if (CellOutput.Part(output, "text/markdown") is string markdown) return $"<div class=\"output\">{MarkdownText.ToHtml(markdown, link)}</div>\n";
        return plain.Length == 0 ? "" : $"<div class=\"output\"><pre>{HtmlText.Escape(plain)}</pre></div>\n";
    }

    private static string LinkNames(string html, Func<string, string?>? home) => home is null
        ? html
        : CodeSpan().Replace(html, code => home(code.Groups[1].Value) is string url ? $"<a href=\"{url}\">{code.Value}</a>" : code.Value);

    private static string FirstParagraph(string markdown) =>
        markdown.Split("\n\n").Select(p => p.Trim()).FirstOrDefault(p => p.Length > 0 && p[0] is not ('#' or '|' or '$' or '<')) ?? "";

    [GeneratedRegex(@"(?m)(?=^#{1,3} )")]
    private static partial Regex SectionStart();

    [GeneratedRegex(@"\A(#{1,3}) (.+)")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\A([a-zA-Z][\w.=/-]*\.[\w.=/-]+): (holds|FAILS|not applicable)")]
    private static partial Regex ClaimVerdict();

    [GeneratedRegex(@"_\{([^{}]*)\}")]
    private static partial Regex Subscript();

    [GeneratedRegex(@"\A\([a-z]\) ")]
    private static partial Regex PanelLine();

    [GeneratedRegex(@"<code>([\w./=-]+)</code>")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\x1b\[[0-9;]*m")]
    private static partial Regex Colours();
}
