using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// The columns of W that move, and the data as a sparse matrix over them, by patch and by column. Where gradients are sums over patches of very
/// different size, each column has to be summed at its own scale, and by column is the order to do it in.
/// </summary>
/// <remarks>
/// A coordinate that only patch p touches has gradient x_c C_p, C_p the patch's descent coefficients. Under a rule with a
/// <see cref="Closure"/> all those coordinates of a patch move as one, w_c(t) = w_c(0) + f_c (w~(t) - w~(0)), and count as one column w~ that the patch
/// touches with entry h:
/// <code>
/// linear:          h = sqrt(sum x_c^2)     f_c = x_c / h       (a rotation of the coordinates)
/// scale-invariant: h = sum |x_c|           f_c = sgn(x_c)
/// w~(0) = sum (x_c / h) w_c(0), so that h w~ is the patch's projection onto them
/// </code>
/// With independent supports nearly all coordinates go this way: the work left is the coordinates that patches share.
/// </remarks>
internal sealed class TouchedColumns
{
    private readonly int[] _columnStart, _columnPatch, _patchStart, _patchColumn;
    private readonly double[] _columnValue, _patchValue;

    /// <param name="data">The training set.</param>
    /// <param name="closure">How coordinates of one patch alone may be merged; <see cref="Closure.None"/> keeps every coordinate by itself.</param>
    public TouchedColumns(Dataset data, Closure closure = Closure.None)
    {
        Coordinates = data.TouchedCoordinates();
        Column = new int[Coordinates.Length];
        Factor = new double[Coordinates.Length];
        Share = new double[Coordinates.Length];
        Array.Fill(Factor, 1);
        Array.Fill(Share, 1);
        int patches = data.Count * data.Length;
        int[] owner = Owners(data, closure), place = new int[data.Dimension], touching = new int[data.Dimension], merged = new int[patches];
        Array.Fill(merged, -1);
        foreach (int c in data.Index) touching[c]++;
        for (int j = 0; j < Coordinates.Length; j++) place[Coordinates[j]] = j;
        Number(owner, touching, merged);
        // By column: patches in increasing order.
        _columnStart = new int[Count + 1];
        foreach (int c in Coordinates)
            if (owner[c] < 0) _columnStart[Column[place[c]] + 1] = touching[c];
        foreach (int k in merged)
            if (k >= 0) _columnStart[k + 1] = 1;
        for (int k = 0; k < Count; k++) _columnStart[k + 1] += _columnStart[k];
        (_columnPatch, _columnValue) = (new int[_columnStart[Count]], new double[_columnStart[Count]]);
        int[] next = _columnStart[..^1];
        _patchStart = new int[patches + 1];
        for (int p = 0; p < patches; p++)
        {
            ReadOnlySpan<int> at = data.Coordinates(p);
            ReadOnlySpan<double> x = data.Values(p);
            double size = merged[p] < 0 ? 0 : Size(at, x, owner, p, closure);
            int entries = 0;
            for (int e = 0; e < at.Length; e++)
            {
                int j = place[at[e]];
                if (owner[at[e]] == p)
                {
                    Share[j] = x[e] / size;
                    Factor[j] = closure == Closure.Linear ? Share[j] : Math.Sign(x[e]);
                }
                else
                {
                    int to = next[Column[j]]++;
                    (_columnPatch[to], _columnValue[to]) = (p, x[e]);
                    entries++;
                }
            }
            if (merged[p] >= 0)
            {
                int to = _columnStart[merged[p]];
                (_columnPatch[to], _columnValue[to]) = (p, size);
                entries++;
            }
            _patchStart[p + 1] = _patchStart[p] + entries;
        }
        Runs = EqualRuns();
        // By patch: columns in increasing order.
        (_patchColumn, _patchValue) = (new int[Entries], new double[Entries]);
        next = _patchStart[..^1];
        for (int k = 0; k < Count; k++)
            for (int e = _columnStart[k]; e < _columnStart[k + 1]; e++)
            {
                int to = next[_columnPatch[e]]++;
                (_patchColumn[to], _patchValue[to]) = (k, _columnValue[e]);
            }
    }

