using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Uniform subsets of {0, .., size - 1} by Floyd's method, one of each of many consecutive substreams: a lane is a subset, sixteen side by side.
/// Word k of a substream picks <c>floor(word (top + 1) / 2^64)</c> with <c>top = size - s + k</c>; a pick that was drawn before becomes top.
/// </summary>
/// <remarks>
/// Nothing here branches on what is drawn. Whether a pick was drawn before is asked of all earlier ones, and the elements go through a sorting
/// network, lane by lane: s^2 / 2 comparisons and some s log^2 s exchanges, each for sixteen subsets at a time. Elements of a set of at most 2^16 are
/// kept in sixteen bits meanwhile, all subsets in one vector.
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
            // Words of all blocks; picks of a group, and of two groups in sixteen bits: as doubles, multiples of eight.
            const int Words = (Longest + 1) / 2 * Lanes + PhiloxLanes.Spare + 1, Picks = Longest * Lanes / 2;
            int length = Networks[s]!.Length;
            bool isShort = size <= ushort.MaxValue + 1;
            // Half a page apart: what is read of one is not taken for what was just written to the other.
            const int Apart = 256;
            double* room = stackalloc double[2 * Words + 2 * Picks + Apart + PhiloxLanes.ForAligned], low = PhiloxLanes.Aligned(room), high = low + Words;
            int* picks = (int*)(high + Words);
            ushort* narrow = (ushort*)(high + Words + Picks + Apart);
            ulong* ofBlocks = stackalloc ulong[2 * PhiloxLanes.Shared];
            PhiloxLanes.OfBlocks(key, (uint)(counterHigh >> 32), (s + 1) / 2, ofBlocks, ofBlocks + PhiloxLanes.Shared);
            for (int i = 0; i < whole; i += Lanes)
            {
                // Substreams share what a block does in the first two rounds as long as their names share their upper half.
                ulong* shared = counterHigh >> 32 == (counterHigh + (ulong)i + Lanes) >> 32 ? ofBlocks : null;
                if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
                    Products<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(key, counterHigh + (ulong)i, shared, size, s, isShort, low, high);
                else
                    Products<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(key, counterHigh + (ulong)i, shared, size, s, isShort, low, high);
                if (!isShort)
                {
                    Narrow(low, high, s, picks);
                    Distinct(picks, size, s);
                    Distinct(picks + 8, size, s);
                    Sort(picks, picks + 8, network, length);
                    Transpose(picks, s, shift, start + i * pitch, pitch, count - i);
                    continue;
                }

                // Two groups are sorted side by side, since one alone waits for what it wrote.
                bool second = (i & Lanes) != 0;
                ushort* group = narrow + (second ? Longest * Lanes : 0);
                Narrow(low, high, s, group);
                Distinct(group, size, s);
                if (!second && i + Lanes < whole) continue;
                Sort(narrow, group, network, length);
                for (int from = second ? i - Lanes : i; from <= i; from += Lanes)
                {
                    Widen(from < i ? narrow : group, s, picks);
                    Transpose(picks, s, shift, start + from * pitch, pitch, count - from);
                }
            }
        }
        return true;
    }

    // Where the sixteen subsets are while words are 64 bits long: what makes them shorter works within 128-bit halves, and leaves subset i in lane i.
    private static ReadOnlySpan<ulong> OrderOfInts => [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15];

    private static ReadOnlySpan<ulong> OrderOfShorts => [0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15];

    /// <summary>
    /// 2^32 times what a word picks, and less than 2^32 more: low[16 k + ..] for words 2 k of the subsets, high for words 2 k + 1. The share of blocks in the
    /// first two rounds is given, or null.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Products<TWords, TWordLanes, TVector, TLanes>(ulong key, ulong counterHigh, ulong* ofBlocks, int size, int s, bool isShort, double* low, double* high)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        // The order's constants do not move.
        double* order = (double*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(isShort ? OrderOfShorts : OrderOfInts));
        int all = (s + 1) / 2 * Lanes;
        TWords start = TWordLanes.Create(counterHigh);
        bool isShared = ofBlocks != null;
        ulong* ofLow = ofBlocks, ofHigh = ofBlocks + PhiloxLanes.Shared;
        for (int i = 0; i < Lanes; i += TLanes.Count)
        {
            TWords ids = TWordLanes.Add(start, TWordLanes.AsWords(TLanes.Load(order + i))), lowest = ids, highest = ids;
            if (isShared) PhiloxLanes.OfSubstreams<TWords, TWordLanes, TVector>(key, ids, out lowest, out highest);
            for (int at = i, k = 0; at < all; at += Lanes, k++)
            {
                TLanes.Store(TWordLanes.AsNumber(isShared ? TWordLanes.Xor(lowest, TWordLanes.Create(ofLow[k])) : TWordLanes.Create((ulong)k)), low + at);
                TLanes.Store(TWordLanes.AsNumber(isShared ? TWordLanes.Xor(highest, TWordLanes.Create(ofHigh[k])) : ids), high + at);
            }
        }

        PhiloxLanes.Encipher<TWords, TWordLanes, TVector, TLanes>(key, low, high, all, isShared ? 2 : 0);
        TWords bound = TWordLanes.Create((ulong)(size - s + 1)), one = TWordLanes.Create(1);
        for (int at = 0; at < all;)
        {
            TWords next = TWordLanes.Add(bound, one);
            for (int i = 0; i < Lanes; i += TLanes.Count, at += TLanes.Count)
            {
                Multiply<TWords, TWordLanes, TVector, TLanes>(low + at, bound);
                Multiply<TWords, TWordLanes, TVector, TLanes>(high + at, next);
            }

            bound = TWordLanes.Add(next, one);
        }
    }

    /// <summary>Each word becomes word bound / 2^32, for a bound below 2^32: the product by halves, its lowest 32 bits left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TWords, TWordLanes, TVector, TLanes>(double* words, TWords bound)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TWords word = TWordLanes.AsWords(TLanes.Load(words));
        TWords low = TWordLanes.ShiftRight(TWordLanes.Multiply32(word, bound), 32), high = TWordLanes.Multiply32(TWordLanes.Upper(word), bound);
        TLanes.Store(TWordLanes.AsNumber(TWordLanes.Add(low, high)), words);
    }

    /// <summary>picks[16 k + i] = what word k of subset i picks, the upper half of its product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(double* low, double* high, int s, int* picks)
    {
        for (int k = 0; k < s; k++, picks += Lanes)
        {
            float* products = (float*)((k & 1) == 0 ? low : high) + k / 2 * 2 * Lanes;
            UpperHalves(products).Store(picks);
            UpperHalves(products + Lanes).Store(picks + 8);
        }
    }

    /// <summary>The same for picks of sixteen bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(double* low, double* high, int s, ushort* picks)
    {
        for (int k = 0; k < s; k++, picks += Lanes)
        {
            float* products = (float*)((k & 1) == 0 ? low : high) + k / 2 * 2 * Lanes;
            Avx2.PackUnsignedSaturate(UpperHalves(products), UpperHalves(products + Lanes)).Store(picks);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> UpperHalves(float* eight) => Avx.Shuffle(Vector256.Load(eight), Vector256.Load(eight + 8), 0b11_01_11_01).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(ushort* from, int s, int* to)
    {
        for (int k = 0; k < s * Lanes; k += 8) Avx2.ConvertToVector256Int32(from + k).Store(to + k);
    }

    /// <summary>Each pick that an earlier one of its lane equals becomes the draw's top; a vector of lanes, rows sixteen apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Distinct<T>(T* picks, int size, int s)
        where T : unmanaged
    {
        T* last = picks + s * Lanes;
        int top = size - s;
        // Two rows at a time: what they are compared with is read once.
        for (T* at = picks; at < last; at += 2 * Lanes, top += 2)
        {
            Vector256<T> even = Vector256.Load(at), odd = Vector256.Load(at + Lanes), seenEven = Vector256<T>.Zero, seenOdd = seenEven;
            for (T* before = picks; before < at; before += Lanes)
            {
                Vector256<T> one = Vector256.Load(before);
                seenEven |= Vector256.Equals(even, one);
                seenOdd |= Vector256.Equals(odd, one);
            }

            even = Vector256.ConditionalSelect(seenEven, Vector256.Create(As<T>(top)), even);
            even.Store(at);
            if (at + Lanes == last) break;
            seenOdd |= Vector256.Equals(odd, even);
            Vector256.ConditionalSelect(seenOdd, Vector256.Create(As<T>(top + 1)), odd).Store(at + Lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T As<T>(int x)
        where T : unmanaged => typeof(T) == typeof(ushort) ? (T)(object)(ushort)x : (T)(object)x;

    /// <summary>Each lane of two vectors in increasing order, rows sixteen apart; both may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sort<T>(T* x, T* y, ushort* network, int length)
        where T : unmanaged
    {
        for (int c = 0; c < length; c += 2)
        {
            nint first = network[c], second = network[c + 1];
            Vector256<T> a = Vector256.Load(x + first), b = Vector256.Load(x + second), d = Vector256.Load(y + first), e = Vector256.Load(y + second);
            Vector256.Min(a, b).Store(x + first);
            Vector256.Max(a, b).Store(x + second);
            Vector256.Min(d, e).Store(y + first);
            Vector256.Max(d, e).Store(y + second);
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

    private static void Transpose(int* x, int s, int shift, int* to, int pitch, int count)
    {
        Transpose(x, s, shift, to, pitch);
        if (count > 8) Transpose(x + 8, s, shift, to + 8 * pitch, pitch);
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
