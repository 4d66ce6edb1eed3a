namespace Workbook.Core.Numerics;

/// <summary>Whether a tile of inner products fetches a row for later, known at compile time: where all is near it costs some percent.</summary>
internal interface IDotAhead
{
    static abstract bool Fetches { get; }
}

internal readonly struct FetchesRow : IDotAhead
{
    public static bool Fetches => true;
}

internal readonly struct FetchesNothing : IDotAhead
{
    public static bool Fetches => false;
}
