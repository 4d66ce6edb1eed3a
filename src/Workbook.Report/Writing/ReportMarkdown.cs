using System.Text;
using Workbook.Notebooks.Text;

namespace Workbook.Report.Writing;

/// <summary>The report as Markdown; figures and tables beside it.</summary>
internal static class ReportMarkdown
{
    internal static string Write(IReadOnlyList<Block> blocks)
    {
        var text = new StringBuilder();
        foreach (Block block in blocks)
        {
            text.Append(block switch
            {
                Heading h => $"{new string('#', h.Level)} {h.Text}\n",
                Prose p => p.Markdown.Trim() + "\n",
                Picture p => $"![{RichLabel.Parse(p.Figure.Title).ToUnicode()}](figures/{p.Id}.svg)\n\n{Escape.Markdown(RichLabel.Parse(p.Figure.Caption).ToUnicode())} Source: {Escape.Markdown(p.Source)}.\n",
                Grid g => g.Shown.ToMarkdown(),
                Cards c => $"### {c.Title}\n\n{string.Join("\n", c.All.Select(card => card.ToMarkdown()))}",
                RunList r => Runs(r),
                _ => throw new ArgumentException($"no Markdown form for {block.GetType().Name}.", nameof(blocks)),
            }).Append('\n');
        }
        return text.ToString().TrimEnd() + "\n";
    }

    private static string Runs(RunList list)
    {
        var text = new StringBuilder($"### {list.Title}: {list.Runs.Count} runs\n\n");
        foreach (var group in list.Runs.GroupBy(r => (Setting: Settings.Of(r.Spec), r.Machine)))
        {
            string machine = group.Key.Machine is Core.Runs.Machine m ? $"{m.Cpu}, {m.InstructionSet}, {m.Runtime}" : "numbers kept only";
            text.Append($"* {Escape.Markdown(group.Key.Setting)}; {group.Count()} seeds ({Escape.Markdown(machine)})\n");
        }
        return text.ToString();
    }
}
