using System.Runtime.Intrinsics;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Where the reduced dynamics begin: W(0) projected onto mu and the noises, and by how much one unit of direction moves each projection.
/// Rows of <see cref="Stride"/> neurons (zero past m_k): [q_mu | k_mu | y q_xi (n) | y k_xi (n) | shared W_Q | shared W_K], then the value's
/// scalars [v_mu | y v_xi (n) | shared v]. A sample's row holds only the coordinates that it touches alone.
/// </summary>
internal sealed class ReducedStart
{
    public ReducedStart(TrainingProblem problem)
    {
        Problem = problem;
        Dataset data = problem.Data;
        (N, MK) = (data.Count, problem.Weights.MK);
        Stride = Pad(MK);
        SignalColumn = Array.FindIndex(data.Mu!, x => x != 0);
        Signal = data.Mu![SignalColumn];
        Linear = problem.Optimizer.Closure == Closure.Linear;
        Shared = new SharedCoordinates(data);
        Rows = 2 + 2 * N + 2 * SharedCount;
        ScalarCount = 1 + N + SharedCount;
        Start = new double[checked(Rows * Stride + ScalarCount)];
        Factor = new double[Rows + ScalarCount];
        Fill(data);
    }

    /// <summary>m rounded up to a whole number of the longest vectors of this machine.</summary>
    private static int Pad(int m)
    {
        int lanes = Vector512.IsHardwareAccelerated ? 8 : 4;
        return checked((m + lanes - 1) / lanes * lanes);
    }

    public TrainingProblem Problem { get; }

    public int N { get; }

    public int MK { get; }

    public int Stride { get; }

    /// <summary>Whether coefficients move along x (GD) or along sgn(x).</summary>
    public bool Linear { get; }

    public SharedCoordinates Shared { get; }

    public int SharedCount => Shared.Coordinates.Length;

    public int Rows { get; }

    /// <summary>Where the scalars begin.</summary>
    public int Scalars => Rows * Stride;

    public int ScalarCount { get; }

    /// <summary>The projections at step 0.</summary>
    public double[] Start { get; }

    /// <summary>Per row, then per scalar: what one unit of direction adds.</summary>
    public double[] Factor { get; }

    private int SignalColumn { get; }

    private double Signal { get; }

    public static int QueryRow(int i) => 2 + i;

    public int KeyRow(int i) => 2 + N + i;

    public int SharedQueryRow(int k) => 2 + 2 * N + k;

    public int SharedKeyRow(int k) => SharedQueryRow(k) + SharedCount;

    public Span<double> Row(int row) => Start.AsSpan(row * Stride, Stride);

    private void Fill(Dataset data)
    {
        var columns = new ColumnCache(Problem.Weights, Stride);
        double signalFactor = Linear ? Signal * Signal : Math.Abs(Signal);
        columns.Load(SignalColumn);
        Engines.Rows.Add(Signal, columns.Query, Row(0));
        Engines.Rows.Add(Signal, columns.Key, Row(1));
        Start[Scalars] = Signal * columns.Value;
        Factor[0] = Factor[1] = signalFactor;
        // A row of W_V moves by a, v by twice that.
        Factor[Rows] = 2 * signalFactor;
        for (int i = 0; i < N; i++)
        {
            int noise = data.Pair(i).Noise;
            var at = data.Coordinates(noise);
            var xi = data.Values(noise);
            double factor = 0, y = data.Labels[i];
            for (int e = 0; e < at.Length; e++)
            {
                if (Shared.Local[at[e]] >= 0) continue;
                columns.Load(at[e]);
                Engines.Rows.Add(y * xi[e], columns.Query, Row(QueryRow(i)));
                Engines.Rows.Add(y * xi[e], columns.Key, Row(KeyRow(i)));
                Start[Scalars + 1 + i] += y * xi[e] * columns.Value;
                factor += Linear ? xi[e] * xi[e] : Math.Abs(xi[e]);
            }
            Factor[QueryRow(i)] = Factor[KeyRow(i)] = factor;
            Factor[Rows + 1 + i] = 2 * factor;
        }
        for (int k = 0; k < SharedCount; k++)
        {
            columns.Load(Shared.Coordinates[k]);
            columns.Query.CopyTo(Row(SharedQueryRow(k)));
            columns.Key.CopyTo(Row(SharedKeyRow(k)));
            Start[Scalars + 1 + N + k] = columns.Value;
            Factor[SharedQueryRow(k)] = Factor[SharedKeyRow(k)] = 1;
            Factor[Rows + 1 + N + k] = 2;
        }
    }

    /// <summary>(coordinate, row of W_Q, row of W_K, scalar, factor) of every coordinate that moves: W_c = W_c(0) + rate factor a.</summary>
    public void ForEachColumn(Action<int, int, int, int, double> visit)
    {
        Dataset data = Problem.Data;
        visit(SignalColumn, 0, 1, 0, Linear ? Signal : Math.Sign(Signal));
        for (int i = 0; i < N; i++)
        {
            int noise = data.Pair(i).Noise;
            var at = data.Coordinates(noise);
            var xi = data.Values(noise);
            for (int e = 0; e < at.Length; e++)
                if (Shared.Local[at[e]] < 0)
                    visit(at[e], QueryRow(i), KeyRow(i), 1 + i, data.Labels[i] * (Linear ? xi[e] : Math.Sign(xi[e])));
        }
        for (int k = 0; k < SharedCount; k++)
            visit(Shared.Coordinates[k], SharedQueryRow(k), SharedKeyRow(k), 1 + N + k, 1);
    }

    /// <summary>One column of W(0) at a time, padded.</summary>
    internal sealed class ColumnCache(InitialWeights weights, int stride)
    {
        private readonly double[] _query = new double[stride], _key = new double[stride], _scratch = new double[weights.MV];

        public ReadOnlySpan<double> Query => _query;

        public ReadOnlySpan<double> Key => _key;

        public double Value { get; private set; }

        public void Load(int c)
        {
            weights.Column(WeightMatrix.Query, c, _query.AsSpan(0, weights.MK));
            weights.Column(WeightMatrix.Key, c, _key.AsSpan(0, weights.MK));
            Value = weights.MeanValue(c, _scratch);
        }
    }
}
