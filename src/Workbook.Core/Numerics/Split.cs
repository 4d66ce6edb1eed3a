namespace Workbook.Core.Numerics;

/// <summary>0..total-1 cut into the fewest pieces of at most a given size, all sizes equal but for one.</summary>
internal readonly struct Split
{
    private readonly int quotient;
    private readonly int remainder;

    private Split(int total, int count)
    {
        Count = count;
        (quotient, remainder) = Math.DivRem(total, count);
    }

    public int Count { get; }

    public int Largest => quotient + (remainder > 0 ? 1 : 0);

    public static Split AtMost(int total, int size) => new(total, Math.Max(1, (total + size - 1) / size));

    public int Start(int piece) => piece * quotient + Math.Min(piece, remainder);

    public int Size(int piece) => quotient + (piece < remainder ? 1 : 0);
}
