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
    /// <summary>Adds sgn(g), g not NaN, and returns the sums as doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Follow(int* sum, TVector g)
    {
        TVector moved = SignedStep.OfNumber<TVector, TLanes>(Load(sum), TLanes.Create(1), g);
        Store(moved, sum);
        return moved;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load(int* sum)
    {
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported) return Unsafe.BitCast<Vector512<double>, TVector>(Avx512F.ConvertToVector512Double(Vector256.Load(sum)));
        if (typeof(TVector) == typeof(Vector256<double>) && Avx.IsSupported) return Unsafe.BitCast<Vector256<double>, TVector>(Avx.ConvertToVector256Double(Vector128.Load(sum)));
        Unsafe.SkipInit(out TVector x);
        for (int lane = 0; lane < TLanes.Count; lane++) Unsafe.Add(ref Unsafe.As<TVector, double>(ref x), lane) = sum[lane];
        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector x, int* sum)
    {
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported) Avx512F.ConvertToVector256Int32(Unsafe.BitCast<TVector, Vector512<double>>(x)).Store(sum);
        else if (typeof(TVector) == typeof(Vector256<double>) && Avx.IsSupported) Avx.ConvertToVector128Int32(Unsafe.BitCast<TVector, Vector256<double>>(x)).Store(sum);
        else
            for (int lane = 0; lane < TLanes.Count; lane++) sum[lane] = (int)Unsafe.Add(ref Unsafe.As<TVector, double>(ref x), lane);
    }
}
