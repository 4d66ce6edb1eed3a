using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Workbook.Notebooks.Backends;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>
/// A figure: data and encoding, fixed when it is built. Two back ends draw it, Plotly for a live notebook and a static picture for
/// paper and repository; both take the same points, the same axis ends and the same strokes, so they cannot disagree.
/// </summary>
/// <remarks>
/// Building a figure thins every series to at most <see cref="MaxPoints"/> points (usually a few hundred: extremes, corners and gaps
/// stay) and rounds what is drawn to seven digits; the exact numbers stay in the trajectory the figure was made from. NaN and infinite
/// values are gaps.
/// </remarks>
public sealed record Figure : View
{
    /// <summary>The MIME type of a Plotly figure.</summary>
    public const string PlotlyMimeType = "application/vnd.plotly.v1+json";

    /// <summary>The most panels that 5.5 inches hold side by side.</summary>
    public const int MostColumns = 4;

    /// <summary>The most points that one trace of a figure holds.</summary>
    public const int MaxPoints = 2000;

    private Figure(string title, string caption, ImmutableArray<Panel> panels, int columns, bool shareX, bool shareY, double panelHeight)
    {
        (Title, Caption, Panels, Columns, PanelHeight) = (title, caption, panels, columns, panelHeight);
        (ShareX, ShareY) = (shareX, shareY);
        XRanges = Ranges(horizontal: true, shareX);
        YRanges = Ranges(horizontal: false, shareY);
    }

    /// <summary>The title above the figure.</summary>
    public string Title { get; }

    /// <summary>What a reader should see in it, in a sentence or two; goes beside the picture, not into it.</summary>
    public string Caption { get; }

    /// <summary>The panels, row by row.</summary>
    public ImmutableArray<Panel> Panels { get; }

    /// <summary>Panels in a row.</summary>
    public int Columns { get; }

    /// <summary>Whether all panels have one horizontal range.</summary>
    public bool ShareX { get; }

    /// <summary>Whether all panels have one vertical range.</summary>
    public bool ShareY { get; }

    /// <summary>Height of a panel's axes in CSS pixels (1/96 inch).</summary>
    public double PanelHeight { get; }

    internal ImmutableArray<AxisRange> XRanges { get; }

    internal ImmutableArray<AxisRange> YRanges { get; }

    /// <summary>A figure of one panel.</summary>
    public static Figure Of(Panel panel, string title = "", string caption = "", double panelHeight = 210) =>
        Grid(1, [panel], title, caption, panelHeight: panelHeight);

