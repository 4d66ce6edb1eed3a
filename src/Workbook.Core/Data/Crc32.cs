namespace Workbook.Core.Data;

/// <summary>
/// The cyclic redundancy check of zip and gzip: polynomial 0x04C11DB7, bit-reversed (0xEDB88320), start and end inverted.
/// Needed because <see cref="System.IO.Compression.ZipArchive"/> hands out the recorded value without comparing it to the data.
/// </summary>
internal struct Crc32
{
    private const int Slices = 8;
    private static readonly uint[] Table = BuildTable();
    private uint register;

    /// <summary>The check value of all bytes appended so far.</summary>
    public readonly uint Value => register; // The stored register is already inverted: start 0 stands for 0xFFFFFFFF inverted.

    /// <summary>Continues over <paramref name="bytes"/>: eight bytes a step through eight tables, then the rest one by one.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint[] table = Table;
        uint c = ~register;
        while (bytes.Length >= Slices)
        {
            uint low = c ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            uint high = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            c = table[7 * 256 + (int)(low & 0xFF)] ^ table[6 * 256 + (int)((low >> 8) & 0xFF)]
                ^ table[5 * 256 + (int)((low >> 16) & 0xFF)] ^ table[4 * 256 + (int)(low >> 24)]
                ^ table[3 * 256 + (int)(high & 0xFF)] ^ table[2 * 256 + (int)((high >> 8) & 0xFF)]
                ^ table[256 + (int)((high >> 16) & 0xFF)] ^ table[(int)(high >> 24)];
            bytes = bytes[Slices..];
        }

        foreach (byte b in bytes)
        {
            c = table[(int)((c ^ b) & 0xFF)] ^ (c >> 8);
        }

        register = ~c;
    }

    // table[k * 256 + b] is the effect of byte b when k more bytes follow it.
    private static uint[] BuildTable()
    {
        var table = new uint[Slices * 256];
        for (uint b = 0; b < 256; b++)
        {
            uint c = b;
            for (int bit = 0; bit < 8; bit++)
            {
                c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            }

            table[b] = c;
        }

        for (int k = 1; k < Slices; k++)
        {
            for (int b = 0; b < 256; b++)
            {
                uint before = table[(k - 1) * 256 + b];
                table[k * 256 + b] = table[(int)(before & 0xFF)] ^ (before >> 8);
            }
        }

        return table;
    }
}
