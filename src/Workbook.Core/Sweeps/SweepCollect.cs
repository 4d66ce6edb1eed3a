namespace Workbook.Core.Sweeps;

/// <summary>What collecting came to.</summary>
/// <param name="Rows">Rows written.</param>
/// <param name="Missing">Rows of the plan that no folder has.</param>
/// <param name="Failed">Rows whose run failed.</param>
/// <param name="Duplicates">Rows found more than once, equal to the last bit.</param>
/// <param name="Damaged">Parts left out.</param>
public sealed record Collected(long Rows, long Missing, long Failed, long Duplicates, int Damaged);

/// <summary>
/// Merges the parts and journals of one plan, from one folder or several, into one Parquet file sorted by place: the same bytes however the rows were computed.
/// </summary>
public static class SweepCollect
{
    private const int OutRows = 8192;

    /// <summary>Merges.</summary>
    /// <param name="stores">Stores of the same plan.</param>
    /// <param name="to">File to write, beside its place and renamed.</param>
    /// <param name="say">Told a sentence for every damaged part.</param>
    /// <param name="cancel">Stops; nothing is written then.</param>
    /// <exception cref="InputException">The plans differ, two rows of the same run differ, or nothing is there.</exception>
    public static Collected Run(IReadOnlyList<SweepStore> stores, string to, Action<string> say, CancellationToken cancel = default) => Run(stores, to, say, SweepMerge.FanIn, cancel);

    internal static Collected Run(IReadOnlyList<SweepStore> stores, string to, Action<string> say, int fanIn, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(stores);
        ArgumentNullException.ThrowIfNull(say);
        if (stores.Count == 0) throw new InputException("there is no folder to collect from.");
        SweepStore first = stores[0];
        foreach (SweepStore other in stores)
            if (other.PlanHash != first.PlanHash)
                throw new InputException($"{first.Root} holds the plan {first.PlanHash[..16]} and {other.Root} holds {other.PlanHash[..16]}; only shards of one plan can be merged.");
        string full = Path.GetFullPath(to), partial = Durable.Partial(full), scratch = partial + ".d";
        try
        {
            Directory.CreateDirectory(scratch);
            var merge = new SweepMerge([.. stores], scratch, say, cancel, fanIn);
            long rows = 0, failed = 0;
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                // The header tells of the plan, so that it does not depend on how much of it is there.
                var writer = new PartFile.PartWriter(stream, SweepColumns.Of(first.Plan), first.PlanHash, 0, first.Plan.Rows - 1, first.Plan.Rows);
                foreach (TableRows batch in merge.Batches(OutRows))
                {
                    writer.Write(batch);
                    rows += batch.Count;
                    failed += batch.Text(SweepColumns.ErrorColumn).Count(e => e is not null);
                }
                writer.Close();
                stream.Flush(flushToDisk: true);
            }
            if (rows == 0) throw new InputException($"{first.Root} has no rows yet.");
            Durable.Rename(partial, full);
            return new Collected(rows, first.Plan.Rows - rows, failed, merge.Duplicates, merge.Damaged);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{to} cannot be written: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        finally
        {
            Durable.Delete(partial);
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }
    }
}

/// <summary>
/// All rows of some stores in the order of their places. A part is opened when its first row is due and closed after its last, one group of it in memory; where more than
/// <see cref="FanIn"/> would be open at once, as many shards have it, they are merged in rounds through files, so that what is open does not grow with the shards.
/// </summary>
internal sealed class SweepMerge
{
    /// <summary>Parts that are open at once: about 10 MB each.</summary>
    internal const int FanIn = 40;

    private readonly IReadOnlyList<SweepColumn> _columns;
    private readonly string _scratch, _plan;
    private readonly CancellationToken _cancel;
    private readonly int _fanIn;
    private List<Source> _sources = [];
    private int _files;

    /// <summary>Verifies and opens what the stores have.</summary>
    /// <param name="stores">Stores of one plan.</param>
    /// <param name="scratch">A folder for files in between.</param>
    /// <param name="say">Told a sentence for every damaged part.</param>
    /// <param name="cancel">Stops.</param>
    /// <param name="fanIn">Parts open at once.</param>
    public SweepMerge(IReadOnlyList<SweepStore> stores, string scratch, Action<string> say, CancellationToken cancel, int fanIn = FanIn)
    {
        (_scratch, _plan, _cancel, _fanIn) = (scratch, stores[0].PlanHash, cancel, fanIn);
        _columns = SweepColumns.Of(stores[0].Plan);
        foreach (SweepStore store in stores)
        {
            foreach (string path in store.Parts())
            {
                cancel.ThrowIfCancellationRequested();
                try
                {
                    if (!PartFile.Verify(path)) throw new InputException($"{path} is damaged: its checksum is not the one in its name.");
                    Add(path, path);
                }
                catch (InputException e)
                {
                    Damaged++;
                    say($"{e.Message} It is left out; `workbook sweep run` computes its rows again.");
                }
            }
            foreach (string path in store.Journals())
            {
                var rows = new TableRows(_columns);
                Journal.Read(path, block => rows.AddRange(block, 0, block.Count));
                if (rows.Count == 0) continue;
                TableRows sorted = rows.Sorted();
                Duplicates += rows.Count - sorted.Count;
                Add(PartFile.Write(_scratch, NextName(), _plan, sorted), path);
            }
        }
        while (Lanes() is { Count: > 0 } lanes && lanes.Count > _fanIn) Round(lanes);
    }

