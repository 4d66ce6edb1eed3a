using System.CommandLine;
using System.Runtime.InteropServices;
using Workbook.Kernel;

namespace Workbook.Cli.Commands;

/// <summary><c>workbook notebook</c>: notebooks without a front end.</summary>
internal static class NotebookCommand
{
    internal static Command Create()
    {
        var files = new Argument<string[]>("files") { Description = "The notebooks to run.", Arity = ArgumentArity.OneOrMore };
        var outFolder = new Option<string?>("--out") { Description = "Write the executed notebooks into this folder.", HelpName = "folder" };
        var inPlace = new Option<bool>("--in-place") { Description = "Write the executed notebooks over the files." };
        var parameters = new Option<string[]>("--parameters", "-p")
        {
            Description = "Set a parameter declared in the cell tagged `parameters`; may be given several times.",
            HelpName = "name=value",
            Arity = ArgumentArity.OneOrMore,
        };
        var timeout = new Option<double?>("--timeout") { Description = "Seconds that a cell may take.", HelpName = "seconds" };
        var allowErrors = new Option<bool>("--allow-errors") { Description = "Go on after a cell that fails, and do not count it." };
        var check = new Option<bool>("--check") { Description = "Compare with the committed outputs and say which cell differs; writes nothing." };

        var run = new Command("run", "Run the cells of notebooks in order. Exit code 1 if a cell failed or differs, 2 if a file cannot be read, 130 if interrupted.")
        {
            files, outFolder, inPlace, parameters, timeout, allowErrors, check,
        };
        run.SetAction(parsed =>
        {
            var request = new NotebookRequest
            {
                Files = parsed.GetValue(files)!,
                OutFolder = parsed.GetValue(outFolder),
                InPlace = parsed.GetValue(inPlace),
                Parameters = parsed.GetValue(parameters) ?? [],
                TimeoutSeconds = parsed.GetValue(timeout),
                AllowErrors = parsed.GetValue(allowErrors),
                Check = parsed.GetValue(check),
            };
            using var interrupted = new CancellationTokenSource();
            using var signal = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
            {
                // The first Ctrl-C lets the running cell stop and its outputs be written; a second one ends at once.
                context.Cancel = !interrupted.IsCancellationRequested;
                interrupted.Cancel();
            });
            return NotebookRunner.Run(request, Console.IsOutputRedirected ? null : Console.Out, Console.Error, interrupted.Token);
        });
        return new Command("notebook", "Run notebooks without a front end, and write them as pages.") { run, NotebookExportCommand.Create() };
    }
}
