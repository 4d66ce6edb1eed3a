using System.Globalization;

namespace Workbook.Core.Sweeps;

/// <summary>
/// Which parts of a shard its owner has written or verified, and found to have no row in common: <c>checked-1of4.txt</c>, a line of name, length and time of
/// change for each. Who asks about the rows need not read a part that stands here unchanged to know that it is whole; a part that does not, or that looks otherwise now, is read.
/// </summary>
/// <remarks>
/// The time is a mark and no more: it is compared for being the same, never for being earlier, so that a clock that jumps costs a reading at most. What marks cannot show
/// (bytes that rot in place) is found where parts are read in any case: by <c>sweep run</c> at its start and by <c>sweep collect</c>.
/// </remarks>
internal sealed class CheckedParts
{
    private readonly string _path;
    private readonly SortedDictionary<string, string> _marks = new(StringComparer.Ordinal);

    private CheckedParts(string path) => _path = path;

    /// <summary>An empty list in place of the one that is there; written by <see cref="Save"/>.</summary>
    public static CheckedParts Begin(SweepStore store, Shard shard) => new(Name(store, shard));

    /// <summary>The list that is there; empty where there is none or it cannot be read.</summary>
    public static CheckedParts Read(SweepStore store, Shard shard)
    {
        var read = new CheckedParts(Name(store, shard));
        try
        {
            if (File.Exists(read._path))
                foreach (string line in File.ReadAllLines(read._path))
                    if (line.Split(' ', 2) is [var name, var mark]) read._marks[name] = mark;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            read._marks.Clear();
        }
        return read;
    }

    /// <summary>Whether a part stands here and is unchanged.</summary>
    public bool Has(string part) => _marks.TryGetValue(Path.GetFileName(part), out string? mark) && mark == Mark(part);

    /// <summary>Adds a part.</summary>
    public void Add(string part) => _marks[Path.GetFileName(part)] = Mark(part);

    /// <summary>Writes the list. Without it the parts are read again: failing to is no error.</summary>
    public void Save()
    {
        string partial = Durable.Partial(_path);
        try
        {
            File.WriteAllLines(partial, _marks.Select(m => $"{m.Key} {m.Value}"));
            File.Move(partial, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Durable.Delete(partial);
        }
    }

    private static string Name(SweepStore store, Shard shard) => Path.Combine(store.Folder, $"checked-{shard.Name}.txt");

    private static string Mark(string part)
    {
        var file = new FileInfo(part);
        return file.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}") : "";
    }
}
