using System.Numerics;
using System.Runtime.Intrinsics;
using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Dense;

/// <summary>
/// X [P, d] as the dense engine meets it: multiplied from the left, X B and X^T B, in every step, and never changed. Rows that are mostly not zero are packed for
/// register tiles; the others (an image is mostly black) are kept by their entries, in blocks that stay in the first-level cache.
/// </summary>
/// <remarks>
/// Inside, rows have an order of their own, dense ones first: row p of X is row <see cref="Row"/>[p] of what X B gives and of what X^T B takes. Products with
/// entries that are zero are left out, so an infinity in B does not become NaN there.
/// </remarks>
/// <typeparam name="T">double or float.</typeparam>
internal sealed unsafe class PatchMatrix<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // A tile does nearly two multiply-adds a cycle, a sum over entries about one.
    private const double MostlyZero = 1.0 / 3;

    // Rows of B that are met at a time: at m_k = 128 they are 35 KB of a strip, the fastest of 40 to 160 rows with either width.
    private static readonly int RowsAtATime = VectorBytes == 64 ? 64 : 96;

    private readonly int _dense;
    private readonly PackedProduct<T> _byPatch, _byColumn;
    private readonly Block[] _sparseByPatch, _sparseByColumn;

    /// <param name="d">Columns.</param>
    /// <param name="rowStart">Where the entries of each row begin, and where the last ones end.</param>
    /// <param name="index">Their columns, increasing in a row.</param>
    /// <param name="value">Their values.</param>
    private PatchMatrix(int d, int[] rowStart, int[] index, double[] value)
    {
        int rows = rowStart.Length - 1;
        Row = new int[rows];
        bool IsSparse(int p) => rowStart[p + 1] - rowStart[p] <= MostlyZero * d;
        int[] order = [.. Enumerable.Range(0, rows).OrderBy(IsSparse)];
        for (int r = 0; r < rows; r++) Row[order[r]] = r;
        _dense = order.Count(p => !IsSparse(p));
        var x = new T[checked(_dense * d)];
        for (int r = 0; r < _dense; r++)
            for (int e = rowStart[order[r]]; e < rowStart[order[r] + 1]; e++) x[r * d + index[e]] = T.CreateChecked(value[e]);
        _byPatch = new(_dense, d, (r, c) => x[r * d + c]);
        _byColumn = new(d, _dense, (c, r) => x[r * d + c]);
        var entries = new List<(int Row, int Column, T Value)>();
        for (int r = _dense; r < rows; r++)
            for (int e = rowStart[order[r]]; e < rowStart[order[r] + 1]; e++) entries.Add((r - _dense, index[e], T.CreateChecked(value[e])));
        int sparse = rows - _dense;
        _sparseByPatch = Block.Cut(entries, sparse, d);
        _sparseByColumn = Block.Cut([.. entries.Select(e => (e.Column, e.Row, e.Value)).OrderBy(e => e.Column).ThenBy(e => e.Row)], d, sparse);
    }

    /// <summary>The patches x_p, row by row.</summary>
    public static PatchMatrix<T> Patches(Dataset data) => new(data.Dimension, data.RowStart, data.Index, data.Value);

    /// <summary>x_0 - x_1 of each sample, row by row, of data with two patches a sample.</summary>
    public static PatchMatrix<T> Differences(Dataset data)
    {
        var (start, index, value, row) = (new int[data.Count + 1], new List<int>(), new List<double>(), new double[data.Dimension]);
        for (int i = 0; i < data.Count; i++)
        {
            Add(2 * i, 1);
            Add(2 * i + 1, -1);
            for (int c = 0; c < row.Length; c++)
            {
                if (row[c] == 0) continue;
                index.Add(c);
                value.Add(row[c]);
                row[c] = 0;
            }
            start[i + 1] = index.Count;
        }
        return new(data.Dimension, start, [.. index], [.. value]);

        void Add(int p, double factor)
        {
            var at = data.Coordinates(p);
            var x = data.Values(p);
            for (int e = 0; e < at.Length; e++) row[at[e]] += factor * x[e];
        }
    }

    /// <summary>Bytes of the vectors in which products are made; widths are whole numbers of them.</summary>
    public static int VectorBytes => Vector512.IsHardwareAccelerated ? 64 : 32;

    /// <summary>The place of each row of X in results and arguments.</summary>
    public int[] Row { get; }

    /// <summary>C [P, n] = X B, B [d, n]; n is a whole number of vectors of <see cref="VectorBytes"/>. From row to row are <paramref name="bPitch"/> and <paramref name="cPitch"/> elements.</summary>
    public void Project(int n, T* b, int bPitch, T* c, int cPitch)
    {
        _byPatch.Multiply(n, b, bPitch, c, cPitch);
        T* sparse = c + (nint)_dense * cPitch;
        for (int j = 0; j < _sparseByPatch.Length; j++)
        {
            if (j == 0) _sparseByPatch[j].Run<TakeSum<T>>(n, b, bPitch, sparse, cPitch);
            else _sparseByPatch[j].Run<AddSum<T>>(n, b, bPitch, sparse, cPitch);
        }
    }

    /// <summary>C [d, n] = X^T B, B [P, n].</summary>
    public void Spread(int n, T* b, int bPitch, T* c, int cPitch)
    {
        _byColumn.Multiply(n, b, bPitch, c, cPitch);
        foreach (Block block in _sparseByColumn) block.Run<AddSum<T>>(n, b + (nint)_dense * bPitch, bPitch, c, cPitch);
    }

    /// <summary>The entries of a sparse matrix in some successive columns, by row.</summary>
    private sealed record Block(int[] Start, int[] Index, T[] Value)
    {
        /// <summary>Entries ordered by row, then by column, of a matrix of some size.</summary>
        public static Block[] Cut(List<(int Row, int Column, T Value)> entries, int rows, int columns)
        {
            var blocks = new Block[rows == 0 ? 0 : (columns + RowsAtATime - 1) / RowsAtATime];
            var parts = entries.ToLookup(e => e.Column / RowsAtATime);
            for (int b = 0; b < blocks.Length; b++)
            {
                var part = parts[b].ToArray();
                var start = new int[rows + 1];
                foreach (var e in part) start[e.Row + 1]++;
                for (int r = 0; r < rows; r++) start[r + 1] += start[r];
                blocks[b] = new(start, [.. part.Select(e => e.Column)], [.. part.Select(e => e.Value)]);
            }
            return blocks;
        }

        /// <summary>C becomes f(C, S B).</summary>
        public void Run<TUpdate>(int n, T* b, int bPitch, T* c, int cPitch) where TUpdate : IUpdate<T>
        {
            fixed (int* start = Start, index = Index)
            fixed (T* value = Value)
                SparseRows.Run<T, TUpdate>(Start.Length - 1, start, index, value, b, bPitch, c, cPitch, n, T.Zero);
        }
    }
}
