using System.Buffers.Binary;

namespace Workbook.Core.Data;

/// <summary>
/// A gzip packer whose output depends on nothing but its input: the framework's uses whatever zlib the platform has, and its bytes change
/// with version and processor. One deflate block with the fixed Huffman code (RFC 1951, 3.2.6), and of all matches only the longest
/// recent one is looked for: drawn digits, mostly paper, shrink to about a quarter.
/// </summary>
internal static class PlainGzip
{
    private const int MinMatch = 3, MaxMatch = 258, Window = 1 << 15, HashBits = 15, ChainLength = 64;

    /// <summary>gzip's fixed header: deflate, no name, no time, no hint of the operating system.</summary>
    private static ReadOnlySpan<byte> Header => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];

    /// <summary>Packs <paramref name="data"/> as a complete gzip file.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> data)
    {
        var output = new List<byte>(data.Length / 2 + 32);
        output.AddRange(Header);
        Deflate(data, output);
        Span<byte> trailer = stackalloc byte[8];
        WriteTrailer(data, trailer);
        output.AddRange(trailer);
        return [.. output];
    }

    /// <summary>
    /// Compares checksum and length at the end of a one-member gzip file with what came out of it: a file cut inside its trailer, or between
    /// two blocks, otherwise passes for a shorter one.
    /// </summary>
    public static void CheckTrailer(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> unpacked, string path)
    {
        Span<byte> expected = stackalloc byte[8];
        WriteTrailer(unpacked, expected);
        if (packed.Length < Header.Length + 8 || !packed[^8..].SequenceEqual(expected))
        {
            throw new InputException($"{path} fails its gzip checksum or length: it is truncated or damaged, or has bytes after its end.");
        }
    }

    private static void WriteTrailer(ReadOnlySpan<byte> data, Span<byte> trailer)
    {
        Crc32 crc = default;
        crc.Append(data);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, crc.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)data.Length);
    }

    private static void Deflate(ReadOnlySpan<byte> data, List<byte> output)
    {
        var bits = new BitWriter(output);
        bits.Write(1, 1); // the last block
        bits.Write(1, 2); // with the fixed code
        var newest = new int[1 << HashBits]; // by hash of three bytes: one more than the latest position
        var older = new int[Window];         // by position: one more than the one before it with the same hash
        for (int at = 0; at < data.Length;)
        {
            (int length, int distance) = LongestMatch(data, at, newest, older);
            if (length < MinMatch)
            {
                WriteSymbol(bits, data[at]);
                length = 1;
            }
            else
            {
                WriteMatch(bits, length, distance);
            }

            for (int end = at + length; at < end; at++)
            {
                Remember(data, at, newest, older);
            }
        }

        WriteSymbol(bits, 256);
        bits.Finish();
    }

    private static int Hash(ReadOnlySpan<byte> data, int at) =>
        (int)(((data[at] | (uint)data[at + 1] << 8 | (uint)data[at + 2] << 16) * 2654435761u) >> (32 - HashBits));

    private static void Remember(ReadOnlySpan<byte> data, int at, int[] newest, int[] older)
    {
        if (at + MinMatch <= data.Length)
        {
            int hash = Hash(data, at);
            older[at % Window] = newest[hash];
            newest[hash] = at + 1;
        }
    }

    private static (int Length, int Distance) LongestMatch(ReadOnlySpan<byte> data, int at, int[] newest, int[] older)
    {
        if (at + MinMatch > data.Length)
        {
            return (0, 0);
        }

        ReadOnlySpan<byte> here = data.Slice(at, Math.Min(MaxMatch, data.Length - at));
        (int length, int distance) best = (0, 0);
        int candidate = newest[Hash(data, at)] - 1;
        for (int step = 0; step < ChainLength && candidate >= 0 && at - candidate < Window; step++)
        {
            int length = here.CommonPrefixLength(data[candidate..]);
            if (length > best.length)
            {
                best = (length, at - candidate);
            }

            candidate = older[candidate % Window] - 1;
        }

        return best;
    }

    /// <summary>The fixed code: 8 bits for 0..143, 9 for 144..255, 7 for 256..279, 8 for 280..287; Huffman codes go out highest bit first.</summary>
    private static void WriteSymbol(BitWriter bits, int symbol)
    {
        (int code, int length) = symbol switch
        {
            < 144 => (0x30 + symbol, 8),
            < 256 => (0x190 + symbol - 144, 9),
            < 280 => (symbol - 256, 7),
            _ => (0xC0 + symbol - 280, 8),
        };
        bits.WriteReversed(code, length);
    }

    // Lengths 3..10 have a symbol each, then four symbols for every doubling; distances 1..4, then two. 258 has its own.
    private static void WriteMatch(BitWriter bits, int length, int distance)
    {
        int over = length - MinMatch;
        if (length == MaxMatch)
        {
            WriteSymbol(bits, 285);
        }
        else if (over < 8)
        {
            WriteSymbol(bits, 257 + over);
        }
        else
        {
            int extra = int.Log2(over) - 2;
            WriteSymbol(bits, 257 + 4 * extra + (over >> extra));
            bits.Write(over & ((1 << extra) - 1), extra);
        }

        int back = distance - 1;
        int distanceExtra = back < 4 ? 0 : int.Log2(back) - 1;
        bits.WriteReversed(2 * distanceExtra + (back >> distanceExtra), 5);
        bits.Write(back & ((1 << distanceExtra) - 1), distanceExtra);
    }

    /// <summary>Bits into bytes, lowest first.</summary>
    private sealed class BitWriter(List<byte> output)
    {
        private uint pending;
        private int count;

        public void Write(int value, int length)
        {
            pending |= (uint)value << count;
            for (count += length; count >= 8; count -= 8)
            {
                output.Add((byte)pending);
                pending >>= 8;
            }
        }

        public void WriteReversed(int code, int length)
        {
            for (int bit = length - 1; bit >= 0; bit--)
            {
                Write((code >> bit) & 1, 1);
            }
        }

        public void Finish()
        {
            if (count > 0)
            {
                Write(0, 8 - count);
            }
        }
    }
}
