using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>The sums of the lanes of eight vectors that lie one after the other, eight doubles apart: with 512 bits all at once, lanes added in pairs, (0 + 1) + (2 + 3) and so on.</summary>
internal static unsafe class RowSums<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Doubles from one vector to the next.</summary>
    public const int Apart = 8;

    /// <summary>Eight sums from <paramref name="partial"/> (64 doubles, aligned) to <paramref name="sums"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight(double* partial, double* sums)
    {
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported)
        {
            Vector512<double> a = Fold(Pairs(partial), Pairs(partial + 2 * Apart)), b = Fold(Pairs(partial + 4 * Apart), Pairs(partial + 6 * Apart));
            // 128-bit blocks of a: (sums 0 1 of lanes 0..3), (0 1 of lanes 4..7), (2 3 of 0..3), (2 3 of 4..7); b likewise with 4 5 and 6 7.
            Fold(a, b).Store(sums);
        }
        else
        {
            for (int k = 0; k < 8; k++) sums[k] = TLanes.Sum(TLanes.Load(partial + Apart * k));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Pairs(double* p)
    {
        Vector512<double> x = Vector512.Load(p), y = Vector512.Load(p + Apart);
        return Avx512F.UnpackLow(x, y) + Avx512F.UnpackHigh(x, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Fold(Vector512<double> x, Vector512<double> y) =>
        Avx512F.Shuffle4x128(x, y, 0b10_00_10_00) + Avx512F.Shuffle4x128(x, y, 0b11_01_11_01);
}
