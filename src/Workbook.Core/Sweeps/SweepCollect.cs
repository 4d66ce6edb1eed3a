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
    public static Collected Run(IReadOnlyList<SweepStore> stores, string to, Action<string> say, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(stores);
        ArgumentNullException.ThrowIfNull(say);
        if (stores.Count == 0) throw new InputException("there is no folder to collect from.");
        SweepStore first = stores[0];
        foreach (SweepStore other in stores)
            if (other.PlanHash != first.PlanHash)
                throw new InputException($"{first.Root} holds the plan {first.PlanHash[..16]} and {other.Root} holds {other.PlanHash[..16]}; only shards of one plan can be merged.");
        var merge = new SweepMerge([.. stores], say);
        string full = Path.GetFullPath(to), partial = Durable.Partial(full);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            long rows = 0, failed = 0;
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                // The header tells of the plan, so that it does not depend on how much of it is there.
                var writer = new PartFile.PartWriter(stream, SweepColumns.Of(first.Plan), first.PlanHash, 0, first.Plan.Rows - 1, first.Plan.Rows);
                foreach (TableRows batch in merge.Batches(OutRows, cancel))
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
        }
    }
}

/// <summary>All rows of some stores in the order of their places. A part is opened when its first row is due and closed after its last, one group of it in memory.</summary>
internal sealed class SweepMerge
{
    private readonly PriorityQueue<Source, (long Row, int Order)> _queue = new();
    private readonly IReadOnlyList<SweepColumn> _columns;

    public SweepMerge(IReadOnlyList<SweepStore> stores, Action<string> say)
    {
        _columns = SweepColumns.Of(stores[0].Plan);
        foreach (SweepStore store in stores)
        {
            foreach (string path in store.Parts())
            {
                try
                {
                    if (!PartFile.Verify(path)) throw new InputException($"{path} is damaged: its checksum is not the one in its name.");
                    using PartFile part = PartFile.Open(path);
                    Add(new Source(path, part.First));
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
                Journal.Read(path, block =>
                {
                    for (int k = 0; k < block.Count; k++) rows.Add(block, k);
                });
                if (rows.Count > 0) Add(new Source(path, rows.Sorted()));
            }
        }
    }

    public long Duplicates { get; private set; }

    public int Damaged { get; private set; }

    public IEnumerable<TableRows> Batches(int size, CancellationToken cancel)
    {
        var batch = new TableRows(_columns);
        string last = "";
        while (_queue.TryDequeue(out Source? source, out var due))
        {
            cancel.ThrowIfCancellationRequested();
            // A part stands in the queue under the place that its header promises, and under its real one only once it has been opened.
            if (source.Open() && source.Row != due.Row)
            {
                Add(source);
                continue;
            }
            if (batch.Count > 0 && batch.Index(batch.Count - 1) == source.Row)
            {
                Duplicates++;
                if (!batch.Same(batch.Count - 1, source.Rows, source.At))
                    throw new InputException($"row {source.Row} (run {source.Rows.Text(1)[source.At]}) is not the same in {last} and {source.Path}; nothing was written: move the wrong one away.");
            }
            else
            {
                // The last row stays behind, so that a second one of its place is seen.
                if (batch.Count > size)
                {
                    (TableRows whole, batch) = Split(batch, size);
                    yield return whole;
                }
                batch.Add(source.Rows, source.At);
                last = source.Path;
            }
            if (source.Advance()) Add(source);
        }
        while (batch.Count > size)
        {
            (TableRows whole, batch) = Split(batch, size);
            yield return whole;
        }
        if (batch.Count > 0) yield return batch;
    }

    private (TableRows, TableRows) Split(TableRows batch, int size)
    {
        TableRows head = new(_columns), tail = new(_columns);
        for (int k = 0; k < batch.Count; k++) (k < size ? head : tail).Add(batch, k);
        return (head, tail);
    }

    private void Add(Source source) => _queue.Enqueue(source, (source.Row, source.Order));

    private sealed class Source
    {
        private static int s_count;
        private readonly long _first;
        private PartFile? _part;
        private TableRows? _rows;
        private int _group;

        public Source(string path, long first) => (Path, _first) = (path, first);

        public Source(string path, TableRows rows) => (Path, _first, _rows) = (path, rows.Index(0), rows);

        public string Path { get; }

        public int Order { get; } = Interlocked.Increment(ref s_count);

        public TableRows Rows => _rows!;

        public int At { get; private set; }

        public long Row => _rows is null ? _first : _rows.Index(At);

        /// <summary>True where it was opened only now.</summary>
        public bool Open()
        {
            if (_rows is not null) return false;
            _part = PartFile.Open(Path);
            _rows = _part.Read(0);
            return true;
        }

        public bool Advance()
        {
            if (++At < _rows!.Count) return true;
            if (_part is null) return false;
            if (++_group < _part.Groups)
            {
                (_rows, At) = (_part.Read(_group), 0);
                return true;
            }
            _part.Dispose();
            _rows = null;
            return false;
        }
    }
}
