using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Core;
using Workbook.Core.Sweeps;

namespace Workbook.Cli.Commands;

/// <summary>`workbook sweep status`: what is there, what runs and what is missing, from the store and, where jobs were submitted, from Slurm.</summary>
internal static class SweepStatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Shows rows and shards that are done, running, failed and missing.");
        var what = new Argument<string?>("F|DIR") { Description = "The plan, or the folder of the sweep (default: the one of --out).", Arity = ArgumentArity.ZeroOrOne };
        var at = new Option<string>("--out") { Description = "Folder of the sweep, where a plan is given.", DefaultValueFactory = _ => "results/sweep", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "One JSON object with every shard." };
        command.Arguments.Add(what);
        command.Options.Add(at);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            string folder = parsed.GetValue(at)!;
            SweepStore store = parsed.GetValue(what) switch
            {
                null => SweepStore.Open(folder),
                string path when Directory.Exists(path) => SweepStore.Open(path),
                string path => new SweepStore(folder, PlanJson.ReadFile(path)),
            };
            Show(store, parsed.GetValue(json));
            return CommandLine.Success;
        });
        return command;
    }

    private static void Show(SweepStore store, bool json)
    {
        IReadOnlyList<SlurmJob> jobs = new SlurmJobs(store).All();
        SweepSubmitSlurm.Known known = SweepSubmitSlurm.Ask(jobs);
        SweepStatus status = SweepStatus.Of(store, jobs.Count > 0 ? jobs[^1].Shards : null, sentence => Console.Error.WriteLine(sentence));
        IReadOnlyList<ShardState> shards = ShardState.Of(status, jobs, known.Tasks);
        string[] states = ["done", "running", "queued", "stopped", "missing"];
        Dictionary<string, int> counts = states.ToDictionary(s => s, s => shards.Count(x => x.State == s), StringComparer.Ordinal);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                plan = store.PlanHash,
                rows = store.Plan.Rows,
                done = status.Done,
                failed = status.Failed,
                missing = status.Missing,
                slurm = known.Source,
                jobs = jobs.Select(j => j.Job),
                shards = shards.Count,
                states = counts,
                shard = shards.Select(s => new { k = s.Store.Shard.Number, state = s.State, rows = s.Store.Rows, done = s.Store.Done, failed = s.Store.Failed, by = s.Store.By, job = s.Task?.Job, slurm = s.Task?.State }),
            }));
            return;
        }
        Console.WriteLine($"plan     {store.Plan.Name} ({store.PlanHash[..16]})");
        Console.WriteLine($"rows     {status.Done} of {store.Plan.Rows} done ({status.Failed} of them failed), {status.Missing} missing");
        Console.WriteLine($"shards   {shards.Count}: {string.Join(", ", states.Select(s => $"{counts[s]} {s}"))}");
        Console.WriteLine($"slurm    {(jobs.Count == 0 ? "" : $"job {string.Join(", ", jobs.Select(j => j.Job))}: ")}{known.Source}");
        if (shards.All(s => s.Done)) return;
        var table = Terminal.Table("shard", "state", "done", "of", "failed", "told by");
        foreach (ShardState s in shards.Where(s => !s.Done))
        {
            string task = s.Task is SlurmTask t ? $"{t.Job}_{t.Task} {t.State}{(t.Detail.Length > 0 ? $" ({t.Detail})" : "")}" : "";
            table.AddRow(Terminal.Cells($"{s.Store.Shard.Number}/{shards.Count}", s.State, $"{s.Store.Done}", $"{s.Store.Rows}", $"{s.Store.Failed}", string.Join(", ", ((string?[])[s.Store.By, task]).Where(w => !string.IsNullOrEmpty(w)))));
        }
        Terminal.Write(table);
    }
}
