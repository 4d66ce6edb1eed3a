using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Engines;

/// <summary>Questions to a whole vector; the type is known when the code is compiled, so one branch is left.</summary>
internal static class LaneTests
{
    /// <summary>Whether some bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyBit<TVector>(TVector x) where TVector : struct
    {
        if (typeof(TVector) == typeof(Vector512<double>)) return Unsafe.BitCast<TVector, Vector512<ulong>>(x) != Vector512<ulong>.Zero;
        if (typeof(TVector) == typeof(Vector256<double>)) return Unsafe.BitCast<TVector, Vector256<ulong>>(x) != Vector256<ulong>.Zero;
        if (typeof(TVector) == typeof(Vector128<double>)) return Unsafe.BitCast<TVector, Vector128<ulong>>(x) != Vector128<ulong>.Zero;
        return Unsafe.BitCast<TVector, ulong>(x) != 0;
    }

    /// <summary>Whether every lane is above 0 (a NaN is not).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllPositive<TVector>(TVector x) where TVector : struct
    {
        if (typeof(TVector) == typeof(Vector512<double>)) return Vector512.GreaterThanAll(Unsafe.BitCast<TVector, Vector512<double>>(x), Vector512<double>.Zero);
        if (typeof(TVector) == typeof(Vector256<double>)) return Vector256.GreaterThanAll(Unsafe.BitCast<TVector, Vector256<double>>(x), Vector256<double>.Zero);
        if (typeof(TVector) == typeof(Vector128<double>)) return Vector128.GreaterThanAll(Unsafe.BitCast<TVector, Vector128<double>>(x), Vector128<double>.Zero);
        return Unsafe.BitCast<TVector, double>(x) > 0;
    }
}
