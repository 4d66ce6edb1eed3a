using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Many numbers of the generator at a time: <see cref="Philox.Block"/>, operation by operation, with one block in each
/// lane, then a function of the block's two words. Lanes hold consecutive blocks of a stream, or the first blocks of
/// consecutive substreams one after the other, so that many short substreams fill vectors as well as one long one.
/// </summary>
internal static unsafe class StreamFill
{
    // More blocks than a substream has: the blocks then run on within one.
    private const ulong Endless = 1UL << 63;

    /// <summary>destination[2j], destination[2j + 1] = the normals of block firstBlock + j, for the first count numbers.</summary>
    public static void Gaussians(ulong key, ulong counterHigh, ulong firstBlock, Span<double> destination)
    {
        fixed (double* start = destination)
        {
            Run<BoxMullerKernel>(key, counterHigh, firstBlock, Endless, start, destination.Length);
        }
    }

    /// <summary>destination[j] = word 2 firstBlock + j of a substream.</summary>
    public static void Words(ulong key, ulong counterHigh, ulong firstBlock, Span<ulong> destination)
    {
        fixed (ulong* start = destination)
        {
            Run<WordPair>(key, counterHigh, firstBlock, Endless, (double*)start, destination.Length);
        }
    }

    /// <summary>
    /// The first normals of consecutive substreams: <c>destination[2 b i + j]</c> is number j of substream
    /// <c>counterHigh + i</c>, for j below 2 b, b being the blocks of each. The destination's length is a multiple of 2 b.
    /// </summary>
    public static void Gaussians(ulong key, ulong counterHigh, int blocksOfEach, Span<double> destination)
    {
        fixed (double* start = destination)
        {
            Run<BoxMullerKernel>(key, counterHigh, 0, (ulong)blocksOfEach, start, destination.Length);
        }
    }

    /// <summary>The first words of consecutive substreams, in the same places.</summary>
    public static void Words(ulong key, ulong counterHigh, int blocksOfEach, Span<ulong> destination)
    {
        fixed (ulong* start = destination)
        {
            Run<WordPair>(key, counterHigh, 0, (ulong)blocksOfEach, (double*)start, destination.Length);
        }
    }

    private static void Run<TPair>(ulong key, ulong counterHigh, ulong firstBlock, ulong blocksOfEach, double* destination, int count)
        where TPair : IPairFunction
    {
        if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
        {
            Loop<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>, TPair>(key, counterHigh, firstBlock, blocksOfEach, destination, count);
        }
        else if (Avx2.IsSupported)
        {
            Loop<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>, TPair>(key, counterHigh, firstBlock, blocksOfEach, destination, count);
        }
        else
        {
            Pairs(typeof(TPair) == typeof(BoxMullerKernel), key, counterHigh, firstBlock, blocksOfEach, destination, count);
        }
    }

