using System.CommandLine;
using System.Diagnostics;
using Workbook.Cli.Output;
using Workbook.Core;
using Workbook.Explorer;

namespace Workbook.Cli.Commands;

/// <summary>`workbook explore`: a local page with sliders; every move trains the model anew.</summary>
internal static class ExploreCommand
{
    private const int DefaultPort = 4870, LastPort = 65535;

    internal static Command Create()
    {
        var port = NumberOption.Whole("--port", $"Port on localhost (default {DefaultPort}, so that links stay good); 0 for any that is free.");
        var quiet = new Option<bool>("--no-browser") { Description = "Only print the address." };
        var to = new Option<string>("--out") { Description = "Folder for saved runs and notebooks.", DefaultValueFactory = _ => "results", HelpName = "DIR" };
        var command = new Command("explore", "Opens a page on this machine with sliders: every move trains the model anew and redraws stages, losses and claims.") { port, quiet, to };
        command.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(port) ?? DefaultPort, parsed.GetValue(to)!, !parsed.GetValue(quiet), cancel));
        return command;
    }

    private static async Task<int> RunAsync(int port, string folder, bool browse, CancellationToken cancel)
    {
        if (port is < 0 or > LastPort) throw new InputException($"the port is {port}; it has to lie in 0 .. {LastPort}.");
        await using ExplorerServer server = await ExplorerServer.StartAsync(new ExplorerOptions(port, folder, RunDocuments.Of), cancel);
        Console.WriteLine($"{server.Address} (Ctrl-C ends it)");
        if (browse) Open(server.Address);
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how this command ends.
        }
        return CommandLine.Success;
    }

    private static void Open(Uri address)
    {
        try
        {
            using var browser = Process.Start(new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true });
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or PlatformNotSupportedException)
        {
            // The address is printed.
        }
    }
}
