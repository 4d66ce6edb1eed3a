using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Workbook.Report.Pages;

/// <summary>Markdown with formulas as HTML: what a notebook's text cells hold.</summary>
public static partial class MarkdownText
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseMathematics()
        .UseEmphasisExtras().UseFootnotes().Build();

    /// <summary>The text as HTML.</summary>
    /// <param name="markdown">The text.</param>
    /// <param name="link">Rewrites the address of a link; null leaves it.</param>
    public static string ToHtml(string markdown, Func<string, string>? link = null)
    {
        ArgumentNullException.ThrowIfNull(markdown);
        // A formula that spans lines, as notebooks write it, in the form that the parser knows: fences alone on their lines.
        MarkdownDocument document = Markdown.Parse(SpanningFormula().Replace(markdown, f => $"$$\n{f.Groups[1].Value.Trim()}\n$$"), s_pipeline);
        if (link is not null)
            foreach (LinkInline found in document.Descendants<LinkInline>())
                if (found.Url is string url) found.Url = link(url);
        using var writer = new StringWriter();
        var renderer = new HtmlRenderer(writer) { LinkRewriter = null };
        s_pipeline.Setup(renderer);
        renderer.ObjectRenderers.Replace<HtmlMathInlineRenderer>(new InlineFormula());
        renderer.ObjectRenderers.Replace<HtmlMathBlockRenderer>(new BlockFormula());
        renderer.ObjectRenderers.Replace<Markdig.Extensions.Tables.HtmlTableRenderer>(new WideTable());
        renderer.Render(document);
        return writer.ToString();
    }

    private sealed class InlineFormula : HtmlObjectRenderer<MathInline>
    {
        // With two dollars it has a line of its own, inside a paragraph too, and there a frame that scrolls.
        protected override void Write(HtmlRenderer renderer, MathInline formula)
        {
            bool display = formula.DelimiterCount > 1;
            string html = Formulas.ToMathML(formula.Content.ToString(), display);
            renderer.Write(display ? $"<span class=\"formula\">{html}</span>" : html);
        }
    }

    private sealed class BlockFormula : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(HtmlRenderer renderer, MathBlock formula) =>
            renderer.Write("<div class=\"formula\">" + Formulas.ToMathML(formula.Lines.ToString(), display: true) + "</div>\n");
    }

    /// <summary>A table in a frame that scrolls by itself, so that a phone's page does not.</summary>
    private sealed class WideTable : HtmlObjectRenderer<Markdig.Extensions.Tables.Table>
    {
        private readonly Markdig.Extensions.Tables.HtmlTableRenderer _plain = new();

        protected override void Write(HtmlRenderer renderer, Markdig.Extensions.Tables.Table table)
        {
            renderer.Write("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"table\">");
            _plain.Write(renderer, table);
            renderer.Write("</div>\n");
        }
    }

    [GeneratedRegex(@"(?m)^\$\$([^$]*\n[^$]*)\$\$[ \t]*$")]
    private static partial Regex SpanningFormula();
}
