using System.Globalization;

namespace Workbook.Core.Sweeps;

/// <summary>A task of an array job as Slurm tells of it.</summary>
/// <param name="Job">Number of the array job.</param>
/// <param name="Task">Number in the array: the shard's.</param>
/// <param name="State">PENDING, RUNNING, CANCELLED ..., without what follows (CANCELLED by 1000).</param>
/// <param name="Detail">Why it waits, or where it is or was.</param>
public sealed record SlurmTask(long Job, int Task, string State, string Detail)
{
    /// <summary>Fields of a line of <c>squeue --array</c>.</summary>
    public const string QueueFormat = "%F|%K|%T|%R";

    /// <summary>Fields of a line of <c>sacct</c>, which has no <c>--array</c> before Slurm 23: waiting tasks may share a line.</summary>
    public const string AccountingFormat = "JobID,State,NodeList";

    private static readonly HashSet<string> s_ended = new(StringComparer.Ordinal)
    {
        "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT",
    };

    /// <summary>Whether it will not run any further by itself; a state that is not known here counts as one that goes on.</summary>
    public bool Ended => s_ended.Contains(State);

    /// <summary>Whether it waits for its turn.</summary>
    public bool Waits => State is "PENDING" or "REQUEUED" or "REQUEUE_HOLD" or "REQUEUE_FED" or "SPECIAL_EXIT";

    /// <summary>Reads what <c>squeue</c> printed; lines of other kinds of jobs are left out.</summary>
    public static IReadOnlyList<SlurmTask> FromQueue(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tasks = new List<SlurmTask>();
        foreach (string line in text.Split('\n'))
            if (line.TrimEnd('\r').Split('|', 4) is [var job, var task, var state, var detail]) Add(tasks, job, task, state, detail.Trim('(', ')'));
        return tasks;
    }

    /// <summary>Reads what <c>sacct</c> printed; steps of tasks are left out.</summary>
    public static IReadOnlyList<SlurmTask> FromAccounting(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tasks = new List<SlurmTask>();
        foreach (string line in text.Split('\n'))
            if (line.TrimEnd('\r').Split('|', 3) is [var id, var state, var detail] && id.Split('_') is [var job, var task]) Add(tasks, job, task.Trim('[', ']'), state, detail);
        return tasks;
    }

    private static void Add(List<SlurmTask> tasks, string job, string numbers, string state, string detail)
    {
        if (!long.TryParse(job, NumberStyles.None, CultureInfo.InvariantCulture, out long id) || SlurmRanges.Read(numbers) is not IReadOnlyList<int> all) return;
        foreach (int task in all) tasks.Add(new SlurmTask(id, task, state.Trim().Split(' ')[0].TrimEnd('+'), detail.Trim()));
    }
}