    private static void Pairs(bool normals, ulong key, ulong counterHigh, ulong block, ulong blocksOfEach, double* destination, int count)
    {
        for (int i = 0; i < count; i += 2)
        {
            (ulong word0, ulong word1) = Philox.Block(key, block, counterHigh);
            (double first, double second) = normals
                ? BoxMuller.Pair(word0, word1)
                : (BitConverter.UInt64BitsToDouble(word0), BitConverter.UInt64BitsToDouble(word1));
            destination[i] = first;
            if (i + 1 < count)
            {
                destination[i + 1] = second;
            }

            if (++block == blocksOfEach)
            {
                (block, counterHigh) = (0, counterHigh + 1);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Loop<TWords, TWordLanes, TVector, TLanes, TPair>(
        ulong key, ulong counterHigh, ulong firstBlock, ulong blocksOfEach, double* destination, int count)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
        where TPair : IPairFunction
    {
        int pairs = TLanes.Count;
        double* last = stackalloc double[2 * Elementwise.LongestVector];
        ulong* keys = stackalloc ulong[2 * Philox.Rounds];
        uint key0 = (uint)key, key1 = (uint)(key >> 32);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            keys[2 * round] = key0;
            keys[2 * round + 1] = key1;
            key0 += Philox.KeyStep0;
            key1 += Philox.KeyStep1;
        }

        // The counters of the next vector: blocks that run past their substream's end belong to the following one. Once
        // around at a time, which is once at most where a substream has as many blocks as a vector.
        TWords each = TWordLanes.Create(blocksOfEach), one = TWordLanes.Create(1);
        TWords stepBlock = TWordLanes.Create((ulong)pairs % blocksOfEach), stepHigh = TWordLanes.Create((ulong)pairs / blocksOfEach);
        TWords block = TWordLanes.Blocks(firstBlock), high = TWordLanes.Create(counterHigh);
        for (ulong turns = blocksOfEach < Endless ? (ulong)(pairs - 1) / blocksOfEach : 0; turns > 0; turns--)
        {
            Wrap<TWords, TWordLanes, TVector>(ref block, ref high, each, one);
        }

        // Two vectors of blocks go through the rounds side by side, since one alone waits for its products.
        TWords low = TWordLanes.Create(uint.MaxValue);
        TWords multiplier0 = TWordLanes.Create(Philox.Multiplier0), multiplier1 = TWordLanes.Create(Philox.Multiplier1);
        for (int start = 0; start < count; start += 4 * pairs)
        {
            // Only the lower half of each c counts; what is left in the upper half falls away in the products.
            TWords a0 = block, a1 = TWordLanes.ShiftRight(block, 32), a2 = high, a3 = TWordLanes.ShiftRight(high, 32);
            block = TWordLanes.Add(block, stepBlock);
            high = TWordLanes.Add(high, stepHigh);
            Wrap<TWords, TWordLanes, TVector>(ref block, ref high, each, one);
            TWords b0 = block, b1 = TWordLanes.ShiftRight(block, 32), b2 = high, b3 = TWordLanes.ShiftRight(high, 32);
            block = TWordLanes.Add(block, stepBlock);
            high = TWordLanes.Add(high, stepHigh);
            Wrap<TWords, TWordLanes, TVector>(ref block, ref high, each, one);
            for (int round = 0; round < Philox.Rounds; round++)
            {
                TWords k0 = TWordLanes.Create(keys[2 * round]), k1 = TWordLanes.Create(keys[2 * round + 1]);
                TWords productA0 = TWordLanes.Multiply32(multiplier0, a0), productA1 = TWordLanes.Multiply32(multiplier1, a2);
                TWords productB0 = TWordLanes.Multiply32(multiplier0, b0), productB1 = TWordLanes.Multiply32(multiplier1, b2);
                a0 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productA1, 32), a1), k0);
                b0 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productB1, 32), b1), k0);
                a2 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productA0, 32), a3), k1);
                b2 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productB0, 32), b3), k1);
                (a1, a3, b1, b3) = (productA1, productA0, productB1, productB0);
            }

            TWords word0 = TWordLanes.Or(TWordLanes.And(a0, low), TWordLanes.ShiftLeft(a1, 32));
            TWords word1 = TWordLanes.Or(TWordLanes.And(a2, low), TWordLanes.ShiftLeft(a3, 32));
            for (int i = start; i < Math.Min(start + 4 * pairs, count); i += 2 * pairs)
            {
                TPair.Invoke<TWords, TWordLanes, TVector, TLanes>(word0, word1, out TVector first, out TVector second);
                if (count - i >= 2 * pairs)
                {
                    TWordLanes.StorePairs(first, second, destination + i);
                }
                else
                {
                    TWordLanes.StorePairs(first, second, last);
                    for (int j = i; j < count; j++)
                    {
                        destination[j] = last[j - i];
                    }
                }

                word0 = TWordLanes.Or(TWordLanes.And(b0, low), TWordLanes.ShiftLeft(b1, 32));
                word1 = TWordLanes.Or(TWordLanes.And(b2, low), TWordLanes.ShiftLeft(b3, 32));
            }
        }
    }

    /// <summary>Where block is not below each: block - each of the next substream. Both are at most 2^63.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Wrap<TWords, TWordLanes, TVector>(ref TWords block, ref TWords high, TWords each, TWords one)
        where TWordLanes : IWordLanes<TWords, TVector>
    {
        TWords rest = TWordLanes.Subtract(block, each);

        // Bit 63 of the difference says that the block stays; past is 1 where it does not.
        TWords stays = TWordLanes.ShiftRight(rest, 63), past = TWordLanes.Xor(stays, one);
        high = TWordLanes.Add(high, past);
        block = TWordLanes.Add(rest, TWordLanes.And(each, TWordLanes.Subtract(TWordLanes.Create(0), stays)));
    }

    /// <summary>The words as they are, in the bits of numbers.</summary>
    private readonly struct WordPair : IPairFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Invoke<TWords, TWordLanes, TVector, TLanes>(TWords word0, TWords word1, out TVector first, out TVector second)
            where TWordLanes : IWordLanes<TWords, TVector>
            where TLanes : ILanes<TVector, double> =>
            (first, second) = (TWordLanes.AsNumber(word0), TWordLanes.AsNumber(word1));
    }
}
