using Workbook.Core.Data;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The pass as a plain script writes it, in float32 throughout: softmax with its maximum subtracted, its derivative as
/// a_ab (g_b - sum_c a_ac g_c), the loss derivative as -1 / (1 + exp(y F)). Small gradients underflow, and their sign with
/// them: this exists to show what that does to the late stage.
/// </summary>
internal sealed unsafe class PlainAttention : IAttentionPass<float>
{
    private readonly int _n, _length, _m_k, _stride, _m_v;
    private readonly float[] _labels, _a, _margin, _query, _key, _value;

    public PlainAttention(Dataset data, int m_k, int stride, int m_v)
    {
        (_n, _length, _m_k, _stride, _m_v) = (data.Count, data.Length, m_k, stride, m_v);
        _labels = [.. data.Labels.Select(y => (float)y)];
        _a = new float[_n * _length * _length];
        _margin = new float[_n];
        _query = new float[_n * _length * stride];
        _key = new float[_n * _length * stride];
        _value = new float[_n * _length];
    }

    public Span<float> QueryCoefficient => _query;

    public Span<float> KeyCoefficient => _key;

    public Span<float> ValueCoefficient => _value;

    public bool Scaled => false;

    public void TakeExponents(double* into) => throw new NotSupportedException();

    public void Forward(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> u)
    {
        for (int i = 0; i < _n; i++)
        {
            int first = i * _length;
            float f = 0;
            for (int a = 0; a < _length; a++)
            {
                var row = _a.AsSpan((first + a) * _length, _length);
                float top = float.NegativeInfinity, sum = 0;
                for (int b = 0; b < _length; b++)
                {
                    row[b] = VectorOps.Dot(q.Slice((first + a) * _stride, _m_k), k.Slice((first + b) * _stride, _m_k));
                    top = MathF.Max(top, row[b]);
                }
                for (int b = 0; b < _length; b++) sum += row[b] = MathF.Exp(row[b] - top);
                for (int b = 0; b < _length; b++) f += (row[b] /= sum) * u[first + b];
            }
            _margin[i] = _labels[i] * f;
        }
    }

    public void Backward(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> u)
    {
        Array.Clear(_query);
        Array.Clear(_key);
        Array.Clear(_value);
        for (int i = 0; i < _n; i++)
        {
            int first = i * _length;
            float df = _labels[i] / (1 + MathF.Exp(_margin[i])) / _n;
            for (int a = 0; a < _length; a++)
            {
                var row = _a.AsSpan((first + a) * _length, _length);
                float mean = 0;
                for (int b = 0; b < _length; b++) mean += row[b] * df * u[first + b];
                for (int b = 0; b < _length; b++)
                {
                    float dz = row[b] * (df * u[first + b] - mean);
                    VectorOps.Axpy(dz, k.Slice((first + b) * _stride, _m_k), _query.AsSpan((first + a) * _stride, _m_k));
                    VectorOps.Axpy(dz, q.Slice((first + a) * _stride, _m_k), _key.AsSpan((first + b) * _stride, _m_k));
                    _value[first + b] += df * row[b] / _m_v;
                }
            }
        }
    }

    public void Observe(Dataset data, Observation into)
    {
        for (int i = 0; i < _n; i++)
        {
            into.Margin[i] = _margin[i];
            int signal = data.SignalPatch?[i] ?? 0;
            double sum = 0;
            for (int a = 0; a < _length; a++)
                if (a != signal) sum += _a[(i * _length + a) * _length + signal];
            into.LogS11[i] = Math.Log(_a[(i * _length + signal) * _length + signal]);
            into.LogS21[i] = Math.Log(sum / (_length - 1));
        }
        into.SummariseMargins();
    }
}
