using Workbook.Core.Numerics;

namespace Workbook.Core.Models.Deep;

/// <summary>
/// Softmax attention among the L tokens of each sample, from packed projections:
/// <code>
/// z_ab = scale &lt;q_a, k_b&gt;     s_a = softmax(z_a)     o_a = sum_b s_ab v_b
/// </code>
/// </summary>
/// <remarks>
/// Shapes: n samples, L tokens, m query and key numbers, w value numbers, c = 2 m + w. A projection row is <c>[q | k | v]</c>; token (i, l) is
/// row i L + l. Kept for the backward pass: s [n, L, L], query first.
/// <para>
/// The derivative of the softmax is taken pair by pair, <c>dz_ab = s_ab sum_c s_ac (g_b - g_c)</c>, g_b = &lt;do_a, v_b&gt;: no difference of nearly equal
/// numbers, so its sign is right as long as the softmax outputs and their product with g are in the range of double (about 1e-308). An output that is
/// exactly 0 has lost its sign for good.
/// </para>
/// </remarks>
public static class AttentionBlock
{
    /// <summary>projections [n L, c] -> s [n, L, L], o [n L, w].</summary>
    public static void Forward(int n, int length, int m, int w, double scale, ReadOnlySpan<double> projections, Span<double> s, Span<double> o)
    {
        int c = 2 * m + w;
        for (int i = 0; i < n; i++)
        {
            var sample = projections.Slice(i * length * c, length * c);
            for (int a = 0; a < length; a++)
            {
                var query = sample.Slice(a * c, m);
                for (int b = 0; b < length; b++) s[(i * length + a) * length + b] = scale * ShortVectors.Dot(query, sample.Slice(b * c + m, m));
            }
        }
        Softmax.Rows(n * length, length, s, length, s, length);
        o[..(n * length * w)].Clear();
        for (int i = 0; i < n; i++)
            for (int a = 0; a < length; a++)
            {
                var into = o.Slice((i * length + a) * w, w);
                for (int b = 0; b < length; b++)
                    ShortVectors.Add(s[(i * length + a) * length + b], projections.Slice((i * length + b) * c + 2 * m, w), into);
            }
    }

    /// <summary>
    /// projections [n L, c], s [n, L, L], do [n L, w] -> d projections [n L, c], overwritten:
    /// <code>
    /// dq_a = scale sum_b dz_ab k_b     dk_b = scale sum_a dz_ab q_a     dv_b = sum_a s_ab do_a
    /// </code>
    /// </summary>
    public static void Backward(int n, int length, int m, int w, double scale, ReadOnlySpan<double> projections, ReadOnlySpan<double> s, ReadOnlySpan<double> dOut, Span<double> dProjections)
    {
        int c = 2 * m + w;
        dProjections[..(n * length * c)].Clear();
        Span<double> g = length <= 64 ? stackalloc double[length] : new double[length];
        for (int i = 0; i < n; i++)
        {
            var sample = projections.Slice(i * length * c, length * c);
            var d = dProjections.Slice(i * length * c, length * c);
            for (int a = 0; a < length; a++)
            {
                var row = s.Slice((i * length + a) * length, length);
                var dOutput = dOut.Slice((i * length + a) * w, w);
                for (int b = 0; b < length; b++)
                {
                    g[b] = ShortVectors.Dot(dOutput, sample.Slice(b * c + 2 * m, w));
                    ShortVectors.Add(row[b], dOutput, d.Slice(b * c + 2 * m, w));
                }
                for (int b = 0; b < length; b++)
                {
                    double pairs = 0;
                    for (int other = 0; other < length; other++)
                        if (other != b) pairs += row[other] * (g[b] - g[other]);
                    double dz = scale * row[b] * pairs;
                    ShortVectors.Add(dz, sample.Slice(b * c + m, m), d.Slice(a * c, m));
                    ShortVectors.Add(dz, sample.Slice(a * c, m), d.Slice(b * c + m, m));
                }
            }
        }
    }
}
