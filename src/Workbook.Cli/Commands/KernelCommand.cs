using System.CommandLine;
using System.Runtime.InteropServices;
using Workbook.Kernel;

namespace Workbook.Cli.Commands;

/// <summary><c>workbook kernel</c>: the notebook host as a Jupyter kernel.</summary>
internal static class KernelCommand
{
    private const int BadUsage = 2;

    internal static Command Create() => new("kernel", "Serve C# notebooks to Jupyter, JupyterLab and VS Code.") { Install(), Uninstall(), Start() };

    private static Command Install()
    {
        var (user, prefix) = Places();
        var command = new Command("install", "Make the kernel known to Jupyter, by default for this user.") { user, prefix };
        command.SetAction(parsed => Try(() =>
        {
            foreach (var line in KernelSpec.Install(typeof(KernelCommand).Assembly.Location, Place(parsed, user, prefix)))
            {
                Console.WriteLine(line);
            }
        }));
        return command;
    }

    private static Command Uninstall()
    {
        var (user, prefix) = Places();
        var command = new Command("uninstall", "Remove what `install` wrote.") { user, prefix };
        command.SetAction(parsed => Try(() =>
        {
            foreach (var line in KernelSpec.Uninstall(Place(parsed, user, prefix)))
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
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.EndWithProcess();
        ParentProcess.Watch(server.Stop);
        server.WaitForShutdown();
    }

    private static (Option<bool> User, Option<string?> Prefix) Places() => (
        new Option<bool>("--user") { Description = "In this user's own Jupyter folder (the default)." },
        new Option<string?>("--prefix") { Description = "Below this folder, for example a virtual environment.", HelpName = "folder" });

    private static string? Place(ParseResult parsed, Option<bool> user, Option<string?> prefix) =>
        parsed.GetValue(user) && parsed.GetValue(prefix) is not null
            ? throw new NotebookException("Only one of --user and --prefix can be asked for.")
            : parsed.GetValue(prefix);

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
