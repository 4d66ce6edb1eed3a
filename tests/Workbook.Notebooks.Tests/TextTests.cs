using System.Text.RegularExpressions;
using CsCheck;
using SkiaSharp;
using Workbook.Notebooks.Backends;
using Workbook.Notebooks.Text;
using Xunit;
using Workbook.Core.Theory;

namespace Workbook.Notebooks.Tests;

public partial class TextTests
{
    [Theory]
    [InlineData("s_{21}", "s<sub>21</sub>", "s₂₁", "$s_{21}$")]
    [InlineData(@"\sigma_p", "σ<sub>p</sub>", "σₚ", @"$\sigma_{p}$")]
    [InlineData("10^{-3}", "10<sup>−3</sup>", "10⁻³", "$10^{-3}$")]
    [InlineData(@"y_i q_{\xi_i}", "y<sub>i</sub> q<sub>ξ<sub>i</sub></sub>", "yᵢ q_{ξᵢ}", @"$y_{i}$ $q_{\xi_{i}}$")]
    [InlineData("W_Q^T", "W<sub>Q</sub><sup>T</sup>", "W_Q^T", "$W_{Q}^{T}$")]
    [InlineData(@"query noise \eta\ell t", "query noise ηℓ t", "query noise ηℓ t", @"query noise $\eta$$\ell$ t")]
    [InlineData(@"a\_b & <c>", "a_b &amp; &lt;c&gt;", "a_b & <c>", @"a\_b \& \textless{}c\textgreater{}")]
    [InlineData("$s_{11}$", "s<sub>11</sub>", "s₁₁", "$s_{11}$")]
    [InlineData("", "", "", "")]
    [InlineData("open {brace", "open brace", "open brace", "open brace")]
    [InlineData("ends in _", "ends in _", "ends in _", @"ends in \_")]
    public void Labels_read_the_same_everywhere(string source, string html, string unicode, string latex)
    {
        RichLabel label = RichLabel.Parse(source);
        Assert.Equal(html, label.ToHtml());
        Assert.Equal(unicode, label.ToUnicode());
        Assert.Equal(latex, label.ToLatex());
    }

    [Fact]
    public void Any_text_is_a_label() => Gen.Char["abc_^{}\\$ xi12<>&"].Array[0, 12].Sample(characters =>
    {
        RichLabel label = RichLabel.Parse(new string(characters));
        System.Xml.Linq.XDocument.Parse($"<p>{label.ToHtml()}</p>");
        Assert.Equal(0, label.ToLatex().Replace(@"\$", "", StringComparison.Ordinal).Count(c => c == '$') % 2);
        _ = StaticText.Measure(new string(characters), 11);
    });

    [Fact]
    public void The_embedded_font_has_every_symbol_a_label_can_name()
    {
        string all = string.Concat(Symbols.ByName.Values) + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ−–…[](){}<>=+-*/.,:;'\"%&#@!?|~^_";
        foreach (SKTypeface face in new[] { EmbeddedFont.Regular, EmbeddedFont.Bold })
        {
            string missing = string.Concat(all.Where(c => c is not ('\u2003' or '\u2009') && face.GetGlyph(c) == 0).Distinct());
            Assert.Equal("", missing);
        }
    }

    [Theory]
    [InlineData(0, 900, false, "0 200 400 600 800")]
    [InlineData(0, 2.4e6, false, @"0 5\times10^{5} 10^{6} 1.5\times10^{6} 2\times10^{6}")]
    [InlineData(-2e-7, 3e-7, false, @"−2\times10^{-7} −10^{-7} 0 10^{-7} 2\times10^{-7} 3\times10^{-7}")]
    [InlineData(-0.6, 0.6, false, "−0.50 −0.25 0 0.25 0.50")]
    [InlineData(-2, 0, true, "0.01 0.1 1")]
    [InlineData(-80, 0, true, "10^{-80} 10^{-60} 10^{-40} 10^{-20} 10^{0}")]
    [InlineData(-1.32, 0.3, true, "0.05 0.1 0.2 0.5 1")]
    public void Ticks_are_round_and_say_what_they_are(double min, double max, bool log, string expected)
    {
        double spacing = expected.Contains("0.05", StringComparison.Ordinal) ? 30 : 60;
        var ticks = Ticks.For(new AxisRange(min, max), new Axis(Scale: log ? AxisScale.Log : AxisScale.Linear), 300, spacing);
        Assert.Equal(expected, string.Join(' ', ticks.Where(tick => tick.IsMajor).Select(tick => tick.Label)));
        Assert.All(ticks, tick => Assert.InRange(tick.At, min - 1e-9, max + 1e-9));
    }

