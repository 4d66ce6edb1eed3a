namespace Workbook.Core.Sweeps;

/// <summary>The rows of a store as Parquet files that any program can read together: its closed parts, and what its journals hold beside them.</summary>
/// <param name="Columns">The columns of every file.</param>
/// <param name="Files">Paths of the files.</param>
/// <param name="Overlap">Whether some row is in more than one file.</param>
public sealed record SweepParts(IReadOnlyList<SweepColumn> Columns, IReadOnlyList<string> Files, bool Overlap)
{
    /// <summary>Finds the parts; the store itself is only read.</summary>
    /// <param name="store">The store.</param>
    /// <param name="scratch">A folder for the journals' rows, removed by whoever made it.</param>
    /// <param name="say">Told a sentence for every damaged part, which is left out.</param>
    public static SweepParts Of(SweepStore store, string scratch, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(say);
        var there = new RowSet(store.Plan.Rows);
        var files = new List<string>();
        bool overlap = false;
        foreach (string part in store.Parts())
            if (SweepStore.ScanPart(part, (row, _) => overlap |= !there.Add(row), damaged => say(damaged + " It is left out."))) files.Add(part);
        var rows = new TableRows(SweepColumns.Of(store.Plan));
        foreach (string journal in store.Journals())
            Journal.Read(journal, block =>
            {
                for (int k = 0; k < block.Count; k++)
                    if (there.Add(block.Index(k))) rows.Add(block, k);
            });
        if (rows.Count > 0) files.Add(PartFile.Write(scratch, "journal", store.PlanHash, rows.Sorted()));
        return new SweepParts(rows.Columns, files, overlap);
    }
}
