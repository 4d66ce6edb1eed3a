using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using Workbook.Core.Data;

namespace Workbook.Core.Sweeps;

/// <summary>
/// Rows as they come, appended block after block to one file until enough of them make a part. A block is four bytes of mark, its length, its
/// CRC-32 and the rows; whatever stops the writer, every block before the last is whole, and a torn last one is recognised.
/// </summary>
/// <remarks>
/// A block reaches the system with its write, so that a killed process loses nothing that it had appended; it reaches the device within a
/// second or with the next block after that, so that a power failure costs about a second of work.
/// </remarks>
internal sealed class Journal : IDisposable
{
    private const uint HeadMark = 0x31484257, RowsMark = 0x31524257;
    private const int BlockHead = 12, MostBytes = 1 << 28;
    private static readonly TimeSpan FlushAfter = TimeSpan.FromSeconds(1);

    private readonly FileStream _stream;
    private readonly Stopwatch _sinceFlush = Stopwatch.StartNew();
    private long _good;

    private sealed record Head(string Plan, string[] Names, ColumnKind[] Kinds);

    /// <summary>What reading a journal found.</summary>
    /// <param name="Plan">Hash of its plan, null where not even that could be read.</param>
    /// <param name="Columns">Columns of its rows.</param>
    /// <param name="GoodLength">Bytes up to the end of the last whole block.</param>
    /// <param name="Torn">The end is missing: the writer was stopped in the middle of a block.</param>
    /// <param name="Damaged">A whole block follows one that is not: the file was changed after it was written.</param>
    public sealed record Found(string? Plan, IReadOnlyList<SweepColumn> Columns, long GoodLength, bool Torn, bool Damaged);

    private Journal(FileStream stream, long good) => (_stream, _good) = (stream, good);

    /// <summary>Bytes written.</summary>
    public long Length => _good;

    /// <summary>Starts a journal in place of the one that is there, if any, with these rows in it from the first moment; null for none.</summary>
    public static Journal Create(string path, string plan, IReadOnlyList<SweepColumn> columns, TableRows? rows = null)
    {
        string partial = Durable.Partial(path);
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.Read))
            {
                stream.Write(Block(HeadMark, JsonSerializer.SerializeToUtf8Bytes(new Head(plan, [.. columns.Select(c => c.Name)], [.. columns.Select(c => c.Kind)]))));
                if (rows is { Count: > 0 }) stream.Write(Block(RowsMark, rows.ToBytes()));
                stream.Flush(flushToDisk: true);
            }
            Durable.Rename(partial, path);
        }
        finally
        {
            Durable.Delete(partial);
        }
        return Continue(path, new FileInfo(path).Length);
    }

    /// <summary>Goes on behind the last whole block of the journal that is there.</summary>
    public static Journal Continue(string path, long goodLength)
    {
        // No buffer: what is appended is the system's before the call returns. The shard's lock keeps other writers away.
        var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        stream.SetLength(goodLength);
        stream.Seek(0, SeekOrigin.End);
        return new Journal(stream, goodLength);
    }

    /// <summary>Appends rows. Where the disk is full, what is there stays as it was, and of the rows the first ones that still fit are kept.</summary>
    public void Append(TableRows rows)
    {
        try
        {
            AppendBlock(rows);
        }
        catch (IOException)
        {
            for (int from = 0, count = rows.Count / 2; count > 0; count /= 2)
                if (Fits(rows, from, count)) from += count;
            throw;
        }
    }

    private bool Fits(TableRows rows, int from, int count)
    {
        var some = new TableRows(rows.Columns);
        some.AddRange(rows, from, count);
        try
        {
            AppendBlock(some);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void AppendBlock(TableRows rows)
    {
        byte[] block = Block(RowsMark, rows.ToBytes());
        try
        {
            _stream.Write(block);
            Durable.Step();
            if (_sinceFlush.Elapsed > FlushAfter) Flush();
            _good += block.Length;
        }
        catch (IOException)
        {
            TakeBack();
            throw;
        }
    }

    /// <summary>Puts everything on the device.</summary>
    public void Flush()
    {
        _stream.Flush(flushToDisk: true);
        _sinceFlush.Restart();
    }

    public void Dispose() => _stream.Dispose();

    private void TakeBack()
    {
        try
        {
            _stream.SetLength(_good);
            _stream.Seek(0, SeekOrigin.End);
        }
        catch (IOException)
        {
            // Half a block at the end is recognised by the next reader.
        }
    }

    /// <summary>Reads every whole block; those behind a damaged one too.</summary>
    /// <param name="path">The journal; it may be growing.</param>
    /// <param name="seen">Given the rows of each block.</param>
    public static Found Read(string path, Action<TableRows> seen)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        Head? head = null;
        SweepColumn[] columns = [];
        long good = 0, length = stream.Length;
        bool broken = false, damaged = false;
        for (long at = 0; at + BlockHead <= length;)
        {
            byte[]? payload = ReadBlock(stream, at, length, out uint mark);
            if (payload is null)
            {
                broken = true;
                at = NextMark(stream, at + 1, length);
                continue;
            }
            damaged |= broken;
            at += BlockHead + payload.Length;
            if (mark == HeadMark)
            {
                head = JsonSerializer.Deserialize<Head>(payload)!;
                columns = [.. head.Names.Zip(head.Kinds, (name, kind) => new SweepColumn(name, kind))];
            }
            else if (head is not null)
            {
                var rows = new TableRows(columns);
                rows.AddBytes(payload);
                seen(rows);
            }
            if (!broken) good = at;
        }
        return new Found(head?.Plan, columns, good, good < length, damaged);
    }

    private static byte[] Block(uint mark, byte[] payload)
    {
        var block = new byte[BlockHead + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(block, mark);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(4), payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(8), Check(mark, payload));
        payload.CopyTo(block, BlockHead);
        return block;
    }

    private static byte[]? ReadBlock(FileStream stream, long at, long end, out uint mark)
    {
        Span<byte> head = stackalloc byte[BlockHead];
        stream.Seek(at, SeekOrigin.Begin);
        stream.ReadExactly(head);
        mark = BinaryPrimitives.ReadUInt32LittleEndian(head);
        int size = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        if (mark is not (HeadMark or RowsMark) || size is < 0 or > MostBytes || at + BlockHead + size > end) return null;
        var payload = new byte[size];
        stream.ReadExactly(payload);
        return Check(mark, payload) == BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) ? payload : null;
    }

    private static long NextMark(FileStream stream, long from, long end)
    {
        stream.Seek(from, SeekOrigin.Begin);
        uint last = 0;
        for (long at = from; at < end; at++)
        {
            last = (last >> 8) | ((uint)stream.ReadByte() << 24);
            if (at - from >= 3 && last is RowsMark or HeadMark) return at - 3;
        }
        return end;
    }

    private static uint Check(uint mark, byte[] payload)
    {
        var check = new Crc32();
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, mark);
        check.Append(bytes);
        check.Append(payload);
        return check.Value;
    }
}