    /// <summary>A figure of several panels, row by row.</summary>
    /// <param name="columns">Panels in a row.</param>
    /// <param name="panels">The panels.</param>
    /// <param name="title">The title above the figure.</param>
    /// <param name="caption">What a reader should see in it.</param>
    /// <param name="shareX">Gives all panels one horizontal range and labels only the last row.</param>
    /// <param name="shareY">Gives all panels one vertical range and labels only the first column.</param>
    /// <param name="panelHeight">Height of a panel's axes in CSS pixels (1/96 inch).</param>
    /// <exception cref="ArgumentException">Arrays of unequal length, or a value that a logarithmic axis cannot show.</exception>
    public static Figure Grid(int columns, IReadOnlyList<Panel> panels, string title = "", string caption = "", bool shareX = false, bool shareY = false, double panelHeight = 150)
    {
        ArgumentNullException.ThrowIfNull(panels);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, MostColumns);
        ArgumentOutOfRangeException.ThrowIfLessThan(panelHeight, 40);
        if (panels.Count == 0)
        {
            throw new ArgumentException("A figure needs at least one panel.", nameof(panels));
        }
        foreach (Panel panel in panels)
        {
            PanelCheck.Check(panel);
        }
        return new Figure(title, caption, [.. panels.Select(Thinning.ForDrawing)], Math.Min(columns, panels.Count), shareX, shareY, panelHeight);
    }

    /// <summary>Values that a logarithmic axis can show; the others become gaps. Says in the data, not in the drawing, what is left out.</summary>
    public static double[] PositiveOrGap(double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return [.. values.Select(value => value > 0 ? value : double.NaN)];
    }

    /// <summary>The figure for Plotly, as compact JSON.</summary>
    public string ToPlotlyJson() => PlotlyBackend.ToJson(this);

    /// <summary>The figure as a PNG picture, 5.5 inches wide; <paramref name="scale"/> 2 gives 192 pixels to the inch.</summary>
    public byte[] ToPng(double scale = 2) => StaticBackend.ToPng(this, scale);

    /// <summary>The figure as SVG, 5.5 inches wide, with all text as outlines: it looks the same where no font is installed.</summary>
    public string ToSvg() => StaticBackend.ToSvg(this);

    /// <summary>The figure as one page of PDF, 5.5 inches wide, with all text as outlines.</summary>
    public byte[] ToPdf() => StaticBackend.ToPdf(this);

    /// <summary>
    /// The figure for a LaTeX document that sets the text itself, in its own fonts: a PDF without text, and the labels as a picture environment around it,
    /// 5.5 inches wide. Needs the packages graphicx and xcolor.
    /// </summary>
    /// <param name="pdfName">The name under which the document will find the PDF.</param>
    public (byte[] Pdf, string Tex) ToLatexPicture(string pdfName) => LatexPicture.Write(this, pdfName);

    /// <summary>plotly.js (3.5 MB), the version that <see cref="ToPlotlyJson"/> is written for: a page that carries it needs no network.</summary>
    public static string PlotlyScript() => InteractivePage.PlotlyScript();

    /// <summary>A page with the interactive figure. plotly.js (3.5 MB) is inside: the page needs no network.</summary>
    public string ToInteractiveHtml() => InteractivePage.Write(this);

    /// <summary>Writes the figure; the extension decides the form: <c>.png</c>, <c>.svg</c>, <c>.pdf</c>, <c>.json</c> (Plotly) or <c>.html</c> (interactive).</summary>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        byte[] content = Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".PNG" => ToPng(),
            ".SVG" => Encoding.UTF8.GetBytes(ToSvg()),
            ".PDF" => ToPdf(),
            ".JSON" => Encoding.UTF8.GetBytes(ToPlotlyJson()),
            ".HTML" => Encoding.UTF8.GetBytes(ToInteractiveHtml()),
            var other => throw new ArgumentException($"A figure is saved as .png, .svg, .pdf, .json or .html, not as '{other}'.", nameof(path)),
        };
        File.WriteAllBytes(path, content);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object>
    {
        [PlotlyMimeType] = ToPlotlyJson(),
        ["image/png"] = Convert.ToBase64String(ToPng()),
        ["text/plain"] = ToText(),
    };

    /// <inheritdoc/>
    public override string ToHtml()
    {
        string source = Convert.ToBase64String(ToPng());
        string width = StaticBackend.Width.ToString(CultureInfo.InvariantCulture);
        string caption = Caption.Length == 0 ? "" : $"<figcaption style=\"font-size:90%;max-width:{width}px\">{RichLabel.Parse(Caption).ToHtml()}</figcaption>";
        return $"<figure style=\"margin:0.5em 0\"><img style=\"width:{width}px;max-width:100%;height:auto\" alt=\"{Escape.Html(ToText())}\" src=\"data:image/png;base64,{source}\"/>{caption}</figure>";
    }

    /// <inheritdoc/>
    public override string ToText() => FigureText.Write(this);

    /// <summary>The row of a panel.</summary>
    internal int RowOf(int panel) => panel / Columns;

    /// <summary>Rows of panels.</summary>
    internal int Rows => (Panels.Length + Columns - 1) / Columns;

    private ImmutableArray<AxisRange> Ranges(bool horizontal, bool shared)
    {
        if (shared)
        {
            return [.. Enumerable.Repeat(AxisRange.Of(Panels, horizontal), Panels.Length)];
        }
        return [.. Panels.Select(panel => AxisRange.Of([panel], horizontal))];
    }
}
