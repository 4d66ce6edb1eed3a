using Workbook.Notebooks.Hosting;

namespace Workbook.Notebooks;

/// <summary>
/// Something a cell can show: a <see cref="Figure"/>, a <see cref="Table"/>, a <see cref="ClaimCard"/>, a <see cref="Note"/>.
/// A cell shows it by ending in it, or by <c>view.Display();</c> as a statement; both work in every notebook host and in a console.
/// </summary>
public abstract record View
{
    /// <summary>The MIME types this view offers and their content, richest first. Binary content is base64, JSON is text.</summary>
    public abstract IReadOnlyDictionary<string, object> ToMimeBundle();

    /// <summary>The view as a fragment of HTML: no scripts, nothing fetched from a network, readable on light and dark pages.</summary>
    public abstract string ToHtml();

    /// <summary>The view in plain characters, for a terminal and for readers of the raw notebook.</summary>
    public abstract string ToText();

    /// <summary>Shows the view where the caller's output goes: in the running cell of a notebook host, else on the console.</summary>
    public void Display() => Hosts.Show(this);

    /// <summary>The plain text of <see cref="ToText"/>.</summary>
    public sealed override string ToString() => ToText();
}
