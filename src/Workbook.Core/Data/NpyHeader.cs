using System.Globalization;
using System.Text;

namespace Workbook.Core.Data;

/// <summary>
/// The header of one NumPy array (<c>.npy</c>, format versions 1.0, 2.0 and 3.0): magic <c>93 'NUMPY'</c>, two version bytes, the length of
/// the text (2 bytes in version 1, else 4, little-endian), and the text, a Python dictionary literal with exactly the keys
/// <c>descr</c>, <c>fortran_order</c> and <c>shape</c>, padded with spaces and closed by a line feed.
/// </summary>
/// <param name="Descr">The type string, such as <c>&lt;f8</c>; a structured type is given as its source text, starting with <c>[</c>.</param>
/// <param name="FortranOrder">True where the first index runs fastest.</param>
/// <param name="Shape">The extents; as long as the file says, not yet checked against memory.</param>
internal sealed record NpyHeader(string Descr, bool FortranOrder, long[] Shape)
{
    /// <summary>Longest header text that is read. NumPy itself refuses more than 10,000 characters.</summary>
    private const int MaxTextLength = 10_000;
    private const int MaxRank = 32; // NumPy 1's own limit

    /// <summary>Reads the header and leaves the stream at the first value.</summary>
    /// <param name="stream">The array's bytes from the start.</param>
    /// <param name="where">File and array, to begin an error with.</param>
    /// <param name="length">Bytes consumed.</param>
    public static NpyHeader Read(Stream stream, string where, out int length)
    {
        Span<byte> prefix = stackalloc byte[12];
        ReadExactly(stream, prefix[..8], where);
        if (!HasMagic(prefix))
        {
            throw new InputException($"{where} does not begin with the NumPy magic \\x93NUMPY.");
        }

        int major = prefix[6], minor = prefix[7];
        if (major is < 1 or > 3 || minor != 0)
        {
            throw new InputException($"{where} has npy format version {major}.{minor}; versions 1.0, 2.0 and 3.0 are read.");
        }

        int lengthBytes = major == 1 ? 2 : 4;
        ReadExactly(stream, prefix.Slice(8, lengthBytes), where);
        uint textLength = prefix[8] | (uint)prefix[9] << 8;
        if (lengthBytes == 4)
        {
            textLength |= (uint)prefix[10] << 16 | (uint)prefix[11] << 24;
        }

        if (textLength > MaxTextLength)
        {
            throw new InputException($"{where} has an npy header of {textLength} bytes; at most {MaxTextLength} are read.");
        }

        var bytes = new byte[textLength];
        ReadExactly(stream, bytes, where);
        length = 8 + lengthBytes + (int)textLength;
        return Parse(Encoding.Latin1.GetString(bytes), where);
    }

    /// <summary>True if the bytes begin as a <c>.npy</c> array does.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.Length >= 6 && bytes[0] == 0x93 && bytes[1..6].SequenceEqual("NUMPY"u8);

    /// <summary>The header (version 1.0) of a float64 array in C order, padded as NumPy does so that the values start at a multiple of 64.</summary>
    public static byte[] WriteFloat64(ReadOnlySpan<int> shape)
    {
        string text = "{'descr': '<f8', 'fortran_order': False, 'shape': " + FormatShape(shape) + ", }";
        int unpadded = 10 + text.Length + 1;
        int total = (unpadded + 63) / 64 * 64;
        var header = new byte[total];
        header[0] = 0x93;
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        header[6] = 1;
        header[8] = (byte)((total - 10) & 0xFF);
        header[9] = (byte)((total - 10) >> 8);
        Encoding.ASCII.GetBytes(text, header.AsSpan(10));
        header.AsSpan(10 + text.Length).Fill((byte)' ');
        header[^1] = (byte)'\n';
        return header;
    }

    /// <summary>A shape as Python writes it: <c>()</c>, <c>(3,)</c>, <c>(3, 4)</c>.</summary>
    public static string FormatShape<T>(ReadOnlySpan<T> shape) where T : IFormattable
    {
        var text = new StringBuilder("(");
        for (int axis = 0; axis < shape.Length; axis++)
        {
            text.Append(axis > 0 ? ", " : "").Append(shape[axis].ToString(null, CultureInfo.InvariantCulture));
        }

        return text.Append(shape.Length == 1 ? ",)" : ")").ToString();
    }

    /// <inheritdoc cref="FormatShape{T}(ReadOnlySpan{T})"/>
    public static string FormatShape<T>(T[] shape) where T : IFormattable => FormatShape<T>(shape.AsSpan());

