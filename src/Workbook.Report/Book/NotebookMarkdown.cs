using System.Text;
using System.Text.Json.Nodes;
using Workbook.Kernel;

namespace Workbook.Report.Book;

/// <summary>A notebook as Markdown with its pictures beside it: text and tables that any host shows.</summary>
public static class NotebookMarkdown
{
    /// <summary>The Markdown of a notebook that was run, and its pictures by the relative path it refers to.</summary>
    public static (string Text, IReadOnlyDictionary<string, byte[]> Pictures) Write(NotebookDocument notebook, string name)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        var text = new StringBuilder();
        var pictures = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (NotebookCell cell in notebook.Cells)
        {
            if (!cell.IsCode)
            {
                text.Append(cell.Source.Trim()).Append("\n\n");
                continue;
            }
            if (cell.Source.Trim().Length > 0) text.Append(Fence("csharp", cell.Source));
            int output = 0;
            foreach (JsonObject item in cell.Outputs.OfType<JsonObject>())
            {
                string file = $"{name}-figures/{cell.Id}-{output++}.png";
                if (CellOutput.Kind(item) == "stream") text.Append(Fence("text", CellOutput.Joined(item["text"])));
                else if (CellOutput.Kind(item) == "error") text.Append(Fence("text", $"{(string?)item["ename"]}: {(string?)item["evalue"]}"));
                else if (CellOutput.Part(item, "image/png") is string png)
                {
                    pictures[file] = Convert.FromBase64String(png);
                    string[] words = (CellOutput.Part(item, "text/plain") ?? "").Split('\n');
                    text.Append($"![{Alt(words[0])}]({file})\n\n");
                    if (words.Length > 1 && !words[1].StartsWith("(a)", StringComparison.Ordinal)) text.Append(words[1]).Append("\n\n");
                }
                else if (CellOutput.Part(item, "text/markdown") is string markdown) text.Append(markdown.Trim()).Append("\n\n");
                else if (CellOutput.Part(item, "text/plain") is string plain) text.Append(Fence("text", plain));
            }
        }
        return (text.ToString().TrimEnd() + "\n", pictures);
    }

    private static string Alt(string words) => words.Replace("[", "(", StringComparison.Ordinal).Replace("]", ")", StringComparison.Ordinal);

    /// <summary>A fence longer than any run of back-ticks inside.</summary>
    private static string Fence(string language, string content)
    {
        int longest = 2, run = 0;
        foreach (char c in content)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        string fence = new('`', longest + 1);
        return $"{fence}{language}\n{content.TrimEnd()}\n{fence}\n\n";
    }
}
