namespace Workbook.Core.Numerics;

/// <summary>
/// Where <see cref="MatrixTile"/> finds its operands and what it leaves behind, known at compile time. Whoever meets A or B first, where it lies, writes a
/// packed copy on the way, in the shadow of the multiply-adds; the others read that copy.
/// </summary>
internal interface IMatrixSource
{
    /// <summary>Whether the rows of a tile of A lie apart; else they are side by side.</summary>
    static abstract bool RowsApart { get; }

    /// <summary>Whether A is written to panels.</summary>
    static abstract bool PacksA { get; }

    /// <summary>Whether B is written to a strip.</summary>
    static abstract bool PacksB { get; }
}

/// <summary>Packed panels, or the rows of A^T in place.</summary>
internal readonly struct ColumnsOfA : IMatrixSource
{
    public static bool RowsApart => false;

    public static bool PacksA => false;

    public static bool PacksB => false;
}

/// <summary>The rows of A in place.</summary>
internal readonly struct RowsOfA : IMatrixSource
{
    public static bool RowsApart => true;

    public static bool PacksA => false;

    public static bool PacksB => false;
}

/// <summary>The same places, and A is packed.</summary>
internal readonly struct PackingA<TSource> : IMatrixSource
    where TSource : IMatrixSource
{
    public static bool RowsApart => TSource.RowsApart;

    public static bool PacksA => true;

    public static bool PacksB => false;
}

/// <summary>The same places, and B is packed.</summary>
internal readonly struct PackingB<TSource> : IMatrixSource
    where TSource : IMatrixSource
{
    public static bool RowsApart => TSource.RowsApart;

    public static bool PacksA => false;

    public static bool PacksB => true;
}
