using System.CommandLine;
using Workbook.Core.Sweeps;

namespace Workbook.Cli.Commands;

/// <summary>`workbook sweep collect`: one table out of all shards.</summary>
internal static class SweepCollectCommand
{
    public static Command Create()
    {
        var command = new Command("collect", "Merges the shards of a sweep into one Parquet file, sorted; checksums verified, duplicates compared.");
        var folders = new Argument<string[]>("DIR") { Description = "Folders of the sweep (default results/sweep).", Arity = ArgumentArity.ZeroOrMore };
        var to = new Option<string>("--out") { Description = "File to write.", Required = true, HelpName = "F.parquet" };
        command.Arguments.Add(folders);
        command.Options.Add(to);
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            string[] given = parsed.GetValue(folders) is { Length: > 0 } some ? some : ["results/sweep"];
            SweepStore[] stores = [.. given.Select(SweepStore.Open)];
            Collected collected = SweepCollect.Run(stores, parsed.GetValue(to)!, sentence => Console.Error.WriteLine(sentence), cancel);
            Console.WriteLine($"{collected.Rows} rows in {parsed.GetValue(to)}: {collected.Missing} of the plan are missing, {collected.Failed} failed, {collected.Duplicates} were there twice");
            return CommandLine.Success;
        }, CancellationToken.None));
        return command;
    }
}
