namespace Workbook.Core.Numerics;

/// <summary>Some successive p of a sum, whole vectors of them: those of A's row i begin at <c>A + i RowOfA</c>, those of B's row j at <c>B + j RowOfB</c>.</summary>
internal readonly unsafe struct DotPart<T>(T* a, nint rowOfA, T* b, nint rowOfB, nint length)
    where T : unmanaged
{
    public T* A { get; } = a;

    public nint RowOfA { get; } = rowOfA;

    public T* B { get; } = b;

    public nint RowOfB { get; } = rowOfB;

    /// <summary>How many: a vector's length at least.</summary>
    public nint Length { get; } = length;
}
