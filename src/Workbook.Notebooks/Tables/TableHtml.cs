using System.Text;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>A table as HTML: colours of the page itself, thin rules, no scripts and no style sheet, so it reads on light and dark.</summary>
internal static class TableHtml
{
    private const string Rule = "1px solid currentColor";

    internal static string Write(Table table)
    {
        var cells = new TableCells(table);
        var html = new StringBuilder();
        html.Append("<table style=\"border-collapse:collapse;border-top:").Append(Rule).Append(";border-bottom:").Append(Rule).Append("\">");
        if (table.Caption.Length > 0)
        {
            html.Append("<caption style=\"text-align:left;padding:0.2em 0\">").Append(RichLabel.Parse(table.Caption).ToHtml()).Append("</caption>");
        }
        html.Append("<thead><tr>");
        foreach (TableColumn column in table.Columns)
        {
            html.Append("<th style=\"").Append(Align(column.IsNumber)).Append(";border-bottom:").Append(Rule).Append("\">").Append(RichLabel.Parse(column.FullHeader).ToHtml()).Append("</th>");
        }
        html.Append("</tr></thead><tbody>");
        for (int row = 0; row < cells.Rows.Length; row++)
        {
            if (row == cells.Head && cells.LeftOut > 0)
            {
                html.Append("<tr><td colspan=\"").Append(Math.Max(1, table.Columns.Length)).Append("\" style=\"text-align:center;padding:0.15em 0.7em\">").Append(cells.LeftOutText).Append("</td></tr>");
            }
            html.Append("<tr>");
            foreach (Cell cell in cells.Rows[row])
            {
                html.Append("<td style=\"").Append(Align(cell.IsNumber)).Append("\">").Append(cell.IsNumber ? RichLabel.Parse(cell.Text).ToHtml() : Escape.Html(cell.Text)).Append("</td>");
            }
            html.Append("</tr>");
        }
        return html.Append("</tbody></table>").ToString();
    }

    private static string Align(bool number) => (number ? "text-align:right" : "text-align:left") + ";padding:0.15em 0.7em";
}
