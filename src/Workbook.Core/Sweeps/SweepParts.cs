namespace Workbook.Core.Sweeps;

/// <summary>The rows of a store as Parquet files that any program can read together: its closed parts, and what its journals hold beside them.</summary>
/// <param name="Columns">The columns of every file.</param>
/// <param name="Files">Paths of the files.</param>
/// <param name="Overlap">Whether some row is in more than one file.</param>
/// <param name="Read">Parts whose rows had to be read and their checksums verified: those that <see cref="CheckedParts"/> does not vouch for.</param>
public sealed record SweepParts(IReadOnlyList<SweepColumn> Columns, IReadOnlyList<string> Files, bool Overlap, int Read)
{
    /// <summary>Finds the parts; the store itself is only read.</summary>
    /// <param name="store">The store.</param>
    /// <param name="scratch">A folder for the journals' rows, removed by whoever made it.</param>
    /// <param name="say">Told a sentence for every damaged part, which is left out.</param>
    public static SweepParts Of(SweepStore store, string scratch, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(say);
        IReadOnlyList<string> parts = store.Parts(), journals = store.Journals();
        var there = new RowSet(store.Plan.Rows);
        List<string> files = [.. parts];
        bool overlap = false;
        int read = 0;
        if (Vouched(store, parts, journals) is IReadOnlyList<string> last)
            // A stop between writing a part and emptying its journal leaves rows in both, but in no earlier part.
            foreach (string part in last) SweepStore.ScanPart(part, (row, _) => there.Add(row), say, verify: false);
        else
        {
            read = parts.Count;
            files.RemoveAll(part => !SweepStore.ScanPart(part, (row, _) => overlap |= !there.Add(row), damaged => say(damaged + " It is left out.")));
        }
        IReadOnlyList<SweepColumn> columns = SweepColumns.Of(store.Plan);
        foreach (string journal in journals)
        {
            var rows = new TableRows(columns);
            Journal.Read(journal, block =>
            {
                for (int k = 0; k < block.Count; k++)
                    if (there.Add(block.Index(k))) rows.Add(block, k);
            });
            // One file for each: what is in memory is a journal at most, however many shards are at work.
            if (rows.Count > 0) files.Add(PartFile.Write(scratch, "journal", store.PlanHash, rows.Sorted()));
        }
        return new SweepParts(columns, files, overlap, read);
    }

    /// <summary>Where every part is vouched for by the owner of its shard and all files are of one division: the last part of each shard that has a journal. Else null.</summary>
    private static List<string>? Vouched(SweepStore store, IReadOnlyList<string> parts, IReadOnlyList<string> journals)
    {
        Shard?[] shards = [.. parts.Concat(journals).Select(SweepStore.ShardOf)];
        if (shards.Contains(null) || shards.Select(s => s!.Of).Distinct().Count() > 1) return null;
        var open = journals.Select(j => SweepStore.ShardOf(j)!).ToHashSet();
        var last = new List<string>();
        foreach (var own in parts.GroupBy(p => SweepStore.ShardOf(p)!))
        {
            CheckedParts list = CheckedParts.Read(store, own.Key);
            if (!own.All(list.Has)) return null;
            if (open.Contains(own.Key)) last.Add(own.Max(StringComparer.Ordinal)!);
        }
        return last;
    }
}
