using System.Runtime.CompilerServices;
using Workbook.Core.Data;
using Workbook.Core.Numerics;

namespace Workbook.Core.Models;

/// <summary>
/// W(0), column by column: an engine that touches few columns never draws the rest.
/// </summary>
public abstract class InitialWeights(int m_k, int m_v, int d)
{
    /// <summary>Rows of W_Q and W_K.</summary>
    public int MK { get; } = m_k;

    /// <summary>Rows of each W_V.</summary>
    public int MV { get; } = m_v;

    /// <summary>Columns.</summary>
    public int D { get; } = d;

    /// <summary>Writes column <paramref name="c"/> of a matrix: m_k or m_v entries.</summary>
    public abstract void Column(WeightMatrix matrix, int c, Span<double> destination);

    /// <summary>Writes several columns one after the other: entry (r, columns[k]) at k rows + r.</summary>
    public virtual void Columns(WeightMatrix matrix, ReadOnlySpan<int> columns, Span<double> destination)
    {
        int rows = matrix <= WeightMatrix.Key ? MK : MV;
        for (int k = 0; k < columns.Length; k++) Column(matrix, columns[k], destination.Slice(k * rows, rows));
    }

    /// <summary>v_c(0) = mean_r W_{V,+1}[r, c] - mean_r W_{V,-1}[r, c].</summary>
    public double MeanValue(int c, Span<double> scratch)
    {
        var column = scratch[..MV];
        double sum = 0;
        Column(WeightMatrix.ValuePositive, c, column);
        foreach (double w in column) sum += w;
        Column(WeightMatrix.ValueNegative, c, column);
        foreach (double w in column) sum -= w;
        return sum / MV;
    }

    /// <summary>v_c(0) of several columns, the same bits; the scratch holds m_v entries of each.</summary>
    public void MeanValues(ReadOnlySpan<int> columns, Span<double> destination, Span<double> scratch)
    {
        var entries = scratch[..(columns.Length * MV)];
        destination[..columns.Length].Clear();
        Columns(WeightMatrix.ValuePositive, columns, entries);
        AddColumns(entries, 1, destination[..columns.Length]);
        Columns(WeightMatrix.ValueNegative, columns, entries);
        AddColumns(entries, -1, destination[..columns.Length]);
        for (int k = 0; k < columns.Length; k++) destination[k] /= MV;
    }

    // Four sums at a time, each in the order of the rows: one alone waits for its additions.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddColumns(ReadOnlySpan<double> entries, double sign, Span<double> sums)
    {
        int k = 0;
        for (; k <= sums.Length - 4; k += 4)
        {
            var (a, b, c, d) = (sums[k], sums[k + 1], sums[k + 2], sums[k + 3]);
            ReadOnlySpan<double> rows = entries.Slice(k * MV, 4 * MV), rowsB = rows[MV..], rowsC = rowsB[MV..], rowsD = rowsC[MV..];
            for (int r = 0; r < rowsD.Length; r++)
            {
                a += sign * rows[r];
                b += sign * rowsB[r];
                c += sign * rowsC[r];
                d += sign * rowsD[r];
            }
            (sums[k], sums[k + 1], sums[k + 2], sums[k + 3]) = (a, b, c, d);
        }
        for (; k < sums.Length; k++)
            foreach (double w in entries.Slice(k * MV, MV)) sums[k] += sign * w;
    }

    /// <summary>All of W(0).</summary>
    public TransformerWeights Materialise()
    {
        // So many columns at a time: they are drawn together, and a row of them is a few cache lines.
        const int AtATime = 64;
        var weights = new TransformerWeights(MK, MV, D);
        double[] block = new double[Math.Min(AtATime, D) * Math.Max(MK, MV)];
        int[] columns = [.. Enumerable.Range(0, D)];
        foreach (WeightMatrix matrix in Enum.GetValues<WeightMatrix>())
        {
            int rows = weights.Rows(matrix);
            double[] w = weights[matrix];
            for (int from = 0; from < D; from += AtATime)
            {
                int some = Math.Min(AtATime, D - from);
                Columns(matrix, columns.AsSpan(from, some), block);
                for (int r = 0; r < rows; r++)
                    for (int k = 0; k < some; k++) w[r * D + from + k] = block[k * rows + r];
            }
        }
        return weights;
    }

    /// <summary>The weights that a seed draws: i.i.d. N(0, sigma_0^2).</summary>
    public static InitialWeights Gaussian(ModelSpec model, int d, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new Drawn(model.Validate(), d, seed);
    }

    /// <summary>Given weights, for instance from a file.</summary>
    public static InitialWeights From(TransformerWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new Given(weights);
    }

    private sealed class Drawn(ModelSpec model, int d, ulong seed) : InitialWeights(model.MK, model.MV, d)
    {
        public override void Column(WeightMatrix matrix, int c, Span<double> destination)
        {
            int rows = matrix <= WeightMatrix.Key ? MK : MV;
            var column = destination[..rows];
            new RandomStream(seed, Streams.WeightQuery + (uint)matrix).Gaussians((ulong)c * (ulong)rows, column);
            for (int r = 0; r < rows; r++) column[r] *= model.Sigma0;
        }

        public override void Columns(WeightMatrix matrix, ReadOnlySpan<int> columns, Span<double> destination)
        {
            int rows = matrix <= WeightMatrix.Key ? MK : MV;
            var all = destination[..(columns.Length * rows)];
            if (!new RandomStream(seed, Streams.WeightQuery + (uint)matrix).GaussianColumns(columns, rows, model.Sigma0, all)) base.Columns(matrix, columns, destination);
        }
    }

    private sealed class Given(TransformerWeights weights) : InitialWeights(weights.MK, weights.MV, weights.D)
    {
        public override void Column(WeightMatrix matrix, int c, Span<double> destination)
        {
            double[] w = weights[matrix];
            for (int r = 0; r < weights.Rows(matrix); r++) destination[r] = w[r * D + c];
        }

        // A row at a time: its entries lie together, those of a column d apart.
        public override void Columns(WeightMatrix matrix, ReadOnlySpan<int> columns, Span<double> destination)
        {
            int rows = weights.Rows(matrix);
            for (int r = 0; r < rows; r++)
            {
                ReadOnlySpan<double> row = weights[matrix].AsSpan(r * D, D);
                for (int k = 0; k < columns.Length; k++) destination[k * rows + r] = row[columns[k]];
            }
        }
    }
}
