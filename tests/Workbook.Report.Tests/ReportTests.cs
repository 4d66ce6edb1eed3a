using System.Text;
using System.Text.RegularExpressions;
using Workbook.Core.Data;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Workbook.Report.Writing;
using Xunit;

namespace Workbook.Report.Tests;

/// <summary>Figure-1 with one seed, its runs stored, and the report of them.</summary>
public sealed class MadeReport : IDisposable
{
    public MadeReport()
    {
        Findings = Find();
        Files = ReportFiles.Write(Findings);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("workbook-report-").FullName;

    internal Findings Findings { get; }

    public IReadOnlyDictionary<string, byte[]> Files { get; }

    internal Findings Find()
    {
        var size = new ReproductionSize(1, true, DataFolder.FindDigits());
        var store = new RunStore(Folder);
        Experiment experiment = Figure1.Create(size);
        IReadOnlyList<RunOutcome> outcomes = experiment.RunAll(store);
        return FindingsReader.Read(size, [(experiment, outcomes, experiment.Judge(outcomes))], store, Path.Combine(Folder, "report"));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

public sealed partial class ReportTests(MadeReport report) : IClassFixture<MadeReport>
{
    private string File(string name) => Encoding.UTF8.GetString(report.Files[name]);

    /// <summary>The page without plotly.js and the figures' data.</summary>
    private string Page => Script().Replace(File("index.html"), "");

    [Fact]
    public void The_report_is_made_again_byte_for_byte()
    {
        var again = ReportFiles.Write(report.Find());
        Assert.Equal(report.Files.Keys, again.Keys);
        Assert.All(report.Files, file => Assert.True(file.Value.AsSpan().SequenceEqual(again[file.Key]), $"{file.Key} differs from one writing to the next."));
    }

    [Fact]
    public void The_page_is_one_file_and_every_link_leads_somewhere()
    {
        string page = Page;
        Assert.InRange(report.Files["index.html"].Length, 1, 8_000_000);
        Assert.DoesNotMatch(Remote(), page);
        string[] ids = [.. Id().Matches(page).Select(m => m.Groups[1].Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        var dead = new List<string>();
        foreach (string url in Link().Matches(page).Select(m => m.Groups[1].Value))
        {
            if (url.Contains("://", StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal)) continue;
            bool there = url[0] == '#' ? ids.Contains(url[1..]) : report.Files.ContainsKey(url) || System.IO.File.Exists(Path.Combine(report.Folder, "report", url));
            if (!there) dead.Add(url);
        }
        Assert.Empty(dead);
    }

    [Fact]
    public void Who_sees_no_figure_has_its_name_its_words_and_its_picture()
    {
        string[] figures = [.. Plot().Matches(Page).Select(m => m.Value)];
        Assert.True(figures.Length >= 4, $"{figures.Length} figures.");
        Assert.All(figures, figure =>
        {
            Assert.Matches("role=\"img\" aria-label=\"Figure: [^\"]{5,}\"", figure);
            Match picture = Picture().Match(figure);
            Assert.True(picture.Success, "no picture without scripts, or none with words");
            Assert.Contains(picture.Groups[1].Value, report.Files.Keys);
            // The range of each line, from the data.
            Assert.Matches("<pre>Figure: [^<]+ points, from [^<]+</pre>", figure);
        });
    }

    [Fact]
    public void Both_sides_of_every_claim_and_every_machine_are_there()
    {
        string page = Page, csv = File("tables/claims.csv"), tex = File("paper/claims.tex"), markdown = File("report.md");
        foreach (ClaimSummary claim in report.Findings.Experiments.SelectMany(e => e.Claims))
        {
            Assert.Contains($">{claim.Claim.Id}</a></td>", page);
            Assert.Contains($"\n{claim.Claim.Id},{claim.Left.Median.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}", csv);
            Assert.Contains($"\\claim@set{{{claim.Claim.Id}}}", tex);
            Assert.Contains(claim.Claim.Id.Split('_')[0], markdown);
        }
        // The machine of every run, and its setting.
        Assert.All(report.Findings.Runs, run => Assert.NotNull(run.Machine));
        Assert.Contains(Machine.Current.InstructionSet, page);
        Assert.Equal(report.Findings.Runs.Count, Spec().Count(page));
    }

    [Fact]
    public void A_figure_for_the_paper_has_its_labels_beside_it_and_none_inside()
    {
        var figure = new Notebooks.Panel("(a) s_{21}").X("step t").Y("attention").Line("s_{21}", Notebooks.Strokes.NoiseSoftmax, [0, 1, 2], [1, 0.5, 0.2]);
        var (pdf, tex) = Notebooks.Figure.Of(figure, "Softmax of $\\xi$").ToLatexPicture("figures/f.pdf");
        Assert.StartsWith("%PDF", Encoding.Latin1.GetString(pdf, 0, 4));
        Assert.Contains("\\includegraphics[width=528\\unitlength]{figures/f.pdf}", tex);
        Assert.Contains("attention", tex);
        Assert.Contains("$s_{21}$", tex);
        Assert.True(pdf.Length < Notebooks.Figure.Of(figure, "Softmax of $\\xi$").ToPdf().Length);
    }

    [GeneratedRegex("(?<= )id=\"([^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex Link();

    [GeneratedRegex("<script>.*?</script>|(?<=json\" id=[^>]*>).*?(?=</script>)", RegexOptions.Singleline)]
    private static partial Regex Script();

    [GeneratedRegex("<noscript><img src=\"(figures/[^\"]+)\" alt=\"Figure: [^\"]{5,}\"></noscript>")]
    private static partial Regex Picture();

    [GeneratedRegex("<figure class=\"plot\".*?</figure>", RegexOptions.Singleline)]
    private static partial Regex Plot();

    [GeneratedRegex("/spec\\.json\"")]
    private static partial Regex Spec();

    [GeneratedRegex("(?:<(?:script|img|iframe|source)[^>]*src|<link[^>]*href)=\"(?:https?:)?//")]
    private static partial Regex Remote();
}
