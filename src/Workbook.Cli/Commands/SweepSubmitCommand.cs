using System.CommandLine;
using Workbook.Core;
using Workbook.Core.Sweeps;

namespace Workbook.Cli.Commands;

/// <summary>`workbook sweep submit`: what is missing of a plan as an array job.</summary>
internal static class SweepSubmitCommand
{
    private const int DefaultTasks = 16;

    private sealed record Request(string Root, int? Shards, SlurmRequest Slurm, string? Program, bool Dry);

    public static Command Create()
    {
        var command = new Command("submit", "Submits what is missing of a plan as an array job, a shard a task, into a folder that the nodes share.");
        var (file, preset) = SweepCommand.PlanInputs(command);
        var slurm = new Option<bool>("--slurm") { Description = "To Slurm, by sbatch." };
        Option<int?> size = NumberOption.Whole("--array-size", $"Shards of the plan (default: as submitted before, else {DefaultTasks}).");
        var partition = new Option<string?>("--partition") { Description = "Slurm's partition.", HelpName = "P" };
        var time = new Option<string?>("--time") { Description = "Time limit of a task, for instance 2:00:00.", HelpName = "T" };
        var memory = new Option<string?>("--mem") { Description = "Memory of a task, for instance 2G.", HelpName = "M" };
        Option<int?> cpus = NumberOption.Whole("--cpus", "Cores of a task (default 1).");
        var program = new Option<string?>("--program") { Description = "The published program as the nodes find it: workbook or workbook.dll (default: this one).", HelpName = "PATH" };
        var to = new Option<string>("--out") { Description = "Folder of the sweep.", DefaultValueFactory = _ => "results/sweep", HelpName = "DIR" };
        var dry = new Option<bool>("--dry-run") { Description = "Print the script; nothing is written or submitted." };
        foreach (Option option in (Option[])[slurm, size, partition, time, memory, cpus, program, to, dry]) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            if (!parsed.GetValue(slurm)) throw new InputException("where to is not said; there is --slurm.");
            var request = new SlurmRequest(parsed.GetValue(partition), parsed.GetValue(time), parsed.GetValue(memory), parsed.GetValue(cpus) ?? 1);
            request.Validate();
            SweepPlan plan = SweepCommand.Read(parsed.GetValue(file), parsed.GetValue(preset));
            Submit(plan, new Request(parsed.GetValue(to)!, parsed.GetValue(size), request, parsed.GetValue(program), parsed.GetValue(dry)));
            return CommandLine.Success;
        });
        return command;
    }

    private static void Submit(SweepPlan plan, Request request)
    {
        if (!request.Dry && !SweepSubmitSlurm.Has("sbatch"))
            throw new InputException("sbatch is not installed here; submit where Slurm's client programs are, or print the script with --dry-run.");
        var store = new SweepStore(request.Root, plan);
        var jobs = new SlurmJobs(store);
        IReadOnlyList<SlurmJob> earlier = jobs.All();
        int most = Shard.MostOf(plan.Rows);
        int shards = request.Shards ?? (earlier.Count > 0 ? earlier[^1].Shards : (int?)null) ?? Math.Min(DefaultTasks, most);
        if (shards < 1 || shards > most) throw new InputException($"--array-size is {shards}; for a plan of {plan.Rows} rows it has to lie in 1 .. {most}.");

        SweepSubmitSlurm.Known known = SweepSubmitSlurm.Ask(earlier);
        if (!known.Complete)
        {
            string sentence = $"it is not known which tasks are queued: {known.Source}";
            if (!request.Dry) throw new InputException(sentence + "; nothing was submitted.");
            Console.Error.WriteLine(sentence + ".");
        }
        if (earlier.FirstOrDefault(j => j.Shards != shards && known.Tasks.Any(t => t.Job == j.Job && !t.Ended)) is SlurmJob other)
            throw new InputException($"--array-size is {shards}, but job {other.Job} with {other.Shards} shards has not ended; divide the plan in one way at a time.");
        IReadOnlyList<ShardState> states = ShardState.Of(SweepStatus.Of(store, shards, sentence => Console.Error.WriteLine(sentence)), earlier, known.Tasks);
        int[] tasks = [.. states.Where(s => !s.Done && !s.Busy).Select(s => s.Store.Shard.Number)];
        int busy = states.Count(s => s.Busy), done = states.Count(s => s.Done);
        string rest = $"{done} of {shards} shards are done, {busy} are queued or running";
        if (tasks.Length == 0)
        {
            (request.Dry ? Console.Error : Console.Out).WriteLine($"nothing to submit: {rest}");
            return;
        }
        string script = SlurmScript.Write(store, shards, tasks, request.Slurm, Program(request.Program));
        if (request.Dry)
        {
            Console.Write(script);
            Console.Error.WriteLine($"{tasks.Length} tasks would be submitted: {rest}");
            return;
        }
        long job = SweepSubmitSlurm.Submit(jobs.Prepare(script));
        jobs.Add(new SlurmJob(job, shards, SlurmRanges.Write(tasks)));
        Console.WriteLine($"job {job}: {tasks.Length} tasks ({SlurmRanges.Write(tasks)}); {rest}");
    }

    /// <summary>The command that the tasks start.</summary>
    private static string[] Program(string? given)
    {
        if (given is not null)
        {
            string path = Path.GetFullPath(given);
            return path.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", path] : [path];
        }
        string own = Environment.ProcessPath ?? throw new InputException("the program does not know its own path; name it with --program.");
        return Path.GetFileNameWithoutExtension(own) == "dotnet" ? [own, typeof(SweepSubmitCommand).Assembly.Location] : [own];
    }
}
