using System.Collections;
using System.Globalization;
using System.Numerics;
using DuckDB.NET.Data;
using Workbook.Core;
using Workbook.Core.Sweeps;

namespace Workbook.Notebooks;

/// <summary>
/// SQL (DuckDB's) over a store, read-only. Table <c>sweep</c> (also <c>rows</c>): the rows of the sweep in the folder, finished or not. View <c>trajectories</c>: the recorded
/// steps of every single run in <c>runs/</c> of the folder, with its hash as <c>run</c>.
/// </summary>
/// <example><code>SweepQuery.Sql("SELECT sigma_p, optimizer, avg(test_error) AS error FROM sweep GROUP BY ALL ORDER BY ALL", "results/sweep")</code></example>
public static class SweepQuery
{
    /// <summary>The answer as a table; <see cref="Table.ToDataFrame"/> makes a data frame of it.</summary>
    /// <param name="sql">One SELECT (or FROM, WITH, DESCRIBE, SUMMARIZE).</param>
    /// <param name="store">Folder of the store.</param>
    /// <param name="say">Told a sentence for every damaged part, which is left out.</param>
    /// <exception cref="InputException">The statement is wrong or would write, or there is no store.</exception>
    public static Table Sql(string sql, string store = "results/sweep", Action<string>? say = null)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(store);
        string root = Path.GetFullPath(store);
        string[] runs = Directory.Exists(Path.Combine(root, "runs")) ? Directory.GetFiles(Path.Combine(root, "runs"), "trajectory.parquet", SearchOption.AllDirectories) : [];
        bool sweep = SweepStore.Exists(root);
        if (!sweep && runs.Length == 0) throw new InputException($"{store} holds neither a sweep nor runs: it has no sweep.json and no runs folder.");
        string scratch = Directory.CreateTempSubdirectory("workbook-query-").FullName;
        try
        {
            using var connection = new DuckDBConnection("Data Source=:memory:");
            connection.Open();
            List<string> folders = [root, scratch];
            if (sweep)
            {
                SweepParts parts = SweepParts.Of(SweepStore.Open(root), scratch, say ?? (_ => { }));
                Execute(connection, parts.Files.Count == 0 ? Empty(parts.Columns) : Rows(parts));
                Execute(connection, "CREATE VIEW rows AS FROM sweep");
            }
            if (runs.Length > 0)
                Execute(connection, $"CREATE VIEW trajectories AS SELECT parse_path(filename)[-2] AS run, * EXCLUDE (filename) FROM read_parquet({List(runs)}, filename = true)");
            // From here on nothing but the store can be read, and nothing can be changed back.
            Execute(connection, $"SET temp_directory = {Quote(scratch)}");
            Execute(connection, $"SET allowed_directories = {List([.. folders.Select(f => f + "/")])}");
            Execute(connection, "SET enable_external_access = false");
            Execute(connection, "SET lock_configuration = true");
            CheckReadOnly(connection, sql);
            return Read(connection, sql);
        }
        catch (DuckDBException e)
        {
            throw new InputException("the query cannot be answered: " + Sentence(e.Message), e);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static string Rows(SweepParts parts) => parts.Overlap
        ? $"CREATE VIEW sweep AS SELECT * FROM read_parquet({List(parts.Files)}) QUALIFY row_number() OVER (PARTITION BY \"row\") = 1"
        : $"CREATE VIEW sweep AS SELECT * FROM read_parquet({List(parts.Files)})";

    private static string Empty(IReadOnlyList<SweepColumn> columns) =>
        $"CREATE TABLE sweep ({string.Join(", ", columns.Select(c => $"\"{c.Name}\" {c.Kind switch { ColumnKind.Whole => "BIGINT", ColumnKind.Real => "DOUBLE", _ => "VARCHAR" }}"))})";

    /// <summary>DuckDB turns nothing but a SELECT into its syntax tree: whatever writes is refused before it runs.</summary>
    private static void CheckReadOnly(DuckDBConnection connection, string sql)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT tree ->> 'error', tree ->> 'error_message', json_array_length(tree -> 'statements') FROM (SELECT json_serialize_sql({Quote(sql)})::JSON AS tree)";
        using DuckDBDataReader reader = command.ExecuteReader();
        reader.Read();
        if (reader.GetString(0) == "true")
        {
            string why = reader.GetString(1);
            throw new InputException(why.StartsWith("Only SELECT", StringComparison.Ordinal)
                ? "the query may only read: write one SELECT, FROM, WITH, DESCRIBE or SUMMARIZE."
                : "the query cannot be answered: " + Sentence(why));
        }
        long statements = System.Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture);
        if (statements != 1) throw new InputException($"the query holds {statements} statements; write one.");
    }

    private static Table Read(DuckDBConnection connection, string sql)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        int count = reader.FieldCount;
        Type[] types = [.. Enumerable.Range(0, count).Select(k => Plain(reader.GetFieldType(k)))];
        ArrayList[] values = [.. types.Select(_ => new ArrayList())];
        while (reader.Read())
            for (int k = 0; k < count; k++) values[k].Add(reader.IsDBNull(k) ? null : Convert(reader.GetValue(k), types[k]));
        var names = new HashSet<string>(StringComparer.Ordinal);
        return Table.OfColumns([.. Enumerable.Range(0, count).Select(k => (Unique(reader.GetName(k), names), Typed(values[k], types[k])))]);
    }

    /// <summary>What a table knows to show: whole numbers, doubles, truth values, and text for the rest.</summary>
    private static Type Plain(Type type) =>
        type == typeof(bool) ? typeof(bool?)
        : type == typeof(sbyte) || type == typeof(byte) || type == typeof(short) || type == typeof(ushort) || type == typeof(int) || type == typeof(uint) || type == typeof(long) ? typeof(long?)
        : type == typeof(float) || type == typeof(double) || type == typeof(decimal) || type == typeof(ulong) || type == typeof(BigInteger) ? typeof(double?)
        : typeof(string);

    private static object Convert(object value, Type type) =>
        type == typeof(bool?) ? value
        : type == typeof(long?) ? System.Convert.ToInt64(value, CultureInfo.InvariantCulture)
        : type == typeof(double?) ? (value is BigInteger big ? (double)big : System.Convert.ToDouble(value, CultureInfo.InvariantCulture))
        : value is IEnumerable list and not string ? "[" + string.Join(", ", list.Cast<object?>().Select(v => System.Convert.ToString(v, CultureInfo.InvariantCulture))) + "]"
        : System.Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static Array Typed(ArrayList values, Type type)
    {
        var array = Array.CreateInstance(type, values.Count);
        for (int k = 0; k < values.Count; k++) array.SetValue(values[k], k);
        return array;
    }

    private static string Unique(string name, HashSet<string> names)
    {
        string unique = name;
        for (int k = 2; !names.Add(unique); k++) unique = $"{name}_{k}";
        return unique;
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string List(IReadOnlyList<string> texts) => "[" + string.Join(", ", texts.Select(Quote)) + "]";

    private static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>DuckDB's message without its drawing of the statement.</summary>
    private static string Sentence(string message)
    {
        int drawing = message.IndexOf("\n\nLINE ", StringComparison.Ordinal);
        return string.Join(' ', (drawing < 0 ? message : message[..drawing]).Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }
}
