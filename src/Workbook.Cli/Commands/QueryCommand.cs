using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Notebooks;
using Workbook.Report.Writing;
using Table = Workbook.Notebooks.Table;
using TableColumn = Workbook.Notebooks.TableColumn;

namespace Workbook.Cli.Commands;

/// <summary>`workbook query`: SQL over a store.</summary>
internal static class QueryCommand
{
    /// <summary>Rows that a table on a terminal shows.</summary>
    private const int Shown = 100;

    public static Command Create()
    {
        var command = new Command("query", "Answers SQL over a sweep's rows (table sweep) and over recorded runs (view trajectories). Nothing is changed.");
        var sql = new Argument<string>("SQL") { Description = "For instance: SELECT optimizer, avg(test_error) FROM sweep GROUP BY ALL; DESCRIBE sweep lists the columns." };
        var store = new Option<string>("--store") { Description = "Folder of the store.", DefaultValueFactory = _ => "results/sweep", HelpName = "DIR" };
        var format = new Option<string?>("--format") { Description = "table, csv or json (default: table on a terminal, else csv)." };
        format.AcceptOnlyFromAmong("table", "csv", "json");
        command.Arguments.Add(sql);
        command.Options.Add(store);
        command.Options.Add(format);
        command.SetAction(parsed =>
        {
            Table table = SweepQuery.Sql(parsed.GetValue(sql)!, parsed.GetValue(store)!, sentence => Console.Error.WriteLine(sentence));
            switch (parsed.GetValue(format) ?? (Console.IsOutputRedirected ? "csv" : "table"))
            {
                case "csv":
                    Console.Write(table.ToCsv());
                    break;
                case "json":
                    WriteJson(table);
                    break;
                default:
                    Print(table);
                    break;
            }
            return CommandLine.Success;
        });
        return command;
    }

    private static void Print(Table table)
    {
        var shown = Terminal.Table([.. table.Columns.Select(c => c.Name)]);
        for (long row = 0; row < Math.Min(Shown, table.RowCount); row++) shown.AddRow(Terminal.Cells([.. table.Columns.Select(c => Cell(c[row]))]));
        Terminal.Write(shown);
        if (table.RowCount > Shown) Console.WriteLine($"the first {Shown} of {table.RowCount} rows; --format csv writes them all");
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        double number => ShortNumbers.Short(number),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>One object per row, in a list; a NaN is the text "NaN".</summary>
    private static void WriteJson(Table table)
    {
        using Stream stream = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = Json.Options.Encoder }))
        {
            json.WriteStartArray();
            for (long row = 0; row < table.RowCount; row++)
            {
                json.WriteStartObject();
                foreach (TableColumn column in table.Columns)
                {
                    json.WritePropertyName(column.Name);
                    JsonSerializer.Serialize(json, column[row], Json.Options);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        stream.Write("\n"u8);
    }
}
