using Workbook.Core.Engines;

namespace Workbook.Core.Runs;

/// <summary>
/// What was recorded of a run: row k is the state before update Steps[k], so row 0 is the initial state. Arrays are in C order with
/// the row first; NaN stands where a quantity was not evaluated at that step, or is not defined on the data.
/// </summary>
/// <remarks>Letters: R rows, n samples, m_k neurons. Memory is R (2 n m_k + 2 m_k + 6 n + 7) doubles, whatever the number of steps.</remarks>
public sealed class Trajectory
{
    /// <summary>An empty trajectory with one row per recorded step, all NaN.</summary>
    public Trajectory(int[] steps, int n, int m_k, SampleFacts facts, string? familiesRefused = null)
    {
        ArgumentNullException.ThrowIfNull(steps);
        (Steps, Samples, Neurons, Facts, FamiliesRefused) = (steps, n, m_k, facts, familiesRefused);
        foreach (TrajectoryColumn column in TrajectoryColumn.All) _data[column.Name] = Fill(column.Width(n, m_k));
    }

    private readonly Dictionary<string, double[]> _data = new(StringComparer.Ordinal);

    /// <summary>Recorded steps t, increasing, [R].</summary>
    public int[] Steps { get; }

    /// <summary>Rows R.</summary>
    public int Rows => Steps.Length;

    /// <summary>Samples n.</summary>
    public int Samples { get; }

    /// <summary>Neurons m_k.</summary>
    public int Neurons { get; }

    /// <summary>Norms of the training noises.</summary>
    public SampleFacts Facts { get; }

    /// <summary>Why the six families are NaN, or null where they are defined.</summary>
    public string? FamiliesRefused { get; }

    /// <summary>L_S, [R].</summary>
    public double[] TrainLoss => _data["train_loss"];

    /// <summary>log L_S, finite where L_S underflows, [R].</summary>
    public double[] LogTrainLoss => _data["log_train_loss"];

    /// <summary>Share of training samples with y F &lt;= 0, [R].</summary>
    public double[] TrainError => _data["train_error"];

    /// <summary>Mean loss on the test set, [R].</summary>
    public double[] TestLoss => _data["test_loss"];

    /// <summary>Share of test samples with y F &lt;= 0, [R].</summary>
    public double[] TestError => _data["test_error"];

    /// <summary>q_mu,r, [R, m_k].</summary>
    public double[] QuerySignal => _data["query_signal"];

    /// <summary>k_mu,r, [R, m_k].</summary>
    public double[] KeySignal => _data["key_signal"];

    /// <summary>y_i q_xi_i,r, [R, n, m_k].</summary>
    public double[] QueryNoise => _data["query_noise"];

    /// <summary>y_i k_xi_i,r, [R, n, m_k].</summary>
    public double[] KeyNoise => _data["key_noise"];

    /// <summary>v_mu, [R].</summary>
    public double[] ValueSignal => _data["value_signal"];

    /// <summary>y_i v_xi_i, [R, n].</summary>
    public double[] ValueNoise => _data["value_noise"];

    /// <summary>s_{i,11}, [R, n].</summary>
    public double[] S11 => _data["s11"];

    /// <summary>s_{i,21}, [R, n].</summary>
    public double[] S21 => _data["s21"];

    /// <summary>log s_{i,11}, [R, n].</summary>
    public double[] LogS11 => _data["log_s11"];

    /// <summary>log s_{i,21}, [R, n]: about -t^2, long after s_21 itself is 0 in double.</summary>
    public double[] LogS21 => _data["log_s21"];

    /// <summary>y_i F(W, X_i), [R, n].</summary>
    public double[] Margin => _data["margin"];

    /// <summary>A column by its name in files.</summary>
    public double[] this[string column] => _data[column];

    /// <summary>Row of a recorded step; -1 where it was not recorded.</summary>
    public int RowOf(int step) => Array.BinarySearch(Steps, step) is var k && k >= 0 ? k : -1;

    /// <summary>Mean over the samples of a [R, n] column at a row.</summary>
    public double Mean(double[] column, int row)
    {
        ArgumentNullException.ThrowIfNull(column);
        double sum = 0;
        for (int i = 0; i < Samples; i++) sum += column[row * Samples + i];
        return sum / Samples;
    }

    internal void Write(int row, Observation seen)
    {
        TrainLoss[row] = seen.TrainLoss;
        LogTrainLoss[row] = seen.LogTrainLoss;
        TrainError[row] = seen.TrainError;
        ValueSignal[row] = seen.ValueSignal;
        Copy(seen.QuerySignal, QuerySignal, row);
        Copy(seen.KeySignal, KeySignal, row);
        Copy(seen.QueryNoise, QueryNoise, row);
        Copy(seen.KeyNoise, KeyNoise, row);
        Copy(seen.ValueNoise, ValueNoise, row);
        Copy(seen.LogS11, LogS11, row);
        Copy(seen.LogS21, LogS21, row);
        Copy(seen.Margin, Margin, row);
        for (int i = 0; i < Samples; i++)
        {
            S11[row * Samples + i] = Math.Exp(seen.LogS11[i]);
            S21[row * Samples + i] = Math.Exp(seen.LogS21[i]);
        }
    }

    /// <summary>The first rows only: what an interrupted run had recorded.</summary>
    public Trajectory Truncate(int rows)
    {
        var shorter = new Trajectory(Steps[..rows], Samples, Neurons, Facts, FamiliesRefused);
        foreach (TrajectoryColumn column in TrajectoryColumn.All)
            _data[column.Name].AsSpan(0, shorter._data[column.Name].Length).CopyTo(shorter._data[column.Name]);
        return shorter;
    }

    private static void Copy(double[] from, double[] to, int row) => from.CopyTo(to, row * from.Length);

    private double[] Fill(int width)
    {
        long size = (long)Rows * width;
        if (size > Array.MaxLength)
            throw new InputException($"the trajectory would hold {size} numbers in one column ({Rows} rows of {width}); at most {Array.MaxLength} fit: record fewer steps.");
        var data = new double[size];
        Array.Fill(data, double.NaN);
        return data;
    }
}

/// <summary>A column of a trajectory: its name in files and the shape of one row.</summary>
/// <param name="Name">Name in `.npz`, CSV and Parquet.</param>
/// <param name="PerSample">Whether a row has one entry per sample.</param>
/// <param name="PerNeuron">Whether a row has one entry per neuron (of each sample, where both).</param>
public sealed record TrajectoryColumn(string Name, bool PerSample, bool PerNeuron)
{
    /// <summary>All columns, in the order of files.</summary>
    public static IReadOnlyList<TrajectoryColumn> All { get; } =
    [
        new("train_loss", false, false), new("log_train_loss", false, false), new("train_error", false, false),
        new("test_loss", false, false), new("test_error", false, false),
        new("query_signal", false, true), new("key_signal", false, true),
        new("query_noise", true, true), new("key_noise", true, true),
        new("value_signal", false, false), new("value_noise", true, false),
        new("s11", true, false), new("s21", true, false), new("log_s11", true, false), new("log_s21", true, false),
        new("margin", true, false),
    ];

    /// <summary>Entries per row.</summary>
    public int Width(int n, int m_k) => checked((PerSample ? n : 1) * (PerNeuron ? m_k : 1));

    /// <summary>Shape with the given number of rows.</summary>
    public int[] Shape(int rows, int n, int m_k) => (PerSample, PerNeuron) switch
    {
        (true, true) => [rows, n, m_k],
        (true, false) => [rows, n],
        (false, true) => [rows, m_k],
        _ => [rows],
    };
}
