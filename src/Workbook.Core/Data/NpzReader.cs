using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Workbook.Core.Data;

/// <summary>
/// Reads NumPy's <c>.npz</c> (a zip of <c>.npy</c> arrays, stored or deflated, as <c>numpy.savez</c> and <c>savez_compressed</c> write it).
/// Strict: type, order and shape are what the caller expects, or an error says what was found and how to save it instead.
/// Nothing is ever unpickled.
/// </summary>
/// <remarks>
/// A shape is asked for by a pattern such as <c>"n, 2, d"</c>: a number must be met exactly, a letter or word is bound at its first use and must
/// be the same in every later array of this reader, and <c>*</c> takes anything. <see cref="Dimensions"/> tells what was bound.
/// </remarks>
public sealed class NpzReader : IDisposable
{
    /// <summary>No deflate stream grows by more than this factor; a directory that promises more lies.</summary>
    private const long MaxInflation = 1032;
    private const int ChunkBytes = 1 << 16;

    private readonly string path;
    private readonly FileStream file;
    private readonly ZipArchive archive;
    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);
    private readonly List<string> names = [];
    private readonly Dictionary<string, (int Extent, string Array)> bound = new(StringComparer.Ordinal);

    private NpzReader(string path, FileStream file, ZipArchive archive)
    {
        this.path = path;
        this.file = file;
        this.archive = archive;
    }

    /// <summary>The names of the arrays, without <c>.npy</c>, in the order of the file.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>The extents bound so far by the letters of shape patterns.</summary>
    public IReadOnlyDictionary<string, int> Dimensions => bound.ToDictionary(b => b.Key, b => b.Value.Extent, StringComparer.Ordinal);

    /// <summary>Opens <paramref name="path"/> and reads its directory; dispose to close the file.</summary>
    /// <exception cref="InputException">The file is missing, unreadable, not a zip, truncated, or names an array twice.</exception>
    public static NpzReader Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, ChunkBytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: no such file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{path}: cannot be opened: {AtomicFile.Sentence(e)}", e);
        }

        NpzReader? reader = null;
        try
        {
            Span<byte> magic = stackalloc byte[6];
            int got = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            if (NpyHeader.HasMagic(magic[..got]))
            {
                throw new InputException($"{path} is a single .npy array; an .npz with named arrays is expected (numpy.savez).");
            }

            if (got < 4 || magic[0] != 'P' || magic[1] != 'K')
            {
                throw new InputException($"{path} is not an .npz file: it does not begin as a zip archive (is it empty, a pickle or a text file?).");
            }

            file.Position = 0;
            reader = Guard(path, () =>
            {
                var opened = new NpzReader(path, file, new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true));
                opened.ListEntries();
                return opened;
            });
            return reader;
        }
        finally
        {
            if (reader is null)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>True if the file holds an array of that name.</summary>
    public bool Contains(string name) => entries.ContainsKey(name);

    /// <summary>Reads one array and checks it against a shape pattern (see the remarks on the class).</summary>
    /// <param name="name">The array's name, without <c>.npy</c>.</param>
    /// <param name="shape">The pattern, such as <c>"n, L, d"</c>; the empty string is a scalar.</param>
    /// <param name="accept">The element types taken; all are converted to double without loss.</param>
    /// <exception cref="InputException">The array is missing, of another type, order or shape, truncated or damaged.</exception>
    public NpzArray Read(string name, string shape, NpzTypes accept = NpzTypes.Float64)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        return Read(name, accept, extents => Match(name, shape, extents));
    }

    /// <summary>Reads one array of any shape.</summary>
    /// <inheritdoc cref="Read(string, string, NpzTypes)"/>
    public NpzArray ReadAnyShape(string name, NpzTypes accept = NpzTypes.Float64)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Read(name, accept, null);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        archive.Dispose();
        file.Dispose();
    }

    private void ListEntries()
    {
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            if (!entry.FullName.EndsWith(".npy", StringComparison.Ordinal))
            {
                continue;
            }

            string name = entry.FullName[..^4];
            if (!entries.TryAdd(name, entry))
            {
                throw new InputException($"{path} holds the array '{name}' twice.");
            }

            names.Add(name);
        }
    }

    private NpzArray Read(string name, NpzTypes accept, Action<long[]>? check)
    {
        if (!entries.TryGetValue(name, out ZipArchiveEntry? entry))
        {
            string there = names.Count == 0 ? "it holds no arrays" : "it holds " + string.Join(", ", names);
            throw new InputException($"{path} has no array '{name}'; {there}.");
        }

        return Guard($"{path}: array '{name}'", () => ReadEntry(entry, name, accept, check));
    }

    private NpzArray ReadEntry(ZipArchiveEntry entry, string name, NpzTypes accept, Action<long[]>? check)
    {
        string where = $"{path}: array '{name}'";
        if (entry.IsEncrypted)
        {
            throw new InputException($"{where} is encrypted; only plain archives are read.");
        }

        using var stream = new ChecksumStream(entry.Open());
        NpyHeader header = NpyHeader.Read(stream, where, out int headerLength);
        (NpzTypes type, int itemSize) = ElementType(header.Descr, accept, where);
        long[] extents = header.Shape;
        if (header.FortranOrder)
        {
            throw new InputException($"{where} is in Fortran order; C order is expected: save numpy.ascontiguousarray(x).");
        }

        check?.Invoke(extents);
        long count = CheckedCount(extents, where);
        long expected = headerLength + count * itemSize;
        if (entry.Length != expected || entry.Length > entry.CompressedLength * MaxInflation + ChunkBytes)
        {
            throw new InputException($"{where} of shape {NpyHeader.FormatShape(extents)} and type '{header.Descr}' takes {expected} bytes, the archive has {entry.Length} ({entry.CompressedLength} packed): truncated or damaged.");
        }

        var data = new double[count];
        ReadValues(stream, data, type, itemSize, where);
        if (stream.ReadByte() >= 0)
        {
            throw new InputException($"{where} has bytes after its last value: the file is damaged.");
        }

        if (stream.Checksum != entry.Crc32)
        {
            throw new InputException($"{where} fails its checksum (CRC-32 {stream.Checksum:x8}, recorded {entry.Crc32:x8}): the file is damaged.");
        }

        return new NpzArray(data, Array.ConvertAll(extents, e => (int)e));
    }

    private static (NpzTypes Type, int ItemSize) ElementType(string descr, NpzTypes accept, string where)
    {
        (NpzTypes type, int size) = descr switch
        {
            "<f8" => (NpzTypes.Float64, 8),
            "<f4" => (NpzTypes.Float32, 4),
            "<i8" => (NpzTypes.Int64, 8),
            "<i4" => (NpzTypes.Int32, 4),
            "|i1" => (NpzTypes.Int8, 1),
            "|b1" => (NpzTypes.Boolean, 1),
            _ => (NpzTypes.None, 0),
        };
        if ((type & accept) != NpzTypes.None)
        {
            return (type, size);
        }

        string found = descr switch
        {
            ['|', 'O', ..] => "Python objects (type '|O', pickled), which are never read",
            ['[', ..] => "a structured type",
            ['>', .. var rest] => $"big-endian values (type '>{rest}')",
            _ => $"type '{descr}'",
        };
        string wanted = accept == NpzTypes.Float64 ? "float64 ('<f8')" : accept.ToString();
        string cure = accept.HasFlag(NpzTypes.Float64) ? "x.astype(numpy.float64)" : "x.astype(numpy.int64)";
        throw new InputException($"{where} holds {found}; {wanted} is expected: save {cure}.");
    }

    private static long CheckedCount(long[] extents, string where)
    {
        Int128 count = 1;
        foreach (long extent in extents)
        {
            if (extent > int.MaxValue)
            {
                throw new InputException($"{where} has shape {NpyHeader.FormatShape(extents)}; an axis holds at most {int.MaxValue} entries.");
            }

            count = Int128.Min(count * extent, long.MaxValue);
        }

        return count <= Array.MaxLength
            ? (long)count
            : throw new InputException($"{where} has shape {NpyHeader.FormatShape(extents)}; an array holds at most {Array.MaxLength} values.");
    }

    private static void ReadValues(Stream stream, double[] data, NpzTypes type, int itemSize, string where)
    {
        var buffer = type == NpzTypes.Float64 && BitConverter.IsLittleEndian ? [] : new byte[ChunkBytes];
        int perChunk = ChunkBytes / itemSize;
        for (int start = 0; start < data.Length;)
        {
            int count = Math.Min(perChunk, data.Length - start);
            Span<double> target = data.AsSpan(start, count);
            Span<byte> bytes = buffer.Length == 0 ? MemoryMarshal.AsBytes(target) : buffer.AsSpan(0, count * itemSize);
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            {
                throw new InputException($"{where} ends after {start} of {data.Length} values: the file is truncated or damaged.");
            }

            if (buffer.Length > 0)
            {
                Convert(bytes, target, type, itemSize, start, where);
            }

            start += count;
        }
    }

    private static void Convert(ReadOnlySpan<byte> bytes, Span<double> target, NpzTypes type, int itemSize, int start, string where)
    {
        for (int k = 0; k < target.Length; k++)
        {
            ReadOnlySpan<byte> item = bytes.Slice(k * itemSize, itemSize);
            target[k] = type switch
            {
                NpzTypes.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(item),
                NpzTypes.Float32 => BinaryPrimitives.ReadSingleLittleEndian(item),
                NpzTypes.Int64 => ExactDouble(BinaryPrimitives.ReadInt64LittleEndian(item), start + k, where),
                NpzTypes.Int32 => BinaryPrimitives.ReadInt32LittleEndian(item),
                NpzTypes.Int8 => (sbyte)item[0],
                _ => item[0] <= 1 ? item[0] : throw new InputException($"{where} holds the byte {item[0]} where a bool (0 or 1) is expected: the file is damaged."),
            };
        }
    }

    private static double ExactDouble(long value, int index, string where) =>
        value is >= -(1L << 53) and <= 1L << 53
            ? value
            : throw new InputException($"{where} holds {value} (value {index} in C order); integers are read up to 2^53 in magnitude.");

    private void Match(string name, string pattern, long[] extents)
    {
        string[] axes = pattern.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        bool fits = axes.Length == extents.Length;
        for (int a = 0; fits && a < axes.Length; a++)
        {
            fits = axes[a] == "*"
                || (int.TryParse(axes[a], out int number) ? extents[a] == number : !bound.TryGetValue(axes[a], out var b) || extents[a] == b.Extent);
        }

        if (!fits)
        {
            var known = axes.Where(bound.ContainsKey).Distinct().Select(a => $"{a} = {bound[a].Extent} as in '{bound[a].Array}'").ToList();
            string with = known.Count == 0 ? "" : " with " + string.Join(", ", known);
            throw new InputException($"{path}: array '{name}' has shape {NpyHeader.FormatShape(extents)}; [{string.Join(", ", axes)}] is expected{with}.");
        }

        CheckedCount(extents, $"{path}: array '{name}'");
        var fresh = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int a = 0; a < axes.Length; a++)
        {
            if (axes[a] == "*" || int.TryParse(axes[a], out _) || bound.ContainsKey(axes[a]))
            {
                continue;
            }

            if (!fresh.TryAdd(axes[a], (int)extents[a]) && fresh[axes[a]] != extents[a])
            {
                throw new InputException($"{path}: array '{name}' has shape {NpyHeader.FormatShape(extents)}; [{string.Join(", ", axes)}] is expected, the same {axes[a]} everywhere.");
            }
        }

        foreach ((string axis, int extent) in fresh)
        {
            bound[axis] = (extent, name);
        }
    }

    /// <summary>Whatever the zip layer throws on damaged input becomes one sentence; our own sentences pass through.</summary>
    private static T Guard<T>(string where, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException or UnauthorizedAccessException)
        {
            throw new InputException($"{where} cannot be read, the file is truncated or damaged: {AtomicFile.Sentence(e)}", e);
        }
    }

    /// <summary>Passes reads through and keeps the CRC-32 of what went by.</summary>
    private sealed class ChecksumStream(Stream inner) : Stream
    {
        private Crc32 crc;

        public uint Checksum => crc.Value;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int got = inner.Read(buffer);
            crc.Append(buffer[..got]);
            return got;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
