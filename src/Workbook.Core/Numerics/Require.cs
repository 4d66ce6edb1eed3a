namespace Workbook.Core.Numerics;

/// <summary>Argument checks that several kernels share.</summary>
internal static class Require
{
    public static void SameLength(int x, int y)
    {
        if (x != y)
        {
            throw new ArgumentException($"The operands have {x} and {y} elements; they must have equally many.");
        }
    }

    public static void SameOrDisjoint<T>(ReadOnlySpan<T> input, ReadOnlySpan<T> output)
        where T : unmanaged
    {
        if (input.Overlaps(output, out int offset) && offset != 0)
        {
            throw new ArgumentException("The output overlaps an input without being the same memory.");
        }
    }

    /// <summary>A row-major matrix: non-negative sizes, rows that do not overlap, a span that reaches the last element.</summary>
    public static void Matrix(int rows, int columns, int stride, int length, string name)
    {
        if (rows < 0 || columns < 0)
        {
            throw new ArgumentException($"Matrix {name} has a negative size: {rows} x {columns}.");
        }

        if (stride < columns)
        {
            throw new ArgumentException($"Matrix {name} has {columns} columns but only {stride} elements from row to row.");
        }

        if (rows > 0 && columns > 0 && (long)(rows - 1) * stride + columns > length)
        {
            throw new ArgumentException($"Matrix {name} of {rows} x {columns} with stride {stride} does not fit into {length} elements.");
        }
    }

    /// <summary>The operands of C = op(A) op(B): three matrices that fit, C apart from the others.</summary>
    public static void Product<T>(
        bool transposeA, bool transposeB, int m, int n, int k,
        ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b, int ldb, ReadOnlySpan<T> c, int ldc)
        where T : unmanaged
    {
        Matrix(transposeA ? k : m, transposeA ? m : k, lda, a.Length, "A");
        Matrix(transposeB ? n : k, transposeB ? k : n, ldb, b.Length, "B");
        Matrix(m, n, ldc, c.Length, "C");
        if (c.Overlaps(a) || c.Overlaps(b))
        {
            throw new ArgumentException("Matrix C overlaps A or B.");
        }
    }
}
