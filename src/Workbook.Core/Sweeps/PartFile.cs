using System.Security.Cryptography;
using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace Workbook.Core.Sweeps;

/// <summary>
/// A closed piece of a sweep's table: rows sorted by their place, in groups, as Parquet. It never changes; its name ends in the
/// beginning of its SHA-256, so that the bytes can be checked against the name alone.
/// </summary>
public sealed class PartFile : IDisposable
{
    private const string MetadataKey = "workbook.sweep";
    private const int GroupRows = 8192, HashDigits = 16;

    private readonly ParquetReader _reader;

    private sealed record Header(string Plan, long First, long Last, long Rows);

    private PartFile(string path, ParquetReader reader, Header header)
    {
        (Path, _reader, Plan, First, Last, Rows) = (path, reader, header.Plan, header.First, header.Last, header.Rows);
        Columns = [.. reader.Schema.DataFields.Select(f => new SweepColumn(f.Name, Kind(f.ClrType)))];
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Hash of the plan.</summary>
    public string Plan { get; }

    /// <summary>Place of its first row.</summary>
    public long First { get; }

    /// <summary>Place of its last row.</summary>
    public long Last { get; }

    /// <summary>Number of rows.</summary>
    public long Rows { get; }

    /// <summary>Its columns.</summary>
    public IReadOnlyList<SweepColumn> Columns { get; }

    /// <summary>Number of row groups.</summary>
    public int Groups => _reader.RowGroupCount;

    /// <summary>Writes rows that are sorted by their place into a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Beginning of the file's name.</param>
    /// <param name="plan">Hash of the plan.</param>
    /// <param name="rows">At least one row.</param>
    /// <returns>Path of the file.</returns>
    internal static string Write(string folder, string name, string plan, TableRows rows) =>
        Write(folder, name, plan, rows.Columns, rows.Index(0), rows.Index(rows.Count - 1), rows.Count, [rows]);

    /// <summary>Writes rows as they come.</summary>
    internal static string Write(string folder, string name, string plan, IReadOnlyList<SweepColumn> columns, long first, long last, long count, IEnumerable<TableRows> rows)
    {
        string partial = Durable.Partial(System.IO.Path.Combine(folder, name));
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                var writer = new PartWriter(stream, columns, plan, first, last, count);
                foreach (TableRows some in rows) writer.Write(some);
                writer.Close();
                stream.Flush(flushToDisk: true);
            }
            string path = System.IO.Path.Combine(folder, $"{name}-{Sha256(partial)[..HashDigits]}.parquet");
            Durable.Rename(partial, path);
            return path;
        }
        finally
        {
            Durable.Delete(partial);
        }
    }

    /// <summary>Whether the bytes are those that the name promises.</summary>
    public static bool Verify(string path) => System.IO.Path.GetFileNameWithoutExtension(path).EndsWith("-" + Sha256(path)[..HashDigits], StringComparison.Ordinal);

    /// <summary>Opens a part.</summary>
    /// <exception cref="InputException">It is not one, or damaged.</exception>
    public static PartFile Open(string path)
    {
        try
        {
            ParquetReader reader = ParquetReader.CreateAsync(path).GetAwaiter().GetResult();
            if (!reader.CustomMetadata.TryGetValue(MetadataKey, out string? text)) throw new InputException($"{path} is Parquet, but not of a sweep: it lacks the entry '{MetadataKey}'.");
            return new PartFile(path, reader, JsonSerializer.Deserialize<Header>(text)!);
        }
        catch (Exception e) when (e is not (InputException or OutOfMemoryException))
        {
            throw new InputException($"{path} cannot be read as a part of a sweep: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Reads a row group, all columns or those named.</summary>
    public TableRows Read(int group, params string[] names)
    {
        SweepColumn[] columns = [.. Columns.Where(c => names.Length == 0 || names.Contains(c.Name))];
        var rows = new TableRows(columns);
        using ParquetRowGroupReader reader = _reader.OpenRowGroupReader(group);
        int count = checked((int)reader.RowCount);
        for (int k = 0; k < columns.Length; k++)
        {
            DataField field = _reader.Schema.DataFields.First(f => f.Name == columns[k].Name);
            switch (columns[k].Kind)
            {
                case ColumnKind.Whole:
                    rows.Whole(k).AddRange(Values(new long?[count], v => reader.ReadAsync<long>(field, v.AsMemory())));
                    break;
                case ColumnKind.Real:
                    rows.Real(k).AddRange(Values(new double?[count], v => reader.ReadAsync<double>(field, v.AsMemory())));
                    break;
                default:
                    rows.Text(k).AddRange(Values(new string?[count], v => reader.ReadAsync(field, v.AsMemory())));
                    break;
            }
        }
        return rows;
    }

    private static T[] Values<T>(T[] values, Func<T[], ValueTask> read)
    {
        read(values).AsTask().GetAwaiter().GetResult();
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static ColumnKind Kind(Type type) => type == typeof(long) ? ColumnKind.Whole : type == typeof(double) ? ColumnKind.Real : ColumnKind.Text;

    private static string Sha256(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Writes a part or a whole table group by group; equal rows give equal bytes.</summary>
    internal sealed class PartWriter
    {
        private readonly ParquetWriter _writer;
        private readonly DataField[] _fields;

        public PartWriter(Stream stream, IReadOnlyList<SweepColumn> columns, string plan, long first, long last, long rows)
        {
            _fields = [.. columns.Select(c => new DataField(c.Name, c.Kind switch { ColumnKind.Whole => typeof(long), ColumnKind.Real => typeof(double), _ => typeof(string) }, isNullable: true))];
            var options = new ParquetOptions { CompressionMethod = CompressionMethod.Snappy };
            _writer = ParquetWriter.CreateAsync(new ParquetSchema(_fields), stream, options).GetAwaiter().GetResult();
            _writer.CustomMetadata = new Dictionary<string, string>(StringComparer.Ordinal) { [MetadataKey] = JsonSerializer.Serialize(new Header(plan, first, last, rows)) };
        }

        /// <summary>Writes rows as groups of a fixed size.</summary>
        public void Write(TableRows rows)
        {
            for (int from = 0; from < rows.Count; from += GroupRows) WriteGroup(rows, from, Math.Min(GroupRows, rows.Count - from));
        }

        public void Close() => _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();

        private void WriteGroup(TableRows rows, int from, int count)
        {
            using ParquetRowGroupWriter group = _writer.CreateRowGroup();
            for (int k = 0; k < _fields.Length; k++)
            {
                switch (rows.Columns[k].Kind)
                {
                    case ColumnKind.Whole:
                        Wait(group.WriteAsync<long>(_fields[k], rows.Whole(k).GetRange(from, count).ToArray().AsMemory()));
                        break;
                    case ColumnKind.Real:
                        Wait(group.WriteAsync<double>(_fields[k], rows.Real(k).GetRange(from, count).ToArray().AsMemory()));
                        break;
                    default:
                        Wait(group.WriteAsync(_fields[k], rows.Text(k).GetRange(from, count)!));
                        break;
                }
            }
            group.CompleteValidate();
        }

        private static void Wait(Task task) => task.GetAwaiter().GetResult();
    }
}
