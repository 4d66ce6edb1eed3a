using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Workbook.Core.Data;

/// <summary>
/// Writes NumPy's <c>.npz</c>: every array as float64 (<c>&lt;f8</c>) in C order, stored without compression as <c>numpy.savez</c> does.
/// The same arrays give the same bytes (no time stamps; only the zip field that names the writing system differs between platforms), and the
/// file appears whole or not at all.
/// </summary>
public static class NpzWriter
{
    private const int ChunkValues = 1 << 13;

    /// <summary>The earliest time a zip can hold, in place of the real one.</summary>
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the arrays in the given order; <c>numpy.load(path)[name]</c> gives each back.</summary>
    /// <param name="path">The file; an existing one is replaced, missing folders are made.</param>
    /// <param name="arrays">Names (without <c>.npy</c>, not empty, all different) and arrays.</param>
    /// <exception cref="ArgumentException">A name is empty, has a path separator or control character, or is used twice.</exception>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, params IReadOnlyList<(string Name, NpzArray Array)> arrays)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(arrays);
        CheckNames(arrays);
        AtomicFile.Write(path, file =>
        {
            using var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
            foreach ((string name, NpzArray array) in arrays)
            {
                ZipArchiveEntry entry = archive.CreateEntry(name + ".npy", CompressionLevel.NoCompression);
                entry.LastWriteTime = NoTime;
                entry.ExternalAttributes = 0;
                using Stream stream = entry.Open();
                stream.Write(NpyHeader.WriteFloat64(array.Shape));
                WriteValues(stream, array.Data);
            }
        });
    }

    private static void CheckNames(IReadOnlyList<(string Name, NpzArray Array)> arrays)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string name, NpzArray array) in arrays)
        {
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(arrays));
            ArgumentNullException.ThrowIfNull(array, nameof(arrays));
            if (name.AsSpan().ContainsAny('/', '\\') || name.Any(char.IsControl))
            {
                throw new ArgumentException($"'{name}' cannot name an array: no path separators or control characters.", nameof(arrays));
            }

            if (!seen.Add(name))
            {
                throw new ArgumentException($"Two arrays are named '{name}'.", nameof(arrays));
            }
        }
    }

    private static void WriteValues(Stream stream, ReadOnlySpan<double> values)
    {
        var swapped = BitConverter.IsLittleEndian ? [] : new byte[ChunkValues * sizeof(double)];
        while (values.Length > 0)
        {
            ReadOnlySpan<double> chunk = values[..Math.Min(ChunkValues, values.Length)];
            if (BitConverter.IsLittleEndian)
            {
                stream.Write(MemoryMarshal.AsBytes(chunk));
            }
            else
            {
                for (int k = 0; k < chunk.Length; k++)
                {
                    BinaryPrimitives.WriteDoubleLittleEndian(swapped.AsSpan(k * sizeof(double)), chunk[k]);
                }

                stream.Write(swapped, 0, chunk.Length * sizeof(double));
            }

            values = values[chunk.Length..];
        }
    }
}
