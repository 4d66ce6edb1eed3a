using System.Globalization;

namespace Workbook.Core.Sweeps;

/// <summary>A part of a plan's rows: blocks of 16 rows dealt out in turn, so that slow corners of a grid are shared by all.</summary>
/// <param name="Number">k in 1 .. N.</param>
/// <param name="Of">N.</param>
public sealed record Shard(int Number, int Of)
{
    private const int BlockRows = 16, Most = 100_000;

    /// <summary>All rows.</summary>
    public static Shard Whole { get; } = new(1, 1);

    /// <summary>Name in files: <c>3of16</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Number}of{Of}");

    /// <summary>Reads <c>k/N</c>.</summary>
    public static Shard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int k)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int n) && k >= 1 && k <= n && n <= Most
            ? new Shard(k, n)
            : throw new InputException($"the shard is '{text}'; write k/N with 1 <= k <= N <= {Most}, for instance 3/16.");
    }

    /// <summary>Reads a <see cref="Name"/>; null where it is none.</summary>
    internal static Shard? FromName(string name)
    {
        string[] parts = name.Split("of");
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int k)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? new Shard(k, n) : null;
    }

    /// <summary>Number of the shard, of so many, that has a row.</summary>
    public static int NumberOf(long row, int of) => (int)(row / BlockRows % of) + 1;

    /// <summary>The largest number of shards of which none is empty.</summary>
    public static int MostOf(long rows) => (int)Math.Clamp((rows + BlockRows - 1) / BlockRows, 1, Most);

    /// <summary>Whether a row is in this shard.</summary>
    public bool Has(long row) => row / BlockRows % Of == Number - 1;

    /// <summary>The first row of this shard at or after a place; past the end of any plan where there is none.</summary>
    public long Next(long row)
    {
        long block = row / BlockRows, turn = block % Of;
        return turn == Number - 1 ? row : (block + (Number - 1 - turn + Of) % Of) * BlockRows;
    }

    /// <summary>How many of a plan's rows are in this shard.</summary>
    public long Count(long rows)
    {
        long blocks = rows / BlockRows, rest = rows % BlockRows;
        long whole = blocks / Of + (blocks % Of >= Number ? 1 : 0);
        return whole * BlockRows + (blocks % Of == Number - 1 ? rest : 0);
    }
}

/// <summary>A set of rows, one bit each.</summary>
public sealed class RowSet(long rows)
{
    private readonly ulong[] _bits = new ulong[(rows + 63) / 64];

    /// <summary>Number of rows in it.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a row; false where it was there.</summary>
    public bool Add(long row)
    {
        ulong bit = 1UL << (int)(row & 63);
        if ((_bits[row >> 6] & bit) != 0) return false;
        _bits[row >> 6] |= bit;
        Count++;
        return true;
    }

    /// <summary>Whether a row is in it.</summary>
    public bool Has(long row) => (_bits[row >> 6] >> (int)(row & 63) & 1) != 0;
}
