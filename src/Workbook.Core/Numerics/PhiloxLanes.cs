using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// <see cref="Philox.Block"/>, operation by operation, with one block in each lane. Three or four vectors of blocks go through the rounds side by
/// side, since one alone waits for its products.
/// </summary>
/// <remarks>
/// Counters and raw words share two arrays in the first-level cache: low and high halves of the counters become words 0 and words 1. Counting,
/// enciphering and what becomes of the words are long chains of operations each; apart, each fills the processor's window with several vectors of its own.
/// </remarks>
internal static unsafe class PhiloxLanes
{
    /// <summary>Blocks that are kept at a time, 8 kB: a multiple of three and of four vectors.</summary>
    public const int Chunk = 480;

    /// <summary>Blocks more than needed for which both arrays have room: the last turn is a whole one.</summary>
    public const int Spare = 31;

    /// <summary>Doubles more than needed, of which <see cref="Aligned"/> leaves some out.</summary>
    public const int ForAligned = 7;

    private const int KeyWords = 2 * Philox.Rounds;

    /// <summary>The first multiple of 64 bytes: the stack is aligned less, and every other vector would lie in two cache lines.</summary>
    public static double* Aligned(double* room) => (double*)(((nuint)room + 63) & ~(nuint)63);

    /// <summary>The most blocks of a substream whose share in the first two rounds is kept, and room for whole vectors of it.</summary>
    public const int Shared = 64, SharedRoom = Shared + 8;

    /// <summary>
    /// With a block's number below 2^32 the counters of block k of a substream are, after two rounds, a number of the substream alone (<see cref="OfSubstream"/>)
    /// exclusive-or a number of k alone: low[k] and high[k], for all substreams whose names share their upper 32 bits.
    /// </summary>
    public static void OfBlocks(ulong key, uint upper, int blocks, ulong* low, ulong* high)
    {
        uint key0 = (uint)key, key1 = (uint)(key >> 32);
        for (uint k = 0; k < blocks; k++)
        {
            ulong first = (ulong)Philox.Multiplier0 * k;
            ulong second = (ulong)Philox.Multiplier1 * ((uint)(first >> 32) ^ upper ^ key1);
            low[k] = BitOperations.RotateLeft(second, 32) ^ (key0 + Philox.KeyStep0);
            high[k] = (uint)first ^ (key1 + Philox.KeyStep1);
        }
    }

    /// <summary>The number of a substream, from the lower 32 bits of its name.</summary>
    public static (ulong Low, ulong High) OfSubstream(ulong key, uint name)
    {
        ulong first = (ulong)Philox.Multiplier1 * name, second = (ulong)Philox.Multiplier0 * ((uint)(first >> 32) ^ (uint)key);
        return ((uint)first, BitOperations.RotateLeft(second, 32));
    }

    /// <summary>The numbers of substreams, one in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OfSubstreams<TWords, TWordLanes, TVector>(ulong key, TWords names, out TWords low, out TWords high)
        where TWordLanes : IWordLanes<TWords, TVector>
    {
        TWords first = TWordLanes.Multiply32(TWordLanes.Create(Philox.Multiplier1), names);
        TWords second = TWordLanes.Multiply32(TWordLanes.Create(Philox.Multiplier0), TWordLanes.Xor(TWordLanes.ShiftRight(first, 32), TWordLanes.Create((uint)key)));
        low = TWordLanes.Halves(first, TWordLanes.Create(0));
        high = TWordLanes.Or(TWordLanes.ShiftLeft(second, 32), TWordLanes.ShiftRight(second, 32));
    }

    /// <summary>
    /// Counters, enciphered by none or by the first two rounds, become words, in place: as many of each half as the blocks, rounded up to whole turns (<see cref="Spare"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Encipher<TWords, TWordLanes, TVector, TLanes>(ulong key, double* low, double* high, int blocks, int done)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        ulong* keys = stackalloc ulong[KeyWords];
        uint key0 = (uint)key, key1 = (uint)(key >> 32);
        for (int round = 0; round < KeyWords; round += 2)
        {
            keys[round] = key0;
            keys[round + 1] = key1;
            key0 += Philox.KeyStep0;
            key1 += Philox.KeyStep1;
        }

