namespace Workbook.Core.Sweeps;

/// <summary>What a store has of a shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Rows">Rows of the plan in it.</param>
/// <param name="Done">Rows that are there.</param>
/// <param name="Failed">Of those, the ones whose run failed.</param>
/// <param name="By">The process that runs it, null where none does.</param>
public sealed record ShardStatus(Shard Shard, long Rows, long Done, long Failed, string? By)
{
    /// <summary>Rows that are not there.</summary>
    public long Missing => Rows - Done;
}

/// <summary>How far a sweep has come, read from its store alone; nothing in it is changed.</summary>
/// <param name="Store">The store.</param>
/// <param name="Shards">Its shards, from the first to the last.</param>
public sealed record SweepStatus(SweepStore Store, IReadOnlyList<ShardStatus> Shards)
{
    /// <summary>Rows that are there.</summary>
    public long Done => Shards.Sum(s => s.Done);

    /// <summary>Of those, the ones whose run failed.</summary>
    public long Failed => Shards.Sum(s => s.Failed);

    /// <summary>Rows that are not there.</summary>
    public long Missing => Shards.Sum(s => s.Missing);

    /// <summary>Counts the rows of parts and journals, each once.</summary>
    /// <param name="store">The store; it need not exist yet.</param>
    /// <param name="of">Into how many shards to divide; null for the division that its files were written in, one shard where there are none.</param>
    /// <param name="say">Told a sentence for every damaged part, whose rows count as missing.</param>
    /// <param name="beat">Time between two counts of an owner on another machine (<see cref="ShardLock"/>); null for the usual.</param>
    public static SweepStatus Of(SweepStore store, int? of, Action<string> say, TimeSpan? beat = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        long rows = store.Plan.Rows;
        var running = ShardLock.Running(store.Folder, beat);
        int shards = of ?? running.Select(r => r.Shard.Of).Concat(store.Divisions()).FirstOrDefault(1);
        var there = new RowSet(rows);
        var done = new long[shards];
        var failed = new long[shards];
        store.Scan((row, error) =>
        {
            if (row >= rows || !there.Add(row)) return;
            int shard = Shard.NumberOf(row, shards) - 1;
            done[shard]++;
            if (error) failed[shard]++;
        }, say);
        return new SweepStatus(store, [.. Enumerable.Range(1, shards).Select(k => new Shard(k, shards))
            .Select(s => new ShardStatus(s, s.Count(rows), done[s.Number - 1], failed[s.Number - 1], running.FirstOrDefault(r => r.Shard == s).By))]);
    }
}
