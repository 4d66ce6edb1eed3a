using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>Sums of signs kept as 32-bit integers, half as much memory to read and write as doubles; a lane is an integer.</summary>
internal static unsafe class CountLanes<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Adds sgn(g) and returns the sums as doubles. g is neither NaN nor -0; with vectors of 256 bits and more, what is below 2^-1042 counts as 0.</summary>
    /// <remarks>The sign is taken from the upper half of a double's bits: as integers these are positive, zero or negative where g is.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Follow(int* sum, TVector g)
    {
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported)
        {
            Vector256<int> upper = Avx512F.PermuteVar16x32(Unsafe.BitCast<TVector, Vector512<int>>(g), Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 1, 3, 5, 7, 9, 11, 13, 15)).GetLower();
            Vector256<int> moved = Vector256.Load(sum) + Avx2.Sign(Vector256<int>.One, upper);
            moved.Store(sum);
            return Unsafe.BitCast<Vector512<double>, TVector>(Avx512F.ConvertToVector512Double(moved));
        }
        if (typeof(TVector) == typeof(Vector256<double>) && Avx2.IsSupported)
        {
            Vector128<int> upper = Avx2.PermuteVar8x32(Unsafe.BitCast<TVector, Vector256<int>>(g), Vector256.Create(1, 3, 5, 7, 1, 3, 5, 7)).GetLower();
            Vector128<int> moved = Vector128.Load(sum) + Ssse3.Sign(Vector128<int>.One, upper);
            moved.Store(sum);
            return Unsafe.BitCast<Vector256<double>, TVector>(Avx.ConvertToVector256Double(moved));
        }
        for (int lane = 0; lane < TLanes.Count; lane++)
        {
            ref double x = ref Unsafe.Add(ref Unsafe.As<TVector, double>(ref g), lane);
            x = sum[lane] += (x > 0 ? 1 : 0) - (x < 0 ? 1 : 0);
        }
        return g;
    }
}
