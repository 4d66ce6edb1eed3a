using System.Text;
using Workbook.Core.Runs;
using Workbook.Notebooks;
using Workbook.Notebooks.Text;
using Workbook.Report.Pages;

namespace Workbook.Report.Writing;

/// <summary>The report as one self-contained page.</summary>
internal static class ReportPage
{
    private static readonly string[] s_kinds = ["svg", "pdf", "png"];

    internal static string Write(IReadOnlyList<Block> blocks)
    {
        var body = new StringBuilder();
        var contents = new StringBuilder();
        foreach (Block block in blocks)
        {
            if (block is Heading { Level: 2 } section) contents.Append($"<li><a href=\"#{HtmlText.Anchor(section.Text)}\">{HtmlText.Escape(section.Text)}</a></li>");
            body.Append(Html(block));
        }
        string first = blocks.OfType<Heading>().First().Text;
        return new HtmlPage
        {
            Title = first,
            Description = "Claims of arXiv:2410.04870 held against finite runs, both sides of each.",
            Header = "<a class=\"home\" href=\"#content\">SignGD Workbook: report</a>",
            Body = body.ToString().Replace("</h1>", $"</h1>\n<nav aria-label=\"Contents\"><ul>{contents}</ul></nav>", StringComparison.Ordinal),
            Footer = "Made by <code>workbook report</code> from stored runs. Tables and figures lie beside this page in several formats.",
            Plots = true,
        }.Write();
    }

    private static string Html(Block block) => block switch
    {
        Heading h => $"<h{h.Level} id=\"{HtmlText.Anchor(h.Text)}\">{HtmlText.Escape(h.Text)}</h{h.Level}>\n",
        Prose p => MarkdownText.ToHtml(p.Markdown),
        Picture p => Picture(p),
        Grid g => $"<div class=\"wide\" id=\"table-{g.Id}\" tabindex=\"0\" role=\"group\" aria-label=\"table {g.Id}\">{LinkClaims(g)}</div>\n<p><small>Numbers: <a href=\"tables/{g.Id}.csv\">csv</a>, <a href=\"tables/{g.Id}.md\">md</a>, <a href=\"tables/{g.Id}.tex\">tex</a></small></p>\n",
        Cards c => $"<details><summary>{HtmlText.Escape(c.Title)}: {c.All.Count} claims</summary>{string.Concat(c.All.Select(card => $"<div id=\"claim-{HtmlText.Anchor(card.Id)}\">{card.ToHtml()}</div>"))}</details>\n",
        RunList r => Runs(r),
        _ => throw new ArgumentException($"no page form for {block.GetType().Name}.", nameof(block)),
    };

    private static string Picture(Picture p)
    {
        string files = string.Join(", ", s_kinds.Select(kind => $"<a href=\"figures/{p.Id}.{kind}\">{kind}</a>"));
        string caption = $"{RichLabel.Parse(p.Figure.Caption).ToHtml()} Source: {HtmlText.Escape(p.Source)}. {files}";
        return new PlotElement("figure-" + p.Id, p.Figure.ToPlotlyJson(), p.Figure.ToText(), caption, $"figures/{p.Id}.png").ToHtml();
    }

    /// <summary>The table with each claim's id a link to its card.</summary>
    private static string LinkClaims(Grid grid)
    {
        string html = grid.Shown.ToHtml();
        if (!grid.Shown.Columns.Any(c => c.Name == "claim")) return html;
        foreach (string id in Enumerable.Range(0, (int)grid.Shown.RowCount).Select(row => (string)grid.Shown.Columns[0][row]!).Distinct())
            html = html.Replace($">{HtmlText.Escape(id)}</td>", $"><a href=\"#claim-{HtmlText.Anchor(id)}\">{HtmlText.Escape(id)}</a></td>", StringComparison.Ordinal);
        return html;
    }

    private static string Runs(RunList list)
    {
        var html = new StringBuilder($"<details><summary>{HtmlText.Escape(list.Title)}: {list.Runs.Count} runs</summary>\n");
        foreach (var machine in list.Runs.GroupBy(r => r.Machine))
            html.Append(machine.Key is Machine m
                ? $"<p>{machine.Count()} runs: {HtmlText.Escape($"{m.Cpu}, {m.Cores} cores, {m.InstructionSet}; {m.System}; {m.Runtime}; workbook {m.Workbook}, commit {m.Commit}")}</p>"
                : $"<p>{machine.Count()} runs of which only the numbers are kept.</p>");
        html.Append("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"runs\"><table><thead><tr><th>run</th><th>setting</th><th>seed</th><th>engine</th></tr></thead><tbody>\n");
        foreach (CitedRun run in list.Runs)
        {
            string name = run.Spec.Hash()[..12];
            string link = run.Folder is null ? $"<code>{name}</code>" : $"<a href=\"{run.Folder}/spec.json\"><code>{name}</code></a>";
            html.Append($"<tr><td>{link}</td><td>{HtmlText.Escape(Settings.Of(run.Spec))}</td><td class=\"number\">{run.Spec.Seed}</td><td>{run.Engine}</td></tr>\n");
        }
        return html.Append("</tbody></table></div></details>\n").ToString();
    }
}
