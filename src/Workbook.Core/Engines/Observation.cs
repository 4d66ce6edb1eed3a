namespace Workbook.Core.Engines;

/// <summary>
/// What is read off an engine at one step: losses, softmax outputs and, where the data has a signal, the six families of
/// inner products. An engine overwrites it; a trajectory copies it.
/// </summary>
/// <param name="n">Samples.</param>
/// <param name="m_k">Neurons.</param>
public sealed class Observation(int n, int m_k)
{
    private readonly double[] _logLoss = new double[n];

    /// <summary>Samples n.</summary>
    public int Samples { get; } = n;

    /// <summary>Neurons m_k.</summary>
    public int Neurons { get; } = m_k;

    /// <summary>L_S.</summary>
    public double TrainLoss { get; set; }

    /// <summary>log L_S, finite where L_S underflows.</summary>
    public double LogTrainLoss { get; set; }

    /// <summary>Share of training samples with y F &lt;= 0.</summary>
    public double TrainError { get; set; }

    /// <summary>v_mu = &lt;v, mu&gt;.</summary>
    public double ValueSignal { get; set; }

    /// <summary>y_i &lt;v, xi_i&gt;, [n].</summary>
    public double[] ValueNoise { get; } = new double[n];

    /// <summary>q_mu,r = &lt;w_{Q,r}, mu&gt;, [m_k].</summary>
    public double[] QuerySignal { get; } = new double[m_k];

    /// <summary>k_mu,r, [m_k].</summary>
    public double[] KeySignal { get; } = new double[m_k];

    /// <summary>y_i &lt;w_{Q,r}, xi_i&gt;, [n, m_k].</summary>
    public double[] QueryNoise { get; } = new double[n * m_k];

    /// <summary>y_i &lt;w_{K,r}, xi_i&gt;, [n, m_k].</summary>
    public double[] KeyNoise { get; } = new double[n * m_k];

    /// <summary>log s_{i,11}: signal query on signal key, [n].</summary>
    public double[] LogS11 { get; } = new double[n];

    /// <summary>log s_{i,21}: noise query on signal key (the mean over the noise queries where there are several), [n].</summary>
    public double[] LogS21 { get; } = new double[n];

    /// <summary>y_i F(W, X_i), [n].</summary>
    public double[] Margin { get; } = new double[n];

    /// <summary>Fills the losses from <see cref="Margin"/>.</summary>
    internal void SummariseMargins()
    {
        double sum = 0, wrong = 0, top = double.NegativeInfinity;
        for (int i = 0; i < Margin.Length; i++)
        {
            double margin = Margin[i], loss = Models.LogisticLoss.Value(margin);
            sum += loss;
            top = Math.Max(top, _logLoss[i] = Models.LogisticLoss.LogOf(loss, margin));
            // Written so that NaN counts as wrong.
            if (!(margin > 0)) wrong++;
        }
        double scaled = 0;
        foreach (double log in _logLoss) scaled += Math.Exp(log - top);
        TrainLoss = sum / Samples;
        LogTrainLoss = top + Math.Log(scaled / Samples);
        TrainError = wrong / Samples;
    }

    /// <summary>Sets the six families to NaN: the data does not define them.</summary>
    internal void ClearFamilies()
    {
        ValueSignal = double.NaN;
        foreach (double[] family in (double[][])[ValueNoise, QuerySignal, KeySignal, QueryNoise, KeyNoise]) Array.Fill(family, double.NaN);
    }
}
