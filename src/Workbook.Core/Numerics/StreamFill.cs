using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Many numbers of the generator at a time: <see cref="PhiloxLanes"/>, then a function of the block's two words. Lanes hold consecutive blocks of a stream, or the first blocks of
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
            Run<BoxMullerKernel>(key, counterHigh, firstBlock, Endless, 1.0, start, destination.Length);
        }
    }

    /// <summary>destination[j] = word 2 firstBlock + j of a substream.</summary>
    public static void Words(ulong key, ulong counterHigh, ulong firstBlock, Span<ulong> destination)
    {
        fixed (ulong* start = destination)
        {
            Run<WordPair>(key, counterHigh, firstBlock, Endless, 1.0, (double*)start, destination.Length);
        }
    }

    /// <summary>
    /// The first normals of consecutive substreams: <c>destination[2 b i + j]</c> is scale times number j of substream
    /// <c>counterHigh + i</c>, for j below 2 b, b being the blocks of each. The destination's length is a multiple of 2 b.
    /// </summary>
    public static void Gaussians(ulong key, ulong counterHigh, int blocksOfEach, double scale, Span<double> destination)
    {
        fixed (double* start = destination)
        {
            Run<BoxMullerKernel>(key, counterHigh, 0, (ulong)blocksOfEach, scale, start, destination.Length);
        }
    }

    /// <summary>The first words of consecutive substreams, in the same places.</summary>
    public static void Words(ulong key, ulong counterHigh, int blocksOfEach, Span<ulong> destination)
    {
        fixed (ulong* start = destination)
        {
            Run<WordPair>(key, counterHigh, 0, (ulong)blocksOfEach, 1.0, (double*)start, destination.Length);
        }
    }

    private static void Run<TPair>(ulong key, ulong counterHigh, ulong firstBlock, ulong blocksOfEach, double scale, double* destination, int count)
        where TPair : IPairFunction
    {
        if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
        {
            Loop<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>, TPair>(key, counterHigh, firstBlock, blocksOfEach, scale, destination, count);
        }
        else if (Avx2.IsSupported)
        {
            Loop<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>, TPair>(key, counterHigh, firstBlock, blocksOfEach, scale, destination, count);
        }
        else
        {
            Pairs(typeof(TPair) == typeof(BoxMullerKernel), key, counterHigh, firstBlock, blocksOfEach, scale, destination, count);
        }
    }

    private static void Pairs(bool normals, ulong key, ulong counterHigh, ulong block, ulong blocksOfEach, double scale, double* destination, int count)
    {
        for (int i = 0; i < count; i += 2)
        {
            (ulong word0, ulong word1) = Philox.Block(key, block, counterHigh);
            (double first, double second) = normals
                ? BoxMuller.Pair(word0, word1)
                : (BitConverter.UInt64BitsToDouble(word0), BitConverter.UInt64BitsToDouble(word1));
            // Words stay as they are.
            destination[i] = normals ? scale * first : first;
            if (i + 1 < count)
            {
                destination[i + 1] = normals ? scale * second : second;
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
        ulong key, ulong counterHigh, ulong firstBlock, ulong blocksOfEach, double scale, double* destination, int count)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
        where TPair : IPairFunction
    {
        const int Length = PhiloxLanes.Chunk + 8;
        double* room = stackalloc double[2 * Length + PhiloxLanes.ForAligned], low = PhiloxLanes.Aligned(room), high = low + Length;
        ulong* ofLow = stackalloc ulong[PhiloxLanes.SharedRoom], ofHigh = stackalloc ulong[PhiloxLanes.SharedRoom];
        bool isShared = blocksOfEach <= PhiloxLanes.Shared;
        if (isShared) PhiloxLanes.OfBlocks(key, (uint)(counterHigh >> 32), (int)blocksOfEach, ofLow, ofHigh);
        ulong block = firstBlock;
        for (int done = 0; done < count; done += 2 * PhiloxLanes.Chunk)
        {
            int some = Math.Min(count - done, 2 * PhiloxLanes.Chunk), blocks = (some + 1) / 2;
            for (int filled = 0; filled < blocks;)
            {
                // What is left of a substream, in whole vectors: what goes past its end is written over by the next.
                int run = (int)Math.Min(blocksOfEach - block, (ulong)(blocks - filled));
                if (isShared)
                {
                    (ulong lowWord, ulong highWord) = PhiloxLanes.OfSubstream(key, (uint)counterHigh);
                    TWords ofLowest = TWordLanes.Create(lowWord), ofHighest = TWordLanes.Create(highWord);
                    double* lowOfBlock = (double*)(ofLow + block), highOfBlock = (double*)(ofHigh + block);
                    for (int k = 0; k < run; k += TLanes.Count)
                    {
                        TLanes.Store(TWordLanes.AsNumber(TWordLanes.Xor(ofLowest, TWordLanes.AsWords(TLanes.Load(lowOfBlock + k)))), low + filled + k);
                        TLanes.Store(TWordLanes.AsNumber(TWordLanes.Xor(ofHighest, TWordLanes.AsWords(TLanes.Load(highOfBlock + k)))), high + filled + k);
                    }
                }
                else
                {
                    TVector upper = TWordLanes.AsNumber(TWordLanes.Create(counterHigh));
                    for (int k = 0; k < run; k += TLanes.Count)
                    {
                        TLanes.Store(TWordLanes.AsNumber(TWordLanes.Consecutive(block + (ulong)k)), low + filled + k);
                        TLanes.Store(upper, high + filled + k);
                    }
                }

                filled += run;
                block += (ulong)run;
                if (block < blocksOfEach) continue;
                (block, counterHigh) = (0, counterHigh + 1);
                if (isShared && (uint)counterHigh == 0) PhiloxLanes.OfBlocks(key, (uint)(counterHigh >> 32), (int)blocksOfEach, ofLow, ofHigh);
            }

            PhiloxLanes.Encipher<TWords, TWordLanes, TVector, TLanes>(key, low, high, blocks, isShared ? 2 : 0);
            TPair.Finish<TWords, TWordLanes, TVector, TLanes>(low, high, scale, destination + done, some);
        }
    }

    /// <summary>The words as they are, in the bits of numbers.</summary>
    private readonly struct WordPair : IPairFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        [SkipLocalsInit]
        public static void Finish<TWords, TWordLanes, TVector, TLanes>(double* low, double* high, double scale, double* destination, int count)
            where TWordLanes : IWordLanes<TWords, TVector>
            where TLanes : ILanes<TVector, double>
        {
            double* last = stackalloc double[2 * Elementwise.LongestVector];
            for (int i = 0; i < count; i += 2 * TLanes.Count)
            {
                TVector first = TWordLanes.AsNumber(TWordLanes.LoadBlocks((ulong*)low + i / 2)), second = TWordLanes.AsNumber(TWordLanes.LoadBlocks((ulong*)high + i / 2));
                PhiloxLanes.StorePairs<TWords, TWordLanes, TVector, TLanes>(first, second, destination + i, count - i, last);
            }
        }
    }
}
