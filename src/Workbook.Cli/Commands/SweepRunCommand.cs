using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Report.Writing;
using Workbook.Core;
using Workbook.Core.Sweeps;

namespace Workbook.Cli.Commands;

/// <summary>`workbook sweep run`: runs what is missing of a plan, or of a shard of it.</summary>
internal static class SweepRunCommand
{
    private const int MostJobs = 1024, MostPartRows = 1 << 20;

    public static Command Create()
    {
        var command = new Command("run", "Runs what is missing of a plan; interrupted at any moment, the same command goes on from there.");
        var (file, preset) = SweepCommand.PlanInputs(command);
        Option<int?> jobs = NumberOption.Whole("--jobs", "Threads (default: all cores).");
        var shard = new Option<string?>("--shard") { Description = "Only the k-th of N parts of the plan.", HelpName = "k/N" };
        var to = new Option<string>("--out") { Description = "Folder of the sweep.", DefaultValueFactory = _ => "results/sweep", HelpName = "DIR" };
        Option<int?> part = NumberOption.Whole("--part-rows", $"Rows of a closed file (default {SweepRun.PartRows}).");
        var retry = new Option<bool>("--retry-failed") { Description = "Run rows whose run failed again, too; else a failure is final." };
        foreach (Option option in (Option[])[jobs, shard, to, part, retry]) command.Options.Add(option);
        // On a thread of its own: Ctrl-C is listened to only once the action has returned its task.
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            int threads = parsed.GetValue(jobs) ?? Environment.ProcessorCount;
            if (threads is < 1 or > MostJobs) throw new InputException($"--jobs is {threads}; it has to lie in 1 .. {MostJobs}.");
            int rows = parsed.GetValue(part) ?? SweepRun.PartRows;
            if (rows is < 1 or > MostPartRows) throw new InputException($"--part-rows is {rows}; it has to lie in 1 .. {MostPartRows}.");
            Shard own = parsed.GetValue(shard) is string text ? Shard.Parse(text) : Shard.Whole;
            SweepPlan plan = SweepCommand.Read(parsed.GetValue(file), parsed.GetValue(preset));
            Run(new SweepStore(parsed.GetValue(to)!, plan), own, threads, rows, parsed.GetValue(retry), cancel);
            return CommandLine.Success;
        }, CancellationToken.None));
        return command;
    }

    private static void Run(SweepStore store, Shard shard, int jobs, int partRows, bool retryFailed, CancellationToken cancel)
    {
        var progress = new SweepProgress();
        var clock = Stopwatch.StartNew();
        Task work = Task.Run(() => SweepRun.Run(store, shard, jobs, progress, sentence => Console.Error.WriteLine(sentence), partRows, retryFailed, cancel), CancellationToken.None);
        if (Terminal.Interactive) Watch(store, work, progress, clock);
        else
            while (!Finished(work, TimeSpan.FromSeconds(1))) Console.WriteLine(Line(progress, clock, "running"));
        work.GetAwaiter().GetResult();
        if (!Terminal.Interactive)
        {
            Console.WriteLine(Line(progress, clock, "done"));
            return;
        }
        long now = progress.Done - progress.Found;
        Console.WriteLine($"{progress.Done} rows are in {store.Root}, {now} of them from now: {ShortNumbers.Short(now / clock.Elapsed.TotalSeconds)} a second, {progress.Failed} failed");
    }

    private static void Watch(SweepStore store, Task work, SweepProgress progress, Stopwatch clock) => AnsiConsole.Progress().AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn()).Start(context =>
        {
            ProgressTask bar = context.AddTask("sweep");
            do
            {
                bar.MaxValue = Math.Max(1, progress.Total);
                bar.Value = progress.Done;
                var (rate, left) = Rate(progress, clock);
                string ahead = left is double seconds ? $", {SweepPlanCommand.Duration(seconds)} left" : "";
                bar.Description = Markup.Escape($"{store.Plan.Name}: {progress.Done} of {progress.Total}, {ShortNumbers.Short(rate)} a second{ahead}{(progress.Failed > 0 ? $", {progress.Failed} failed" : "")}");
            }
            while (!Finished(work, TimeSpan.FromMilliseconds(200)));
        });

    private static bool Finished(Task work, TimeSpan wait) => Task.WaitAny([work], wait) >= 0;

    private static (double Rate, double? Left) Rate(SweepProgress progress, Stopwatch clock)
    {
        double rate = (progress.Done - progress.Found) / clock.Elapsed.TotalSeconds;
        return (Math.Max(0, rate), rate > 0 ? (progress.Total - progress.Done) / rate : null);
    }

    private static string Line(SweepProgress progress, Stopwatch clock, string state)
    {
        var (rate, left) = Rate(progress, clock);
        return JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["state"] = state,
            ["done"] = progress.Done,
            ["total"] = progress.Total,
            ["failed"] = progress.Failed,
            ["found"] = progress.Found,
            ["rate"] = Math.Round(rate, 1),
            ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 1),
            ["seconds_left"] = left is double s ? Math.Round(s, 1) : null,
        });
    }
}
