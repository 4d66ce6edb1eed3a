using Workbook.Core.Data;

namespace Workbook.Core.Engines;

/// <summary>
/// The data by coordinate: which patches have a non-zero entry in column c, and the entry. Where gradients are sums over
/// patches of very different size, each column has to be summed at its own scale, and this is the order to do it in.
/// </summary>
internal sealed class TouchedColumns
{
    public TouchedColumns(Dataset data)
    {
        Coordinates = data.TouchedCoordinates();
        Local = new int[data.Dimension];
        Array.Fill(Local, -1);
        for (int k = 0; k < Coordinates.Length; k++) Local[Coordinates[k]] = k;
        Start = new int[Coordinates.Length + 1];
        foreach (int c in data.Index) Start[Local[c] + 1]++;
        for (int k = 0; k < Coordinates.Length; k++) Start[k + 1] += Start[k];
        Patch = new int[data.Index.Length];
        Value = new double[data.Index.Length];
        int[] next = Start[..^1];
        for (int p = 0; p < data.Count * data.Length; p++)
            for (int e = data.RowStart[p]; e < data.RowStart[p + 1]; e++)
            {
                int at = next[Local[data.Index[e]]]++;
                Patch[at] = p;
                Value[at] = data.Value[e];
            }
    }

    /// <summary>Touched coordinates in increasing order.</summary>
    public int[] Coordinates { get; }

    /// <summary>Place of a coordinate among the touched ones, or -1, [d].</summary>
    public int[] Local { get; }

    /// <summary>Where each column's entries begin.</summary>
    public int[] Start { get; }

    /// <summary>Patch of an entry.</summary>
    public int[] Patch { get; }

    /// <summary>Value of an entry.</summary>
    public double[] Value { get; }

    /// <summary>Largest exponent among the patches that touch a column and have a coefficient at all.</summary>
    public int TopExponent(int column, int[] exponents)
    {
        int top = int.MinValue;
        for (int e = Start[column]; e < Start[column + 1]; e++)
            if (Value[e] != 0) top = Math.Max(top, exponents[Patch[e]]);
        return top == int.MinValue ? 0 : top;
    }

    /// <summary>
    /// sum over patches p of x_{p,c} C_p 2^(E_p) for one column: mantissas into <paramref name="sum"/>, the exponent returned.
    /// </summary>
    public int Gather(int column, ReadOnlySpan<double> coefficients, int[] exponents, bool scaled, Span<double> sum)
    {
        sum.Clear();
        int width = sum.Length, top = scaled ? TopExponent(column, exponents) : 0;
        for (int e = Start[column]; e < Start[column + 1]; e++)
        {
            int p = Patch[e];
            double x = scaled ? Math.ScaleB(Value[e], exponents[p] - top) : Value[e];
            Rows.Add(x, coefficients.Slice(p * width, width), sum);
        }
        return top;
    }

    /// <summary>The same for one number per patch.</summary>
    public (double Sum, int Exponent) Gather(int column, ReadOnlySpan<double> coefficients, int[] exponents, bool scaled)
    {
        double sum = 0;
        int top = scaled ? TopExponent(column, exponents) : 0;
        for (int e = Start[column]; e < Start[column + 1]; e++)
        {
            int p = Patch[e];
            sum += (scaled ? Math.ScaleB(Value[e], exponents[p] - top) : Value[e]) * coefficients[p];
        }
        return (sum, top);
    }
}
