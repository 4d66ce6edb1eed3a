using SkiaSharp;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks.Backends;

/// <summary>Which point of a text lies at the position given.</summary>
internal enum TextAnchor
{
    /// <summary>The left end of the baseline.</summary>
    Left,

    /// <summary>The middle of the baseline.</summary>
    Centre,

    /// <summary>The right end of the baseline.</summary>
    Right,
}

/// <summary>
/// Sets labels with scripts. Every glyph is drawn as an outline: no font has to be there when the picture is shown, and raster and
/// vector agree to the last bend.
/// </summary>
internal static class StaticText
{
    private const double ScriptScale = 0.72;
    private const double SubDrop = 0.20;
    private const double SupRise = 0.38;

    /// <summary>Height of a line in multiples of the font size: room for one script above and one below.</summary>
    internal const double LineHeight = 1.3;

    /// <summary>From the baseline up to the middle of small letters and digits, in multiples of the font size.</summary>
    internal const double HalfHeight = 0.36;

    /// <summary>The width of a label in pixels.</summary>
    internal static double Measure(string label, double size, bool bold = false) =>
        label.Length == 0 ? 0 : Lay(RichLabel.Parse(label).Pieces, 0, 0, size, bold, path: null);

    /// <summary>The size at which a label is no wider than there is room; the wished one where it fits.</summary>
    internal static double Fit(string label, double size, double room, bool bold = false)
    {
        double width = Measure(label, size, bold);
        return width <= room || width == 0 ? size : size * room / width;
    }

    /// <summary>Draws a label with its baseline at (x, y), turned by an angle in degrees.</summary>
    internal static void Draw(Ink ink, string label, double x, double y, double size, string color, TextAnchor anchor = TextAnchor.Left, bool bold = false, double angle = 0, bool halo = false)
    {
        if (label.Length == 0)
        {
            return;
        }
        if (ink.Labels is not null)
        {
            ink.Labels.Add(new PlacedLabel(label, x, y, size, color, anchor, bold, angle));
            return;
        }
        using var path = new SKPath();
        double width = Lay(RichLabel.Parse(label).Pieces, 0, 0, size, bold, path);
        double shift = anchor switch { TextAnchor.Centre => -width / 2, TextAnchor.Right => -width, _ => 0 };
        SKMatrix place = SKMatrix.CreateTranslation((float)shift, 0).PostConcat(SKMatrix.CreateRotationDegrees((float)angle)).PostConcat(SKMatrix.CreateTranslation((float)x, (float)y));
        path.Transform(place);
        using var paint = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Fill };
        if (halo)
        {
            paint.Color = SKColor.Parse(Theme.Paper).WithAlpha(215);
            paint.Style = SKPaintStyle.Stroke;
            paint.StrokeWidth = 3;
            paint.StrokeJoin = SKStrokeJoin.Round;
            ink.Canvas.DrawPath(path, paint);
            paint.Style = SKPaintStyle.Fill;
        }
        paint.Color = SKColor.Parse(color);
        ink.Canvas.DrawPath(path, paint);
    }

    /// <summary>Lays pieces out from (x, y), adds their outlines to <paramref name="path"/> if there is one, and returns where they end.</summary>
    private static double Lay(IReadOnlyList<RichLabel.Piece> pieces, double x, double y, double size, bool bold, SKPath? path)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            RichLabel.Piece piece = pieces[i];
            if (piece.Script == RichLabel.Script.None)
            {
                x += Glyphs(piece.Text, x, y, size, bold, path);
                continue;
            }
            double start = x + 0.04 * size;
            x = LayScript(piece, start, y, size, bold, path);
            // A subscript and a superscript of one letter stand above each other.
            if (i + 1 < pieces.Count && pieces[i + 1].Script != RichLabel.Script.None && pieces[i + 1].Script != piece.Script)
            {
                i++;
                x = Math.Max(x, LayScript(pieces[i], start, y, size, bold, path));
            }
        }
        return x;
    }

    private static double LayScript(RichLabel.Piece piece, double x, double y, double size, bool bold, SKPath? path)
    {
        double shift = piece.Script == RichLabel.Script.Sub ? SubDrop : -SupRise;
        return Lay(piece.Children, x, y + shift * size, size * ScriptScale, bold, path);
    }

    private static double Glyphs(string text, double x, double y, double size, bool bold, SKPath? path)
    {
        using var font = new SKFont(bold ? EmbeddedFont.Bold : EmbeddedFont.Regular, (float)size) { Hinting = SKFontHinting.None, Subpixel = true, LinearMetrics = true };
        if (path is not null)
        {
            using SKPath outline = font.GetTextPath(text, new SKPoint((float)x, (float)y));
            path.AddPath(outline);
        }
        return font.MeasureText(text);
    }
}
