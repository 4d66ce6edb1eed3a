using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Workbook.Core.Data;

/// <summary>
/// MNIST's IDX format: the magic number <c>00 00 08 r</c> (unsigned bytes, r axes), r extents as big-endian 32-bit integers, then the bytes.
/// Files may be packed with gzip; that is seen by their first bytes, not by their names.
/// </summary>
public static class IdxFile
{
    private const int ImagesMagic = 0x00000803;
    private const int LabelsMagic = 0x00000801;

    /// <summary>Largest unpacked size that is read: MNIST's training images take 47 MB.</summary>
    private const int MaxBytes = 1 << 30;

    /// <summary>Reads an image file (three axes: count, rows, columns).</summary>
    /// <exception cref="InputException">Missing, not an IDX image file, truncated, too long, or damaged.</exception>
    public static IdxImages ReadImages(string path)
    {
        (byte[] file, string sha256) = ReadAndUnpack(path);
        int[] shape = ReadShape(file, path, ImagesMagic, "images (magic 0x00000803)");
        if (shape[0] > 0 && (shape[1] == 0 || shape[2] == 0))
        {
            throw new InputException($"{path} has images of {shape[1]} x {shape[2]} pixels; at least 1 x 1 is expected.");
        }

        return new IdxImages(shape[0], shape[1], shape[2], file[16..], sha256);
    }

    /// <summary>Reads a label file (one axis). Labels are any bytes; which classes are wanted is the caller's question.</summary>
    /// <exception cref="InputException">Missing, not an IDX label file, truncated, too long, or damaged.</exception>
    public static IdxLabels ReadLabels(string path)
    {
        (byte[] file, string sha256) = ReadAndUnpack(path);
        ReadShape(file, path, LabelsMagic, "labels (magic 0x00000801)");
        return new IdxLabels(file[8..], sha256);
    }

    /// <summary>Writes images [count, rows, columns]; packed if the name ends in <c>.gz</c>, always to the same bytes.</summary>
    /// <exception cref="ArgumentException">The number of pixels is not a multiple of rows times columns.</exception>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void WriteImages(string path, int rows, int columns, ReadOnlySpan<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        int count = Math.DivRem(pixels.Length, checked(rows * columns), out int rest);
        if (rest != 0)
        {
            throw new ArgumentException($"{pixels.Length} pixels are not a whole number of {rows} x {columns} images.", nameof(pixels));
        }

        Write(path, ImagesMagic, [count, rows, columns], pixels);
    }

    /// <summary>Writes labels [count]; packed if the name ends in <c>.gz</c>, always to the same bytes.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void WriteLabels(string path, ReadOnlySpan<byte> labels) => Write(path, LabelsMagic, [labels.Length], labels);

    private static void Write(string path, int magic, ReadOnlySpan<int> shape, ReadOnlySpan<byte> values)
    {
        ArgumentNullException.ThrowIfNull(path);
        var bytes = new byte[4 + 4 * shape.Length + values.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, magic);
        for (int axis = 0; axis < shape.Length; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + 4 * axis), shape[axis]);
        }

        values.CopyTo(bytes.AsSpan(4 + 4 * shape.Length));
        byte[] packed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? PlainGzip.Pack(bytes) : bytes;
        AtomicFile.Write(path, stream => stream.Write(packed));
    }

    private static int[] ReadShape(byte[] file, string path, int expectedMagic, string expected)
    {
        int magic = file.Length < 4 ? -1 : BinaryPrimitives.ReadInt32BigEndian(file);
        if (magic != expectedMagic)
        {
            string found = magic switch
            {
                -1 => $"only {file.Length} bytes",
                ImagesMagic => "images (magic 0x00000803)",
                LabelsMagic => "labels (magic 0x00000801)",
                _ => $"magic 0x{magic:x8}",
            };
            throw new InputException($"{path} holds {found}; an IDX file of {expected} is expected.");
        }

        int rank = magic & 0xFF;
        int headerLength = 4 + 4 * rank;
        if (file.Length < headerLength)
        {
            throw new InputException($"{path} is truncated: {file.Length} bytes, and its header alone takes {headerLength}.");
        }

        var shape = new int[rank];
        Int128 values = 1;
        for (int axis = 0; axis < rank; axis++)
        {
            shape[axis] = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(4 + 4 * axis));
            if (shape[axis] < 0)
            {
                throw new InputException($"{path} has {(uint)shape[axis]} as the extent of axis {axis}; 0 to {int.MaxValue} is allowed.");
            }

            values *= shape[axis];
        }

        Int128 wanted = headerLength + values;
        if (file.Length != wanted)
        {
            string what = file.Length < wanted ? "is truncated" : "has trailing bytes";
            throw new InputException($"{path} {what}: {string.Join(" x ", shape)} values take {wanted} bytes (unpacked, with the header), the file has {file.Length}.");
        }

        return shape;
    }

    private static (byte[] Unpacked, string Sha256) ReadAndUnpack(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        byte[] bytes;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes } large)
            {
                throw new InputException($"{path} has {large.Length} bytes; IDX files up to {MaxBytes} bytes are read.");
            }

            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: no such file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{path}: cannot be read: {AtomicFile.Sentence(e)}", e);
        }

        string sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return (bytes is [0x1F, 0x8B, ..] ? Unpack(bytes, path) : bytes, sha256);
    }

    private static byte[] Unpack(byte[] packed, string path)
    {
        using var result = new MemoryStream();
        try
        {
            using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
            var chunk = new byte[1 << 16];
            int got;
            while ((got = gzip.Read(chunk)) > 0)
            {
                if (result.Length + got > MaxBytes)
                {
                    throw new InputException($"{path} unpacks to more than {MaxBytes} bytes.");
                }

                result.Write(chunk, 0, got);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException)
        {
            throw new InputException($"{path} cannot be unpacked, it is truncated or damaged: {AtomicFile.Sentence(e)}", e);
        }

        byte[] unpacked = result.ToArray();
        PlainGzip.CheckTrailer(packed, unpacked, path);
        return unpacked;
    }
}
