using System.Globalization;

namespace Workbook.Core.Sweeps;

/// <summary>
/// Rows of earlier plans in the same folder. A run is known by the hash of its spec: what the new plan asks for too is copied, with its new place;
/// the rest stays where it is.
/// </summary>
internal sealed class EarlierPlans(SweepStore store, Shard shard, IReadOnlyList<SweepColumn> columns, RowSet done)
{
    /// <summary>Missing rows that are looked for at once: memory stays flat, and a large plan takes several passes over the earlier rows.</summary>
    private const int Window = 1 << 20;

    private const int BatchRows = 4096;

    private readonly string _mark = Path.Combine(store.Folder, $"imported-{shard.Name}.txt");

    /// <summary>Copies what still belongs, once for each earlier plan.</summary>
    public void Import(Action<TableRows> append, Action<string> say, CancellationToken cancel)
    {
        string[] seen = File.Exists(_mark) ? File.ReadAllLines(_mark) : [];
        foreach (string folder in store.OtherPlans())
        {
            string plan = Path.GetFileName(folder);
            if (seen.Contains(plan)) continue;
            var (kept, found, refused) = Import(folder, append, cancel);
            seen = [.. seen, plan];
            Durable.WriteText(_mark, string.Concat(seen.Select(s => s + "\n")));
            if (refused is not null) say($"the plan has changed: {refused} The rows of the earlier plan stay in {folder}.");
            else if (found > 0) say($"the plan has changed: {kept} rows of this shard are taken from the {found} of an earlier plan, which stays in {folder}.");
        }
    }

    private (long Kept, long Found, string? Refused) Import(string folder, Action<TableRows> append, CancellationToken cancel)
    {
        long kept = 0, found = 0, next = 0;
        string? refused = null;
        do
        {
            cancel.ThrowIfCancellationRequested();
            var wanted = new Wanted();
            for (next = shard.Next(next); next < store.Plan.Rows && wanted.Count < Window; next = shard.Next(next + 1))
                if (!done.Has(next)) wanted.Add(store.Plan[next]);
            if (wanted.Count == 0 && next >= store.Plan.Rows && found > 0) break;
            found = 0;
            var rows = new TableRows(columns);
            foreach (TableRows block in Blocks(folder))
            {
                cancel.ThrowIfCancellationRequested();
                found += block.Count;
                int[] map = [.. columns.Select(c => block.Columns.ToList().IndexOf(c))];
                if (Array.IndexOf(map, -1) is var missing && missing >= 0)
                {
                    refused = $"it asks for the column '{columns[missing].Name}', which earlier rows do not have, so that none of them can be kept.";
                    return (kept, found, refused);
                }
                for (int k = 0; k < block.Count; k++)
                    foreach (PlanRow row in wanted.Of(block.Text(1)[k]!))
                    {
                        rows.Add(block, k, map);
                        rows.Whole(0)[^1] = row.Index;
                        rows.Text(2)[^1] = row.Block;
                        kept++;
                    }
                if (rows.Count < BatchRows) continue;
                append(rows);
                rows = new TableRows(columns);
            }
            if (rows.Count > 0) append(rows);
        }
        while (next < store.Plan.Rows);
        return (kept, found, refused);
    }

    /// <summary>Rows of another plan's folder, damaged parts left out: they are reported when that plan is run again.</summary>
    private static IEnumerable<TableRows> Blocks(string folder)
    {
        foreach (string path in SweepStore.PartsIn(folder))
        {
            if (!PartFile.Verify(path)) continue;
            using PartFile part = PartFile.Open(path);
            for (int g = 0; g < part.Groups; g++) yield return part.Read(g);
        }
        foreach (string path in SweepStore.JournalsIn(folder))
        {
            var blocks = new List<TableRows>();
            Journal.Read(path, blocks.Add);
            foreach (TableRows block in blocks) yield return block;
        }
    }

    /// <summary>Rows by the first 128 bits of their run's hash; each is given away once.</summary>
    private sealed class Wanted
    {
        private readonly Dictionary<UInt128, List<PlanRow>> _rows = [];

        public int Count { get; private set; }

        public void Add(PlanRow row)
        {
            UInt128 key = Key(row.Spec.Hash());
            if (!_rows.TryGetValue(key, out List<PlanRow>? rows)) _rows[key] = rows = [];
            rows.Add(row);
            Count++;
        }

        public List<PlanRow> Of(string hash) => _rows.Remove(Key(hash), out List<PlanRow>? rows) ? rows : [];

        private static UInt128 Key(string hash) => UInt128.Parse(hash.AsSpan(0, 32), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
