using System.Text;
using System.Text.RegularExpressions;
using Workbook.Kernel;
using Workbook.Report.Book;
using Workbook.Report.Pages;
using Xunit;

namespace Workbook.Report.Tests;

public sealed partial class SiteTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, byte[]>> s_site = new(Build);

    private static IReadOnlyDictionary<string, byte[]> Build() =>
        Site.Write([.. Repository.Notebooks().Select(f => (Path.GetFileNameWithoutExtension(f), NotebookDocument.Read(f)))]);

    private static IEnumerable<(string Path, string Html)> Pages() =>
        s_site.Value.Where(f => f.Key.EndsWith(".html", StringComparison.Ordinal)).Select(f => (f.Key, Encoding.UTF8.GetString(f.Value)));

    [Fact]
    public void The_same_notebooks_give_the_same_bytes()
    {
        var again = Build();
        Assert.Equal(s_site.Value.Keys, again.Keys);
        Assert.All(again, file => Assert.Equal(s_site.Value[file.Key], file.Value));
    }

    [Fact]
    public void Every_local_link_leads_to_a_file_and_a_place_in_it()
    {
        var ids = Pages().ToDictionary(p => p.Path, p => Id().Matches(p.Html).Select(m => m.Groups[1].Value).ToHashSet());
        var dead = new List<string>();
        foreach (var (path, html) in Pages())
            foreach (Match link in Link().Matches(html))
            {
                string url = link.Groups[1].Value;
                if (url.Contains("://", StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal)) continue;
                string[] parts = url.Split('#');
                string file = parts[0].Length == 0 ? path : parts[0];
                if (!s_site.Value.ContainsKey(file) || (parts.Length > 1 && !ids[file].Contains(parts[1]))) dead.Add($"{path}: {url}");
            }
        Assert.Empty(dead);
    }

    [Fact]
    public void Nothing_is_loaded_from_a_network()
    {
        Assert.All(Pages(), page => Assert.DoesNotMatch(Remote(), page.Html));
    }

    [Fact]
    public void Ids_are_unique_in_a_page()
    {
        Assert.All(Pages(), page => Assert.Empty(Id().Matches(page.Html).GroupBy(m => m.Groups[1].Value).Where(g => g.Count() > 1).Select(g => $"{page.Path}: {g.Key}")));
    }

    [Fact]
    public void Every_formula_of_the_notebooks_is_translated()
    {
        Assert.All(Pages(), page => Assert.DoesNotContain("class=\"tex\"", page.Html));
        Assert.All(Pages(), page => Assert.DoesNotContain("$$", page.Html));
        // A dollar sign that the parser did not take for one leaves TeX in the text.
        Assert.All(Pages(), page => Assert.DoesNotMatch(LeftAsText(), NotText().Replace(page.Html, "")));
        Assert.Contains(Pages(), page => page.Html.Contains("<math", StringComparison.Ordinal));
    }

    [Fact]
    public void Claims_are_found_by_their_id()
    {
        string index = Encoding.UTF8.GetString(s_site.Value["assets/index.js"]);
        Assert.Contains("\"title\":\"stage1.ends-first\"", index);
        Assert.Contains(Pages(), page => page.Html.Contains("<a href=\"03-stage-1.html#claim-stage1.ends-first\"><code>stage1.ends-first</code></a>", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\$[^$<>]*\\[a-z]+[^$<>]*\$")]
    private static partial Regex LeftAsText();

    [GeneratedRegex("<(script|pre|code|math)\\b.*?</\\1>", RegexOptions.Singleline)]
    private static partial Regex NotText();

    [GeneratedRegex("(?:href|src)=\"([^\"]+)\"")]
    private static partial Regex Link();

    [GeneratedRegex("(?<= )id=\"([^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex("(?:<(?:script|img|iframe|source)[^>]*src|<link[^>]*href)=\"(?:https?:)?//")]
    private static partial Regex Remote();
}
