using System.Runtime.InteropServices;
using System.Text;

namespace Workbook.Core.Sweeps;

/// <summary>Some rows of a sweep's table, column by column. Bytes and back are exact: every double keeps its bits.</summary>
public sealed class TableRows
{
    private readonly Values[] _columns;

    /// <summary>No rows of these columns.</summary>
    public TableRows(IReadOnlyList<SweepColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        Columns = columns;
        _columns = [.. columns.Select(c => (Values)(c.Kind switch { ColumnKind.Whole => new Wholes(), ColumnKind.Real => new Reals(), _ => new Texts() }))];
    }

    /// <summary>The columns; the first is <c>row</c>.</summary>
    public IReadOnlyList<SweepColumn> Columns { get; }

    /// <summary>Number of rows.</summary>
    public int Count => ((Wholes)_columns[0]).List.Count;

    /// <summary>Place in the plan of each row.</summary>
    public long Index(int row) => ((Wholes)_columns[0]).List[row]!.Value;

    /// <summary>Values of a column of whole numbers.</summary>
    public List<long?> Whole(int column) => ((Wholes)_columns[column]).List;

    /// <summary>Values of a real column.</summary>
    public List<double?> Real(int column) => ((Reals)_columns[column]).List;

    /// <summary>Values of a column of text.</summary>
    public List<string?> Text(int column) => ((Texts)_columns[column]).List;

    /// <summary>Appends a row of another table with the same columns.</summary>
    public void Add(TableRows from, int row)
    {
        ArgumentNullException.ThrowIfNull(from);
        for (int k = 0; k < _columns.Length; k++) _columns[k].Add(from._columns[k], row);
    }

    /// <summary>Appends rows of another table with the same columns that stand together there.</summary>
    public void AddRange(TableRows from, int at, int count)
    {
        ArgumentNullException.ThrowIfNull(from);
        for (int k = 0; k < _columns.Length; k++) _columns[k].AddRange(from._columns[k], at, count);
    }

    /// <summary>Appends rows of another table that has these columns among its own: column k is its column <paramref name="map"/>[k].</summary>
    public void Add(TableRows from, int row, int[] map)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(map);
        for (int k = 0; k < _columns.Length; k++) _columns[k].Add(from._columns[map[k]], row);
    }

    /// <summary>Whether two rows are the same to the last bit.</summary>
    public bool Same(int row, TableRows other, int otherRow)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int k = 0; k < _columns.Length; k++)
            if (!_columns[k].Same(row, other._columns[k], otherRow)) return false;
        return true;
    }

    /// <summary>The rows in the order of their places; of equal places the first.</summary>
    public TableRows Sorted()
    {
        List<long?> places = Whole(0);
        // Place and position in one number: equal places stay in order.
        var order = new long[Count];
        bool sorted = true;
        for (int k = 0; k < order.Length; k++)
        {
            order[k] = places[k]!.Value << 32 | (uint)k;
            sorted &= k == 0 || places[k - 1] < places[k];
        }
        if (sorted) return this;
        Array.Sort(order);
        int kept = 0;
        for (int k = 0; k < order.Length; k++)
            if (k == 0 || order[k] >> 32 != order[k - 1] >> 32) order[kept++] = order[k];
        var rows = new TableRows(Columns);
        for (int k = 0; k < _columns.Length; k++) rows._columns[k].Gather(_columns[k], order.AsSpan(0, kept));
        return rows;
    }

    /// <summary>The rows as bytes.</summary>
    internal byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer, Encoding.UTF8);
        writer.Write(Count);
        foreach (Values column in _columns) column.Write(writer);
        writer.Flush();
        return buffer.ToArray();
    }

    /// <summary>Appends the rows that <see cref="ToBytes"/> wrote.</summary>
    internal void AddBytes(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        int count = reader.ReadInt32();
        foreach (Values column in _columns) column.Read(reader, count);
    }

    private abstract class Values
    {
        public abstract void Add(Values from, int row);

        public abstract void AddRange(Values from, int at, int count);

        /// <summary>Appends the entries whose positions are the lower halves of <paramref name="order"/>.</summary>
        public abstract void Gather(Values from, ReadOnlySpan<long> order);

        public abstract bool Same(int row, Values other, int otherRow);

        public abstract void Write(BinaryWriter writer);

        public abstract void Read(BinaryReader reader, int count);
    }

    private abstract class Values<T> : Values
    {
        public List<T?> List { get; } = [];

        protected abstract bool Equal(T? one, T? other);

        protected abstract void WriteOne(BinaryWriter writer, T value);

        protected abstract T ReadOne(BinaryReader reader);

        public override void Add(Values from, int row) => List.Add(((Values<T>)from).List[row]);

        public override void AddRange(Values from, int at, int count) => List.AddRange(CollectionsMarshal.AsSpan(((Values<T>)from).List).Slice(at, count));

        public override void Gather(Values from, ReadOnlySpan<long> order)
        {
            ReadOnlySpan<T?> values = CollectionsMarshal.AsSpan(((Values<T>)from).List);
            List.EnsureCapacity(List.Count + order.Length);
            foreach (long place in order) List.Add(values[(int)(uint)place]);
        }

        public override bool Same(int row, Values other, int otherRow) => Equal(List[row], ((Values<T>)other).List[otherRow]);

        // Most parameters are the same in all rows of a batch: 1 says that one value stands for all.
        public override void Write(BinaryWriter writer)
        {
            ReadOnlySpan<T?> values = CollectionsMarshal.AsSpan(List);
            bool one = values.Length > 0;
            for (int k = 1; k < values.Length && one; k++) one = Equal(values[k], values[0]);
            writer.Write(one);
            foreach (T? value in one ? values[..1] : values)
            {
                writer.Write(value is not null);
                if (value is not null) WriteOne(writer, value);
            }
        }

        public override void Read(BinaryReader reader, int count)
        {
            bool one = reader.ReadBoolean();
            T? value = default;
            List.EnsureCapacity(List.Count + count);
            for (int k = 0; k < count; k++)
            {
                if (k == 0 || !one) value = reader.ReadBoolean() ? ReadOne(reader) : default;
                List.Add(value);
            }
        }
    }

    private sealed class Wholes : Values<long?>
    {
        protected override bool Equal(long? one, long? other) => one == other;

        protected override void WriteOne(BinaryWriter writer, long? value) => writer.Write(value!.Value);

        protected override long? ReadOne(BinaryReader reader) => reader.ReadInt64();
    }

    private sealed class Reals : Values<double?>
    {
        protected override bool Equal(double? one, double? other) =>
            one.HasValue == other.HasValue && (one is not double a || BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(other!.Value));

        protected override void WriteOne(BinaryWriter writer, double? value) => writer.Write(value!.Value);

        protected override double? ReadOne(BinaryReader reader) => reader.ReadDouble();
    }

    private sealed class Texts : Values<string>
    {
        protected override bool Equal(string? one, string? other) => one == other;

        protected override void WriteOne(BinaryWriter writer, string value) => writer.Write(value);

        protected override string ReadOne(BinaryReader reader) => reader.ReadString();
    }
}
