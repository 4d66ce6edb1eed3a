using System.CommandLine;
using Workbook.Core;
using Workbook.Core.Data;

namespace Workbook.Cli.Commands;

/// <summary>`workbook data`: which digits are used, and fetching MNIST and text.</summary>
internal static class DataCommand
{
    public static Command Create()
    {
        var command = new Command("data", "Finds or fetches the data sets that experiments use.");
        var where = new Command("where", "Says which digits would be used, and why.");
        where.SetAction(_ =>
        {
            Console.WriteLine(DataFolder.FindDigits().Sentence);
            return CommandLine.Success;
        });
        var fetch = new Command("fetch", "Downloads a data set, verified by checksum.");
        var name = new Argument<string>("NAME") { Description = "mnist, sst2 or imdb" };
        name.AcceptOnlyFromAmong("mnist", "sst2", "imdb");
        var to = new Option<string?>("--out") { Description = "Folder (default: data/cache/NAME of the project).", HelpName = "DIR" };
        fetch.Arguments.Add(name);
        fetch.Options.Add(to);
        fetch.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(name) is string set and not "mnist")
            {
                TextArchive archive = set == "sst2" ? TextDownload.Sst : TextDownload.Imdb;
                string place = parsed.GetValue(to) ?? TextDownload.Cache(archive);
                await TextDownload.FetchAsync(archive, place, null, cancel);
                Console.WriteLine($"{set} is in {place}");
                return CommandLine.Success;
            }
            string folder = parsed.GetValue(to) ?? DataFolder.MnistCache();
            await MnistDownload.FetchAsync(folder, null, null, cancel);
            Console.WriteLine($"MNIST is in {folder}");
            return CommandLine.Success;
        });
        command.Subcommands.Add(where);
        command.Subcommands.Add(fetch);
        return command;
    }
}
