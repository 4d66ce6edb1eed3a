using Workbook.Core.Data;

namespace Workbook.Core.Models;

/// <summary>
/// The two-layer transformer with h heads, written out plainly, forward beside backward:
/// <code>
/// F(W, X)   = F_{+1} - F_{-1}
/// F_j(W, X) = (1 / m_v) sum_g sum_l 1^T W_{V,j}^g X softmax(X^T (W_K^g)^T W_Q^g x^(l))
/// </code>
/// Head g owns rows g d_k .. (g + 1) d_k - 1 of W_Q and W_K, d_k = m_k / h, and as many m_v / h rows of each W_V: heads are
/// concatenated, and the paper's fixed mean over all rows is the output projection.
/// </summary>
/// <remarks>
/// This extension is ours: the paper has one head. It says F = (1/h) sum_g F^g with F^g the paper's model on head g's rows, so h = 1 is the
/// paper's model; cutting the same weights into more heads keeps the number of weights; and no head is privileged.
/// <para>
/// Letters: n samples, L patches, d coordinates. Kept for the backward pass, per head: q, k [L, d_k], a [L, L] (softmax; query first),
/// u [L] = (1 / m_v) sum_r &lt;w_{V,+1,r} - w_{V,-1,r}, x^(l)&gt; over the head's rows. The readable version and the oracle of
/// the engine: it does not protect small gradients from underflow.
/// </para>
/// </remarks>
public static class MultiHeadTransformer
{
    /// <summary>Throws one sentence where the rows cannot be divided among the heads.</summary>
    public static void CheckHeads(int heads, int m_k, int m_v)
    {
        if (heads < 1) throw new InputException($"the number of heads is {heads}; it has to be at least 1.");
        if (m_k % heads != 0) throw new InputException($"m_k is {m_k}; it has to be a multiple of the number of heads, {heads}.");
        if (m_v % heads != 0) throw new InputException($"m_v is {m_v}; it has to be a multiple of the number of heads, {heads}.");
    }

    /// <summary>The rows of one head as a model of its own: W_Q, W_K [m_k / h, d], W_V [m_v / h, d]. A copy.</summary>
    public static TransformerWeights Head(TransformerWeights weights, int heads, int g)
    {
        ArgumentNullException.ThrowIfNull(weights);
        CheckHeads(heads, weights.MK, weights.MV);
        int k = weights.MK / heads * weights.D, v = weights.MV / heads * weights.D;
        return new TransformerWeights(weights.MK / heads, weights.MV / heads, weights.D, weights.Query[(g * k)..((g + 1) * k)], weights.Key[(g * k)..((g + 1) * k)],
            weights.ValuePositive[(g * v)..((g + 1) * v)], weights.ValueNegative[(g * v)..((g + 1) * v)]);
    }

    /// <summary>F(W, X_i) of every sample, [n].</summary>
    public static double[] Forward(TransformerWeights weights, int heads, Dataset data)
    {
        Pass[] passes = Passes(weights, heads, data);
        var f = new double[data.Count];
        for (int i = 0; i < data.Count; i++) f[i] = passes.Sum(pass => pass.Forward(i));
        return f;
    }

    /// <summary>L_S at the weights.</summary>
    public static double Loss(TransformerWeights weights, int heads, Dataset data)
    {
        double[] f = Forward(weights, heads, data);
        return f.Select((value, i) => LogisticLoss.Value(data.Labels[i] * value)).Sum() / f.Length;
    }

    /// <summary>
    /// Gradient of L_S. A head sees the others through the loss derivative alone:
    /// <code>
    /// dL/dF_i         = y_i l'_i / n,   l'_i = -1 / (1 + exp(y_i F_i)), F_i of all heads
    /// dF_i/dz_ab^g    = a_ab (u_b - sum_c a_ac u_c),   z_ab^g = &lt;q_a^g, k_b^g&gt;
    /// dF_i/dW_Q^g     = sum_a (sum_b dz_ab k_b) x_a^T
    /// dF_i/dW_K^g     = sum_b (sum_a dz_ab q_a) x_b^T
    /// dF_i/dw_{V,j,r} = (j / m_v) sum_b (sum_a a_ab) x_b,   r a row of head g
    /// </code>
    /// </summary>
    public static TransformerWeights Gradient(TransformerWeights weights, int heads, Dataset data)
    {
        Pass[] passes = Passes(weights, heads, data);
        var gradient = new TransformerWeights(weights.MK, weights.MV, weights.D);
        for (int i = 0; i < data.Count; i++)
        {
            double margin = data.Labels[i] * passes.Sum(pass => pass.Forward(i));
            double df = data.Labels[i] * LogisticLoss.Derivative(margin) / data.Count;
            foreach (Pass pass in passes) pass.Backward(i, df, gradient);
        }
        return gradient;
    }

