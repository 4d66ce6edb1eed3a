using System.Diagnostics;
using Workbook.Core.Runs;

namespace Workbook.Core.Sweeps;

/// <summary>How far a shard has come; read from any thread.</summary>
public sealed class SweepProgress
{
    internal long DoneCount, FailedCount, FoundCount, TotalCount;

    /// <summary>Rows of the shard.</summary>
    public long Total => Interlocked.Read(ref TotalCount);

    /// <summary>Rows that are there, earlier ones included.</summary>
    public long Done => Interlocked.Read(ref DoneCount);

    /// <summary>Of those, the ones whose run failed.</summary>
    public long Failed => Interlocked.Read(ref FailedCount);

    /// <summary>Rows that were there when the work began.</summary>
    public long Found => Interlocked.Read(ref FoundCount);
}

/// <summary>
/// Runs a shard of a plan into its store. What is there already is not run again; the rest goes to as many threads as asked, in batches of
/// about a quarter of a second, each batch appended to the journal as it ends. The rows do not depend on the number of threads, on the division
/// into shards or on interruptions.
/// </summary>
public sealed class SweepRun
{
    /// <summary>Rows of a part, unless the shard ends before.</summary>
    public const int PartRows = 65_536;

    private const long PartBytes = 256L << 20, TrajectoryBytes = 48L << 20;
    private const int MostBatch = 4096;
    private const double BatchSeconds = 0.25;

    private readonly SweepStore _store;
    private readonly Shard _shard;
    private readonly RowWriter _writer;
    private readonly RowSet _done;
    private readonly Action<string> _say;
    private readonly SweepProgress _progress;
    private readonly int _partRows;
    private readonly bool _retryFailed;
    private readonly Lock _cursorGate = new(), _journalGate = new();
    private readonly CheckedParts _checked;
    private Journal? _journal;
    private long _cursor, _pending;

    private SweepRun(SweepStore store, Shard shard, SweepProgress progress, Action<string> say, int partRows, bool retryFailed)
    {
        (_store, _shard, _progress, _say, _partRows, _retryFailed) = (store, shard, progress, say, partRows, retryFailed);
        _checked = CheckedParts.Begin(store, shard);
        _writer = new RowWriter(store.Plan);
        _done = new RowSet(store.Plan.Rows);
    }

    /// <summary>Runs what is missing of a shard.</summary>
    /// <param name="store">The store.</param>
    /// <param name="shard">Which rows.</param>
    /// <param name="jobs">Threads, at least 1.</param>
    /// <param name="progress">Receives the counts.</param>
    /// <param name="say">Told a sentence for everything that was not as expected: a damaged part, a plan that has changed.</param>
    /// <param name="partRows">Rows of a part.</param>
    /// <param name="retryFailed">Whether rows whose run failed count as missing; the files that held them are set aside.</param>
    /// <param name="cancel">Stops between two steps of the runs under way; what is finished is kept.</param>
    /// <exception cref="InputException">The store cannot be written, or another process runs this shard.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static void Run(SweepStore store, Shard shard, int jobs, SweepProgress progress, Action<string> say, int partRows = PartRows, bool retryFailed = false, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(shard);
        ArgumentNullException.ThrowIfNull(progress);
        ArgumentNullException.ThrowIfNull(say);
        if (jobs < 1) throw new InputException($"the number of jobs is {jobs}; it has to be at least 1.");
        try
        {
            store.Prepare();
            using ShardLock held = ShardLock.Take(store.Folder, shard);
            store.RemoveLeftovers(shard);
            new SweepRun(store, shard, progress, say, partRows, retryFailed).Run(jobs, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{store.Root} cannot be written: {e.Message.ReplaceLineEndings(" ")} What was finished is kept; the same command goes on from there.", e);
        }
    }

