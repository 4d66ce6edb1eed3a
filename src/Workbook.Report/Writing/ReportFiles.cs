using System.Text;

namespace Workbook.Report.Writing;

/// <summary>
/// The report in all its forms: <c>index.html</c>, <c>report.md</c>, <c>figures/*.svg|pdf|png</c>, <c>tables/*.tex|md|csv</c> and <c>paper/</c>. A function of the
/// findings alone: the same findings give the same bytes.
/// </summary>
public static class ReportFiles
{
    /// <summary>All files by their relative path.</summary>
    public static IReadOnlyDictionary<string, byte[]> Write(Findings findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        IReadOnlyList<Block> blocks = ReportText.Write(findings);
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        void Add(string path, string text) => files[path] = Encoding.UTF8.GetBytes(text);
        Add("index.html", ReportPage.Write(blocks));
        Add("report.md", ReportMarkdown.Write(blocks));
        foreach (Picture picture in blocks.OfType<Picture>())
        {
            Add($"figures/{picture.Id}.svg", picture.Figure.ToSvg());
            files[$"figures/{picture.Id}.png"] = picture.Figure.ToPng();
            files[$"figures/{picture.Id}.pdf"] = picture.Figure.ToPdf();
        }
        foreach (Grid grid in blocks.OfType<Grid>())
        {
            Add($"tables/{grid.Id}.md", grid.Shown.ToMarkdown());
            Add($"tables/{grid.Id}.tex", grid.Shown.ToLatex());
            Add($"tables/{grid.Id}.csv", grid.Data.ToCsv());
        }
        foreach (var (path, content) in PaperFolder.Write(findings, blocks)) files[path] = content;
        return files;
    }
}
