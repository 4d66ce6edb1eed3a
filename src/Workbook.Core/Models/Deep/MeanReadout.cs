namespace Workbook.Core.Models.Deep;

/// <summary>The paper's fixed output: <c>F_i = (1 / m_v) sum_l (sum_{r &lt; m_v} H_{il,r} - sum_{r &gt;= m_v} H_{il,r})</c>.</summary>
public static class MeanReadout
{
    /// <summary>H [n L, 2 m_v] -> F [n].</summary>
    public static void Forward(int n, int length, int m_v, ReadOnlySpan<double> h, Span<double> f)
    {
        for (int i = 0; i < n; i++)
        {
            double sum = 0;
            for (int l = 0; l < length; l++)
            {
                var row = h.Slice((i * length + l) * 2 * m_v, 2 * m_v);
                for (int r = 0; r < m_v; r++) sum += row[r] - row[m_v + r];
            }
            f[i] = sum / m_v;
        }
    }

    /// <summary>dF [n] -> dH [n L, 2 m_v], overwritten: every row of sample i is <c>+-dF_i / m_v</c>.</summary>
    public static void Backward(int n, int length, int m_v, ReadOnlySpan<double> df, Span<double> dh)
    {
        for (int p = 0; p < n * length; p++)
        {
            double each = df[p / length] / m_v;
            var row = dh.Slice(p * 2 * m_v, 2 * m_v);
            row[..m_v].Fill(each);
            row[m_v..].Fill(-each);
        }
    }
}
