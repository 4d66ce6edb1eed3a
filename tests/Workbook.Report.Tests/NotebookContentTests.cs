using Workbook.Kernel;
using Workbook.Report.Book;
using Workbook.Report.Pages;
using Xunit;

namespace Workbook.Report.Tests;

public sealed class NotebookContentTests
{
    private static NotebookDocument Notebook(string cells) => NotebookDocument.Parse($$"""{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{{cells}}]}""", "test");

    private static NotebookDocument Output(string output) =>
        Notebook($$"""{"cell_type":"code","id":"a","metadata":{},"execution_count":1,"source":"1 < 2","outputs":[{{output}}]}""");

    [Fact]
    public void Code_and_plain_outputs_cannot_become_markup()
    {
        string page = NotebookPage.Write(Output("""{"output_type":"stream","name":"stdout","text":"<img src=x onerror=1></script>"}"""), "n");
        Assert.Contains("&lt;img src=x", page);
        Assert.Contains("<span class=\"m\">1</span> &lt; <span class=\"m\">2</span>", page);
    }

    [Fact]
    public void A_figures_data_cannot_end_its_script()
    {
        string html = new PlotElement("f", """{"data":[{"name":"</script><b>"}]}""", "Figure: f", "", null).ToHtml();
        Assert.DoesNotContain("</script><b>", html);
        Assert.Contains("<\\/script><b>", html);
    }

    [Fact]
    public void A_figure_has_its_picture_its_words_and_its_caption()
    {
        var content = NotebookContent.Read(Output("""
            {"output_type":"execute_result","execution_count":1,"metadata":{},"data":{"application/vnd.plotly.v1+json":{"data":[],"layout":{}},"image/png":"AAAA",
            "text/plain":"Figure: attention\nIt falls, v_{x}.\n(a) s21: over t"}}
            """), "n", (file, _) => "figures/" + file);
        Assert.Contains("aria-label=\"Figure: attention\"", content.Html);
        Assert.Contains("<p>It falls, v<sub>x</sub>.</p>", content.Html);
        Assert.Contains("<noscript><img src=\"figures/n-a-0.png\"", content.Html);
        Assert.Equal("n-a-0.png", Assert.Single(content.Pictures).Key);
    }

    [Fact]
    public void Sections_and_claims_are_places()
    {
        var content = NotebookContent.Read(Notebook("""
            {"cell_type":"markdown","id":"m","metadata":{},"source":"# Title\n\nFirst words.\n\n## Part two\n\nMore."},
            {"cell_type":"code","id":"c","metadata":{},"execution_count":1,"source":"x","outputs":[{"output_type":"execute_result","execution_count":1,"metadata":{},
             "data":{"text/plain":"stage9.some-claim: FAILS\n  words"}}]}
            """), "n");
        Assert.Equal(("Title", "First words."), (content.Title, content.Summary));
        Assert.Equal(["Title", "Part two", "stage9.some-claim"], content.Places.Select(p => p.Title));
        Assert.Equal([false, false, true], content.Places.Select(p => p.IsClaim));
        Assert.All(content.Places, p => Assert.Contains($"id=\"{p.Anchor}\"", content.Html));
    }

    [Fact]
    public void Headings_of_the_same_words_are_different_places()
    {
        var content = NotebookContent.Read(Notebook("""
            {"cell_type":"markdown","id":"m","metadata":{},"source":"# Again\n\n## Again\n\nWords.\n\n## Again"}
            """), "n");
        Assert.Equal(3, content.Places.Select(p => p.Anchor).Distinct().Count());
        Assert.All(content.Places, p => Assert.Contains($"id=\"{p.Anchor}\"", content.Html));
    }

    [Fact]
    public void A_broken_formula_stays_readable()
    {
        Assert.Equal("<code class=\"tex\">\\frac{a</code>", Formulas.ToMathML("\\frac{a", display: false));
        Assert.StartsWith("<math", Formulas.ToMathML("\\frac{a}{b}", display: false));
    }

    [Fact]
    public void An_error_and_coloured_text_are_shown_plain()
    {
        string html = NotebookContent.Read(Output("""{"output_type":"error","ename":"E","evalue":"v","traceback":["\u001b[31mE: v\u001b[0m"]}"""), "n").Html;
        Assert.Contains("<pre class=\"stderr\">E: v</pre>", html);
    }

    [Fact]
    public void Markdown_export_keeps_fences_apart_from_their_content()
    {
        var (text, _) = NotebookMarkdown.Write(Output("""{"output_type":"stream","name":"stdout","text":"```\ninside"}"""), "n");
        Assert.Contains("````text\n```\ninside\n````", text);
    }
}