    /// <summary>Cuts the columns into runs for <see cref="ColumnSteps"/>.</summary>
    private (int End, int Entries)[] EqualRuns()
    {
        var runs = new List<(int End, int Entries)>();
        for (int k = 0; k < Count; k++)
        {
            int entries = _columnStart[k + 1] - _columnStart[k], kind = entries is 1 or 2 or 3 ? entries : 0;
            if (runs.Count > 0 && runs[^1].Entries == kind) runs[^1] = (k + 1, kind);
            else runs.Add((k + 1, kind));
        }
        return [.. runs];
    }

    /// <summary>
    /// Numbers the columns: coordinates by themselves first, those of fewest patches first (so that loops over a column's entries are as long as the one before),
    /// then the merged ones by patch.
    /// </summary>
    private void Number(int[] owner, int[] touching, int[] merged)
    {
        var start = new int[merged.Length + 2];
        foreach (int c in Coordinates)
            if (owner[c] >= 0) merged[owner[c]] = 0;
            else start[touching[c] + 1]++;
        for (int size = 1; size < start.Length; size++) start[size] += start[size - 1];
        Count = start[^1];
        for (int j = 0; j < Coordinates.Length; j++)
            if (owner[Coordinates[j]] < 0) Column[j] = start[touching[Coordinates[j]]]++;
        for (int p = 0; p < merged.Length; p++)
            if (merged[p] >= 0) merged[p] = Count++;
        for (int j = 0; j < Coordinates.Length; j++)
            if (owner[Coordinates[j]] >= 0) Column[j] = merged[owner[Coordinates[j]]];
    }

    /// <summary>The patch that alone touches a coordinate and may move its coordinates as one, or -1, [d].</summary>
    private static int[] Owners(Dataset data, Closure closure)
    {
        const int Nobody = -1, Several = -2;
        var owner = new int[data.Dimension];
        Array.Fill(owner, Nobody);
        if (closure is not (Closure.Linear or Closure.ScaleInvariant)) return owner;
        for (int p = 0; p < data.Count * data.Length; p++)
            for (int e = data.RowStart[p]; e < data.RowStart[p + 1]; e++)
            {
                int c = data.Index[e];
                // An entry that is stored as 0 has no part in its patch's norm.
                owner[c] = owner[c] == Nobody && data.Value[e] != 0 ? p : Several;
            }
        for (int c = 0; c < owner.Length; c++)
            if (owner[c] == Several) owner[c] = Nobody;
        return owner;
    }

    /// <summary>The norm of a patch over the coordinates it owns: ||x||_2 where the rule is linear, else ||x||_1.</summary>
    private static double Size(ReadOnlySpan<int> at, ReadOnlySpan<double> x, int[] owner, int patch, Closure closure)
    {
        double largest = 0, sum = 0;
        for (int e = 0; e < at.Length; e++)
            if (owner[at[e]] == patch) largest = Math.Max(largest, Math.Abs(x[e]));
        for (int e = 0; e < at.Length; e++)
            if (owner[at[e]] == patch)
            {
                double relative = Math.Abs(x[e]) / largest;
                sum += closure == Closure.Linear ? relative * relative : relative;
            }
        return largest * (closure == Closure.Linear ? Math.Sqrt(sum) : sum);
    }

    /// <summary>Touched coordinates in increasing order.</summary>
    public int[] Coordinates { get; }

    /// <summary>The column that a touched coordinate belongs to, in the order of <see cref="Coordinates"/>.</summary>
    public int[] Column { get; }

    /// <summary>How far a touched coordinate moves where its column moves by 1.</summary>
    public double[] Factor { get; }

    /// <summary>Weight of a touched coordinate in w~(0): x_c / h; 1 where it is a column by itself.</summary>
    public double[] Share { get; }

    /// <summary>Number of columns.</summary>
    public int Count { get; private set; }

    /// <summary>[patches, columns].</summary>
    public SparseMatrix ByPatch => new(_patchStart, _patchColumn, _patchValue);

    /// <summary>[columns, patches].</summary>
    public SparseMatrix ByColumn => ByColumnWith(_columnValue);

    /// <summary>Columns in a row of as many entries each: where each run ends, and 1, 2 or 3 entries, or 0 for other numbers.</summary>
    public (int End, int Entries)[] Runs { get; }

    /// <summary>Number of entries.</summary>
    public int Entries => _columnValue.Length;

    /// <summary>[columns, patches] with other values.</summary>
    public SparseMatrix ByColumnWith(ReadOnlySpan<double> values) => new(_columnStart, _columnPatch, values);
}
