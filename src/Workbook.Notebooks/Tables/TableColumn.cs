namespace Workbook.Notebooks;

/// <summary>One column of a <see cref="Table"/>: its values, read when they are needed, and how they are shown.</summary>
public sealed record TableColumn
{
    private readonly Func<long, object?> _read;

    internal TableColumn(string name, Type type, Func<long, object?> read)
    {
        (Name, Header, Type, _read) = (name, name, Nullable.GetUnderlyingType(type) ?? type, read);
    }

    /// <summary>The name in code, in CSV and in a data frame.</summary>
    public string Name { get; }

    /// <summary>The name a reader sees; may hold <c>s_{21}</c>, <c>\sigma_p</c>.</summary>
    public string Header { get; init; }

    /// <summary>The unit, shown in brackets after the header.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Significant digits of fractional numbers.</summary>
    public int Digits { get; init; } = 4;

    /// <summary>Whether all numbers are shown with a power of ten; otherwise only very large and very small ones are.</summary>
    public bool Scientific { get; init; }

    /// <summary>Type of the values.</summary>
    public Type Type { get; }

    /// <summary>The value in a row; null where it is missing.</summary>
    public object? this[long row] => _read(row);

    internal bool IsNumber => IsFraction || Type == typeof(int) || Type == typeof(long) || Type == typeof(uint) || Type == typeof(ulong)
        || Type == typeof(short) || Type == typeof(ushort) || Type == typeof(byte) || Type == typeof(sbyte);

    internal bool IsFraction => Type == typeof(double) || Type == typeof(float) || Type == typeof(decimal) || Type == typeof(Half);

    internal string FullHeader => Unit.Length == 0 ? Header : $"{Header} [{Unit}]";

    internal TableColumn Shifted(long first) => this with { Read = row => this[first + row] };

    private Func<long, object?> Read
    {
        init => _read = value;
    }
}
