using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// How a matrix of <c>rows</c> x <c>width</c> neurons lies in memory: panel by panel of at most <c>panel</c> neurons, in a panel row after row.
/// Element (i, r) is at <c>(r / panel) * panel * rows + i * pitch + r % panel</c>, the pitch being the panel's own width. Several matrices may lie side by side:
/// row i of one, row i of the next; then the first begins at 0, the next at <c>panel</c>, all panels being equally wide, and rows are that many pitches apart.
/// </summary>
/// <remarks>
/// A step on one panel of all columns needs nothing of the other panels (neurons meet only in the scores), and at 64 neurons a panel of a
/// few thousand columns stays in the second-level cache between being updated and being projected.
/// </remarks>
internal readonly record struct RowPanels(int Rows, int Width, int Panel, int Matrices = 1)
{
    /// <summary>Doubles in all.</summary>
    public int Size => checked(Rows * Width * Matrices);

    /// <summary>Number of panels.</summary>
    public int Count => (Width + Panel - 1) / Panel;

    /// <summary>Where panel j begins.</summary>
    public int Start(int j) => j * Panel * Rows * Matrices;

    /// <summary>Neurons in panel j: its width and its pitch.</summary>
    public int Pitch(int j) => Math.Min(Panel, Width - j * Panel);

    /// <summary>Copies row i out, as many neurons as there is room for.</summary>
    public void Read(ReadOnlySpan<double> matrix, int i, Span<double> row)
    {
        for (int j = 0, r = 0; r < row.Length; j++)
        {
            int count = Math.Min(Pitch(j), row.Length - r);
            matrix.Slice(Start(j) + i * Pitch(j) * Matrices, count).CopyTo(row[r..]);
            r += count;
        }
    }

    /// <summary>Adds a times some neurons to the first ones of row i.</summary>
    public void Add(double a, ReadOnlySpan<double> row, Span<double> matrix, int i)
    {
        for (int j = 0; !row.IsEmpty; j++)
        {
            int count = Math.Min(Pitch(j), row.Length);
            VectorOps.Axpy(a, row[..count], matrix.Slice(Start(j) + i * Pitch(j) * Matrices, count));
            row = row[count..];
        }
    }
}
