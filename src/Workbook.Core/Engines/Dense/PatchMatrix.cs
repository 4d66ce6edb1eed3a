using System.Numerics;
using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Dense;

/// <summary>
/// X [P, d] as the dense engine meets it: multiplied from the left, X B and X^T B, in every step, and never changed. Patches that are mostly not zero are packed for
/// register tiles; the others (an image is mostly black) are kept by their entries, in blocks that stay in the first-level cache.
/// </summary>
/// <remarks>
/// Inside, patches have an order of their own, dense ones first: patch p is row <see cref="Row"/>[p] of what X B gives and of what X^T B takes. Products with
/// entries that are zero are left out, so an infinity in B does not become NaN there.
/// </remarks>
/// <typeparam name="T">double or float.</typeparam>
internal sealed unsafe class PatchMatrix<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // A tile does nearly two multiply-adds a cycle, a sum over entries less than one.
    private const double MostlyZero = 1.0 / 3;

    // Rows of B that are met at a time: 32 KB of a strip of 8 vectors of 512 bits.
    private const int RowsAtATime = 64;

    private readonly int _dense, _d;
    private readonly PackedProduct<T> _byPatch, _byColumn;
    private readonly Block[] _sparseByPatch, _sparseByColumn;

    public PatchMatrix(Dataset data)
    {
        int patches = data.Count * data.Length;
        _d = data.Dimension;
        Row = new int[patches];
        int[] order = [.. Enumerable.Range(0, patches).OrderBy(p => IsSparse(data, p))];
        for (int r = 0; r < patches; r++) Row[order[r]] = r;
        _dense = order.Count(p => !IsSparse(data, p));
        var x = new T[checked(_dense * _d)];
        for (int r = 0; r < _dense; r++)
            for (int e = data.RowStart[order[r]]; e < data.RowStart[order[r] + 1]; e++) x[r * _d + data.Index[e]] = T.CreateChecked(data.Value[e]);
        _byPatch = new(_dense, _d, (r, c) => x[r * _d + c]);
        _byColumn = new(_d, _dense, (c, r) => x[r * _d + c]);
        var entries = new List<(int Row, int Column, T Value)>();
        for (int r = _dense; r < patches; r++)
            for (int e = data.RowStart[order[r]]; e < data.RowStart[order[r] + 1]; e++) entries.Add((r - _dense, data.Index[e], T.CreateChecked(data.Value[e])));
        int sparse = patches - _dense;
        _sparseByPatch = Block.Cut(entries, sparse, _d);
        _sparseByColumn = Block.Cut([.. entries.Select(e => (e.Column, e.Row, e.Value)).OrderBy(e => e.Column).ThenBy(e => e.Row)], _d, sparse);
    }

    /// <summary>The row of each patch in results and arguments.</summary>
    public int[] Row { get; }

    private static bool IsSparse(Dataset data, int p) => data.RowStart[p + 1] - data.RowStart[p] <= MostlyZero * data.Dimension;

    /// <summary>C [P, n] = X B, B [d, n]; n is a whole number of vectors of 64 bytes.</summary>
    public void Project(int n, T* b, T* c)
    {
        _byPatch.Multiply(n, b, c);
        T* sparse = c + (nint)_dense * n;
        new Span<T>(sparse, (Row.Length - _dense) * n).Clear();
        foreach (Block block in _sparseByPatch) block.AddTo(n, b, sparse);
    }

    /// <summary>C [d, n] = X^T B, B [P, n].</summary>
    public void Spread(int n, T* b, T* c)
    {
        _byColumn.Multiply(n, b, c);
        foreach (Block block in _sparseByColumn) block.AddTo(n, b + (nint)_dense * n, c);
    }

    /// <summary>The entries of a sparse matrix in some successive columns, by row.</summary>
    private sealed record Block(int[] Start, int[] Index, T[] Value)
    {
        /// <summary>Entries ordered by row, then by column, of a matrix of some size.</summary>
        public static Block[] Cut(List<(int Row, int Column, T Value)> entries, int rows, int columns)
        {
            var blocks = new Block[entries.Count == 0 ? 0 : (columns + RowsAtATime - 1) / RowsAtATime];
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

        /// <summary>C += S B.</summary>
        public void AddTo(int n, T* b, T* c)
        {
            fixed (int* start = Start, index = Index)
            fixed (T* value = Value)
                SparseRows.Run<T, AddSum<T>>(Start.Length - 1, start, index, value, b, n, c, n, n, T.Zero);
        }
    }
}

/// <summary>y + x.</summary>
internal readonly struct AddSum<T> : IUpdate<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T> => TLanes.Add(y, x);
}
