using Workbook.Core.Data;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines.Deep;

/// <summary>
/// The coordinates in which the first layer's weights are trained, for any data: one column of weights per coordinate that two or more patches
/// touch, and one per patch for all coordinates that it alone touches (its private ones).
/// </summary>
/// <remarks>
/// A projection of patch p is <c>Y_p = sum_e Value_e Column_e</c>. The gradient of a private coordinate c is <c>x_c g_p</c> with g_p = dL/dY_p, so under a
/// rule with a closure all private coordinates of p move <c>Y_p</c> together by <c>Factor</c> times the direction of g_p:
/// Factor = sum |x_c| for a scale-invariant rule, sum x_c^2 for a linear one. That column has the value 1 in Y_p. Under a rule without a closure
/// (Adam with eps &gt; 0) nothing is merged and every touched coordinate has its own column. A coordinate that no patch touches never moves.
/// <para>Two patches may share all of their coordinates (dense data): then every column is a coordinate, and nothing is gained or lost.</para>
/// </remarks>
internal sealed class InputBasis
{
    private readonly Dataset _data;
    private readonly bool _linear;

    public InputBasis(Dataset data, Closure closure)
    {
        _data = data;
        _linear = closure == Closure.Linear;
        int patches = data.Count * data.Length;
        var touches = new int[data.Dimension];
        foreach (int c in data.Index) touches[c]++;
        Own = new int[data.Dimension];
        Array.Fill(Own, -1);
        int columns = 0;
        bool merge = closure != Closure.None;
        for (int c = 0; c < data.Dimension; c++)
            if (touches[c] > 1 || (touches[c] == 1 && !merge)) Own[c] = columns++;
        Private = new int[patches];
        Start = new int[patches + 1];
        var column = new List<int>();
        var value = new List<double>();
        for (int p = 0; p < patches; p++)
        {
            Private[p] = -1;
            var at = data.Coordinates(p);
            for (int e = 0; e < at.Length; e++)
            {
                if (Own[at[e]] < 0)
                {
                    if (Private[p] < 0) { Private[p] = columns++; column.Add(Private[p]); value.Add(1); }
                    continue;
                }
                column.Add(Own[at[e]]);
                value.Add(data.Values(p)[e]);
            }
            Start[p + 1] = column.Count;
        }
        (Column, Value) = ([.. column], [.. value]);
        Factor = new double[columns];
        for (int c = 0; c < data.Dimension; c++)
            if (Own[c] >= 0) Factor[Own[c]] = 1;
        for (int p = 0; p < patches; p++)
            foreach (var (_, x) in PrivateEntries(p)) Factor[Private[p]] += _linear ? x * x : Math.Abs(x);
        ColumnStart = new int[columns + 1];
        foreach (int c in Column) ColumnStart[c + 1]++;
        for (int c = 0; c < columns; c++) ColumnStart[c + 1] += ColumnStart[c];
        (ColumnPatch, ColumnValue) = (new int[Column.Length], new double[Column.Length]);
        int[] next = ColumnStart[..^1];
        for (int p = 0; p < patches; p++)
            for (int e = Start[p]; e < Start[p + 1]; e++)
            {
                int k = next[Column[e]]++;
                (ColumnPatch[k], ColumnValue[k]) = (p, Value[e]);
            }
    }

    /// <summary>Number of columns.</summary>
    public int Columns => Factor.Length;

    /// <summary>Column of a coordinate that is carried by itself, or -1, [d].</summary>
    public int[] Own { get; }

    /// <summary>Column of a patch's private coordinates, or -1, [P].</summary>
    public int[] Private { get; }

    /// <summary>How far a column moves per unit of direction, [columns].</summary>
    public double[] Factor { get; }

    /// <summary>Where each patch's entries begin, [P + 1].</summary>
    public int[] Start { get; }

    public int[] Column { get; }

    public double[] Value { get; }

    /// <summary>Where each column's entries begin, [columns + 1].</summary>
    public int[] ColumnStart { get; }

    public int[] ColumnPatch { get; }

    public double[] ColumnValue { get; }

    /// <summary>Coordinates and values that patch p alone touches.</summary>
    public IEnumerable<(int Coordinate, double X)> PrivateEntries(int p)
    {
        if (Private[p] < 0) yield break;
        for (int e = _data.RowStart[p]; e < _data.RowStart[p + 1]; e++)
            if (Own[_data.Index[e]] < 0) yield return (_data.Index[e], _data.Value[e]);
    }

    /// <summary>
    /// Every touched coordinate with its column and the two factors that connect them: the column starts as the sum of
    /// <c>OfStart</c> times the coordinate's weight, and the coordinate moves by <c>OfMove</c> times the column's accumulated direction.
    /// </summary>
    public IEnumerable<(int Coordinate, int Column, double OfStart, double OfMove)> Coordinates()
    {
        for (int c = 0; c < Own.Length; c++)
            if (Own[c] >= 0) yield return (c, Own[c], 1, 1);
        for (int p = 0; p < Private.Length; p++)
            foreach (var (c, x) in PrivateEntries(p)) yield return (c, Private[p], x, _linear ? x : Math.Sign(x));
    }
}
