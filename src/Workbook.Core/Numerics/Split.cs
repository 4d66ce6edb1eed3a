namespace Workbook.Core.Numerics;

/// <summary>0..total-1 cut into the fewest pieces of at most a given size, sizes as equal as whole units allow.</summary>
internal readonly struct Split
{
    private readonly int total;
    private readonly int unit;
    private readonly int quotient;
    private readonly int remainder;

    private Split(int total, int count, int unit)
    {
        Count = count;
        this.total = total;
        this.unit = unit;
        (quotient, remainder) = Math.DivRem((total + unit - 1) / unit, count);
    }

    public int Count { get; }

    public int Largest => Size(0);

    /// <summary>Pieces of at most size elements; all but the last are multiples of the unit, which divides size.</summary>
    public static Split AtMost(int total, int size, int unit = 1) => new(total, Math.Max(1, (total + size - 1) / size), unit);

    public int Start(int piece) => Math.Min(total, (piece * quotient + Math.Min(piece, remainder)) * unit);

    /// <summary>The first piece after this one that has another size, for a unit of 1.</summary>
    public int EndOfEqual(int piece) => piece < remainder ? remainder : Count;

    public int Size(int piece) => Start(piece + 1) - Start(piece);
}
