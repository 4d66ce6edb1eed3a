using System.CommandLine;
using System.Runtime.InteropServices;
using Workbook.Kernel;

namespace Workbook.Cli.Commands;

/// <summary><c>workbook kernel</c>: the notebook host as a Jupyter kernel.</summary>
internal static class KernelCommand
{
    private const int BadUsage = 2;

    internal static Command Create() => new("kernel", "Serve C# notebooks to Jupyter, JupyterLab and VS Code.") { Install(), Uninstall(), Start() };

    private static Command Install() =>
        Placed("install", "Make the kernel known to Jupyter, by default for this user.", prefix => KernelSpec.Install(typeof(KernelCommand).Assembly.Location, prefix));

    private static Command Uninstall() => Placed("uninstall", "Remove what `install` wrote.", KernelSpec.Uninstall);

    private static Command Placed(string name, string description, Func<string?, IReadOnlyList<string>> work)
    {
        var user = new Option<bool>("--user") { Description = "In this user's own Jupyter folder (the default)." };
        var prefix = new Option<string?>("--prefix") { Description = "Below this folder, for example a virtual environment.", HelpName = "folder" };
        var command = new Command(name, description) { user, prefix };
        command.SetAction(parsed => Try(() =>
        {
            if (parsed.GetValue(user) && parsed.GetValue(prefix) is not null)
            {
                throw new NotebookException("Only one of --user and --prefix can be asked for.");
            }

            foreach (var line in work(parsed.GetValue(prefix)))
            {
                Console.WriteLine(line);
            }
        }));
        return command;
    }

    private static Command Start()
    {
        var connectionFile = new Option<string>("--connection-file", "-f") { Description = "The file that says where to listen.", HelpName = "file", Required = true };
        var command = new Command("start", "Start the kernel; front ends do this themselves.") { connectionFile };
        command.SetAction(parsed => Try(() =>
        {
            Serve(ConnectionFile.Read(parsed.GetValue(connectionFile)!));
            KernelServer.CloseNetwork();
        }));
        return command;
    }

    private static void Serve(ConnectionFile connection)
    {
        using var server = new KernelServer(connection, Environment.CurrentDirectory);
        // A Ctrl-C in the terminal where the front end runs reaches its kernels too: it stops their cells, not them.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            server.Interrupt();
        });
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (server.EndWithProcess())
            {
                KernelServer.CloseNetwork();
            }
        };
        ParentProcess.Watch(server.Stop);
        server.WaitForShutdown();
    }

    private static int Try(Action action)
    {
        try
        {
            action();
            return 0;
        }
        catch (NotebookException error)
        {
            Console.Error.WriteLine(error.Message);
            return BadUsage;
        }
    }
}
