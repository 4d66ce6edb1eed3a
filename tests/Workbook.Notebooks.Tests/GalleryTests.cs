using Xunit;

namespace Workbook.Notebooks.Tests;

public class GalleryTests
{
    public static TheoryData<string> Names => [.. Synthetic.Gallery.Keys];

    /// <summary>Set WORKBOOK_GALLERY to a folder to get every figure there, to be looked at.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_figure_of_the_paper_draws(string name)
    {
        Figure figure = Synthetic.Gallery[name]();
        byte[] png = figure.ToPng();
        Assert.True(png.Length > 5_000);
        if (Environment.GetEnvironmentVariable("WORKBOOK_GALLERY") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            foreach (string extension in new[] { ".png", ".svg", ".json", ".html" })
            {
                figure.Save(Path.Combine(folder, name + extension));
            }
            File.WriteAllText(Path.Combine(folder, name + ".txt"), figure.ToText());
        }
    }
}