        // Sixteen registers hold the state of three vectors, thirty-two that of four.
        if (TLanes.Count < Vector512<double>.Count)
        {
            for (int i = 0; i < blocks; i += 3 * TLanes.Count) Three<TWords, TWordLanes, TVector, TLanes>(keys, 2 * done, low + i, high + i);
        }
        else
        {
            for (int i = 0; i < blocks; i += 4 * TLanes.Count) Four<TWords, TWordLanes, TVector, TLanes>(keys, 2 * done, low + i, high + i);
        }
    }

    // Only the lower half of each c counts; what is left in the upper half falls away in the products. Two rounds a turn: a state that only
    // changes names costs few moves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Three<TWords, TWordLanes, TVector, TLanes>(ulong* keys, int round, double* low, double* high)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TWords multiplier0 = TWordLanes.Create(Philox.Multiplier0), multiplier1 = TWordLanes.Create(Philox.Multiplier1);
        Load<TWords, TWordLanes, TVector, TLanes>(low, high, out TWords a0, out TWords a1, out TWords a2, out TWords a3);
        Load<TWords, TWordLanes, TVector, TLanes>(low + TLanes.Count, high + TLanes.Count, out TWords b0, out TWords b1, out TWords b2, out TWords b3);
        Load<TWords, TWordLanes, TVector, TLanes>(low + 2 * TLanes.Count, high + 2 * TLanes.Count, out TWords c0, out TWords c1, out TWords c2, out TWords c3);
        for (; round < KeyWords; round += 4)
        {
            TWords k0 = TWordLanes.Create(keys[round]), k1 = TWordLanes.Create(keys[round + 1]);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref a0, ref a1, ref a2, ref a3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref b0, ref b1, ref b2, ref b3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref c0, ref c1, ref c2, ref c3);
            k0 = TWordLanes.Create(keys[round + 2]);
            k1 = TWordLanes.Create(keys[round + 3]);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref a0, ref a1, ref a2, ref a3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref b0, ref b1, ref b2, ref b3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref c0, ref c1, ref c2, ref c3);
        }

        Store<TWords, TWordLanes, TVector, TLanes>(a0, a1, a2, a3, low, high);
        Store<TWords, TWordLanes, TVector, TLanes>(b0, b1, b2, b3, low + TLanes.Count, high + TLanes.Count);
        Store<TWords, TWordLanes, TVector, TLanes>(c0, c1, c2, c3, low + 2 * TLanes.Count, high + 2 * TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<TWords, TWordLanes, TVector, TLanes>(ulong* keys, int round, double* low, double* high)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TWords multiplier0 = TWordLanes.Create(Philox.Multiplier0), multiplier1 = TWordLanes.Create(Philox.Multiplier1);
        Load<TWords, TWordLanes, TVector, TLanes>(low, high, out TWords a0, out TWords a1, out TWords a2, out TWords a3);
        Load<TWords, TWordLanes, TVector, TLanes>(low + TLanes.Count, high + TLanes.Count, out TWords b0, out TWords b1, out TWords b2, out TWords b3);
        Load<TWords, TWordLanes, TVector, TLanes>(low + 2 * TLanes.Count, high + 2 * TLanes.Count, out TWords c0, out TWords c1, out TWords c2, out TWords c3);
        Load<TWords, TWordLanes, TVector, TLanes>(low + 3 * TLanes.Count, high + 3 * TLanes.Count, out TWords d0, out TWords d1, out TWords d2, out TWords d3);
        for (; round < KeyWords; round += 4)
        {
            TWords k0 = TWordLanes.Create(keys[round]), k1 = TWordLanes.Create(keys[round + 1]);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref a0, ref a1, ref a2, ref a3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref b0, ref b1, ref b2, ref b3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref c0, ref c1, ref c2, ref c3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref d0, ref d1, ref d2, ref d3);
            k0 = TWordLanes.Create(keys[round + 2]);
            k1 = TWordLanes.Create(keys[round + 3]);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref a0, ref a1, ref a2, ref a3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref b0, ref b1, ref b2, ref b3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref c0, ref c1, ref c2, ref c3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref d0, ref d1, ref d2, ref d3);
        }

        Store<TWords, TWordLanes, TVector, TLanes>(a0, a1, a2, a3, low, high);
        Store<TWords, TWordLanes, TVector, TLanes>(b0, b1, b2, b3, low + TLanes.Count, high + TLanes.Count);
        Store<TWords, TWordLanes, TVector, TLanes>(c0, c1, c2, c3, low + 2 * TLanes.Count, high + 2 * TLanes.Count);
        Store<TWords, TWordLanes, TVector, TLanes>(d0, d1, d2, d3, low + 3 * TLanes.Count, high + 3 * TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TWords, TWordLanes, TVector, TLanes>(double* low, double* high, out TWords c0, out TWords c1, out TWords c2, out TWords c3)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        c0 = TWordLanes.AsWords(TLanes.Load(low));
        c1 = TWordLanes.ShiftRight(c0, 32);
        c2 = TWordLanes.AsWords(TLanes.Load(high));
        c3 = TWordLanes.ShiftRight(c2, 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TWords, TWordLanes, TVector, TLanes>(TWords c0, TWords c1, TWords c2, TWords c3, double* low, double* high)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TLanes.Store(TWordLanes.AsNumber(Join<TWords, TWordLanes, TVector>(c0, c1)), low);
        TLanes.Store(TWordLanes.AsNumber(Join<TWords, TWordLanes, TVector>(c2, c3)), high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWords Join<TWords, TWordLanes, TVector>(TWords low, TWords high)
        where TWordLanes : IWordLanes<TWords, TVector> =>
        TWordLanes.Halves(low, TWordLanes.ShiftLeft(high, 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round<TWords, TWordLanes, TVector>(
        TWords multiplier0, TWords multiplier1, TWords k0, TWords k1, ref TWords c0, ref TWords c1, ref TWords c2, ref TWords c3)
        where TWordLanes : IWordLanes<TWords, TVector>
    {
        TWords product0 = TWordLanes.Multiply32(multiplier0, c0), product1 = TWordLanes.Multiply32(multiplier1, c2);
        // The key goes to what is there first: a round's chain of operations is the shorter by one.
        c0 = TWordLanes.Xor(TWordLanes.Upper(product1), TWordLanes.Xor(c1, k0));
        c2 = TWordLanes.Xor(TWordLanes.ShiftRight(product0, 32), TWordLanes.Xor(c3, k1));
        (c1, c3) = (product1, product0);
    }

    /// <summary>Pairs by block where <paramref name="rest"/> numbers are left, the last vector in part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs<TWords, TWordLanes, TVector, TLanes>(TVector first, TVector second, double* destination, int rest, double* last)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        if (rest >= 2 * TLanes.Count)
        {
            TWordLanes.StorePairs(first, second, destination);
            return;
        }

        TWordLanes.StorePairs(first, second, last);
        new Span<double>(last, rest).CopyTo(new Span<double>(destination, rest));
    }
}
