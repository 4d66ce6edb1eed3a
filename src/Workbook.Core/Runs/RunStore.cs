namespace Workbook.Core.Runs;

/// <summary>
/// Runs by the hash of their spec, in <c>ROOT/runs/HASH/</c>. A run that is there is not run again; a damaged one is named and rerun.
/// </summary>
public sealed class RunStore
{
    private readonly string _runs;

    /// <summary>Opens (or will create) the store in a folder, and clears what dead writers left there.</summary>
    public RunStore(string root)
    {
        ArgumentNullException.ThrowIfNull(root);
        _runs = Path.Combine(root, "runs");
        RunFolder.SweepPartials(_runs, TimeSpan.FromHours(1));
    }

    /// <summary>Folder of a spec's run, whether it is there or not.</summary>
    public string FolderOf(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Path.Combine(_runs, spec.Hash());
    }

    /// <summary>
    /// The run from the store; where it is not there, is damaged, incomplete or <paramref name="force"/> is set, it is run and stored.
    /// </summary>
    /// <param name="spec">The run.</param>
    /// <param name="inputs">Files that the spec refers to.</param>
    /// <param name="force">Run again even if it is there.</param>
    /// <param name="attach">Text files to store with it, made from the run.</param>
    /// <param name="warn">Told one sentence when a damaged run is found.</param>
    /// <param name="cancel">Stops between two steps: an unfinished run is thrown away and <see cref="OperationCanceledException"/> raised.</param>
    public StoredRun GetOrRun(RunSpec spec, RunInputs? inputs = null, bool force = false,
        Func<RunSpec, Trajectory, IReadOnlyDictionary<string, string>>? attach = null, Action<string>? warn = null, CancellationToken cancel = default)
    {
        string folder = FolderOf(spec);
        if (!force && RunFolder.Exists(folder))
        {
            try
            {
                StoredRun stored = RunFolder.Read(folder);
                if (stored.Manifest.SpecHash != spec.Hash()) throw new InputException($"the run in {folder} is of another spec.");
                if (stored.Manifest.Complete) return stored;
            }
            catch (InputException damaged)
            {
                warn?.Invoke(damaged.Message + " It is run again.");
            }
        }
        Run run = Training.Run(spec, inputs, null, cancel);
        if (!run.Complete) cancel.ThrowIfCancellationRequested();
        return new StoredRun(folder, spec, RunFolder.Write(folder, run, attach?.Invoke(spec, run.Trajectory)), run.Trajectory);
    }
}