    private void Run(int jobs, CancellationToken cancel)
    {
        long total = _shard.Count(_store.Plan.Rows);
        Interlocked.Exchange(ref _progress.TotalCount, total);
        FindParts();
        OpenJournal();
        try
        {
            new EarlierPlans(_store, _shard, _writer.Columns, _done).Import(Append, _say, cancel);
            Interlocked.Exchange(ref _progress.FoundCount, _progress.Done);
            Work(jobs, cancel);
            lock (_journalGate) Fold();
        }
        finally
        {
            _journal?.Dispose();
        }
        if (_progress.Done == total) Durable.Delete(_store.JournalOf(_shard));
        Durable.Step();
    }

    /// <summary>Notes the rows of all parts; damaged parts are set aside, so that their rows are missing and run again.</summary>
    private void FindParts()
    {
        foreach (string part in _store.Parts())
        {
            // Other shards of the same division have other rows.
            if (SweepStore.ShardOf(part) is Shard of && of.Of == _shard.Of && of.Number != _shard.Number) continue;
            string read = _retryFailed ? WithoutFailed(part) : part;
            long rows = 0, before = _done.Count;
            bool whole = SweepStore.ScanPart(read, (row, failed) =>
            {
                rows++;
                Note(row, failed);
            }, damaged => _say($"{damaged} It was set aside as {_store.SetAside(read)}, and its rows are run again."));
            if (whole && SweepStore.ShardOf(part) == _shard && _done.Count - before == rows) _checked.Add(read);
        }
        _checked.Save();
        foreach (string journal in _store.Journals())
            if (SweepStore.ShardOf(journal) is Shard other && other.Of != _shard.Of) Journal.Read(journal, NoteAll);
    }

    /// <summary>A part with failed rows is replaced by one without them: the new one is there before the old one is set aside, and in between rows are in both.</summary>
    private string WithoutFailed(string path)
    {
        long failed = 0;
        if (!SweepStore.ScanPart(path, (_, error) => failed += error ? 1 : 0, _ => { }) || failed == 0) return path;
        var kept = new TableRows(_writer.Columns);
        using (PartFile part = PartFile.Open(path))
            for (int g = 0; g < part.Groups; g++)
            {
                TableRows rows = part.Read(g);
                for (int k = 0; k < rows.Count; k++)
                    if (rows.Text(SweepColumns.ErrorColumn)[k] is null) kept.Add(rows, k);
            }
        string fresh = kept.Count == 0 ? path : PartFile.Write(_store.Folder, _store.NextPart(SweepStore.ShardOf(path) ?? _shard), _store.PlanHash, kept);
        _say($"{failed} failed rows of {path} are run again; it was set aside as {_store.SetAside(path)}.");
        return fresh;
    }

    private void Note(long row, bool failed)
    {
        if (row >= _store.Plan.Rows || !_done.Add(row) || !_shard.Has(row)) return;
        Interlocked.Increment(ref _progress.DoneCount);
        if (failed) Interlocked.Increment(ref _progress.FailedCount);
    }

    private void NoteAll(TableRows rows)
    {
        for (int k = 0; k < rows.Count; k++) Note(rows.Index(k), rows.Text(SweepColumns.ErrorColumn)[k] is not null);
    }

    private void OpenJournal()
    {
        string path = _store.JournalOf(_shard);
        if (!File.Exists(path))
        {
            _journal = Journal.Create(path, _store.PlanHash, _writer.Columns);
            return;
        }
        // Rows that a part has too come from a stop between writing the part and emptying the journal.
        var fresh = new TableRows(_writer.Columns);
        long read = 0;
        Journal.Found found = Journal.Read(path, rows =>
        {
            read += rows.Count;
            int first = fresh.Count;
            for (int k = 0; k < rows.Count; k++)
                if (rows.Index(k) < _store.Plan.Rows && !_done.Has(rows.Index(k)) && !(_retryFailed && rows.Text(SweepColumns.ErrorColumn)[k] is not null)) fresh.Add(rows, k);
            for (int k = first; k < fresh.Count; k++) Note(fresh.Index(k), fresh.Text(SweepColumns.ErrorColumn)[k] is not null);
        });
        if (found.Plan is null || found.Damaged)
            _say($"{path} is damaged: a checksum inside it is wrong; it was set aside as {_store.SetAside(path, copy: true)}, {fresh.Count} of its rows could be kept, and the others are run again.");
        if (found.Plan is null || found.Damaged || fresh.Count < read)
        {
            // In one step: a stop here must not cost what is kept.
            _journal = Journal.Create(path, _store.PlanHash, _writer.Columns, fresh);
        }
        else _journal = Journal.Continue(path, found.GoodLength);
        _pending = fresh.Count;
    }