    public long Duplicates { get; private set; }

    public int Damaged { get; private set; }

    /// <summary>The rows, as many at once as asked, fewer at the end.</summary>
    public IEnumerable<TableRows> Batches(int size) => Merge(_sources, size);

    /// <summary>Merges lanes into fewer files.</summary>
    private void Round(List<List<Source>> lanes)
    {
        var merged = new List<Source>();
        foreach (List<Source>[] some in lanes.Chunk(_fanIn))
        {
            Source[] sources = [.. some.SelectMany(s => s)];
            string path = PartFile.Write(_scratch, NextName(), _plan, _columns, sources.Min(s => s.First), sources.Max(s => s.Last), sources.Sum(s => s.Count), Merge(sources, 1024));
            foreach (Source source in sources.Where(s => Path.GetDirectoryName(s.File) == _scratch)) Durable.Delete(source.File);
            merged.Add(Open(path, string.Join(", ", sources.Select(s => s.Told).Distinct().Take(3))));
        }
        _sources = merged;
    }

    /// <summary>Sources in lanes, those of a lane one behind the other: as many lanes as are open at once.</summary>
    private List<List<Source>> Lanes()
    {
        var lanes = new List<List<Source>>();
        var free = new PriorityQueue<int, long>();
        foreach (Source source in _sources.OrderBy(s => s.First))
        {
            if (free.TryPeek(out int lane, out long end) && end < source.First) free.Dequeue();
            else
            {
                lane = lanes.Count;
                lanes.Add([]);
            }
            lanes[lane].Add(source);
            free.Enqueue(lane, source.Last);
        }
        return lanes;
    }

    private IEnumerable<TableRows> Merge(IReadOnlyList<Source> sources, int size)
    {
        var queue = new PriorityQueue<Source, (long Row, int Order)>();
        for (int k = 0; k < sources.Count; k++) queue.Enqueue(sources[k], (sources[k].First, k));
        var batch = new TableRows(_columns);
        (TableRows Rows, int At, string Told)? last = null;
        using var open = new Opened(sources);
        while (queue.TryDequeue(out Source? source, out var due))
        {
            _cancel.ThrowIfCancellationRequested();
            source.Open();
            if (last is var (rows, at, told) && rows.Index(at) == source.Row)
            {
                Duplicates++;
                if (!rows.Same(at, source.Rows, source.At))
                    throw new InputException($"row {source.Row} (run {source.Rows.Text(1)[source.At]}) is not the same in {told} and {source.Told}; nothing was written: move the wrong one away.");
                source.Advance(1);
            }
            else
            {
                if (batch.Count == size)
                {
                    yield return batch;
                    batch = new TableRows(_columns);
                }
                // As far as no other source is due.
                int count = Math.Min(size - batch.Count, source.Before(queue.TryPeek(out _, out var next) ? next.Row : long.MaxValue));
                batch.AddRange(source.Rows, source.At, count);
                last = (batch, batch.Count - 1, source.Told);
                source.Advance(count);
            }
            if (!source.Ended) queue.Enqueue(source, (source.Row, due.Order));
        }
        if (batch.Count > 0) yield return batch;
    }

    private string NextName() => $"merge-{++_files:D6}";

    private void Add(string path, string told) => _sources.Add(Open(path, told));

    private static Source Open(string path, string told)
    {
        using PartFile part = PartFile.Open(path);
        return new Source(path, told, part.First, part.Last, part.Rows);
    }

    /// <summary>Closes what a merge that ends early has left open.</summary>
    private sealed class Opened(IReadOnlyList<Source> sources) : IDisposable
    {
        public void Dispose()
        {
            foreach (Source source in sources) source.Close();
        }
    }

    /// <summary>A part that is read once from beginning to end.</summary>
    private sealed class Source(string file, string told, long first, long last, long count)
    {
        private PartFile? _part;
        private TableRows? _rows;
        private int _group;

        /// <summary>The file to read.</summary>
        public string File => file;

        /// <summary>The file that a sentence names.</summary>
        public string Told => told;

        public long First => first;

        public long Last => last;

        public long Count => count;

        public TableRows Rows => _rows!;

        public int At { get; private set; }

        public long Row => _rows!.Index(At);

        public bool Ended { get; private set; }

        public void Open()
        {
            if (_part is not null) return;
            _part = PartFile.Open(file);
            _rows = _part.Read(0);
        }

        /// <summary>How many of the rows in memory, this one on, lie before a place; this one counts in any case.</summary>
        public int Before(long place)
        {
            List<long?> places = _rows!.Whole(0);
            int low = At + 1, high = places.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (places[middle] < place) low = middle + 1;
                else high = middle;
            }
            return low - At;
        }

        public void Advance(int rows)
        {
            At += rows;
            if (At < _rows!.Count) return;
            if (++_group < _part!.Groups)
            {
                (_rows, At) = (_part.Read(_group), 0);
                return;
            }
            Close();
            Ended = true;
        }

        public void Close()
        {
            _part?.Dispose();
            (_part, _rows) = (null, null);
        }
    }
}
