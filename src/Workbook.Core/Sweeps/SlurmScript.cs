using System.Text;
using System.Text.RegularExpressions;

namespace Workbook.Core.Sweeps;

/// <summary>What a job asks Slurm for; what is null is left to the cluster.</summary>
/// <param name="Partition">Partition, or several with commas.</param>
/// <param name="Time">Time limit of a task, in one of Slurm's forms.</param>
/// <param name="Memory">Memory of a task: a whole number with K, M, G or T.</param>
/// <param name="Cpus">Cores of a task, which are also its threads.</param>
public sealed partial record SlurmRequest(string? Partition, string? Time, string? Memory, int Cpus)
{
    /// <summary>Most cores of a task.</summary>
    public const int MostCpus = 1024;

    /// <summary>Refuses whatever is not plainly one of Slurm's values: they are written into a script.</summary>
    /// <exception cref="InputException">A value is out of range.</exception>
    public void Validate()
    {
        if (Partition is not null && !PartitionForm().IsMatch(Partition))
            throw new InputException($"--partition is '{Shown(Partition)}'; a partition has letters, digits, '_', '.' and '-', several are divided by commas.");
        if (Time is not null && !TimeForm().IsMatch(Time))
            throw new InputException($"--time is '{Shown(Time)}'; write minutes, hours:minutes:seconds or days-hours:minutes:seconds, for instance 2:00:00.");
        if (Memory is not null && !MemoryForm().IsMatch(Memory)) throw new InputException($"--mem is '{Shown(Memory)}'; write a whole number with K, M, G or T, for instance 2G.");
        if (Cpus is < 1 or > MostCpus) throw new InputException($"--cpus is {Cpus}; it has to lie in 1 .. {MostCpus}.");
    }

    private static string Shown(string value) => new([.. value.Take(60).Select(c => char.IsControl(c) ? '?' : c)]);

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]*(,[A-Za-z0-9_][A-Za-z0-9_.-]*)*\z")]
    private static partial Regex PartitionForm();

    [GeneratedRegex(@"\A([0-9]{1,8}(:[0-9]{1,2}){0,2}|[0-9]{1,5}-[0-9]{1,2}(:[0-9]{1,2}){0,2})\z")]
    private static partial Regex TimeForm();

    [GeneratedRegex(@"\A[0-9]{1,12}[KMGT]?\z")]
    private static partial Regex MemoryForm();
}

/// <summary>The batch script of an array job: task k runs shard k of N into the shared folder, and a task that is run again goes on where it was.</summary>
public static class SlurmScript
{
    /// <summary>Writes the script.</summary>
    /// <param name="store">The store, in a folder that the nodes see under the same path.</param>
    /// <param name="shards">N.</param>
    /// <param name="tasks">The shards to run.</param>
    /// <param name="request">What to ask for.</param>
    /// <param name="program">The program and its first arguments as the nodes find them.</param>
    /// <exception cref="InputException">A value is out of range or cannot stand in a script.</exception>
    public static string Write(SweepStore store, int shards, IReadOnlyList<int> tasks, SlurmRequest request, IReadOnlyList<string> program)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(program);
        request.Validate();
        var script = new StringBuilder();
        void Line(string line) => script.Append(line).Append('\n');
        Line("#!/bin/bash");
        Line($"# Shard k of {shards} of the sweep {store.PlanHash[..SlurmJobs.HashDigits]}, k the number of the task. Run again it goes on where it was.");
        Line($"#SBATCH --job-name=workbook-{store.PlanHash[..SlurmJobs.HashDigits]}");
        Line($"#SBATCH --array={SlurmRanges.Write(tasks)}");
        Line("#SBATCH --ntasks=1");
        Line($"#SBATCH --cpus-per-task={request.Cpus}");
        if (request.Partition is not null) Line($"#SBATCH --partition={request.Partition}");
        if (request.Time is not null) Line($"#SBATCH --time={request.Time}");
        if (request.Memory is not null) Line($"#SBATCH --mem={request.Memory}");
        // Paths stay out of these lines: Slurm puts its own meaning into some characters. The script opens its log itself.
        Line("#SBATCH --requeue");
        Line("#SBATCH --output=/dev/null");
        Line("set -eu");
        Line($"out={Quote(store.Root)}");
        Line($"log=\"$out\"/{SlurmJobs.FolderName}/{store.PlanHash[..SlurmJobs.HashDigits]}");
        Line($"exec >>\"$log/task-${{SLURM_ARRAY_TASK_ID}}of{shards}.txt\" 2>&1");
        Line($"exec {string.Join(' ', program.Select(Quote))} sweep run \"$log/plan.json\" --shard \"${{SLURM_ARRAY_TASK_ID}}/{shards}\" --jobs {request.Cpus} --out \"$out\"");
        return script.ToString();
    }

    /// <summary>A word of a shell command that stands for exactly this text.</summary>
    /// <exception cref="InputException">It has a control character.</exception>
    public static string Quote(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Any(char.IsControl)) throw new InputException($"the path '{new string([.. text.Select(c => char.IsControl(c) ? '?' : c)])}' has a control character; it cannot stand in a job's script.");
        return "'" + text.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
    }
}
