using System.Globalization;
using Microsoft.Data.Analysis;
using Xunit;

namespace Workbook.Notebooks.Tests;

public class TableTests
{
    private sealed record Row(string Name, double Loss, int Steps, bool Done, double? Slack = null);

    private static readonly Row[] Rows = [new("SignGD", 1.5e-57, 900, true, 0.25), new("Adam & <GD>", 0.0316, 900, false), new("a_b | c\\d \"q\", 50% #1", double.NaN, -3, true, double.PositiveInfinity)];

    [Fact]
    public void Html_escapes_what_is_data_and_typesets_what_is_a_header()
    {
        string html = Table.Of(Rows).Column("Loss", header: "L_S", unit: "nats").ToHtml();
        Assert.Contains("Adam &amp; &lt;GD&gt;", html, StringComparison.Ordinal);
        Assert.Contains("L<sub>S</sub> [nats]", html, StringComparison.Ordinal);
        Assert.Contains("1.5×10<sup>−57</sup>", html, StringComparison.Ordinal);
        Assert.Contains("a_b | c\\d &quot;q&quot;, 50% #1", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        System.Xml.Linq.XDocument.Parse(html);
    }

    [Fact]
    public void A_caption_and_a_name_cannot_bring_markup_in()
    {
        string html = Table.Of(new[] { new { evil = "<script>alert(1)</script>" } }, "<img src=x onerror=alert(1)>").Column("evil", header: "<b>").ToHtml();
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_keeps_a_row_a_row()
    {
        string[] lines = Table.Of(new[] { ("a|b", "line\nbreak"), ("*x*", "`y` <z> [l](m) $1") }).ToMarkdown().TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Equal(@"| a\|b | line break |", lines[2]);
        Assert.Equal(@"| \*x\* | \`y\` &lt;z&gt; \[l\](m) \$1 |", lines[3]);
    }

    [Fact]
    public void Latex_is_booktabs_and_escaped()
    {
        string latex = Table.Of(Rows).Column("Loss", header: @"training loss L_{S}(\sigma_p)").Select("Name", "Loss", "Steps").ToLatex();
        Assert.Contains("\\begin{tabular}{lrr}\n\\toprule\n", latex, StringComparison.Ordinal);
        Assert.Contains(@"training loss $L_{S}$($\sigma_{p}$)", latex, StringComparison.Ordinal);
        Assert.Contains(@"Adam \& \textless{}GD\textgreater{}", latex, StringComparison.Ordinal);
        Assert.Contains(@"a\_b | c\textbackslash{}d ""q"", 50\% \#1", latex, StringComparison.Ordinal);
        Assert.Contains(@"$1.5\times10^{-57}$ & $900$", latex, StringComparison.Ordinal);
        Assert.Contains("NaN & $-3$", latex, StringComparison.Ordinal);
        Assert.EndsWith("\\bottomrule\n\\end{tabular}\n", latex, StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_keeps_every_bit_and_every_character()
    {
        double[] values = [Math.PI, 1e-300, double.Epsilon, 0.1 + 0.2, -0.0, double.MaxValue];
        string[] names = ["plain", "a,b", "say \"hi\"", "two\nlines", "", " space "];
        string csv = Table.OfColumns(("x", values), ("name", names)).ToCsv();
        DataFrame back = DataFrame.LoadCsvFromString(csv, dataTypes: [typeof(double), typeof(string)]);
        Assert.Equal(values, back.Columns["x"].Cast<double>());
        Assert.Contains("0.30000000000000004,\"two\nlines\"", csv, StringComparison.Ordinal);
        Assert.Contains("\"a,b\"", csv, StringComparison.Ordinal);
        Assert.Contains("\"say \"\"hi\"\"\"", csv, StringComparison.Ordinal);
        Assert.StartsWith("x,name\r\n", csv, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_frame_goes_in_and_comes_out()
    {
        DataFrame frame = Table.Of(Rows).ToDataFrame();
        Assert.Equal([typeof(string), typeof(double), typeof(int), typeof(bool), typeof(double)], frame.Columns.Select(column => column.DataType));
        Assert.Null(frame.Columns["Slack"][1]);
        Table back = Table.Of(frame);
        Assert.Equal(Table.Of(Rows).ToCsv(), back.ToCsv());
        Assert.Equal(Table.Of(Rows).ToHtml(), back.ToHtml());
    }

    [Fact]
    public void Head_and_tail_take_what_they_say()
    {
        Table table = Table.OfColumns(("i", Enumerable.Range(0, 100).ToArray()));
        Assert.Equal([0, 1, 2], Values(table.Head(3)));
        Assert.Equal([98, 99], Values(table.Tail(2)));
        Assert.Equal([49], Values(table.Head(50).Tail(1)));
        Assert.Equal(100, table.Tail(500).RowCount);
        Assert.Equal(0, table.Head(-1).RowCount);
        static IEnumerable<object?> Values(Table part) => Enumerable.Range(0, (int)part.RowCount).Select(row => part.Columns[0][row]);
    }

    [Fact]
    public void A_huge_table_shows_its_ends_and_says_what_is_left_out()
    {
        Table table = Table.OfColumns(("i", Enumerable.Range(0, 2_000_000).ToArray()));
        string html = table.ToHtml();
        Assert.True(html.Length < 8_000);
        Assert.Contains("… 1,999,976 more rows …", html, StringComparison.Ordinal);
        Assert.Contains(">1999999<", html, StringComparison.Ordinal);
        Assert.Contains("… 1,999,976 more rows …", table.ToMarkdown(), StringComparison.Ordinal);
        Assert.Contains(@"\ldots{} 1,999,976 more rows \ldots{}", table.ToLatex(), StringComparison.Ordinal);
        Assert.Equal(27, table.ToText().Split('\n').Length);
    }

    [Fact]
    public void An_empty_table_is_a_table()
    {
        Table none = Table.Of(Array.Empty<Row>());
        Assert.Equal(2, none.ToText().Split('\n').Length);
        Assert.Contains("<tbody></tbody>", none.ToHtml(), StringComparison.Ordinal);
        Assert.Equal("Name,Loss,Steps,Done,Slack\r\n", none.ToCsv());
        Assert.Equal("", Table.OfColumns().ToCsv().Trim());
    }

    [Fact]
    public void Numbers_of_a_column_line_up_and_show_the_digits_asked_for()
    {
        Assert.Equal("x\n----\n0.46\n0.50\n0.11", Table.OfColumns(("x", new[] { 0.46, 0.5, 0.11 })).ToText().Replace("   x", "x", StringComparison.Ordinal));
        Assert.Contains(">0.333<", Table.OfColumns(("x", new[] { 1.0 / 3 })).Column("x", digits: 3).ToHtml(), StringComparison.Ordinal);
        Assert.Contains("3.33×10<sup>−1</sup>", Table.OfColumns(("x", new[] { 1.0 / 3 })).Column("x", digits: 3, scientific: true).ToHtml(), StringComparison.Ordinal);
        Assert.Contains("1e-5", Table.OfColumns(("x", new[] { 1e-5, 2 })).ToText(), StringComparison.Ordinal);
        Assert.Contains("−∞", Table.OfColumns(("x", new[] { double.NegativeInfinity, 2 })).ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_culture_of_the_machine_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NegativeSign = "~";
        try
        {
            string Everything() => Table.Of(Rows).ToHtml() + Table.Of(Rows).ToCsv() + Table.Of(Rows).ToText() + Table.Of(Rows).ToLatex() + Synthetic.Bars().ToPlotlyJson() + Synthetic.Bars().ToText() + Synthetic.Bars().ToSvg();
            string invariant = Everything();
            CultureInfo.CurrentCulture = comma;
            Assert.Equal(invariant, Everything());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_column_that_is_not_there_is_named_with_those_that_are()
    {
        var refused = Assert.Throws<ArgumentException>(() => Table.Of(Rows).Column("Lost"));
        Assert.StartsWith("The table has no column 'Lost'; it has Name, Loss, Steps, Done, Slack.", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Table.OfColumns(("a", new[] { 1 }), ("b", new[] { 1, 2 })));
    }
}
