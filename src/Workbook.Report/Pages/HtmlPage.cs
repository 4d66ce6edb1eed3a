using System.Text;

namespace Workbook.Report.Pages;

/// <summary>Where a page's styles and scripts are.</summary>
public enum PageParts
{
    /// <summary>All inside: one file that works anywhere.</summary>
    Inside,

    /// <summary>In <c>assets/</c> beside the page, shared by a site's pages.</summary>
    Beside,
}

/// <summary>One page in the workbook's look: light and dark, printable, readable on a phone, and without any network.</summary>
public sealed record HtmlPage
{
    /// <summary>Folder of a site's shared parts.</summary>
    public const string AssetFolder = "assets";

    /// <summary>Title in the browser's tab.</summary>
    public required string Title { get; init; }

    /// <summary>The content, HTML.</summary>
    public required string Body { get; init; }

    /// <summary>What stands at the head of the page: name, links, search; HTML.</summary>
    public string Header { get; init; } = "";

    /// <summary>What stands at its foot, HTML.</summary>
    public string Footer { get; init; } = "";

    /// <summary>One sentence for search engines and link previews.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether the page has interactive figures.</summary>
    public bool Plots { get; init; }

    /// <summary>Whether styles and scripts are inside.</summary>
    public PageParts Parts { get; init; }

    /// <summary>Further scripts of a site, names in <see cref="AssetFolder"/>.</summary>
    public IReadOnlyList<string> SiteScripts { get; init; } = [];

    /// <summary>The whole page. It depends on nothing but this record: no date, no machine.</summary>
    public string Write()
    {
        bool inside = Parts == PageParts.Inside;
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Append($"<title>{HtmlText.Escape(Title)}</title>\n");
        if (Description.Length > 0) html.Append($"<meta name=\"description\" content=\"{HtmlText.Escape(Description)}\">\n");
        // An empty icon of our own, so that a browser does not ask for one.
        html.Append("<link rel=\"icon\" href=\"data:,\">\n");
        html.Append(inside ? $"<style>\n{Assets.Text("page.css")}</style>\n" : $"<link rel=\"stylesheet\" href=\"{AssetFolder}/page.css\">\n");
        // Before the first paint, or a dark page flashes white.
        html.Append("<script>try{const t=localStorage.getItem('workbook-theme');if(t)document.documentElement.dataset.theme=t}catch{}</script>\n</head>\n<body>\n");
        html.Append("<a class=\"skip\" href=\"#content\">Skip to the content</a>\n");
        html.Append($"<header>{Header}<button type=\"button\" id=\"theme\" aria-label=\"Switch between light and dark\">◐</button></header>\n");
        html.Append($"<main id=\"content\" tabindex=\"-1\">\n{Body}\n</main>\n");
        if (Footer.Length > 0) html.Append($"<footer>{Footer}</footer>\n");
        foreach (string name in SiteScripts) html.Append($"<script src=\"{AssetFolder}/{name}\"></script>\n");
        if (Plots) html.Append(inside ? $"<script>{HtmlText.InScript(Notebooks.Figure.PlotlyScript())}</script>\n" : $"<script src=\"{AssetFolder}/plotly.min.js\"></script>\n");
        html.Append(inside ? $"<script>\n{HtmlText.InScript(Assets.Text("page.js"))}</script>\n" : $"<script src=\"{AssetFolder}/page.js\"></script>\n");
        return html.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>The shared parts that pages with <see cref="PageParts.Beside"/> refer to: name in <see cref="AssetFolder"/> and content.</summary>
    public static IReadOnlyList<(string Name, string Content)> SharedParts() =>
        [("page.css", Assets.Text("page.css")), ("page.js", Assets.Text("page.js")), ("plotly.min.js", Notebooks.Figure.PlotlyScript())];
}
