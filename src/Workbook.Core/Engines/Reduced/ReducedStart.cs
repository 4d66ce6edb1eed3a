using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
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

    /// <summary>The rows [q_mu | k_mu | y q_xi | y k_xi] at step 0 with what shared coordinates add to them.</summary>
    public double[] Assembled()
    {
        double[] rows = Start.AsSpan(0, (2 + 2 * N) * Stride).ToArray();
        for (int i = 0; i < N; i++)
            for (int e = Shared.SampleStart[i]; e < Shared.SampleStart[i + 1]; e++)
            {
                var (column, yx) = (Shared.SampleColumn[e], Shared.SampleValue[e]);
                Engines.Rows.Add(yx, Row(SharedQueryRow(column)), rows.AsSpan(QueryRow(i) * Stride, Stride));
                Engines.Rows.Add(yx, Row(SharedKeyRow(column)), rows.AsSpan(KeyRow(i) * Stride, Stride));
            }
        return rows;
    }

    private void Fill(Dataset data)
    {
        InitialWeights weights = Problem.Weights;
        int[] touched = Touched(data, out int[] first);
        int columns = touched.Length, m_v = weights.MV;
        double[] value = new double[columns], block = ArrayPool<double>.Shared.Rent(checked(columns * (2 * MK + m_v)));
        Span<double> query = block.AsSpan(0, columns * MK), key = block.AsSpan(columns * MK, columns * MK), side = block.AsSpan(2 * columns * MK, columns * m_v);
        weights.Columns(WeightMatrix.Query, touched, query);
        weights.Columns(WeightMatrix.Key, touched, key);
        weights.MeanValues(touched, value, side);

        double signalFactor = Linear ? Signal * Signal : Math.Abs(Signal);
        AddRow(Signal, query, key, 0, 0, 1);
        Start[Scalars] = Signal * value[0];
        Factor[0] = Factor[1] = signalFactor;
        // A row of W_V moves by a, v by twice that.
        Factor[Rows] = 2 * signalFactor;
        for (int i = 0; i < N; i++)
        {
            int noise = data.Pair(i).Noise, k = first[i];
            var at = data.Coordinates(noise);
            var xi = data.Values(noise);
            double factor = 0, y = data.Labels[i];
            for (int e = 0; e < at.Length; e++)
            {
                if (Shared.Local[at[e]] >= 0) continue;
                AddRow(y * xi[e], query, key, k, QueryRow(i), KeyRow(i));
                Start[Scalars + 1 + i] += y * xi[e] * value[k++];
                factor += Linear ? xi[e] * xi[e] : Math.Abs(xi[e]);
            }
            Factor[QueryRow(i)] = Factor[KeyRow(i)] = factor;
            Factor[Rows + 1 + i] = 2 * factor;
        }
        for (int k = 0, from = first[N]; k < SharedCount; k++, from++)
        {
            query.Slice(from * MK, MK).CopyTo(Row(SharedQueryRow(k)));
            key.Slice(from * MK, MK).CopyTo(Row(SharedKeyRow(k)));
            Start[Scalars + 1 + N + k] = value[from];
            Factor[SharedQueryRow(k)] = Factor[SharedKeyRow(k)] = 1;
            Factor[Rows + 1 + N + k] = 2;
        }
        ArrayPool<double>.Shared.Return(block);
    }

    /// <summary>mu's coordinate, then each sample's own, then the shared ones; where each sample's begin.</summary>
    private int[] Touched(Dataset data, out int[] first)
    {
        var touched = new List<int>(data.Index.Length) { SignalColumn };
        first = new int[N + 1];
        for (int i = 0; i < N; i++)
        {
            first[i] = touched.Count;
            foreach (int c in data.Coordinates(data.Pair(i).Noise))
                if (Shared.Local[c] < 0) touched.Add(c);
        }
        first[N] = touched.Count;
        touched.AddRange(Shared.Coordinates);
        return [.. touched];
    }

    /// <summary>Adds factor times column k to a row of W_Q's and one of W_K's projections.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddRow(double factor, ReadOnlySpan<double> query, ReadOnlySpan<double> key, int k, int queryRow, int keyRow)
    {
        int toQuery = queryRow * Stride, toKey = keyRow * Stride, from = k * MK, r = 0;
        ReadOnlySpan<double> q = query.Slice(from, MK), w = key.Slice(from, MK);
        Span<double> onQuery = Start.AsSpan(toQuery, MK), onKey = Start.AsSpan(toKey, MK);
        for (var a = Vector256.Create(factor); r <= q.Length - 4; r += 4)
        {
            Vector256.FusedMultiplyAdd(a, Vector256.Create(q[r..]), Vector256.Create<double>(onQuery[r..])).CopyTo(onQuery[r..]);
            Vector256.FusedMultiplyAdd(a, Vector256.Create(w[r..]), Vector256.Create<double>(onKey[r..])).CopyTo(onKey[r..]);
        }
        for (; r < q.Length; r++)
        {
            onQuery[r] = Math.FusedMultiplyAdd(factor, q[r], onQuery[r]);
            onKey[r] = Math.FusedMultiplyAdd(factor, w[r], onKey[r]);
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
