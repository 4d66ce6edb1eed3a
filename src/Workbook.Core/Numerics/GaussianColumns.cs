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
        int half = rows / 2, filled = 0;
        // A column's blocks are written in whole vectors of four; what goes past its end is written over by the next.
        ulong* blocks = stackalloc ulong[PhiloxLanes.Chunk + 4 * Elementwise.LongestVector];
        Vector256<ulong> four = Vector256.Create(0, 1, 2, 3UL);
        for (int c = 0; c < count; c++)
        {
            ulong block = (ulong)columns[c] * (ulong)half;
            for (int done = 0; done < half;)
            {
                int some = Math.Min(half - done, PhiloxLanes.Chunk - filled);
                for (int k = 0; k < some; k += 4) (Vector256.Create(block + (ulong)(done + k)) + four).Store(blocks + filled + k);
                done += some;
                filled += some;
                if (filled < PhiloxLanes.Chunk) break;
                Draw<TWords, TWordLanes, TVector, TLanes>(key, counterHigh, blocks, filled, scale, destination);
                destination += 2 * filled;
                filled = 0;
            }
        }

        if (filled == 0) return;
        // The last vectors are drawn in whole and kept in part.
        new Span<ulong>(blocks + filled, 4 * TLanes.Count).Clear();
        Draw<TWords, TWordLanes, TVector, TLanes>(key, counterHigh, blocks, filled, scale, destination);
    }

    /// <summary>Pairs of all blocks. Whole vectors are read, four at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Draw<TWords, TWordLanes, TVector, TLanes>(ulong key, ulong counterHigh, ulong* blocks, int count, double scale, double* destination)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        int lanes = TLanes.Count;
        double* raw = stackalloc double[2 * PhiloxLanes.Chunk];
        ulong* keys = stackalloc ulong[PhiloxLanes.KeyWords];
        PhiloxLanes.Keys(key, keys);
        TWords high = TWordLanes.Create(counterHigh);
        for (int i = 0; i < count; i += 4 * lanes)
        {
            TWords a = TWordLanes.LoadBlocks(blocks + i), b = TWordLanes.LoadBlocks(blocks + i + lanes);
            TWords c = TWordLanes.LoadBlocks(blocks + i + 2 * lanes), d = TWordLanes.LoadBlocks(blocks + i + 3 * lanes);
            PhiloxLanes.Store<TWords, TWordLanes, TVector, TLanes>(keys, a, high, b, high, c, high, d, high, raw + 2 * i);
        }

        PhiloxLanes.Finish<TWords, TWordLanes, TVector, TLanes, BoxMullerKernel>(raw, scale, destination, 2 * count);
    }
}
