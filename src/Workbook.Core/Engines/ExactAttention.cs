using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;

namespace Workbook.Core.Engines;

/// <summary>
/// One pass through attention and loss for all samples, from the projections of the patches to the descent coefficients, with
/// every coefficient's sign exact even where its size is far below the double range.
/// </summary>
/// <remarks>
/// Shapes: P = n L patches, rows of <c>stride</c> doubles (m_k neurons and zero padding). Input q, k [P, stride] and u [P].
/// Kept from the forward pass: log a [n, L, L] and the margins y_i F_i [n].
/// <para>
/// With sigma_i = -l'_i = 1 / (1 + exp(y_i F_i)), the descent direction (minus the gradient) of sample i is
/// <code>
/// b_ab = (y_i / n) sigma_i a_ab (u_b - sum_c a_ac u_c) = (y_i / n) sigma_i sum_{c != b} a_ab a_ac (u_b - u_c)
/// W_Q: sum_a (sum_b b_ab k_b) x_a^T     W_K: sum_b (sum_a b_ab q_a) x_b^T
/// row of W_{V,j}: (j / (n m_v)) y_i sigma_i sum_b (sum_a a_ab) x_b
/// </code>
/// The pairwise form on the right of b_ab has no cancellation between nearly equal numbers, and each of its terms is an
/// exponential of known size. A row of coefficients whose size is below exp(-300) is scaled by a power of two that is
/// kept beside it.
/// </para>
/// </remarks>
internal sealed unsafe class ExactAttention : IAttentionPass<double>
{
    private readonly int _n, _length, _m_k, _stride, _m_v;
    private readonly double[] _labels, _scores, _logWeight, _b, _query, _key, _value;
    private readonly int[] _bExponent;

    public ExactAttention(Dataset data, int m_k, int stride, int m_v)
    {
        (_n, _length, _m_k, _stride, _m_v) = (data.Count, data.Length, m_k, stride, m_v);
        _labels = data.Labels;
        _scores = new double[_length];
        _logWeight = new double[_n * _length * _length];
        _b = new double[_length * _length];
        _bExponent = new int[_length * _length];
        Margin = new double[_n];
        int patches = _n * _length;
        QueryExponent = new int[patches];
        KeyExponent = new int[patches];
        ValueExponent = new int[patches];
        _query = new double[patches * stride];
        _key = new double[patches * stride];
        _value = new double[patches];
    }

    /// <summary>y_i F_i, [n].</summary>
    public double[] Margin { get; }

    /// <summary>Descent coefficients of W_Q along each patch, [P, stride], times 2^<see cref="QueryExponent"/>.</summary>
    public Span<double> QueryCoefficient => _query;

    /// <summary>Descent coefficients of W_K along each patch, [P, stride], times 2^<see cref="KeyExponent"/>.</summary>
    public Span<double> KeyCoefficient => _key;

    /// <summary>Descent coefficient of each row of W_{V,+1} along each patch, [P], times 2^<see cref="ValueExponent"/>.</summary>
    public Span<double> ValueCoefficient => _value;

    public int[] QueryExponent { get; }

    public int[] KeyExponent { get; }

    public int[] ValueExponent { get; }

    /// <summary>Whether some exponent of the last backward pass is not 0.</summary>
    public bool Scaled { get; private set; }

    /// <summary>log a_{i,ab}: query patch a on key patch b.</summary>
    public double LogWeight(int sample, int a, int b) => _logWeight[(sample * _length + a) * _length + b];

