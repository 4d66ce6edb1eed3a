using System.Text;
using System.Text.Json;
using Workbook.Kernel;
using Workbook.Report.Pages;

namespace Workbook.Report.Book;

/// <summary>
/// Notebooks as a small book: an index, a page a notebook with the way back and forth, and a search over sections and claims that works from disk. Nothing in it
/// depends on when or where it was made.
/// </summary>
public static class Site
{
    private const string Title = "The SignGD Workbook";

    /// <summary>All files of the site by their relative path.</summary>
    /// <param name="notebooks">Names (without extension) and notebooks, in the order of the book.</param>
    public static IReadOnlyDictionary<string, byte[]> Write(IReadOnlyList<(string Name, NotebookDocument Notebook)> notebooks)
    {
        ArgumentNullException.ThrowIfNull(notebooks);
        var names = notebooks.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        string Link(string url)
        {
            string path = url.Split('#')[0], file = Path.GetFileNameWithoutExtension(path);
            return path.EndsWith(".ipynb", StringComparison.Ordinal) && !path.Contains("://", StringComparison.Ordinal) && names.Contains(file) ? file + ".html" + url[path.Length..] : url;
        }
        // Twice: a link to a claim needs to know which page has its card.
        NotebookContent[] first = [.. notebooks.Select(n => NotebookContent.Read(n.Notebook, n.Name, (file, _) => "figures/" + file))];
        var homes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (NotebookContent content in first)
            foreach (Place place in content.Places.Where(p => p.IsClaim)) homes.TryAdd(place.Title, $"{content.Name}.html#{place.Anchor}");
        string? Home(string name) => homes.GetValueOrDefault(name) ?? (names.Contains(name) ? name + ".html" : null);
        NotebookContent[] contents = [.. notebooks.Select(n => NotebookContent.Read(n.Notebook, n.Name, (file, _) => "figures/" + file, Link, Home))];

        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        void Add(string path, string text) => files[path] = Encoding.UTF8.GetBytes(text);
        foreach (var (name, text) in HtmlPage.SharedParts()) Add($"{HtmlPage.AssetFolder}/{name}", text);
        Add($"{HtmlPage.AssetFolder}/index.js", "window.bookIndex = " + JsonSerializer.Serialize(contents.SelectMany(c => c.Places.Select(p => new
        {
            title = p.Title.Replace("$", "", StringComparison.Ordinal), page = c.Title, href = $"{c.Name}.html#{p.Anchor}", claim = p.IsClaim, text = p.Text,
        }))) + ";\n");
        for (int k = 0; k < contents.Length; k++)
        {
            NotebookContent content = contents[k];
            foreach (var (file, png) in content.Pictures) files["figures/" + file] = png;
            string pager = "<nav class=\"pager\" aria-label=\"Pages\">"
                + (k > 0 ? $"<a rel=\"prev\" href=\"{contents[k - 1].Name}.html\">← {Words(contents[k - 1].Title)}</a>" : "<span></span>")
                + (k + 1 < contents.Length ? $"<a rel=\"next\" href=\"{contents[k + 1].Name}.html\">{Words(contents[k + 1].Title)} →</a>" : "<span></span>") + "</nav>";
            Add(content.Name + ".html", Page(NotebookPage.Page(content) with { Body = content.Html + pager, Title = $"{content.Title} - {Title}" }));
        }
        Add("index.html", Page(new HtmlPage { Title = Title, Body = Index(contents, homes), Description = "Notebooks that make one theorem on sign gradient descent executable." }));
        return files;
    }

    private static string Page(HtmlPage page) => (page with
    {
        Parts = PageParts.Beside,
        SiteScripts = ["index.js"],
        Header = $"<a class=\"home\" href=\"index.html\">{Title}</a><div class=\"search\" role=\"search\"><label><input type=\"search\" placeholder=\"Search: stage1.ends-first, float32 ..\" "
            + "aria-label=\"Search sections and claims\" autocomplete=\"off\"></label><ol aria-label=\"Places found\"></ol></div><span id=\"found\" role=\"status\"></span>",
    }).Write();

    private static string Index(NotebookContent[] contents, Dictionary<string, string> homes)
    {
        var html = new StringBuilder($"<h1>{Title}</h1>\n<p>One theorem on sign gradient descent, made executable. Each page is a notebook with its outputs; every claim has one home.</p>\n<h2>Notebooks</h2>\n");
        foreach (NotebookContent content in contents)
            html.Append($"<h3><a href=\"{content.Name}.html\">{HtmlText.Escape(content.Name.Split('-')[0])} {Words(content.Title)}</a></h3>\n{MarkdownText.ToHtml(content.Summary)}");
        html.Append("<h2>Claims</h2>\n<ul>\n");
        foreach (var (id, home) in homes.OrderBy(h => h.Key, StringComparer.Ordinal)) html.Append($"<li><a href=\"{home}\"><code>{HtmlText.Escape(id)}</code></a></li>\n");
        return html.Append("</ul>\n").ToString();
    }

    /// <summary>A heading's formulas as formulas, without a paragraph around it.</summary>
    private static string Words(string heading) => MarkdownText.ToHtml(heading).Trim().Replace("<p>", "", StringComparison.Ordinal).Replace("</p>", "", StringComparison.Ordinal);
}
