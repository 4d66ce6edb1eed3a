using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Uniform subsets of {0, .., size - 1} by Floyd's method, one of each of many consecutive substreams: a lane is a subset, sixteen side by side.
/// Word k of a substream picks <c>floor(word (top + 1) / 2^64)</c> with <c>top = size - s + k</c>; a pick that was drawn before becomes top.
/// </summary>
/// <remarks>
/// Nothing here branches on what is drawn. Whether a pick was drawn before is asked of all earlier ones, and the elements go through a sorting
/// network, lane by lane: s^2 / 2 comparisons and some s log^2 s exchanges, each for sixteen subsets at a time.
/// </remarks>
internal static unsafe class SubsetLanes
{
    /// <summary>Subsets side by side.</summary>
    public const int Lanes = 16;

    /// <summary>The longest subset taken: beyond, asking all earlier picks costs more than a table of them.</summary>
    public const int Longest = 64;

    // Comparators of the network of each length, first and second place one after the other; made when first needed.
    private static readonly ushort[]?[] Networks = new ushort[Longest + 1][];

    /// <summary>
    /// destination[i pitch + j] = shift + the j-th smallest element of subset i, that of substream counterHigh + i, for i below count; entries from s
    /// to the pitch are anything, and so is what comes after, up to a count that is a multiple of sixteen and eight entries more. False, and nothing
    /// written, where the machine has no vectors for it or s is too long.
    /// </summary>
    [SkipLocalsInit]
    public static bool Run(ulong key, ulong counterHigh, int size, int s, int shift, int count, int pitch, Span<int> destination)
    {
        if (s > Longest || !Avx2.IsSupported) return false;
        int whole = (count + Lanes - 1) / Lanes * Lanes;
        ArgumentOutOfRangeException.ThrowIfLessThan(pitch, s);
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, whole * pitch + 8, nameof(destination));
        fixed (int* start = destination)
        fixed (ushort* network = Networks[s] ??= Network(s))
        {
            int* picks = stackalloc int[Longest * Lanes];
            for (int i = 0; i < whole; i += Lanes)
            {
                if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
                    Picks<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(key, counterHigh + (ulong)i, size, s, picks);
                else
                    Picks<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(key, counterHigh + (ulong)i, size, s, picks);
                Distinct(picks, size, s);
                Sort(picks, network, Networks[s]!.Length);
                Transpose(picks, s, shift, start + i * pitch, pitch);
                if (i + 8 < count) Transpose(picks + 8, s, shift, start + (i + 8) * pitch, pitch);
            }
        }
        return true;
    }

    /// <summary>picks[16 k + i] = what word k of substream i picks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Picks<TWords, TWordLanes, TVector, TLanes>(ulong key, ulong counterHigh, int size, int s, int* picks)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        ulong* keys = stackalloc ulong[PhiloxLanes.KeyWords], ids = stackalloc ulong[Lanes], wide = stackalloc ulong[4 * Lanes];
        PhiloxLanes.Keys(key, keys);
        for (int lane = 0; lane < Lanes; lane++) ids[lane] = counterHigh + (ulong)lane;
        // Four vectors: blocks k and k + 1 of all substreams in two vectors each, or block k in four.
        int step = 4 * TLanes.Count / Lanes, top = size - s + 1;
        bool pair = step == 2;
        TWords first = TWordLanes.AsWords(TLanes.Load((double*)ids)), second = TWordLanes.AsWords(TLanes.Load((double*)ids + TLanes.Count));
        TWords third = pair ? first : TWordLanes.AsWords(TLanes.Load((double*)ids + 2 * TLanes.Count));
        TWords fourth = pair ? second : TWordLanes.AsWords(TLanes.Load((double*)ids + 3 * TLanes.Count));
        // Where the third vector's picks go, and by how much its bounds are larger.
        int at = pair ? 2 * Lanes : 2 * TLanes.Count, more = pair ? 2 : 0;
        for (int k = 0; 2 * k < s; k += step)
        {
            TWords a = TWordLanes.Create((ulong)k), b = a, c = TWordLanes.Create((ulong)(k + step - 1)), d = c;
            TWords aHigh = first, bHigh = second, cHigh = third, dHigh = fourth;
            PhiloxLanes.Four<TWords, TWordLanes, TVector, TLanes>(keys, ref a, ref aHigh, ref b, ref bHigh, ref c, ref cHigh, ref d, ref dHigh);
            // Picks as words, [word][subset]: what lies past the last is not kept.
            int bound = top + 2 * k;
            Pick<TWords, TWordLanes, TVector, TLanes>(a, bound, wide);
            Pick<TWords, TWordLanes, TVector, TLanes>(aHigh, bound + 1, wide + Lanes);
            Pick<TWords, TWordLanes, TVector, TLanes>(b, bound, wide + TLanes.Count);
            Pick<TWords, TWordLanes, TVector, TLanes>(bHigh, bound + 1, wide + Lanes + TLanes.Count);
            Pick<TWords, TWordLanes, TVector, TLanes>(c, bound + more, wide + at);
            Pick<TWords, TWordLanes, TVector, TLanes>(cHigh, bound + more + 1, wide + at + Lanes);
            Pick<TWords, TWordLanes, TVector, TLanes>(d, bound + more, wide + at + TLanes.Count);
            Pick<TWords, TWordLanes, TVector, TLanes>(dHigh, bound + more + 1, wide + at + Lanes + TLanes.Count);
            int words = Math.Min(2 * step, s - 2 * k) * Lanes;
            for (int j = 0; j < words; j += 8)
                Vector256.Narrow(Vector256.Load(wide + j), Vector256.Load(wide + j + 4)).AsInt32().Store(picks + 2 * k * Lanes + j);
        }
    }

    /// <summary>floor(word bound / 2^64) of each lane, for a bound below 2^32: the product by halves, its lowest 32 bits left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pick<TWords, TWordLanes, TVector, TLanes>(TWords word, int bound, ulong* to)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TWords factor = TWordLanes.Create((ulong)bound);
        TWords low = TWordLanes.ShiftRight(TWordLanes.Multiply32(word, factor), 32), high = TWordLanes.Multiply32(TWordLanes.Upper(word), factor);
        TLanes.Store(TWordLanes.AsNumber(TWordLanes.ShiftRight(TWordLanes.Add(low, high), 32)), (double*)to);
    }

    /// <summary>Each pick that an earlier one of its lane equals becomes the draw's top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Distinct(int* picks, int size, int s)
    {
        for (int k = 1; k < s; k++)
        {
            int* at = picks + k * Lanes;
            if (Vector512.IsHardwareAccelerated)
            {
                Vector512<int> pick = Vector512.Load(at), seen = Vector512<int>.Zero;
                for (int* before = picks; before < at; before += Lanes) seen |= Vector512.Equals(pick, Vector512.Load(before));
                Vector512.ConditionalSelect(seen, Vector512.Create(size - s + k), pick).Store(at);
            }
            else
            {
                Vector256<int> low = Vector256.Load(at), high = Vector256.Load(at + 8), seenLow = Vector256<int>.Zero, seenHigh = seenLow;
                for (int* before = picks; before < at; before += Lanes)
                {
                    seenLow |= Vector256.Equals(low, Vector256.Load(before));
                    seenHigh |= Vector256.Equals(high, Vector256.Load(before + 8));
                }

                Vector256<int> top = Vector256.Create(size - s + k);
                Vector256.ConditionalSelect(seenLow, top, low).Store(at);
                Vector256.ConditionalSelect(seenHigh, top, high).Store(at + 8);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sort(int* x, ushort* network, int length)
    {
        for (int c = 0; c < length; c += 2)
        {
            int* first = x + network[c], second = x + network[c + 1];
            if (Vector512.IsHardwareAccelerated)
            {
                Vector512<int> a = Vector512.Load(first), b = Vector512.Load(second);
                Vector512.Min(a, b).Store(first);
                Vector512.Max(a, b).Store(second);
            }
            else
            {
                Vector256<int> a = Vector256.Load(first), b = Vector256.Load(second), c0 = Vector256.Load(first + 8), d = Vector256.Load(second + 8);
                Vector256.Min(a, b).Store(first);
                Vector256.Max(a, b).Store(second);
                Vector256.Min(c0, d).Store(first + 8);
                Vector256.Max(c0, d).Store(second + 8);
            }
        }
    }

    /// <summary>Batcher's odd-even merge sort for any length (Knuth, volume 3, algorithm 5.2.2M): what is compared and exchanged, by its place in memory.</summary>
    private static ushort[] Network(int length)
    {
        var places = new List<ushort>();
        int top = 1;
        while (2 * top < length) top *= 2;
        for (int p = top; p > 0; p /= 2)
            for (int q = top, r = 0, d = p; ; d = q - p, q /= 2, r = p)
            {
                for (int i = 0; i < length - d; i++)
                    if ((i & p) == r) places.AddRange([(ushort)(i * Lanes), (ushort)((i + d) * Lanes)]);
                if (q == p) break;
            }
        return [.. places];
    }

    /// <summary>to[i pitch + k] = shift + x[16 k + i], i below 8, eight by eight: the last eight first and rows in their order, so that what is written too much is written over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(int* x, int s, int shift, int* to, int pitch)
    {
        Vector256<int> add = Vector256.Create(shift);
        for (int k = (s - 1) / 8 * 8; k >= 0; k -= 8)
        {
            int* at = x + k * Lanes;
            Vector256<int> r0 = Vector256.Load(at) + add, r1 = Vector256.Load(at + Lanes) + add, r2 = Vector256.Load(at + 2 * Lanes) + add, r3 = Vector256.Load(at + 3 * Lanes) + add;
            Vector256<int> r4 = Vector256.Load(at + 4 * Lanes) + add, r5 = Vector256.Load(at + 5 * Lanes) + add, r6 = Vector256.Load(at + 6 * Lanes) + add, r7 = Vector256.Load(at + 7 * Lanes) + add;
            // Pairs of rows, then fours, then halves.
            Vector256<long> a0 = Avx2.UnpackLow(r0, r1).AsInt64(), a1 = Avx2.UnpackHigh(r0, r1).AsInt64(), a2 = Avx2.UnpackLow(r2, r3).AsInt64(), a3 = Avx2.UnpackHigh(r2, r3).AsInt64();
            Vector256<long> a4 = Avx2.UnpackLow(r4, r5).AsInt64(), a5 = Avx2.UnpackHigh(r4, r5).AsInt64(), a6 = Avx2.UnpackLow(r6, r7).AsInt64(), a7 = Avx2.UnpackHigh(r6, r7).AsInt64();
            Vector256<long> b0 = Avx2.UnpackLow(a0, a2), b1 = Avx2.UnpackHigh(a0, a2), b2 = Avx2.UnpackLow(a1, a3), b3 = Avx2.UnpackHigh(a1, a3);
            Vector256<long> b4 = Avx2.UnpackLow(a4, a6), b5 = Avx2.UnpackHigh(a4, a6), b6 = Avx2.UnpackLow(a5, a7), b7 = Avx2.UnpackHigh(a5, a7);
            int* row = to + k;
            Avx2.Permute2x128(b0, b4, 0x20).AsInt32().Store(row);
            Avx2.Permute2x128(b1, b5, 0x20).AsInt32().Store(row += pitch);
            Avx2.Permute2x128(b2, b6, 0x20).AsInt32().Store(row += pitch);
            Avx2.Permute2x128(b3, b7, 0x20).AsInt32().Store(row += pitch);
            Avx2.Permute2x128(b0, b4, 0x31).AsInt32().Store(row += pitch);
            Avx2.Permute2x128(b1, b5, 0x31).AsInt32().Store(row += pitch);
            Avx2.Permute2x128(b2, b6, 0x31).AsInt32().Store(row += pitch);
            Avx2.Permute2x128(b3, b7, 0x31).AsInt32().Store(row + pitch);
        }
    }
}