    private static Pass[] Passes(TransformerWeights weights, int heads, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(data);
        CheckHeads(heads, weights.MK, weights.MV);
        if (weights.D != data.Dimension) throw new InputException($"the weights have {weights.D} columns; the data has dimension {data.Dimension}.");
        return [.. Enumerable.Range(0, heads).Select(g => new Pass(weights, heads, g, data))];
    }

    /// <summary>One head and one sample at a time.</summary>
    private sealed class Pass(TransformerWeights w, int heads, int g, Dataset data)
    {
        private readonly int _rows = w.MK / heads, _first = g * (w.MK / heads), _values = w.MV / heads, _length = data.Length;
        private readonly double[] _q = new double[data.Length * (w.MK / heads)], _k = new double[data.Length * (w.MK / heads)];
        private readonly double[] _a = new double[data.Length * data.Length], _u = new double[data.Length];

        public double Forward(int i)
        {
            for (int l = 0; l < _length; l++)
            {
                int p = i * _length + l;
                for (int r = 0; r < _rows; r++)
                {
                    _q[l * _rows + r] = Along(w.Query, _first + r, p);
                    _k[l * _rows + r] = Along(w.Key, _first + r, p);
                }
                _u[l] = 0;
                for (int r = g * _values; r < (g + 1) * _values; r++) _u[l] += (Along(w.ValuePositive, r, p) - Along(w.ValueNegative, r, p)) / w.MV;
            }
            double f = 0;
            for (int a = 0; a < _length; a++)
            {
                var row = _a.AsSpan(a * _length, _length);
                double max = double.NegativeInfinity, sum = 0;
                for (int b = 0; b < _length; b++)
                {
                    row[b] = 0;
                    for (int r = 0; r < _rows; r++) row[b] += _q[a * _rows + r] * _k[b * _rows + r];
                    max = Math.Max(max, row[b]);
                }
                for (int b = 0; b < _length; b++) sum += row[b] = Math.Exp(row[b] - max);
                for (int b = 0; b < _length; b++) f += (row[b] /= sum) * _u[b];
            }
            return f;
        }

        public void Backward(int i, double df, TransformerWeights gradient)
        {
            for (int a = 0; a < _length; a++)
            {
                double mean = 0;
                for (int c = 0; c < _length; c++) mean += _a[a * _length + c] * _u[c];
                for (int b = 0; b < _length; b++)
                {
                    double weight = _a[a * _length + b], dz = df * weight * (_u[b] - mean);
                    for (int r = 0; r < _rows; r++)
                    {
                        Add(gradient.Query, _first + r, dz * _k[b * _rows + r], i * _length + a);
                        Add(gradient.Key, _first + r, dz * _q[a * _rows + r], i * _length + b);
                    }
                    for (int r = g * _values; r < (g + 1) * _values; r++)
                    {
                        Add(gradient.ValuePositive, r, df * weight / w.MV, i * _length + b);
                        Add(gradient.ValueNegative, r, -df * weight / w.MV, i * _length + b);
                    }
                }
            }
        }

        /// <summary>&lt;row r of m, x_p&gt;.</summary>
        private double Along(double[] m, int r, int p)
        {
            var at = data.Coordinates(p);
            var x = data.Values(p);
            double sum = 0;
            for (int e = 0; e < at.Length; e++) sum += m[r * w.D + at[e]] * x[e];
            return sum;
        }

        /// <summary>row r of m += scale x_p.</summary>
        private void Add(double[] m, int r, double scale, int p)
        {
            var at = data.Coordinates(p);
            var x = data.Values(p);
            for (int e = 0; e < at.Length; e++) m[r * w.D + at[e]] += scale * x[e];
        }
    }
}
