using System.Reflection;
using SkiaSharp;

namespace Workbook.Notebooks.Backends;

/// <summary>
/// The font that travels with the library, so that a figure has its text, and the same text, on a machine without any fonts.
/// DejaVu Sans Condensed, cut down to Latin, Greek and mathematics; its licence lies beside it.
/// </summary>
internal static class EmbeddedFont
{
    private static readonly Lazy<SKTypeface> Book = new(() => Load("WorkbookSans.ttf"));
    private static readonly Lazy<SKTypeface> BoldFace = new(() => Load("WorkbookSans-Bold.ttf"));

    internal static SKTypeface Regular => Book.Value;

    internal static SKTypeface Bold => BoldFace.Value;

    private static SKTypeface Load(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Fonts/" + file)
            ?? throw new InvalidOperationException($"The font {file} is missing from the library.");
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"The font {file} cannot be read.");
    }
}
