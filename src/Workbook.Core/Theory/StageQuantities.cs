using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>The shares of aligned signs that the stages are defined by, at one row of a trajectory. All lie in 0 .. 1.</summary>
public static class StageQuantities
{
    /// <summary>Share of pairs (i, r) with sgn(y_i q_xi_i,r) = sgn(y_i k_xi_i,r).</summary>
    public static double AlignedPairs(Trajectory run, int row)
    {
        ArgumentNullException.ThrowIfNull(run);
        int width = run.Samples * run.Neurons, count = 0;
        // Fetched once: a column is found by its name.
        double[] query = run.QueryNoise, key = run.KeyNoise;
        for (int k = row * width; k < (row + 1) * width; k++)
            if (Sign(query[k]) * Sign(key[k]) > 0) count++;
        return (double)count / width;
    }

    /// <summary>Share of neurons with sgn(q_mu) = sgn(sum_i y_i k_xi_i) and sgn(k_mu) = -sgn(q_mu).</summary>
    public static double MajorityNeurons(Trajectory run, int row)
    {
        ArgumentNullException.ThrowIfNull(run);
        int count = 0, m_k = run.Neurons;
        double[] query = run.QuerySignal, key = run.KeySignal, noise = run.KeyNoise;
        for (int r = 0; r < m_k; r++)
        {
            double vote = 0, q = query[row * m_k + r], k = key[row * m_k + r];
            for (int i = 0; i < run.Samples; i++) vote += noise[(row * run.Samples + i) * m_k + r];
            if (Sign(q) * Sign(vote) > 0 && Sign(k) * Sign(q) < 0) count++;
        }
        return (double)count / m_k;
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
        double[] query = run.QuerySignal;
        for (int i = 0; i < run.Samples; i++)
            for (int r = 0; r < m_k; r++)
            {
                double q = query[row * m_k + r];
                if (Sign(noise![(row * run.Samples + i) * m_k + r]) * Sign(q) > 0) count++;
            }
        return (double)count / (run.Samples * m_k);
    }
}
