using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Workbook.Core;
using Workbook.Core.Sweeps;

namespace Workbook.Cli.Commands;

/// <summary>Slurm's own programs, and no more of Slurm than they tell.</summary>
internal static class SweepSubmitSlurm
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What is known of a plan's tasks.</summary>
    /// <param name="Tasks">Tasks, those of squeue last: it knows the present.</param>
    /// <param name="Source">Where they come from, in words.</param>
    /// <param name="Complete">Whether squeue answered, so that no task can be waiting or running unseen.</param>
    public sealed record Known(IReadOnlyList<SlurmTask> Tasks, string Source, bool Complete);

    /// <summary>Whether a program can be found.</summary>
    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    /// <summary>Asks squeue and sacct for some jobs.</summary>
    public static Known Ask(IReadOnlyList<SlurmJob> jobs)
    {
        if (jobs.Count == 0) return new Known([], "no job was submitted for this plan", true);
        string ids = string.Join(',', jobs.Select(j => j.Job.ToString(CultureInfo.InvariantCulture)));
        var tasks = new List<SlurmTask>();
        var words = new List<string>();
        bool complete = false;
        if (!Has("sacct")) words.Add("sacct is not installed");
        else if (Run("sacct", "--noheader", "--parsable2", "--allocations", "--jobs=" + ids, "--format=" + SlurmTask.AccountingFormat) is var (code, text, error) && code == 0)
        {
            tasks.AddRange(SlurmTask.FromAccounting(text));
            words.Add("sacct");
        }
        else words.Add($"sacct does not answer ({First(error)})");
        if (!Has("squeue")) words.Insert(0, "squeue is not installed");
        else
        {
            // A job that the controller has forgotten is an error of squeue's where it is the only one that is asked for.
            var (left, queue, trouble) = Run("squeue", "--noheader", "--array", "--states=all", "--jobs=" + ids, "--format=" + SlurmTask.QueueFormat);
            complete = left == 0 || trouble.Contains("Invalid job id", StringComparison.Ordinal);
            if (left == 0) tasks.AddRange(SlurmTask.FromQueue(queue));
            words.Insert(0, complete ? "squeue" : $"squeue does not answer ({First(trouble)})");
        }
        return new Known(tasks, string.Join("; ", words), complete);
    }

    /// <summary>Submits a script.</summary>
    /// <returns>Number of the job.</returns>
    public static long Submit(string script)
    {
        var (code, text, error) = Run("sbatch", "--parsable", script);
        return code == 0 && long.TryParse(text.Trim().Split(';')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long job)
            ? job
            : throw new InputException($"sbatch refused the job: {First(error.Length > 0 ? error : text)}");
    }

    private static (int Code, string Out, string Error) Run(string program, params string[] arguments)
    {
        try
        {
            var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            // Else Slurm shortens the numbers of waiting tasks (7_[1,3,5,...]).
            info.Environment["SLURM_BITSTR_LEN"] = "0";
            using var process = System.Diagnostics.Process.Start(info)!;
            process.StandardInput.Close();
            Task<string> text = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                return (-1, "", $"no answer within {Patience.TotalSeconds:F0} s");
            }
            Task.WaitAll(text, error);
            return (process.ExitCode, text.Result, error.Result);
        }
        catch (Win32Exception e)
        {
            return (-1, "", e.Message);
        }
    }

    private static string First(string text) => text.Trim().Split('\n')[0].TrimEnd('\r', '.');
}
