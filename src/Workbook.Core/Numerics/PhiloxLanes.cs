using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// <see cref="Philox.Block"/>, operation by operation, with one block in each lane. Two or four vectors of blocks go through the rounds side by
/// side, since one alone waits for its products.
/// </summary>
/// <remarks>
/// Raw words are a buffer in the first-level cache between this and what becomes of them: for each vector of blocks its words 0, then its words
/// 1. Both halves of the work are long chains of operations; apart, each fills the processor's window with several vectors of its own.
/// </remarks>
internal static unsafe class PhiloxLanes
{
    /// <summary>Words that <see cref="Keys"/> writes.</summary>
    public const int KeyWords = 2 * Philox.Rounds;

    /// <summary>Blocks whose raw words are kept at a time, 8 kB: a multiple of four vectors.</summary>
    public const int Chunk = 512;

    /// <summary>Both halves of the key of every round.</summary>
    public static void Keys(ulong key, ulong* keys)
    {
        uint key0 = (uint)key, key1 = (uint)(key >> 32);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            keys[2 * round] = key0;
            keys[2 * round + 1] = key1;
            key0 += Philox.KeyStep0;
            key1 += Philox.KeyStep1;
        }
    }

    /// <summary>The blocks (a, aHigh) to (d, dHigh), low and high half of the counter, become their words 0 and 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Four<TWords, TWordLanes, TVector, TLanes>(
        ulong* keys, ref TWords a, ref TWords aHigh, ref TWords b, ref TWords bHigh, ref TWords c, ref TWords cHigh, ref TWords d, ref TWords dHigh)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        // Sixteen registers hold the state of two vectors, thirty-two that of four.
        if (TLanes.Count < Vector512<double>.Count)
        {
            Two<TWords, TWordLanes, TVector>(keys, ref a, ref aHigh, ref b, ref bHigh);
            Two<TWords, TWordLanes, TVector>(keys, ref c, ref cHigh, ref d, ref dHigh);
            return;
        }

        TWords multiplier0 = TWordLanes.Create(Philox.Multiplier0), multiplier1 = TWordLanes.Create(Philox.Multiplier1);
        TWords a0 = a, a1 = TWordLanes.ShiftRight(a, 32), a2 = aHigh, a3 = TWordLanes.ShiftRight(aHigh, 32);
        TWords b0 = b, b1 = TWordLanes.ShiftRight(b, 32), b2 = bHigh, b3 = TWordLanes.ShiftRight(bHigh, 32);
        TWords c0 = c, c1 = TWordLanes.ShiftRight(c, 32), c2 = cHigh, c3 = TWordLanes.ShiftRight(cHigh, 32);
        TWords d0 = d, d1 = TWordLanes.ShiftRight(d, 32), d2 = dHigh, d3 = TWordLanes.ShiftRight(dHigh, 32);
        for (int round = 0; round < KeyWords; round += 4)
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

        a = Join<TWords, TWordLanes, TVector>(a0, a1);
        aHigh = Join<TWords, TWordLanes, TVector>(a2, a3);
        b = Join<TWords, TWordLanes, TVector>(b0, b1);
        bHigh = Join<TWords, TWordLanes, TVector>(b2, b3);
        c = Join<TWords, TWordLanes, TVector>(c0, c1);
        cHigh = Join<TWords, TWordLanes, TVector>(c2, c3);
        d = Join<TWords, TWordLanes, TVector>(d0, d1);
        dHigh = Join<TWords, TWordLanes, TVector>(d2, d3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Two<TWords, TWordLanes, TVector>(ulong* keys, ref TWords a, ref TWords aHigh, ref TWords b, ref TWords bHigh)
        where TWordLanes : IWordLanes<TWords, TVector>
    {
        // Only the lower half of each c counts; what is left in the upper half falls away in the products.
        TWords multiplier0 = TWordLanes.Create(Philox.Multiplier0), multiplier1 = TWordLanes.Create(Philox.Multiplier1);
        TWords a0 = a, a1 = TWordLanes.ShiftRight(a, 32), a2 = aHigh, a3 = TWordLanes.ShiftRight(aHigh, 32);
        TWords b0 = b, b1 = TWordLanes.ShiftRight(b, 32), b2 = bHigh, b3 = TWordLanes.ShiftRight(bHigh, 32);
        // Two rounds a turn: a state that only changes names costs few moves.
        for (int round = 0; round < KeyWords; round += 4)
        {
            TWords k0 = TWordLanes.Create(keys[round]), k1 = TWordLanes.Create(keys[round + 1]);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref a0, ref a1, ref a2, ref a3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref b0, ref b1, ref b2, ref b3);
            k0 = TWordLanes.Create(keys[round + 2]);
            k1 = TWordLanes.Create(keys[round + 3]);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref a0, ref a1, ref a2, ref a3);
            Round<TWords, TWordLanes, TVector>(multiplier0, multiplier1, k0, k1, ref b0, ref b1, ref b2, ref b3);
        }

        a = Join<TWords, TWordLanes, TVector>(a0, a1);
        aHigh = Join<TWords, TWordLanes, TVector>(a2, a3);
        b = Join<TWords, TWordLanes, TVector>(b0, b1);
        bHigh = Join<TWords, TWordLanes, TVector>(b2, b3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWords Join<TWords, TWordLanes, TVector>(TWords low, TWords high)
        where TWordLanes : IWordLanes<TWords, TVector> =>
        TWordLanes.Or(TWordLanes.And(low, TWordLanes.Create(uint.MaxValue)), TWordLanes.ShiftLeft(high, 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round<TWords, TWordLanes, TVector>(
        TWords multiplier0, TWords multiplier1, TWords k0, TWords k1, ref TWords c0, ref TWords c1, ref TWords c2, ref TWords c3)
        where TWordLanes : IWordLanes<TWords, TVector>
    {
        TWords product0 = TWordLanes.Multiply32(multiplier0, c0), product1 = TWordLanes.Multiply32(multiplier1, c2);
        c0 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.Upper(product1), c1), k0);
        c2 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(product0, 32), c3), k1);
        (c1, c3) = (product1, product0);
    }

    /// <summary>Raw words of four vectors of blocks, words 0 and 1 of the first, then of the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TWords, TWordLanes, TVector, TLanes>(
        ulong* keys, TWords a, TWords aHigh, TWords b, TWords bHigh, TWords c, TWords cHigh, TWords d, TWords dHigh, double* raw)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        Four<TWords, TWordLanes, TVector, TLanes>(keys, ref a, ref aHigh, ref b, ref bHigh, ref c, ref cHigh, ref d, ref dHigh);
        TLanes.Store(TWordLanes.AsNumber(a), raw);
        TLanes.Store(TWordLanes.AsNumber(aHigh), raw + TLanes.Count);
        TLanes.Store(TWordLanes.AsNumber(b), raw + 2 * TLanes.Count);
        TLanes.Store(TWordLanes.AsNumber(bHigh), raw + 3 * TLanes.Count);
        TLanes.Store(TWordLanes.AsNumber(c), raw + 4 * TLanes.Count);
        TLanes.Store(TWordLanes.AsNumber(cHigh), raw + 5 * TLanes.Count);
        TLanes.Store(TWordLanes.AsNumber(d), raw + 6 * TLanes.Count);
        TLanes.Store(TWordLanes.AsNumber(dHigh), raw + 7 * TLanes.Count);
    }

    /// <summary>What the function makes of raw words, by block, for the first <paramref name="count"/> numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Finish<TWords, TWordLanes, TVector, TLanes, TPair>(double* raw, double scale, double* destination, int count)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
        where TPair : IPairFunction
    {
        int step = 2 * TLanes.Count;
        TVector factor = TLanes.Create(scale);
        double* last = stackalloc double[2 * Elementwise.LongestVector];
        for (int i = 0; i < count; i += step)
        {
            TWords word0 = TWordLanes.AsWords(TLanes.Load(raw + i)), word1 = TWordLanes.AsWords(TLanes.Load(raw + i + TLanes.Count));
            TPair.Invoke<TWords, TWordLanes, TVector, TLanes>(word0, word1, factor, out TVector first, out TVector second);
            if (count - i >= step)
            {
                TWordLanes.StorePairs(first, second, destination + i);
            }
            else
            {
                TWordLanes.StorePairs(first, second, last);
                new Span<double>(last, count - i).CopyTo(new Span<double>(destination + i, count - i));
            }
        }
    }
}
