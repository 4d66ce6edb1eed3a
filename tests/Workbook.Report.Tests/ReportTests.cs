using System.Text;
using System.Text.RegularExpressions;
using Workbook.Core.Data;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Workbook.Report.Writing;
using Xunit;

namespace Workbook.Report.Tests;

public sealed partial class ReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("workbook-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Findings Find()
    {
        var size = new ReproductionSize(1, true, DataFolder.FindDigits());
        var store = new RunStore(_folder);
        var done = new List<(Experiment, IReadOnlyList<RunOutcome>, IReadOnlyList<ClaimSummary>)>();
        foreach (Experiment experiment in (Experiment[])[Figure1.Create(size)])
        {
            var outcomes = experiment.RunAll(store);
            done.Add((experiment, outcomes, experiment.Judge(outcomes)));
        }
        return FindingsReader.Read(size, done, store, Path.Combine(_folder, "report"));
    }

    [Fact]
    public void The_report_is_whole_and_made_again_byte_for_byte()
    {
        Findings findings = Find();
        var files = ReportFiles.Write(findings);
        var again = ReportFiles.Write(Find());
        Assert.Equal(files.Keys, again.Keys);
        Assert.All(files, file => Assert.True(file.Value.AsSpan().SequenceEqual(again[file.Key]), $"{file.Key} differs from one writing to the next."));

        // The page without plotly.js and the data.
        string page = Script().Replace(Encoding.UTF8.GetString(files["index.html"]), "");
        Assert.InRange(files["index.html"].Length, 1, 8_000_000);
        Assert.DoesNotMatch(Remote(), page);
        string[] ids = [.. Id().Matches(page).Select(m => m.Groups[1].Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (Match link in Link().Matches(page))
        {
            string url = link.Groups[1].Value;
            if (url.Contains("://", StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal)) continue;
            if (url[0] == '#') Assert.Contains(url[1..], ids);
            else Assert.True(files.ContainsKey(url) || File.Exists(Path.Combine(_folder, "report", url)), $"{url} leads nowhere.");
        }
        // Both sides and the verdict of every claim, in the page, the Markdown, the CSV and the paper.
        string csv = Encoding.UTF8.GetString(files["tables/claims.csv"]), tex = Encoding.UTF8.GetString(files["paper/claims.tex"]), markdown = Encoding.UTF8.GetString(files["report.md"]);
        foreach (ClaimSummary claim in findings.Experiments.SelectMany(e => e.Claims))
        {
            Assert.Contains($">{claim.Claim.Id}</a></td>", page);
            Assert.Contains($"\n{claim.Claim.Id},{claim.Left.Median.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}", csv);
            Assert.Contains($"\\claim@set{{{claim.Claim.Id}}}", tex);
            Assert.Contains(claim.Claim.Id.Split('_')[0], markdown);
        }
        // The machine of every run, and its setting.
        Assert.All(findings.Runs, run => Assert.NotNull(run.Machine));
        Assert.Contains(Machine.Current.InstructionSet, page);
        Assert.Equal(findings.Runs.Count, Spec().Count(page));
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

    [GeneratedRegex("/spec\\.json\"")]
    private static partial Regex Spec();

    [GeneratedRegex("(?:<(?:script|img|iframe|source)[^>]*src|<link[^>]*href)=\"(?:https?:)?//")]
    private static partial Regex Remote();
}
