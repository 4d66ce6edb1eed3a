using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>
/// A few paragraphs of Markdown, formulas between dollar signs. A front end that knows Markdown gets it as it is and sets the
/// formulas itself; only a host that shows nothing but HTML gets our own rendering, which knows scripts and symbols, not fractions.
/// </summary>
/// <param name="Markdown">The text.</param>
public sealed record Note(string Markdown) : View
{
    /// <inheritdoc/>
    public override string ToHtml() => MarkdownHtml.Write(Markdown);

    /// <inheritdoc/>
    public override string ToText() => Markdown;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object>
    {
        // No text/html: every front end and GitHub prefer it, and would then not set the formulas.
        ["text/markdown"] = Markdown,
        ["text/plain"] = ToText(),
    };
}
