using System.Numerics;

namespace Workbook.Core.Numerics;

/// <summary>The plain triple loop behind <see cref="MatrixProduct"/>'s Reference.</summary>
internal static class MatrixReference
{
    public static void Multiply<T>(
        bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b, int ldb,
        T beta, Span<T> c, int ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Require.Product(transposeA, transposeB, m, n, k, a, lda, b, ldb, c, ldc);
        bool product = alpha != T.Zero && k > 0;
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                // sum + lost is the running sum to about twice double precision.
                double sum = 0, lost = 0;
                for (int p = 0; product && p < k; p++)
                {
                    double x = double.CreateTruncating(transposeA ? a[p * lda + i] : a[i * lda + p]);
                    double y = double.CreateTruncating(transposeB ? b[j * ldb + p] : b[p * ldb + j]);
                    double term = x * y;
                    double next = sum + term;
                    lost += Math.Abs(sum) >= Math.Abs(term) ? sum - next + term : term - next + sum;
                    lost += Math.FusedMultiplyAdd(x, y, -term);
                    sum = next;
                }

                // Where a sum is infinite or NaN, so is what was "lost": the sum alone is right.
                double total = double.CreateTruncating(alpha) * (double.IsFinite(sum) ? sum + lost : sum);
                double kept = beta == T.Zero ? 0 : double.CreateTruncating(beta * c[i * ldc + j]);
                c[i * ldc + j] = T.CreateTruncating(product ? total + kept : kept);
            }
        }
    }
}
