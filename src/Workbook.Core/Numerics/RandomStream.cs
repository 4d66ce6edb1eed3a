using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// A random-access sequence of 64-bit words, a pure function of <c>(seed, stream, substream, index)</c>: no state, so
/// any number can be drawn by any thread in any order, with the same bits on every platform.
/// </summary>
/// <remarks>
/// The words are those of <see cref="Philox"/> with key <c>seed</c> and counter
/// <c>blockIndex + 2^64 (substream + 2^48 stream)</c>; block <c>b</c> holds words <c>2b</c> and <c>2b + 1</c>.
/// Streams and substreams with different names never share a counter.
/// </remarks>
public readonly struct RandomStream : IEquatable<RandomStream>
{
    private const int SubstreamBits = 48;

    private readonly ulong key;
    private readonly ulong counterHigh;

    /// <summary>Names a sequence.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stream">What the numbers are for; below 2^16.</param>
    /// <param name="substream">Which member of that family (a worker, a sample); below 2^48.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stream"/> or <paramref name="substream"/> is too large.</exception>
    public RandomStream(ulong seed, uint stream, ulong substream = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stream, (uint)ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(substream, (1UL << SubstreamBits) - 1);
        key = seed;
        counterHigh = ((ulong)stream << SubstreamBits) | substream;
    }

    /// <summary>The word at an index: word <c>index mod 2</c> of block <c>index / 2</c>.</summary>
    /// <param name="index">Any index.</param>
    /// <returns>64 random bits.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong UInt64(ulong index)
    {
        (ulong word0, ulong word1) = Philox.Block(key, index >> 1, counterHigh);
        return (index & 1) == 0 ? word0 : word1;
    }

    /// <summary><c>(UInt64(index) >> 11) 2^-53</c>: uniform on the multiples of 2^-53 in [0, 1).</summary>
    /// <param name="index">Any index.</param>
    /// <returns>The number.</returns>
    public double Uniform(ulong index) => (long)(UInt64(index) >> 11) * BoxMuller.UnitInLastPlace;

    /// <summary><c>floor(UInt64(index) bound / 2^64)</c>: uniform in 0..bound-1 but for a bias below <c>bound / 2^64</c>.</summary>
    /// <param name="index">Any index.</param>
    /// <param name="bound">The number of values; positive.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is not positive.</exception>
    public int Below(ulong index, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return WordBelow(UInt64(index), bound);
    }

    /// <summary>The integer that <see cref="Below(ulong, int)"/> makes of a word.</summary>
    internal static int WordBelow(ulong word, int bound) => (int)Math.BigMul(word, (ulong)bound, out _);

    /// <summary>
    /// A standard normal: the pair <c>(2j, 2j + 1)</c> is <see cref="BoxMuller.Pair"/> of the words <c>(2j, 2j + 1)</c>.
    /// </summary>
    /// <param name="index">Any index.</param>
    /// <returns>The number.</returns>
    public double Gaussian(ulong index)
    {
        (ulong word0, ulong word1) = Philox.Block(key, index >> 1, counterHigh);
        (double cosine, double sine) = BoxMuller.Pair(word0, word1);
        return (index & 1) == 0 ? cosine : sine;
    }

    /// <summary><c>destination[i] = Gaussian(first + i)</c>, the same bits, many at a time.</summary>
    /// <param name="first">The index of the first number.</param>
    /// <param name="destination">Where they go; any length.</param>
    /// <exception cref="ArgumentOutOfRangeException">The last index would pass 2^64 - 1.</exception>
    public void Gaussians(ulong first, Span<double> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, ulong.MaxValue - (ulong)destination.Length);
        if ((first & 1) != 0 && destination.Length > 0)
        {
            destination[0] = Gaussian(first);
            first++;
            destination = destination[1..];
        }

        StreamFill.Gaussians(key, counterHigh, first >> 1, destination);
    }

    /// <summary><c>destination[i] = UInt64(first + i)</c>, many at a time.</summary>
    /// <param name="first">The index of the first word.</param>
    /// <param name="destination">Where they go; any length.</param>
    /// <exception cref="ArgumentOutOfRangeException">The last index would pass 2^64 - 1.</exception>
    public void Words(ulong first, Span<ulong> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, ulong.MaxValue - (ulong)destination.Length);
        if ((first & 1) != 0 && destination.Length > 0)
        {
            destination[0] = UInt64(first);
            first++;
            destination = destination[1..];
        }

        StreamFill.Words(key, counterHigh, first >> 1, destination);
    }

    /// <summary>
    /// The first 2 b words of this substream and of those after it: <c>destination[2 b i + j]</c> is word j of the i-th.
    /// Short substreams fill the machine's vectors this way as well as long ones.
    /// </summary>
    /// <param name="blocks">Blocks b of each substream, two words in each; at least 1.</param>
    /// <param name="destination">Where they go; the length is a multiple of 2 b.</param>
    /// <exception cref="ArgumentException">The length is no multiple of 2 b, b is not positive, or the last substream would pass 2^48 - 1.</exception>
    public void WordsOfEach(int blocks, Span<ulong> destination)
    {
        CheckSubstreams(blocks, destination.Length);
        StreamFill.Words(key, counterHigh, blocks, destination);
    }

    /// <summary>The first 2 b normals of this substream and of those after it, in the places that <see cref="WordsOfEach"/> names.</summary>
    /// <param name="blocks">Blocks b of each substream, two normals from each; at least 1.</param>
    /// <param name="destination">Where they go; the length is a multiple of 2 b.</param>
    /// <exception cref="ArgumentException">The length is no multiple of 2 b, b is not positive, or the last substream would pass 2^48 - 1.</exception>
    public void GaussiansOfEach(int blocks, Span<double> destination) => GaussiansOfEach(blocks, 1.0, destination);

    /// <summary>The same, each times a scale.</summary>
    internal void GaussiansOfEach(int blocks, double scale, Span<double> destination)
    {
        CheckSubstreams(blocks, destination.Length);
        StreamFill.Gaussians(key, counterHigh, blocks, scale, destination);
    }

    /// <summary>
    /// Subsets of {0, .., size - 1}, s elements each in increasing order, by Floyd's method from the first s words of this substream and of those
    /// after it (<see cref="SubsetLanes.Run"/> says where they go); false, and nothing written, where no vectors serve it.
    /// </summary>
    internal bool SubsetsOfEach(int size, int s, int shift, int count, int pitch, Span<int> destination) =>
        SubsetLanes.Run(key, counterHigh, size, s, shift, count, pitch, destination);

    /// <summary>destination[i] = the fair coin of word first + i: 1, or -1 where its highest bit is set.</summary>
    [SkipLocalsInit]
    internal void Signs(ulong first, Span<double> destination)
    {
        const int AtATime = 128;
        const ulong One = 0x3FF0000000000000;
        Span<ulong> words = stackalloc ulong[AtATime];
        for (int done = 0; done < destination.Length; done += AtATime)
        {
            int some = Math.Min(AtATime, destination.Length - done);
            Words(first + (ulong)done, words[..some]);
            for (int i = 0; i < some; i++) destination[done + i] = BitConverter.UInt64BitsToDouble(One | (words[i] & (1UL << 63)));
        }
    }

    private void CheckSubstreams(int blocks, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        var (substreams, rest) = Math.DivRem((long)length, 2L * blocks);
        if (rest != 0) throw new ArgumentException($"{length} numbers are not a multiple of {2L * blocks}, two of each block.", nameof(length));
        ulong substream = counterHigh & ((1UL << SubstreamBits) - 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(substream + (ulong)substreams, 1UL << SubstreamBits, nameof(length));
    }

    /// <summary>destination[k rows + r] = scale Gaussian(columns[k] rows + r), the same bits; false, and nothing written, where no vectors serve it.</summary>
    internal bool GaussianColumns(ReadOnlySpan<int> columns, int rows, double scale, Span<double> destination) =>
        Numerics.GaussianColumns.Run(key, counterHigh, columns, rows, scale, destination);

    /// <summary>Whether both name the same sequence.</summary>
    /// <param name="other">The other one.</param>
    /// <returns>True if all words are equal.</returns>
    public bool Equals(RandomStream other) => key == other.key && counterHigh == other.counterHigh;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RandomStream other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(key, counterHigh);

    /// <summary>Whether both name the same sequence.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True if all words are equal.</returns>
    public static bool operator ==(RandomStream left, RandomStream right) => left.Equals(right);

    /// <summary>Whether they name different sequences.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>False if all words are equal.</returns>
    public static bool operator !=(RandomStream left, RandomStream right) => !left.Equals(right);
}
