using System.IO.Compression;
using System.Text;

namespace Workbook.Core.Data;

/// <summary>Files of text as bytes and as characters; whatever is wrong is named by file and line.</summary>
internal static class StrictText
{
    /// <summary>Largest file that is read, packed or unpacked: the whole Large Movie Review Dataset takes about 0.4 GB unpacked.</summary>
    private const int MaxBytes = 1 << 30;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="InputException">It is missing, too large or cannot be read.</exception>
    public static byte[] ReadAll(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes } large)
            {
                throw new InputException($"{path} has {large.Length} bytes; text files up to {MaxBytes} bytes are read.");
            }

            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: no such file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{path}: cannot be read: {AtomicFile.Sentence(e)}", e);
        }
    }

    /// <summary>The content of a gzip file, held to the checksum and length at its end.</summary>
    /// <exception cref="InputException">Truncated or damaged, or too large.</exception>
    public static byte[] Unpack(byte[] packed, string path)
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

    /// <summary>UTF-8 to characters, without a byte order mark at the start.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">Its name, for the sentence.</param>
    /// <exception cref="InputException">Not UTF-8; the sentence names the first bad line and byte.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, string path)
    {
        ReadOnlySpan<byte> text = bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes;
        try
        {
            return Utf8.GetString(text);
        }
        catch (DecoderFallbackException e)
        {
            int at = 0;
            while (Rune.DecodeFromUtf8(text[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
            {
                at += length;
            }

            int line = 1 + text[..at].Count((byte)'\n'), column = at - (text[..at].LastIndexOf((byte)'\n') + 1) + 1;
            throw new InputException($"{path}, line {line}: byte {column} of the line is 0x{text[at]:x2}, which is not valid UTF-8 there.", e);
        }
    }
}
