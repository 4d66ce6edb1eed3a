using System.Globalization;
using System.Text.Json;

namespace Workbook.Core.Sweeps;

/// <summary>An array job that was submitted for a plan.</summary>
/// <param name="Job">Slurm's number.</param>
/// <param name="Shards">Into how many shards the plan was divided.</param>
/// <param name="Tasks">Which of them it runs, as Slurm writes numbers.</param>
public sealed record SlurmJob(long Job, int Shards, string Tasks);

/// <summary>
/// The submissions of a store's plan, beside its rows:
/// <code>
/// slurm/PLAN/plan.json             the plan that the tasks read
/// slurm/PLAN/array-000001.sh       script of the first submission
/// slurm/PLAN/job-12.json           number, division and tasks of a job
/// slurm/PLAN/task-3of16.txt        what the task printed
/// </code>
/// </summary>
public sealed class SlurmJobs(SweepStore store)
{
    internal const string FolderName = "slurm";
    internal const int HashDigits = 16;

    /// <summary>Where they lie.</summary>
    public string Folder { get; } = Path.Combine(store.Root, FolderName, store.PlanHash[..HashDigits]);

    /// <summary>The jobs that were submitted, the latest last.</summary>
    public IReadOnlyList<SlurmJob> All()
    {
        if (!Directory.Exists(Folder)) return [];
        var jobs = new List<SlurmJob>();
        foreach (string path in Directory.GetFiles(Folder, "job-*.json"))
        {
            try
            {
                if (JsonSerializer.Deserialize<SlurmJob>(File.ReadAllText(path)) is SlurmJob { Shards: > 0, Tasks: not null } job) jobs.Add(job);
                else throw new InputException($"{path} is not the record of a job.");
            }
            catch (JsonException e)
            {
                throw new InputException($"{path} is not the record of a job: {e.Message.ReplaceLineEndings(" ")}", e);
            }
        }
        return [.. jobs.OrderBy(j => j.Job)];
    }

    /// <summary>Creates the folders and writes the plan and a job's script down.</summary>
    /// <returns>Path of the script.</returns>
    public string Prepare(string script)
    {
        try
        {
            store.Prepare();
            Directory.CreateDirectory(Folder);
            Durable.WriteText(Path.Combine(Folder, "plan.json"), PlanJson.Write(store.Plan));
            int number = 1 + Directory.GetFiles(Folder, "array-*.sh").Length;
            string path = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"array-{number:D6}.sh"));
            Durable.WriteText(path, script);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{store.Root} cannot be written: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Writes a submitted job down.</summary>
    public void Add(SlurmJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        try
        {
            Durable.WriteText(Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"job-{job.Job}.json")), JsonSerializer.Serialize(job));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"job {job.Job} was submitted, but {Folder} cannot be written, so that it will not be known here: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}

/// <summary>A shard with all that is known of it.</summary>
/// <param name="Store">What the store has.</param>
/// <param name="Task">The latest task that had it, null where none is known.</param>
public sealed record ShardState(ShardStatus Store, SlurmTask? Task)
{
    /// <summary>Whether its rows are all there.</summary>
    public bool Done => Store.Missing == 0;

    /// <summary>Whether somebody will go on with it or is about to end: it must not be submitted.</summary>
    public bool Busy => !Done && (Store.By is not null || Task is { Ended: false });

    /// <summary>One word: done, running, queued, stopped (a task had it and ended), missing (nobody has).</summary>
    public string State => Done ? "done"
        : Store.By is not null ? "running"
        : Task is { Ended: false } ? Task.Waits ? "queued" : "running"
        : Task is not null || Store.Done > 0 ? "stopped" : "missing";

    /// <summary>Joins what the store and what Slurm say; of several tasks for a shard the latest job's counts, but one that goes on counts before all that ended.</summary>
    /// <param name="status">The store's shards.</param>
    /// <param name="jobs">Jobs of this division; others have other shards and are left out.</param>
    /// <param name="tasks">What is known of tasks, the better source last.</param>
    public static IReadOnlyList<ShardState> Of(SweepStatus status, IReadOnlyList<SlurmJob> jobs, IEnumerable<SlurmTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(status);
        int shards = status.Shards.Count;
        HashSet<long> own = [.. jobs.Where(j => j.Shards == shards).Select(j => j.Job)];
        var latest = new SlurmTask?[shards + 1];
        foreach (SlurmTask task in tasks.Where(t => own.Contains(t.Job) && t.Task >= 1 && t.Task <= shards))
            if (latest[task.Task] is not SlurmTask other || (!task.Ended, task.Job).CompareTo((!other.Ended, other.Job)) >= 0 || (task.Job == other.Job)) latest[task.Task] = task;
        return [.. status.Shards.Select(s => new ShardState(s, latest[s.Shard.Number]))];
    }
}
