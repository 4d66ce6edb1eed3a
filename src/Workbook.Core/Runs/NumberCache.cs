using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Workbook.Core.Data;

namespace Workbook.Core.Runs;

/// <summary>Named numbers that a computation came to. All doubles come back as they were stored; a NaN comes back as a NaN.</summary>
/// <param name="Values">Single numbers by name.</param>
/// <param name="Series">Series by name, or null for none.</param>
public sealed record NumberRecord(IReadOnlyDictionary<string, double> Values, IReadOnlyDictionary<string, double[]>? Series = null)
{
    /// <summary>A single number.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public double this[string name] => Values[name];
}

/// <summary>
/// An append-only file of named numbers, for computations of which no whole run is kept: one line of JSON a record, found by the SHA-256 of its
/// key. Safe for any number of threads and processes; what a stopped writer left behind is passed over, counted and computed again.
/// </summary>
/// <remarks>
/// A key is the canonical JSON of everything that the numbers depend on, with a version of the code's results: the same text, the same numbers. A line is
/// <code>{"key":"SHA-256 of the key","values":{..},"series":{..},"check":"first 16 digits of the SHA-256 of all before ,\"check\""}</code>
/// Of several lines with one key the last good one counts. A record is handed to the system before <see cref="Add"/> returns; it is not
/// forced onto the device, so a power cut may cost the last ones.
/// </remarks>
public sealed class NumberCache
{
    private const string CheckHead = ",\"check\":\"", LineEnd = "\"}\n";
    private const int CheckDigits = 16;

    /// <summary>A writer holds the file for well under a millisecond; ten seconds of refusals are not other writers.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private sealed record Line(string Key, Dictionary<string, double> Values, Dictionary<string, double[]>? Series);

    private readonly string _file;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, NumberRecord> _records = [];
    private readonly ConcurrentDictionary<string, Lazy<NumberRecord>> _underway = [];
    private long _read;

    /// <summary>Reads a store, or begins one: the file and its folder are made with the first record.</summary>
    /// <exception cref="InputException">The file is there but cannot be read.</exception>
    public NumberCache(string file)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        _file = Path.GetFullPath(file);
        lock (_gate) ReadNew();
    }

    /// <summary>The store of a name where a project's results are: <c>results/numbers/NAME.jsonl</c>.</summary>
    public static NumberCache InResults(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new NumberCache(Path.Combine(DataFolder.ProjectRoot() ?? Directory.GetCurrentDirectory(), "results", "numbers", name + ".jsonl"));
    }

    /// <summary>Records known.</summary>
    public int Count
    {
        get { lock (_gate) return _records.Count; }
    }

    /// <summary>Lines that were torn or corrupt, and passed over.</summary>
    public int Damaged { get; private set; }

    /// <summary>The record of a key, from this process or another one.</summary>
    public bool TryGet(string key, out NumberRecord record)
    {
        ArgumentNullException.ThrowIfNull(key);
        string hash = Hash(key);
        lock (_gate)
        {
            if (_records.TryGetValue(hash, out record!)) return true;
            ReadNew();
            return _records.TryGetValue(hash, out record!);
        }
    }

    /// <summary>Stores a record under a key; it takes the place of one that is there.</summary>
    /// <exception cref="InputException">The file cannot be written; the record is still known to this object.</exception>
    public void Add(string key, NumberRecord record)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(record);
        string hash = Hash(key);
        byte[] line = Write(hash, record);
        lock (_gate)
        {
            _records[hash] = record;
            Append(line);
        }
    }

    /// <summary>The record of a key, computed and stored where it is not there. Threads that ask for one key at a time wait for one computation.</summary>
    public NumberRecord GetOrAdd(string key, Func<NumberRecord> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        if (TryGet(key, out NumberRecord known)) return known;
        var mine = new Lazy<NumberRecord>(() =>
        {
            // Another thread may have finished between the look above and this one.
            if (TryGet(key, out NumberRecord late)) return late;
            NumberRecord made = compute();
            Add(key, made);
            return made;
        });
        Lazy<NumberRecord> one = _underway.GetOrAdd(key, mine);
        try
        {
            return one.Value;
        }
        finally
        {
            _underway.TryRemove(KeyValuePair.Create(key, one));
        }
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static string Check(ReadOnlySpan<byte> text) => Convert.ToHexStringLower(SHA256.HashData(text))[..CheckDigits];

    private static byte[] Write(string hash, NumberRecord record)
    {
        string json = JsonSerializer.Serialize(new Line(hash, new(record.Values), record.Series is null ? null : new(record.Series)), Options)[..^1];
        return Encoding.UTF8.GetBytes(json + CheckHead + Check(Encoding.UTF8.GetBytes(json)) + LineEnd);
    }

    /// <summary>One line without its end, or null where it is not whole.</summary>
    private static Line? Read(ReadOnlySpan<byte> line)
    {
        int tail = CheckHead.Length + CheckDigits + LineEnd.Length - 1;
        if (line.Length <= tail) return null;
        ReadOnlySpan<byte> json = line[..^tail];
        string end = CheckHead + Check(json) + LineEnd[..^1];
        if (!line[^tail..].SequenceEqual(Encoding.UTF8.GetBytes(end))) return null;
        try
        {
            return JsonSerializer.Deserialize<Line>((byte[])[.. json, (byte)'}'], Options) is { Key: not null, Values: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Takes in the whole lines that were appended since the last look; under the gate.</summary>
    private void ReadNew()
    {
        var info = new FileInfo(_file);
        if (!info.Exists || info.Length == _read) return;
        byte[] bytes = Patiently(() =>
        {
            using var stream = new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // Shorter than before: the file was taken away and begun anew.
            if (stream.Length < _read) _read = 0;
            stream.Position = _read;
            byte[] rest = new byte[stream.Length - _read];
            stream.ReadExactly(rest);
            return rest;
        }, "read");
        int start = 0;
        for (int end; (end = bytes.AsSpan(start).IndexOf((byte)'\n')) >= 0; start += end + 1)
        {
            if (end == 0) continue;
            if (Read(bytes.AsSpan(start, end)) is { } line) _records[line.Key] = new NumberRecord(line.Values, line.Series);
            else Damaged++;
        }
        _read += start;
    }

    /// <summary>One write of one line at the end of the file, while no other process has it open; under the gate.</summary>
    private void Append(byte[] line) => Patiently(() =>
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        // Appending alone is not enough: the runtime seeks and then writes, so two writers have to take turns.
        using var stream = new FileStream(_file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        long end = stream.Length;
        if (end > 0)
        {
            stream.Position = end - 1;
            // A writer that was stopped left half a line: ours begins on a new one.
            if (stream.ReadByte() != '\n') line = [(byte)'\n', .. line];
        }
        stream.Position = end;
        stream.Write(line);
        return true;
    }, "written");

    /// <summary>Tries again while another process has the file.</summary>
    private T Patiently<T>(Func<T> act, string what)
    {
        for (long begun = Environment.TickCount64; ;)
        {
            try
            {
                return act();
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && IsTaken(e) && Environment.TickCount64 - begun < Patience.TotalMilliseconds)
            {
                Thread.Sleep(1);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InputException(string.Create(CultureInfo.InvariantCulture, $"{_file}: cannot be {what}: {AtomicFile.Sentence(e)}"), e);
            }
        }
    }

    /// <summary>Whether an error says that somebody else has the file (EWOULDBLOCK, or Windows' sharing and lock violations).</summary>
    private static bool IsTaken(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021);
}
