using System.Globalization;
using System.Text;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks.Backends;

/// <summary>A figure whose labels LaTeX sets: they have the document's fonts, and formulas are the document's formulas.</summary>
internal static class LatexPicture
{
    /// <summary>Points of a pixel: 72.27 TeX points and 96 pixels to the inch.</summary>
    private const double PointsPerPixel = 72.27 / 96;

    internal static (byte[] Pdf, string Tex) Write(Figure figure, string pdfName)
    {
        var labels = new List<PlacedLabel>();
        byte[] pdf = StaticBackend.ToPdf(figure, labels);
        double height = new FigureLayout(figure, StaticBackend.Width).Height;
        var tex = new StringBuilder("% Labels over a picture without text; lengths in 1/96 inch.\n\\begingroup\\setlength{\\unitlength}{0.0104166667in}%\n");
        tex.Append(Invariant($"\\begin{{picture}}({StaticBackend.Width},{height:0.##})\n\\put(0,0){{\\includegraphics[width={StaticBackend.Width}\\unitlength]{{{pdfName}}}}}\n"));
        foreach (PlacedLabel label in labels) tex.Append(Put(label, height));
        return (pdf, tex.Append("\\end{picture}\\endgroup\n").ToString());
    }

    private static string Put(PlacedLabel label, double height)
    {
        double size = label.Size * PointsPerPixel;
        string text = $"\\fontsize{{{Number(size)}}}{{{Number(1.2 * size)}}}\\selectfont{(label.Bold ? "\\bfseries" : "")}\\color[HTML]{{{label.Color.TrimStart('#').ToUpperInvariant()}}}{RichLabel.Parse(label.Label).ToLatex()}";
        if (label.Angle != 0)
        {
            // Turned labels are centred ones: the middle of their small letters goes to the middle of the line.
            double middle = label.X + (label.Angle < 0 ? -1 : 1) * label.Size * StaticText.HalfHeight;
            return Invariant($"\\put({middle:0.##},{height - label.Y:0.##}){{\\makebox(0,0){{\\rotatebox[origin=c]{{{-label.Angle:0}}}{{{text}}}}}}}\n");
        }
        string at = label.Anchor switch { TextAnchor.Centre => "c", TextAnchor.Right => "r", _ => "l" };
        return Invariant($"\\put({label.X:0.##},{height - label.Y:0.##}){{\\makebox[0pt][{at}]{{{text}}}}}\n");
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
