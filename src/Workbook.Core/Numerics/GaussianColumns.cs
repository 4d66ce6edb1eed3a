using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Normals of scattered blocks of one stream, the bits of <see cref="StreamFill"/>: short columns far apart fill every lane, where each alone
/// would leave a third of them empty.
/// </summary>
internal static unsafe class GaussianColumns
{
    /// <summary>
    /// destination[k rows + r] = scale times normal number columns[k] rows + r, for even rows; false (and nothing written) where the machine has
    /// no vectors for it or rows is odd.
    /// </summary>
    public static bool Run(ulong key, ulong counterHigh, ReadOnlySpan<int> columns, int rows, double scale, Span<double> destination)
    {
        if ((rows & 1) != 0) return false;
        fixed (int* column = columns)
        fixed (double* start = destination)
        {
            if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
                Gather<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(key, counterHigh, column, columns.Length, rows, scale, start);
            else if (Avx2.IsSupported)
                Gather<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(key, counterHigh, column, columns.Length, rows, scale, start);
            else return false;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Gather<TWords, TWordLanes, TVector, TLanes>(
        ulong key, ulong counterHigh, int* columns, int count, int rows, double scale, double* destination)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        const int Length = PhiloxLanes.Chunk + 8;
        int half = rows / 2, filled = 0;
        // A column's blocks are written in whole vectors; what goes past its end is written over by the next.
        double* room = stackalloc double[2 * Length + PhiloxLanes.ForAligned], low = PhiloxLanes.Aligned(room), high = low + Length;
        for (int c = 0; c < count; c++)
        {
            ulong block = (ulong)columns[c] * (ulong)half;
            for (int done = 0; done < half;)
            {
                int some = Math.Min(half - done, PhiloxLanes.Chunk - filled);
                for (int k = 0; k < some; k += TLanes.Count) TLanes.Store(TWordLanes.AsNumber(TWordLanes.Consecutive(block + (ulong)(done + k))), low + filled + k);
                done += some;
                filled += some;
                if (filled < PhiloxLanes.Chunk) break;
                Draw<TWords, TWordLanes, TVector, TLanes>(key, counterHigh, low, high, filled, scale, destination);
                destination += 2 * filled;
                filled = 0;
            }
        }

        if (filled > 0) Draw<TWords, TWordLanes, TVector, TLanes>(key, counterHigh, low, high, filled, scale, destination);
    }

    private static void Draw<TWords, TWordLanes, TVector, TLanes>(ulong key, ulong counterHigh, double* low, double* high, int count, double scale, double* destination)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        new Span<ulong>(high, count).Fill(counterHigh);
        PhiloxLanes.Encipher<TWords, TWordLanes, TVector, TLanes>(key, low, high, count, 0);
        BoxMullerKernel.Finish<TWords, TWordLanes, TVector, TLanes>(low, high, scale, destination, 2 * count);
    }
}
