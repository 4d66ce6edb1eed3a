using System.Text;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>A table as Markdown, LaTeX, CSV and plain text.</summary>
internal static class TableText
{
    internal static string Markdown(Table table)
    {
        var cells = new TableCells(table);
        var text = new StringBuilder();
        Row(text, table.Columns.Select(column => Escape.Markdown(RichLabel.Parse(column.FullHeader).ToUnicode())));
        Row(text, table.Columns.Select(column => column.IsNumber ? "---:" : ":---"));
        for (int row = 0; row < cells.Rows.Length; row++)
        {
            if (row == cells.Head && cells.LeftOut > 0)
            {
                Row(text, table.Columns.Select((_, i) => i == 0 ? cells.LeftOutText : ""));
            }
            Row(text, cells.Rows[row].Select(cell => Escape.Markdown(cell.Plain)));
        }
        return table.Caption.Length > 0 ? $"{text}\n{Escape.Markdown(RichLabel.Parse(table.Caption).ToUnicode())}\n" : text.ToString();

        static void Row(StringBuilder text, IEnumerable<string> fields) => text.Append("| ").AppendJoin(" | ", fields).Append(" |\n");
    }

    internal static string Latex(Table table)
    {
        var cells = new TableCells(table);
        var text = new StringBuilder();
        text.Append("\\begin{tabular}{").Append(string.Concat(table.Columns.Select(column => column.IsNumber ? 'r' : 'l'))).Append("}\n\\toprule\n");
        Row(text, table.Columns.Select(column => RichLabel.Parse(column.FullHeader).ToLatex()));
        text.Append("\\midrule\n");
        for (int row = 0; row < cells.Rows.Length; row++)
        {
            if (row == cells.Head && cells.LeftOut > 0)
            {
                text.Append("\\multicolumn{").Append(Math.Max(1, table.Columns.Length)).Append("}{c}{").Append(cells.LeftOutText.Replace("…", "\\ldots{}", StringComparison.Ordinal)).Append("} \\\\\n");
            }
            Row(text, cells.Rows[row].Select(cell => cell.IsNumber ? Number(cell.Text) : Escape.Latex(cell.Text)));
        }
        return text.Append("\\bottomrule\n\\end{tabular}\n").ToString();

        static void Row(StringBuilder text, IEnumerable<string> fields) => text.AppendJoin(" & ", fields).Append(" \\\\\n");
        static string Number(string label) => label.Length == 0 || label == "NaN" ? label : $"${label.Replace('−', '-')}$";
    }

    internal static string Csv(Table table)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', table.Columns.Select(column => Escape.Csv(column.Name))).Append("\r\n");
        for (long row = 0; row < table.RowCount; row++)
        {
            text.AppendJoin(',', table.Columns.Select(column => Escape.Csv(TableCells.Exact(column[row])))).Append("\r\n");
        }
        return text.ToString();
    }

    internal static string Plain(Table table)
    {
        var cells = new TableCells(table);
        string[] headers = [.. table.Columns.Select(column => RichLabel.Parse(column.FullHeader).ToUnicode())];
        int[] widths = [.. headers.Select((header, i) => cells.Rows.Select(row => Line(row[i].Plain).Length).Append(header.Length).Max())];
        var text = new StringBuilder();
        Row(text, headers);
        Row(text, [.. widths.Select(width => new string('-', width))]);
        for (int row = 0; row < cells.Rows.Length; row++)
        {
            if (row == cells.Head && cells.LeftOut > 0)
            {
                text.Append(cells.LeftOutText).Append('\n');
            }
            Row(text, [.. cells.Rows[row].Select(cell => Line(cell.Plain))]);
        }
        return (table.Caption.Length > 0 ? RichLabel.Parse(table.Caption).ToUnicode() + "\n" : "") + text.ToString().TrimEnd('\n');

        void Row(StringBuilder text, string[] fields) =>
            text.Append(string.Join("  ", fields.Select((field, i) => table.Columns[i].IsNumber ? field.PadLeft(widths[i]) : field.PadRight(widths[i]))).TrimEnd()).Append('\n');
        static string Line(string text) => text.ReplaceLineEndings(" ");
    }
}
