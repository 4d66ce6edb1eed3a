using Workbook.Kernel;
using Workbook.Report.Pages;

namespace Workbook.Report.Book;

/// <summary>A notebook as one HTML file that needs nothing beside it.</summary>
public static class NotebookPage
{
    /// <summary>The page of a notebook that was run.</summary>
    /// <param name="notebook">The notebook with its outputs.</param>
    /// <param name="name">Its file's name without extension.</param>
    public static string Write(NotebookDocument notebook, string name)
    {
        var content = NotebookContent.Read(notebook, name);
        HtmlPage page = Page(content) with { Header = $"<span class=\"home\">{HtmlText.Escape(content.Title)}</span>" };
        return page.Write();
    }

    internal static HtmlPage Page(NotebookContent content) => new()
    {
        Title = content.Title,
        Description = HtmlText.Plain(MarkdownText.ToHtml(content.Summary)),
        Body = content.Html,
        Plots = content.Html.Contains("data-plot=", StringComparison.Ordinal),
    };
}