    [Theory]
    [InlineData("# A & B\n\nText with **bold**, *it*, `a<b>` and $s_{21} \\le 10^{-3}$.\n\n* one\n* two", "<h1>A &amp; B</h1><p>Text with <b>bold</b>, <i>it</i>, <code>a&lt;b&gt;</code> and <i>s<sub>21</sub> ≤ 10<sup>−3</sup></i>.</p><ul><li>one</li><li>two</li></ul>")]
    [InlineData("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>")]
    [InlineData("[a](https://arxiv.org/abs/2410.04870) [b](javascript:alert(1))", "<p><a href=\"https://arxiv.org/abs/2410.04870\">a</a> [b](javascript:alert(1))</p>")]
    [InlineData("1. x\n2. y\n\n```\na < b\n```", "<ol><li>x</li><li>y</li></ol><pre><code>a &lt; b\n</code></pre>")]
    public void A_note_as_html(string markdown, string html) => Assert.Equal(html, new Note(markdown).ToHtml());

    [Fact]
    public void A_note_leaves_formulas_to_front_ends_that_can_set_them()
    {
        var bundle = new Note(@"$\frac{a}{b}$").ToMimeBundle();
        Assert.Equal(["text/markdown", "text/plain"], bundle.Keys);
        Assert.Equal(@"$\frac{a}{b}$", bundle["text/markdown"]);
    }

    [Fact]
    public void A_claim_shows_both_sides_the_slack_and_then_the_verdict()
    {
        var card = new ClaimCard("thm-4.1.4", @"all attention on the noise patch: s_{21} \le \epsilon", @"max_i s_{i,21}", 2.5e-61, @"\le", @"\epsilon", 0.01, 0.01, Verdict.Holds)
        {
            PerSeed = [3e-61, 1e-61, 2e-61, 8e-61],
            Remark = "C_1 = 2 <ours>",
        };
        Assert.Equal(2.5e-61, card.Median);
        Assert.Equal(
            "thm-4.1.4: holds\n  all attention on the noise patch: s₂₁ ≤ ε\n  maxᵢ s_{i,21} = 2.5e-61 ≤ ε = 0.01, slack 0.01\n  over 4 seeds: median 2.5e-61, 1e-61 to 8e-61\n  C₁ = 2 <ours>",
            card.ToText());
        string html = card.ToHtml();
        Assert.Contains("C<sub>1</sub> = 2 &lt;ours&gt;", html, StringComparison.Ordinal);
        Assert.Contains("1×10<sup>−61</sup> to 8×10<sup>−61</sup>", html, StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(html);
        Assert.Contains("FAILS", (card with { Verdict = Verdict.Fails }).ToHtml(), StringComparison.Ordinal);
        Assert.True(double.IsNaN((card with { PerSeed = [] }).Median));
        Assert.Equal(["text/html", "text/markdown", "text/plain"], card.ToMimeBundle().Keys);
    }

    [Fact]
    public void No_html_of_any_view_has_a_script_or_fetches_anything()
    {
        View[] views = [Synthetic.SoftmaxOutputs(), Table.Of(new[] { (1, "x") }, "c"), new Note("# x\n\n$a_b$"), new ClaimCard("a", "b", "c", 1, "=", "d", 1, 0, Verdict.NotApplicable)];
        foreach (View view in views)
        {
            string html = view.ToHtml();
            Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotMatch(Fetches(), html);
            Assert.DoesNotContain("<style", html, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void A_figure_offers_plotly_a_picture_and_text_and_no_html()
    {
        Figure figure = Synthetic.SoftmaxOutputs();
        var bundle = figure.ToMimeBundle();
        Assert.Equal([Figure.PlotlyMimeType, "image/png", "text/plain"], bundle.Keys);
        Assert.Equal(figure.ToPng(), Convert.FromBase64String((string)bundle["image/png"]));
        Assert.Contains("s₂₁<0.01 at x = 150", (string)bundle["text/plain"], StringComparison.Ordinal);
        Assert.Contains("Noise queries leave", (string)bundle["text/plain"], StringComparison.Ordinal);
        Assert.Contains("alt=\"Figure: Softmax outputs", figure.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_interactive_page_needs_no_network()
    {
        string page = Figure.Of(new Panel().Line("</script><script>alert(1)", Strokes.GD, [0, 1], [0, 1])).ToInteractiveHtml();
        Assert.DoesNotContain("<script src", page, StringComparison.Ordinal);
        Assert.DoesNotContain("</script><script>alert", page, StringComparison.Ordinal);
        Assert.True(page.Length > 3_000_000);
    }

    [Fact]
    public void A_figure_is_saved_by_extension()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        foreach (string extension in new[] { "png", "svg", "pdf", "json" })
        {
            Synthetic.Bars().Save(Path.Combine(folder, "f." + extension));
            Assert.True(new FileInfo(Path.Combine(folder, "f." + extension)).Length > 1000);
        }
        Assert.Contains(".png, .svg, .pdf, .json or .html", Assert.Throws<ArgumentException>(() => Synthetic.Bars().Save("f.gif")).Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex("(?:src|href)=\"(?!data:)", RegexOptions.IgnoreCase)]
    private static partial Regex Fetches();
}
