using System.Numerics;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>The shares of aligned signs that the stages are defined by, at one row of a trajectory. All lie in 0 .. 1.</summary>
public static class StageQuantities
{
    /// <summary>Share of pairs (i, r) with sgn(y_i q_xi_i,r) = sgn(y_i k_xi_i,r).</summary>
    public static double AlignedPairs(Trajectory run, int row)
    {
        ArgumentNullException.ThrowIfNull(run);
        int width = run.Samples * run.Neurons;
        // Fetched once: a column is found by its name.
        return (double)SameSigns(run.QueryNoise.AsSpan(row * width, width), run.KeyNoise.AsSpan(row * width, width)) / width;
    }

    /// <summary>Share of neurons with sgn(q_mu) = sgn(sum_i y_i k_xi_i) and sgn(k_mu) = -sgn(q_mu).</summary>
    public static double MajorityNeurons(Trajectory run, int row)
    {
        ArgumentNullException.ThrowIfNull(run);
        return (double)MajorityNeurons(run, row, all: false) / run.Neurons;
    }

    /// <summary>Whether <see cref="AlignedPairs"/> is 1; the first pair that is not aligned answers.</summary>
    internal static bool AllPairsAligned(Trajectory run, int row)
    {
        int width = run.Samples * run.Neurons;
        double[] query = run.QueryNoise, key = run.KeyNoise;
        for (int k = row * width; k < (row + 1) * width; k++)
            if (!SameSign(query[k], key[k])) return false;
        return width > 0;
    }

    /// <summary>Whether <see cref="MajorityNeurons(Trajectory, int)"/> is 1.</summary>
    internal static bool AllNeuronsMajority(Trajectory run, int row) => MajorityNeurons(run, row, all: true) == run.Neurons;

    /// <summary>Whether <see cref="KeyNoiseWithSignal"/> is 1.</summary>
    internal static bool AllKeyNoiseWithSignal(Trajectory run, int row) => AllWithSignal(run, row, run.KeyNoise);

    /// <summary>Whether <see cref="QueryNoiseWithSignal"/> is 1.</summary>
    internal static bool AllQueryNoiseWithSignal(Trajectory run, int row) => AllWithSignal(run, row, run.QueryNoise);

    /// <summary>Whether <see cref="Median"/> is below a threshold. Counting decides, except where exactly half of the entries lie below.</summary>
    internal static bool MedianBelow(Trajectory run, double[] column, int row, double threshold)
    {
        int n = run.Samples, below = 0;
        foreach (double value in column.AsSpan(row * n, n))
        {
            if (double.IsNaN(value)) return Median(run, column, row) < threshold;
            if (value < threshold) below++;
        }
        return 2 * below == n ? Median(run, column, row) < threshold : 2 * below > n;
    }

    private static int MajorityNeurons(Trajectory run, int row, bool all)
    {
        int count = 0, m_k = run.Neurons;
        double[] query = run.QuerySignal, key = run.KeySignal, noise = run.KeyNoise;
        for (int r = 0; r < m_k; r++)
        {
            double vote = 0, q = query[row * m_k + r], k = key[row * m_k + r];
            if (SameSign(k, -q))
            {
                for (int i = 0; i < run.Samples; i++) vote += noise[(row * run.Samples + i) * m_k + r];
                if (SameSign(q, vote))
                {
                    count++;
                    continue;
                }
            }
            if (all) return -1;
        }
        return count;
    }

    private static bool SameSign(double x, double y) => (x > 0 && y > 0) || (x < 0 && y < 0);

    /// <summary>Number of places where both entries are positive or both are negative.</summary>
    private static int SameSigns(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int k = 0, count = 0;
        Vector<long> less = Vector<long>.Zero;
        for (; k <= x.Length - Vector<double>.Count; k += Vector<double>.Count)
        {
            Vector<double> a = new(x[k..]), b = new(y[k..]);
            // A true comparison is -1.
            less += (Vector.GreaterThan(a, Vector<double>.Zero) & Vector.GreaterThan(b, Vector<double>.Zero)) | (Vector.LessThan(a, Vector<double>.Zero) & Vector.LessThan(b, Vector<double>.Zero));
        }
        for (; k < x.Length; k++)
            if (SameSign(x[k], y[k])) count++;
        return count - (int)Vector.Sum(less);
    }

    /// <summary>Share of pairs (i, r) with sgn(y_i k_xi_i,r) = sgn(q_mu,r).</summary>
    public static double KeyNoiseWithSignal(Trajectory run, int row) => WithSignal(run, row, run?.KeyNoise);

    /// <summary>Share of pairs (i, r) with sgn(y_i q_xi_i,r) = sgn(q_mu,r).</summary>
    public static double QueryNoiseWithSignal(Trajectory run, int row) => WithSignal(run, row, run?.QueryNoise);

    /// <summary>Median over the samples of a [R, n] column at a row.</summary>
    public static double Median(Trajectory run, double[] column, int row)
    {
        ArgumentNullException.ThrowIfNull(run);
        return MathNet.Numerics.Statistics.Statistics.Median(column.AsSpan(row * run.Samples, run.Samples).ToArray());
    }

    /// <summary>sgn(x) with sgn(0) = sgn(NaN) = 0: a run that has diverged has no aligned signs, and no exception.</summary>
    internal static int Sign(double x) => x > 0 ? 1 : x < 0 ? -1 : 0;

    private static double WithSignal(Trajectory? run, int row, double[]? noise)
    {
        ArgumentNullException.ThrowIfNull(run);
        int m_k = run.Neurons, count = 0;
        ReadOnlySpan<double> query = run.QuerySignal.AsSpan(row * m_k, m_k);
        for (int i = 0; i < run.Samples; i++) count += SameSigns(noise.AsSpan((row * run.Samples + i) * m_k, m_k), query);
        return (double)count / (run.Samples * m_k);
    }

    private static bool AllWithSignal(Trajectory run, int row, double[] noise)
    {
        int m_k = run.Neurons;
        ReadOnlySpan<double> query = run.QuerySignal.AsSpan(row * m_k, m_k);
        for (int i = 0; i < run.Samples; i++)
            for (int r = 0; r < m_k; r++)
                if (!SameSign(noise[(row * run.Samples + i) * m_k + r], query[r])) return false;
        return run.Samples * m_k > 0;
    }
}
