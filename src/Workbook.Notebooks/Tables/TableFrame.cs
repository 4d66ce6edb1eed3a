using System.Globalization;
using Microsoft.Data.Analysis;

namespace Workbook.Notebooks;

/// <summary>A table as a data frame.</summary>
internal static class TableFrame
{
    internal static DataFrame Write(Table table) => new(table.Columns.Select(column => Column(column, table.RowCount)));

    private static DataFrameColumn Column(TableColumn column, long rows)
    {
        if (column.Type == typeof(double))
        {
            return new DoubleDataFrameColumn(column.Name, Values<double>(column, rows));
        }
        if (column.Type == typeof(float))
        {
            return new SingleDataFrameColumn(column.Name, Values<float>(column, rows));
        }
        if (column.Type == typeof(int))
        {
            return new Int32DataFrameColumn(column.Name, Values<int>(column, rows));
        }
        if (column.Type == typeof(long))
        {
            return new Int64DataFrameColumn(column.Name, Values<long>(column, rows));
        }
        if (column.Type == typeof(bool))
        {
            return new BooleanDataFrameColumn(column.Name, Values<bool>(column, rows));
        }
        if (column.IsNumber)
        {
            return new DoubleDataFrameColumn(column.Name, Rows(column, rows).Select(value => value is null ? (double?)null : Convert.ToDouble(value, CultureInfo.InvariantCulture)));
        }
        return new StringDataFrameColumn(column.Name, Rows(column, rows).Select(value => value is null ? null : TableCells.Exact(value)));
    }

    private static IEnumerable<T?> Values<T>(TableColumn column, long rows)
        where T : struct => Rows(column, rows).Select(value => (T?)value);

    private static IEnumerable<object?> Rows(TableColumn column, long rows)
    {
        for (long row = 0; row < rows; row++)
        {
            yield return column[row];
        }
    }
}