    public void Forward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        for (int i = 0; i < _n; i++)
        {
            int first = i * _length;
            double f = 0;
            for (int a = 0; a < _length; a++)
            {
                var row = q.Slice((first + a) * _stride, _stride);
                int top = 0;
                for (int b = 0; b < _length; b++)
                {
                    _scores[b] = Rows.Dot(row, k.Slice((first + b) * _stride, _stride));
                    if (_scores[b] > _scores[top]) top = b;
                }
                // log softmax with the largest term outside the logarithm: exact for the winner as for the losers.
                double others = 0;
                for (int b = 0; b < _length; b++)
                    if (b != top) others += Math.Exp(_scores[b] - _scores[top]);
                double log1p = LogisticLoss.Log1P(others);
                for (int b = 0; b < _length; b++)
                {
                    double log = _scores[b] - _scores[top] - log1p;
                    _logWeight[(first + a) * _length + b] = log;
                    f += Math.Exp(log) * u[first + b];
                }
            }
            Margin[i] = _labels[i] * f;
        }
    }

    public void Backward(ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> u)
    {
        Scaled = false;
        for (int i = 0; i < _n; i++)
        {
            double logSigma = LogisticLoss.LogSigmoid(-Margin[i]), scale = _labels[i] / _n;
            int first = i * _length;
            for (int a = 0; a < _length; a++) QueryRow(first, a, logSigma, scale, u);
            for (int a = 0; a < _length; a++)
            {
                var row = _query.AsSpan((first + a) * _stride, _stride);
                row.Clear();
                for (int b = 0; b < _length; b++)
                    Rows.Add(Math.ScaleB(_b[a * _length + b], _bExponent[a * _length + b] - QueryExponent[first + a]), k.Slice((first + b) * _stride, _stride), row);
            }
            for (int b = 0; b < _length; b++) KeyRow(first, b, q);
            for (int b = 0; b < _length; b++) Value(first, b, logSigma, scale);
        }
    }

    /// <summary>
    /// b_ab for one query a: mantissas into _b, an exponent for each beside them. A key with little attention has a b_ab far below
    /// that of the two that share the rest; its own patch sees only this one.
    /// </summary>
    private void QueryRow(int first, int a, double logSigma, double scale, ReadOnlySpan<double> u)
    {
        var log = _logWeight.AsSpan((first + a) * _length, _length);
        int largest = 0, top = int.MinValue;
        for (int b = 1; b < _length; b++)
            if (log[b] > log[largest]) largest = b;
        double second = double.NegativeInfinity;
        for (int b = 0; b < _length; b++)
            if (b != largest && log[b] > second) second = log[b];
        for (int b = 0; b < _length; b++)
        {
            // With one patch attention is constant and its gradient zero.
            int exponent = _length == 1 ? 0 : Exponent(logSigma + log[b] + (b == largest ? second : log[largest]));
            double shift = LogSize.Shifted(logSigma, exponent), sum = 0;
            for (int c = 0; c < _length; c++)
                if (c != b) sum += Math.Exp(log[b] + log[c] + shift) * (u[first + b] - u[first + c]);
            _b[a * _length + b] = scale * sum;
            _bExponent[a * _length + b] = exponent;
            top = Math.Max(top, exponent);
        }
        QueryExponent[first + a] = top;
    }

    /// <summary>sum_a b_ab q_a: terms of different size are brought to the largest.</summary>
    private void KeyRow(int first, int b, ReadOnlySpan<double> q)
    {
        int top = int.MinValue;
        for (int a = 0; a < _length; a++) top = Math.Max(top, _bExponent[a * _length + b]);
        var row = _key.AsSpan((first + b) * _stride, _stride);
        row.Clear();
        for (int a = 0; a < _length; a++)
            Rows.Add(Math.ScaleB(_b[a * _length + b], _bExponent[a * _length + b] - top), q.Slice((first + a) * _stride, _stride), row);
        KeyExponent[first + b] = top;
    }

    private void Value(int first, int b, double logSigma, double scale)
    {
        double top = double.NegativeInfinity;
        for (int a = 0; a < _length; a++) top = Math.Max(top, _logWeight[(first + a) * _length + b]);
        int exponent = Exponent(logSigma + top);
        double sum = 0;
        for (int a = 0; a < _length; a++) sum += LogSize.Mantissa(_logWeight[(first + a) * _length + b] + logSigma, exponent);
        _value[first + b] = scale / _m_v * sum;
        ValueExponent[first + b] = exponent;
    }

    private int Exponent(double logSize)
    {
        int exponent = LogSize.Exponent(logSize);
        Scaled |= exponent != 0;
        return exponent;
    }

    public void TakeExponents(double* into)
    {
        for (int p = 0; p < QueryExponent.Length; p++, into += ScaledEntries.Size)
            (into[ScaledEntries.Query], into[ScaledEntries.Key], into[ScaledEntries.Value]) = (QueryExponent[p], KeyExponent[p], ValueExponent[p]);
    }

    /// <summary>Writes losses, margins and softmax outputs; the families are the engine's.</summary>
    public void Observe(Dataset data, Observation into)
    {
        Margin.CopyTo(into.Margin, 0);
        into.SummariseMargins();
        for (int i = 0; i < _n; i++)
        {
            int signal = data.SignalPatch?[i] ?? 0;
            into.LogS11[i] = LogWeight(i, signal, signal);
            if (_length == 1) { into.LogS21[i] = double.NaN; continue; }
            double top = double.NegativeInfinity, sum = 0;
            for (int a = 0; a < _length; a++)
                if (a != signal) top = Math.Max(top, LogWeight(i, a, signal));
            for (int a = 0; a < _length; a++)
                if (a != signal) sum += Math.Exp(LogWeight(i, a, signal) - top);
            into.LogS21[i] = top + Math.Log(sum / (_length - 1));
        }
    }
}
