using Workbook.Core.Data;
using Workbook.Core.Models;

namespace Workbook.Core.Runs;

/// <summary>
/// The arrays by which data, weights and trajectories are exchanged with NumPy and PyTorch: all float64 in C order.
/// Data: <c>X [n, L, d]</c>, <c>y [n]</c>, optionally <c>mu [d]</c> and <c>signal_patch [n]</c>. Weights: <c>W_Q [m_k, d]</c>, <c>W_K [m_k, d]</c>,
/// <c>W_V_pos [m_v, d]</c>, <c>W_V_neg [m_v, d]</c>.
/// </summary>
public static class NpzFormats
{
    /// <summary>Reads data.</summary>
    public static Dataset ReadData(string path)
    {
        using NpzReader file = NpzReader.Open(path);
        NpzArray x = file.Read("X", "n, L, d"), y = file.Read("y", "n", NpzTypes.Float64 | NpzTypes.Integers);
        double[]? mu = file.Contains("mu") ? file.Read("mu", "d").Data : null;
        double[]? signal = file.Contains("signal_patch") ? file.Read("signal_patch", "n", NpzTypes.Float64 | NpzTypes.Integers).Data : null;
        try
        {
            return Dataset.FromDense(x.Data, x.Shape[0], x.Shape[1], x.Shape[2], y.Data, mu, signal is null ? null : Patches(signal));
        }
        catch (InputException e)
        {
            throw new InputException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads weights.</summary>
    public static TransformerWeights ReadWeights(string path)
    {
        using NpzReader file = NpzReader.Open(path);
        NpzArray q = file.Read("W_Q", "m_k, d"), k = file.Read("W_K", "m_k, d"), p = file.Read("W_V_pos", "m_v, d"), m = file.Read("W_V_neg", "m_v, d");
        try
        {
            return new TransformerWeights(q.Shape[0], p.Shape[0], q.Shape[1], q.Data, k.Data, p.Data, m.Data);
        }
        catch (InputException e)
        {
            throw new InputException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Data as arrays.</summary>
    public static IReadOnlyList<(string, NpzArray)> Data(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var arrays = new List<(string, NpzArray)>
        {
            ("X", new NpzArray(data.ToDense(), data.Count, data.Length, data.Dimension)),
            ("y", new NpzArray(data.Labels, data.Count)),
        };
        if (data.Mu is not null) arrays.Add(("mu", new NpzArray(data.Mu, data.Dimension)));
        if (data.SignalPatch is not null) arrays.Add(("signal_patch", new NpzArray([.. data.SignalPatch.Select(l => (double)l)], data.Count)));
        return arrays;
    }

    /// <summary>Weights as arrays.</summary>
    public static IReadOnlyList<(string, NpzArray)> Weights(TransformerWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return [.. Enum.GetValues<WeightMatrix>().Select(m => (TransformerWeights.Name(m), new NpzArray(weights[m], weights.Rows(m), weights.D)))];
    }

    /// <summary>A trajectory as arrays: <c>t [T]</c> and one array per <see cref="TrajectoryColumn"/>.</summary>
    public static IReadOnlyList<(string, NpzArray)> Trajectory(Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        var arrays = new List<(string, NpzArray)> { ("t", new NpzArray([.. trajectory.Steps.Select(t => (double)t)], trajectory.Rows)) };
        foreach (TrajectoryColumn column in TrajectoryColumn.All)
            arrays.Add((column.Name, new NpzArray(trajectory[column.Name], column.Shape(trajectory.Rows, trajectory.Samples, trajectory.Neurons))));
        return arrays;
    }

    private static int[] Patches(double[] values)
    {
        foreach (double v in values)
            if (v != Math.Floor(v) || v < 0 || v > int.MaxValue) throw new InputException(FormattableString.Invariant($"signal_patch holds {v}; it holds patch numbers 0, 1, .."));
        return [.. values.Select(v => (int)v)];
    }
}
