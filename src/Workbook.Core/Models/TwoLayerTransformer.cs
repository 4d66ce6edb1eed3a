using Workbook.Core.Data;

namespace Workbook.Core.Models;

/// <summary>
/// The model of the paper (section 3) written out plainly, forward beside backward:
/// <code>
/// F(W, X)   = F_{+1} - F_{-1}
/// F_j(W, X) = (1 / m_v) sum_l 1^T W_{V,j} X softmax(X^T W_K^T W_Q x^(l))
/// L_S(W)    = (1 / n) sum_i log(1 + exp(-y_i F(W, X_i)))
/// </code>
/// This is the readable version, and the oracle of the engines; it does not protect small gradients from underflow.
/// </summary>
/// <remarks>
/// Letters: n samples, L patches, d coordinates, m_k and m_v rows. Kept for the backward pass: q, k [L, m_k] (projections
/// of the patches), a [L, L] (softmax; query first), u [L] = mean_r &lt;w_{V,+1,r} - w_{V,-1,r}, x^(l)&gt;.
/// </remarks>
public static class TwoLayerTransformer
{
    /// <summary>F(W, X_i) of every sample, [n].</summary>
    public static double[] Forward(TransformerWeights weights, Dataset data)
    {
        Check(weights, data);
        var f = new double[data.Count];
        var pass = new Pass(data.Length, weights);
        for (int i = 0; i < data.Count; i++) f[i] = pass.Forward(data, i);
        return f;
    }

    /// <summary>L_S at the weights.</summary>
    public static double Loss(TransformerWeights weights, Dataset data)
    {
        double[] f = Forward(weights, data);
        double sum = 0;
        for (int i = 0; i < f.Length; i++) sum += LogisticLoss.Value(data.Labels[i] * f[i]);
        return sum / f.Length;
    }

    /// <summary>
    /// Gradient of L_S with respect to all four matrices:
    /// <code>
    /// dL/dF_i       = y_i l'_i / n,            l'_i = -1 / (1 + exp(y_i F_i))
    /// dF_i/dz_ab    = a_ab (u_b - sum_c a_ac u_c),     z_ab = &lt;q_a, k_b&gt;
    /// dF_i/dW_Q     = sum_a (sum_b dz_ab k_b) x_a^T
    /// dF_i/dW_K     = sum_b (sum_a dz_ab q_a) x_b^T
    /// dF_i/dw_{V,j,r} = (j / m_v) sum_b (sum_a a_ab) x_b
    /// </code>
    /// </summary>
    public static TransformerWeights Gradient(TransformerWeights weights, Dataset data)
    {
        Check(weights, data);
        var gradient = new TransformerWeights(weights.MK, weights.MV, weights.D);
        var pass = new Pass(data.Length, weights);
        for (int i = 0; i < data.Count; i++)
        {
            double margin = data.Labels[i] * pass.Forward(data, i);
            pass.Backward(data, i, data.Labels[i] * LogisticLoss.Derivative(margin) / data.Count, gradient);
        }
        return gradient;
    }

    private static void Check(TransformerWeights weights, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(data);
        if (weights.D != data.Dimension)
            throw new InputException($"the weights have {weights.D} columns; the data has dimension {data.Dimension}.");
    }

    private sealed class Pass(int length, TransformerWeights w)
    {
        private readonly int _rows = w.MK;
        private readonly double[] _v = w.MeanValue();
        private readonly double[] _q = new double[length * w.MK], _k = new double[length * w.MK], _a = new double[length * length], _u = new double[length];

        public double Forward(Dataset data, int i)
        {
            for (int l = 0; l < length; l++)
            {
                var at = data.Coordinates(i * length + l);
                var x = data.Values(i * length + l);
                for (int r = 0; r < _rows; r++)
                {
                    double q = 0, k = 0;
                    for (int e = 0; e < at.Length; e++)
                    {
                        q += w.Query[r * w.D + at[e]] * x[e];
                        k += w.Key[r * w.D + at[e]] * x[e];
                    }
                    _q[l * _rows + r] = q;
                    _k[l * _rows + r] = k;
                }
                _u[l] = 0;
                for (int e = 0; e < at.Length; e++) _u[l] += _v[at[e]] * x[e];
            }
            double f = 0;
            for (int a = 0; a < length; a++)
            {
                double max = double.NegativeInfinity, sum = 0;
                for (int b = 0; b < length; b++)
                {
                    double z = 0;
                    for (int r = 0; r < _rows; r++) z += _q[a * _rows + r] * _k[b * _rows + r];
                    _a[a * length + b] = z;
                    max = Math.Max(max, z);
                }
                for (int b = 0; b < length; b++) sum += _a[a * length + b] = Math.Exp(_a[a * length + b] - max);
                for (int b = 0; b < length; b++) f += (_a[a * length + b] /= sum) * _u[b];
            }
            return f;
        }

        public void Backward(Dataset data, int i, double df, TransformerWeights gradient)
        {
            var weightOfKey = new double[length];
            for (int a = 0; a < length; a++)
            {
                double mean = 0;
                for (int c = 0; c < length; c++) mean += _a[a * length + c] * _u[c];
                for (int b = 0; b < length; b++)
                {
                    weightOfKey[b] += _a[a * length + b];
                    double dz = df * _a[a * length + b] * (_u[b] - mean);
                    for (int r = 0; r < _rows; r++)
                    {
                        Add(gradient.Query, r, dz * _k[b * _rows + r], data, i * length + a);
                        Add(gradient.Key, r, dz * _q[a * _rows + r], data, i * length + b);
                    }
                }
            }
            for (int b = 0; b < length; b++)
                for (int r = 0; r < w.MV; r++)
                {
                    Add(gradient.ValuePositive, r, df * weightOfKey[b] / w.MV, data, i * length + b);
                    Add(gradient.ValueNegative, r, -df * weightOfKey[b] / w.MV, data, i * length + b);
                }
        }

        /// <summary>row r of g += scale * x_p.</summary>
        private static void Add(double[] g, int r, double scale, Dataset data, int patch)
        {
            var at = data.Coordinates(patch);
            var x = data.Values(patch);
            for (int e = 0; e < at.Length; e++) g[r * data.Dimension + at[e]] += scale * x[e];
        }
    }
}
