namespace Workbook.Report.Pages;

/// <summary>
/// An interactive figure in a page: the Plotly JSON, drawn when it comes into view; a picture where scripts are off; and the figure in words for those who
/// do not see it.
/// </summary>
/// <param name="Id">Unique in its page.</param>
/// <param name="Json">Plotly's data and layout.</param>
/// <param name="Words">The figure in plain text: title, caption, and the range of each line.</param>
/// <param name="CaptionHtml">The caption under the figure, HTML.</param>
/// <param name="Fallback">Source of the picture shown without scripts: a file beside the page or a data URI; null for none.</param>
public sealed record PlotElement(string Id, string Json, string Words, string CaptionHtml, string? Fallback)
{
    /// <summary>The element.</summary>
    public string ToHtml()
    {
        string title = HtmlText.Escape(Words.Split('\n')[0]);
        string fallback = Fallback is null ? "" : $"<noscript><img src=\"{Fallback}\" alt=\"{title}\"></noscript>";
        string caption = CaptionHtml.Length == 0 ? "" : $"<p>{CaptionHtml}</p>";
        return $"<figure class=\"plot\" id=\"{Id}\"><div class=\"canvas\" role=\"img\" aria-label=\"{title}\" data-plot=\"{Id}-data\"></div>{fallback}"
            + $"<figcaption>{caption}<details><summary>Figure in words</summary><pre>{HtmlText.Escape(Words)}</pre></details></figcaption>"
            + $"<script type=\"application/json\" id=\"{Id}-data\">{HtmlText.InScript(Json)}</script></figure>\n";
    }
}
