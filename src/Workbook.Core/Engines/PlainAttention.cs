using System.Numerics;
using Workbook.Core.Data;

namespace Workbook.Core.Engines;

/// <summary>
/// The pass as a plain script writes it, in the precision T throughout: softmax with its maximum subtracted, its derivative as
/// a_ab (g_b - sum_c a_ac g_c), the loss derivative as -1 / (1 + exp(y F)). Small gradients underflow, and their sign with
/// them: this exists to show what that does to the late stage.
/// </summary>
internal sealed class PlainAttention<T> : IAttentionPass<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _n, _length, _m_k, _stride, _m_v;
    private readonly T[] _labels, _a, _margin, _query, _key, _value;

    public PlainAttention(Dataset data, int m_k, int stride, int m_v)
    {
        (_n, _length, _m_k, _stride, _m_v) = (data.Count, data.Length, m_k, stride, m_v);
        _labels = [.. data.Labels.Select(T.CreateChecked)];
        _a = new T[_n * _length * _length];
        _margin = new T[_n];
        _query = new T[_n * _length * stride];
        _key = new T[_n * _length * stride];
        _value = new T[_n * _length];
    }

    public Span<T> QueryCoefficient => _query;

    public Span<T> KeyCoefficient => _key;

    public Span<T> ValueCoefficient => _value;

    public int[] QueryExponent => [];

    public int[] KeyExponent => [];

    public int[] ValueExponent => [];

    public bool Scaled => false;

    public void Forward(ReadOnlySpan<T> q, ReadOnlySpan<T> k, ReadOnlySpan<T> u)
    {
        for (int i = 0; i < _n; i++)
        {
            T f = T.Zero;
            for (int a = 0; a < _length; a++)
            {
                var row = _a.AsSpan((i * _length + a) * _length, _length);
                T top = T.NegativeInfinity, sum = T.Zero;
                for (int b = 0; b < _length; b++)
                {
                    T z = T.Zero;
                    for (int r = 0; r < _m_k; r++) z += q[(i * _length + a) * _stride + r] * k[(i * _length + b) * _stride + r];
                    row[b] = z;
                    top = T.Max(top, z);
                }
                for (int b = 0; b < _length; b++) sum += row[b] = T.Exp(row[b] - top);
                for (int b = 0; b < _length; b++) f += (row[b] /= sum) * u[i * _length + b];
            }
            _margin[i] = _labels[i] * f;
        }
    }

    public void Backward(ReadOnlySpan<T> q, ReadOnlySpan<T> k, ReadOnlySpan<T> u)
    {
        Array.Clear(_query);
        Array.Clear(_key);
        Array.Clear(_value);
        T n = T.CreateChecked(_n), m_v = T.CreateChecked(_m_v);
        for (int i = 0; i < _n; i++)
        {
            int first = i * _length;
            T df = _labels[i] / (T.One + T.Exp(_margin[i])) / n;
            for (int a = 0; a < _length; a++)
            {
                var row = _a.AsSpan((first + a) * _length, _length);
                T mean = T.Zero;
                for (int b = 0; b < _length; b++) mean += row[b] * df * u[first + b];
                for (int b = 0; b < _length; b++)
                {
                    T dz = row[b] * (df * u[first + b] - mean);
                    for (int r = 0; r < _m_k; r++)
                    {
                        _query[(first + a) * _stride + r] += dz * k[(first + b) * _stride + r];
                        _key[(first + b) * _stride + r] += dz * q[(first + a) * _stride + r];
                    }
                    _value[first + b] += df * row[b] / m_v;
                }
            }
        }
    }

    public void Observe(Dataset data, Observation into)
    {
        for (int i = 0; i < _n; i++)
        {
            into.Margin[i] = double.CreateChecked(_margin[i]);
            int signal = data.SignalPatch?[i] ?? 0;
            double sum = 0;
            for (int a = 0; a < _length; a++)
                if (a != signal) sum += double.CreateChecked(_a[(i * _length + a) * _length + signal]);
            into.LogS11[i] = Math.Log(double.CreateChecked(_a[(i * _length + signal) * _length + signal]));
            into.LogS21[i] = Math.Log(sum / (_length - 1));
        }
        into.SummariseMargins();
    }
}
