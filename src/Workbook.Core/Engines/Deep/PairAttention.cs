using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Deep;

/// <summary>
/// Scores and descent rows of attention between two patches, all samples and heads in one call. With D = k_0 - k_1 of a head, a query's score for key 0 over
/// key 1 is <c>z_a = &lt;q_a, D&gt;</c>, and its descent row is a number times D.
/// </summary>
/// <remarks>
/// Rows of patches have <c>width</c> doubles: queries of all heads at 0, keys at <c>keyAt</c>, each head <c>stride</c> wide (padded, see <see cref="Rows.Pad"/>). Sample i has
/// the patches 2 i and 2 i + 1. The arrays z and b hold one number per sample, head and patch, the patch last.
/// </remarks>
internal static unsafe class PairAttention
{
    /// <summary>y [2 n, width] -> D [n, keyAt], z [n, heads, 2].</summary>
    public static void Scores(int n, int heads, int stride, int width, ReadOnlySpan<double> y, Span<double> difference, Span<double> z)
    {
        fixed (double* py = y, pd = difference, pz = z)
        {
            if (Vector512.IsHardwareAccelerated) Scores<Vector512<double>, Lanes512<double>>(n, heads, stride, width, py, pd, pz);
            else if (Vector256.IsHardwareAccelerated) Scores<Vector256<double>, Lanes256<double>>(n, heads, stride, width, py, pd, pz);
            else if (Vector128.IsHardwareAccelerated) Scores<Vector128<double>, Lanes128<double>>(n, heads, stride, width, py, pd, pz);
            else Scores<double, Lanes1<double>>(n, heads, stride, width, py, pd, pz);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores<TVector, TLanes>(int n, int heads, int stride, int width, double* y, double* difference, double* z)
        where TLanes : ILanes<TVector, double>
    {
        int keyAt = heads * stride;
        for (int i = 0; i < n; i++)
            for (int g = 0; g < heads; g++)
            {
                double* q0 = y + (nint)(2 * i) * width + g * stride, q1 = q0 + width, k0 = q0 + keyAt, k1 = q1 + keyAt, d = difference + (nint)i * keyAt + g * stride;
                TVector z0 = TLanes.Create(0), z1 = z0;
                for (int r = 0; r < stride; r += TLanes.Count)
                {
                    TVector apart = TLanes.Subtract(TLanes.Load(k0 + r), TLanes.Load(k1 + r));
                    TLanes.Store(apart, d + r);
                    z0 = TLanes.FusedMultiplyAdd(TLanes.Load(q0 + r), apart, z0);
                    z1 = TLanes.FusedMultiplyAdd(TLanes.Load(q1 + r), apart, z1);
                }
                double* into = z + 2 * (i * heads + g);
                into[0] = TLanes.Sum(z0);
                into[1] = TLanes.Sum(z1);
            }
    }

    /// <summary>
    /// y, D, b [n, heads, 2] -> dy [2 n, width] but for its values:
    /// <code>
    /// dq_a = b_a D     dk_0 = b_0 q_0 + b_1 q_1     dk_1 = -dk_0
    /// </code>
    /// </summary>
    public static void Descent(int n, int heads, int stride, int width, ReadOnlySpan<double> y, ReadOnlySpan<double> difference, ReadOnlySpan<double> b, Span<double> dy)
    {
        fixed (double* py = y, pd = difference, pb = b, pdy = dy)
        {
            if (Vector512.IsHardwareAccelerated) Descent<Vector512<double>, Lanes512<double>>(n, heads, stride, width, py, pd, pb, pdy);
            else if (Vector256.IsHardwareAccelerated) Descent<Vector256<double>, Lanes256<double>>(n, heads, stride, width, py, pd, pb, pdy);
            else if (Vector128.IsHardwareAccelerated) Descent<Vector128<double>, Lanes128<double>>(n, heads, stride, width, py, pd, pb, pdy);
            else Descent<double, Lanes1<double>>(n, heads, stride, width, py, pd, pb, pdy);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Descent<TVector, TLanes>(int n, int heads, int stride, int width, double* y, double* difference, double* b, double* dy)
        where TLanes : ILanes<TVector, double>
    {
        int keyAt = heads * stride;
        TVector zero = TLanes.Create(0);
        for (int i = 0; i < n; i++)
            for (int g = 0; g < heads; g++)
            {
                nint at = (nint)(2 * i) * width + g * stride;
                double* q0 = y + at, q1 = q0 + width, d = difference + (nint)i * keyAt + g * stride, dq0 = dy + at, dq1 = dq0 + width;
                TVector b0 = TLanes.Create(b[2 * (i * heads + g)]), b1 = TLanes.Create(b[2 * (i * heads + g) + 1]);
                for (int r = 0; r < stride; r += TLanes.Count)
                {
                    TVector apart = TLanes.Load(d + r), key = TLanes.FusedMultiplyAdd(b1, TLanes.Load(q1 + r), TLanes.Multiply(b0, TLanes.Load(q0 + r)));
                    TLanes.Store(TLanes.Multiply(b0, apart), dq0 + r);
                    TLanes.Store(TLanes.Multiply(b1, apart), dq1 + r);
                    TLanes.Store(key, dq0 + keyAt + r);
                    TLanes.Store(TLanes.Subtract(zero, key), dq1 + keyAt + r);
                }
            }
    }
}