    private void Append(TableRows rows)
    {
        lock (_journalGate)
        {
            _journal!.Append(rows);
            NoteAll(rows);
            _pending += rows.Count;
            if (_pending >= _partRows || _journal.Length > PartBytes) Fold();
        }
    }

    /// <summary>Makes a part of the journal's rows and empties the journal. Stopped in between, both have the rows, and the next start sees it.</summary>
    private void Fold()
    {
        if (_pending == 0) return;
        string path = _store.JournalOf(_shard);
        string part = Fold(path, _store.Folder, _store.NextPart(_shard), _store.PlanHash, _writer.Columns);
        _checked.Add(part);
        _checked.Save();
        _journal!.Dispose();
        _journal = Journal.Create(path, _store.PlanHash, _writer.Columns);
        _pending = 0;
    }

    /// <summary>Makes a part of all rows of a journal.</summary>
    internal static string Fold(string journal, string folder, string name, string plan, IReadOnlyList<SweepColumn> columns)
    {
        var rows = new TableRows(columns);
        Journal.Read(journal, block => rows.AddRange(block, 0, block.Count));
        return PartFile.Write(folder, name, plan, rows.Sorted());
    }

    private void Work(int jobs, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Exception? first = null;
        void Worker()
        {
            try
            {
                Batches(stop.Token);
            }
            catch (Exception e)
            {
                // One thread's trouble (a full disk) ends all of them; the first to meet it tells.
                if (e is not OperationCanceledException) Interlocked.CompareExchange(ref first, e, null);
                stop.Cancel();
            }
        }
        Thread[] threads = [.. Enumerable.Range(0, jobs).Select(_ => new Thread(Worker) { IsBackground = true })];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        if (cancel.IsCancellationRequested)
        {
            lock (_journalGate) _journal!.Flush();
            cancel.ThrowIfCancellationRequested();
        }
    }

    private void Batches(CancellationToken stop)
    {
        int size = 8;
        var clock = new Stopwatch();
        while (!stop.IsCancellationRequested)
        {
            List<PlanRow> batch = Take(size);
            if (batch.Count == 0) return;
            clock.Restart();
            var rows = new TableRows(_writer.Columns);
            try
            {
                foreach (RunResult result in ManyRuns.Run([.. batch.Select(_writer.Trained)], RunInputs.None, 1, stop)) _writer.Write(rows, batch[result.Index], result);
            }
            finally
            {
                if (rows.Count > 0) Append(rows);
            }
            size = Math.Clamp((int)(BatchSeconds / Math.Max(clock.Elapsed.TotalSeconds / batch.Count, 1e-6)), 1, Math.Min(MostBatch, _partRows));
        }
    }

    /// <summary>The next missing rows of the shard, as many as asked, fewer where their trajectories are large.</summary>
    private List<PlanRow> Take(int size)
    {
        var batch = new List<PlanRow>(size);
        double bytes = 0;
        lock (_cursorGate)
        {
            for (; batch.Count < size && bytes < TrajectoryBytes; _cursor++)
            {
                _cursor = _shard.Next(_cursor);
                if (_cursor >= _store.Plan.Rows) break;
                if (_done.Has(_cursor)) continue;
                PlanRow row = _store.Plan[_cursor];
                batch.Add(row);
                bytes += SweepEstimate.TrajectoryBytes(_writer.Trained(row));
            }
        }
        return batch;
    }
}
