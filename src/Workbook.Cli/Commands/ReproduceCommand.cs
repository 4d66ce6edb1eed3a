using System.CommandLine;
using Workbook.Cli.Output;
using Workbook.Core;
using Workbook.Core.Data;
using Workbook.Core.Theory.Experiments;

namespace Workbook.Cli.Commands;

/// <summary>`workbook reproduce`: the main job.</summary>
internal static class ReproduceCommand
{
    private const int FullSeeds = 20, QuickSeeds = 5;

    public static Command Create()
    {
        var command = new Command("reproduce", "Runs every experiment, checks every claim and writes claims.json, claims.md, a picture and the runs.");
        var quick = new Option<bool>("--quick") { Description = "Fewer seeds and settings." };
        Option<int?> seeds = NumberOption.Whole("--seeds", $"Seeds of figure-1 (default {FullSeeds}, with --quick {QuickSeeds}); the other experiments use at most this many.", "K");
        var to = new Option<string>("--out") { Description = "Folder for results.", DefaultValueFactory = _ => "results", HelpName = "DIR" };
        var strict = new Option<bool>("--strict") { Description = "Exit with 1 if a claim fails." };
        var force = new Option<bool>("--force") { Description = "Run again what is stored already." };
        foreach (Option option in (Option[])[quick, seeds, to, strict, force]) command.Options.Add(option);
        // On a thread of its own: Ctrl-C is listened to only once the action has returned its task.
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            int k = parsed.GetValue(seeds) ?? (parsed.GetValue(quick) ? QuickSeeds : FullSeeds);
            if (k is < 1 or > 1000) throw new InputException($"--seeds is {k}; it has to lie in 1 .. 1000.");
            FoundDigits digits = DataFolder.FindDigits();
            var size = new ReproductionSize(k, parsed.GetValue(quick), digits);
            bool holds = new ReproductionRun(parsed.GetValue(to)!, parsed.GetValue(force)).Run(size, cancel);
            return holds || !parsed.GetValue(strict) ? CommandLine.Success : CommandLine.ClaimFailed;
        }, CancellationToken.None));
        return command;
    }
}
