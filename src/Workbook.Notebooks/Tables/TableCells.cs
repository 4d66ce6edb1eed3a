using System.Globalization;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>One cell ready to be written: a label where it is a number, text as it stands otherwise.</summary>
internal readonly record struct Cell(string Text, bool IsNumber, string Plain);

/// <summary>The rows of a table that are shown, formatted column by column.</summary>
internal sealed class TableCells
{
    /// <summary>Above this ratio of the largest to the smallest number of a column, aligned decimals would drown the small ones.</summary>
    private const double AlignedRatio = 1e4;

    internal TableCells(Table table)
    {
        long shown = Math.Min(table.RowCount, Math.Max(2, table.MaxRows));
        LeftOut = table.RowCount - shown;
        long head = LeftOut == 0 ? shown : shown - shown / 4;
        Head = (int)head;
        long[] rows = [.. Enumerable.Range(0, (int)shown).Select(i => i < head ? i : table.RowCount - shown + i)];
        Cell[][] columns = [.. table.Columns.Select(column => FormatColumn(column, rows))];
        Rows = [.. Enumerable.Range(0, rows.Length).Select(row => columns.Select(column => column[row]).ToArray())];
    }

    /// <summary>The shown rows.</summary>
    internal Cell[][] Rows { get; }

    /// <summary>How many of them come before the rows left out.</summary>
    internal int Head { get; }

    /// <summary>How many rows are not shown.</summary>
    internal long LeftOut { get; }

    internal string LeftOutText => string.Create(CultureInfo.InvariantCulture, $"… {LeftOut:#,0} more row{(LeftOut == 1 ? "" : "s")} …");

    /// <summary>A value with every digit.</summary>
    internal static string Exact(object? value) => value switch
    {
        null => "",
        double number => Numbers.RoundTrip(number),
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static Cell[] FormatColumn(TableColumn column, long[] rows)
    {
        object?[] values = [.. rows.Select(row => column[row])];
        if (!column.IsFraction)
        {
            return [.. values.Select(value => new Cell(column.IsNumber ? Exact(value).Replace('-', '−') : Exact(value), column.IsNumber, Exact(value)))];
        }
        double?[] numbers = [.. values.Select(value => value is null ? (double?)null : Convert.ToDouble(value, CultureInfo.InvariantCulture))];
        double[] sizes = [.. numbers.Where(number => number is { } x && double.IsFinite(x) && x != 0).Select(number => Math.Abs(number!.Value))];
        bool aligned = sizes.Length > 0 && sizes.Max() / sizes.Min() < AlignedRatio && !sizes.Any(Numbers.NeedsScientific);
        int? decimals = aligned ? sizes.Max(size => Numbers.Decimals(size, column.Digits)) : null;
        return [.. numbers.Select(number => number is { } x
            ? new Cell(Numbers.Label(x, column.Digits, column.Scientific, decimals), true, PlainNumber(x, column, decimals))
            : new Cell("", true, ""))];
    }

    private static string PlainNumber(double value, TableColumn column, int? decimals) =>
        column.Scientific && double.IsFinite(value) ? value.ToString("0." + new string('#', column.Digits - 1) + "e0", CultureInfo.InvariantCulture)
        : decimals is { } places && double.IsFinite(value) && !Numbers.NeedsScientific(value) ? value.ToString("F" + places.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : Numbers.Plain(value, column.Digits);
}
