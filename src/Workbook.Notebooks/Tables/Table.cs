using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Data.Analysis;

namespace Workbook.Notebooks;

/// <summary>
/// A table to look at, over a data frame or any sequence of records. It reads only the rows it shows, so a long one costs nothing
/// until it is written out.
/// </summary>
public sealed record Table : View
{
    private Table(ImmutableArray<TableColumn> columns, long rowCount) => (Columns, RowCount) = (columns, rowCount);

    /// <summary>The columns, left to right.</summary>
    public ImmutableArray<TableColumn> Columns { get; private init; }

    /// <summary>How many rows there are.</summary>
    public long RowCount { get; private init; }

    /// <summary>What the table shows, in a sentence.</summary>
    public string Caption { get; init; } = "";

    /// <summary>The most rows that are shown; of a longer table its beginning and its end.</summary>
    public int MaxRows { get; init; } = 24;

    /// <summary>A table over a data frame, which should not be changed while the table is in use.</summary>
    public static Table Of(DataFrame frame, string caption = "")
    {
        ArgumentNullException.ThrowIfNull(frame);
        return new Table([.. frame.Columns.Select(column => new TableColumn(column.Name, column.DataType, row => column[row]))], frame.Rows.Count) { Caption = caption };
    }

    /// <summary>A table with a row for each record and a column for each of its public properties; tuples and plain values work too.</summary>
    public static Table Of<T>(IEnumerable<T> records, string caption = "")
    {
        ArgumentNullException.ThrowIfNull(records);
        T[] rows = [.. records];
        PropertyInfo[] properties = [.. typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.GetIndexParameters().Length == 0)];
        FieldInfo[] fields = typeof(T).IsValueType && typeof(T).FullName!.StartsWith("System.ValueTuple", StringComparison.Ordinal) ? typeof(T).GetFields() : [];
        IEnumerable<TableColumn> columns = IsPlain(typeof(T))
            ? [new TableColumn("value", typeof(T), row => rows[row])]
            : fields.Length > 0
                ? fields.Select(field => new TableColumn(field.Name, field.FieldType, row => field.GetValue(rows[row])))
                : properties.Select(property => new TableColumn(property.Name, property.PropertyType, row => rows[row] is { } record ? property.GetValue(record) : null));
        return new Table([.. columns], rows.Length) { Caption = caption };
    }

    /// <summary>A table from named columns of equal length.</summary>
    public static Table OfColumns(params IReadOnlyList<(string Name, Array Values)> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Select(column => column.Values.Length).Distinct().Count() > 1)
        {
            throw new ArgumentException("The columns of a table must have the same length.", nameof(columns));
        }
        return new Table(
            [.. columns.Select(column => new TableColumn(column.Name, column.Values.GetType().GetElementType()!, row => column.Values.GetValue(row)))],
            columns.Count == 0 ? 0 : columns[0].Values.Length);
    }

    /// <summary>Says how a column is shown.</summary>
    /// <param name="name">The column.</param>
    /// <param name="header">The name a reader sees.</param>
    /// <param name="unit">The unit, in brackets after it.</param>
    /// <param name="digits">Significant digits.</param>
    /// <param name="scientific">Whether all numbers carry a power of ten.</param>
    public Table Column(string name, string? header = null, string? unit = null, int? digits = null, bool? scientific = null)
    {
        int at = Index(name);
        TableColumn column = Columns[at];
        return this with
        {
            Columns = Columns.SetItem(at, column with
            {
                Header = header ?? column.Header,
                Unit = unit ?? column.Unit,
                Digits = Math.Clamp(digits ?? column.Digits, 1, 17),
                Scientific = scientific ?? column.Scientific,
            }),
        };
    }

    /// <summary>Only these columns, in this order.</summary>
    public Table Select(params IReadOnlyList<string> names) => this with { Columns = [.. names.Select(name => Columns[Index(name)])] };

    /// <summary>The first rows.</summary>
    public Table Head(int count = 5) => this with { RowCount = Math.Min(RowCount, Math.Max(0, count)) };

    /// <summary>The last rows.</summary>
    public Table Tail(int count = 5)
    {
        long kept = Math.Min(RowCount, Math.Max(0, count));
        long first = RowCount - kept;
        return this with { Columns = [.. Columns.Select(column => column.Shifted(first))], RowCount = kept };
    }

    /// <summary>All rows as a new data frame.</summary>
    public DataFrame ToDataFrame() => TableFrame.Write(this);

    /// <summary>The shown rows as a Markdown table.</summary>
    public string ToMarkdown() => TableText.Markdown(this);

    /// <summary>The shown rows as a LaTeX table with the rules of booktabs.</summary>
    public string ToLatex() => TableText.Latex(this);

    /// <summary>All rows as CSV (RFC 4180) with every digit: reading it back gives the same numbers.</summary>
    public string ToCsv() => TableText.Csv(this);

    /// <inheritdoc/>
    public override string ToHtml() => TableHtml.Write(this);

    /// <inheritdoc/>
    public override string ToText() => TableText.Plain(this);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object>
    {
        ["text/html"] = ToHtml(),
        ["text/markdown"] = ToMarkdown(),
        ["text/plain"] = ToText(),
    };

    private int Index(string name)
    {
        int at = Columns.ToList().FindIndex(column => string.Equals(column.Name, name, StringComparison.Ordinal));
        return at >= 0 ? at : throw new ArgumentException($"The table has no column '{name}'; it has {string.Join(", ", Columns.Select(column => column.Name))}.", nameof(name));
    }

    private static bool IsPlain(Type type)
    {
        Type inner = Nullable.GetUnderlyingType(type) ?? type;
        return inner.IsPrimitive || inner.IsEnum || inner == typeof(string) || inner == typeof(decimal);
    }
}