    private static NpyHeader Parse(string text, string where)
    {
        var parser = new Parser(text, where);
        string? descr = null;
        bool? fortranOrder = null;
        long[]? shape = null;
        parser.Expect('{');
        while (!parser.Take('}'))
        {
            string key = parser.QuotedString();
            parser.Expect(':');
            switch (key)
            {
                case "descr" when descr is null:
                    descr = parser.Peek() == '[' ? parser.Brackets() : parser.QuotedString();
                    break;
                case "fortran_order" when fortranOrder is null:
                    fortranOrder = parser.Boolean();
                    break;
                case "shape" when shape is null:
                    shape = parser.Tuple(MaxRank);
                    break;
                default:
                    throw parser.Error($"the key '{key}' is unknown or stands there twice");
            }

            if (!parser.Take(','))
            {
                parser.Expect('}');
                break;
            }
        }

        parser.ExpectEnd();
        if (descr is null || fortranOrder is null || shape is null)
        {
            throw parser.Error("one of 'descr', 'fortran_order', 'shape' is missing");
        }

        return new NpyHeader(descr, fortranOrder.Value, shape);
    }

    private static void ReadExactly(Stream stream, Span<byte> target, string where)
    {
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw new InputException($"{where} ends inside its npy header: the file is truncated or damaged.");
        }
    }

    /// <summary>Just enough of Python's literal syntax for a header, and nothing that evaluates anything.</summary>
    private ref struct Parser(string text, string where)
    {
        private int position;

        public readonly InputException Error(string what) =>
            new($"{where} has a damaged npy header: {what} (at character {position}).");

        public char Peek()
        {
            while (position < text.Length && text[position] == ' ')
            {
                position++;
            }

            return position < text.Length ? text[position] : '\0';
        }

        public bool Take(char c)
        {
            if (Peek() != c || position >= text.Length)
            {
                return false;
            }

            position++;
            return true;
        }

        public void Expect(char c)
        {
            if (!Take(c))
            {
                throw Error($"'{c}' expected");
            }
        }

        public string QuotedString()
        {
            char quote = Peek();
            if (quote is not ('\'' or '"'))
            {
                throw Error("a quoted string expected");
            }

            int end = text.IndexOf(quote, position + 1);
            if (end < 0 || end - position > 100)
            {
                throw Error("a string does not end");
            }

            string value = text[(position + 1)..end];
            foreach (char c in value)
            {
                if (c is < ' ' or > '~' or '\\')
                {
                    throw Error("a string holds an unexpected character");
                }
            }

            position = end + 1;
            return value;
        }

        public string Brackets()
        {
            int start = position, depth = 0;
            for (; position < text.Length; position++)
            {
                depth += text[position] switch { '[' => 1, ']' => -1, _ => 0 };
                if (depth == 0)
                {
                    return text[start..++position];
                }
            }

            throw Error("']' expected");
        }

        public bool Boolean()
        {
            Peek();
            foreach ((string word, bool value) in new[] { ("True", true), ("False", false) })
            {
                if (string.CompareOrdinal(text, position, word, 0, word.Length) == 0)
                {
                    position += word.Length;
                    return value;
                }
            }

            throw Error("True or False expected");
        }

        public long[] Tuple(int maxRank)
        {
            var extents = new List<long>();
            Expect('(');
            bool comma = true;
            while (!Take(')'))
            {
                if (!comma)
                {
                    throw Error("',' or ')' expected");
                }

                extents.Add(Integer());
                comma = Take(',');
                if (extents.Count > maxRank)
                {
                    throw Error($"more than {maxRank} axes");
                }
            }

            if (extents.Count == 1 && !comma)
            {
                throw Error("(n) is not a tuple; (n,) expected");
            }

            return [.. extents];
        }

        public void ExpectEnd()
        {
            Peek();
            if (text.AsSpan(position) is not ("" or "\n"))
            {
                throw Error("unexpected text after the closing brace");
            }
        }

        private long Integer()
        {
            Peek();
            int start = position;
            while (position < text.Length && (char.IsAsciiDigit(text[position]) || (position == start && text[position] == '-')))
            {
                position++;
            }

            if (!long.TryParse(text.AsSpan(start, position - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            {
                throw Error("an axis is not a whole number, or too large for 64 bits");
            }

            return value < 0 ? throw Error($"an axis is negative ({value})") : value;
        }
    }
}
