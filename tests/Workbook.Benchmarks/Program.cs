using System.CommandLine;
using Workbook.Benchmarks.Commands;
using Workbook.Core;

namespace Workbook.Benchmarks;

/// <summary>How fast is it, beside what else there is? One command for each kind of answer.</summary>
internal static class Program
{
    /// <summary>Exit codes.</summary>
    public const int BadInput = 2, Interrupted = 130;

    /// <summary>What a person types to run a command of this program.</summary>
    public static string CommandLine(string command) => $"dotnet run -c Release --project tests/Workbook.Benchmarks -- {command}";

    private static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Benchmarks of the SignGD Workbook: kernels, whole runs against their peers, and how the cost grows.")
        {
            CompareCommand.Create(),
            GrowthCommand.Create(),
            ScaleCommand.Create(),
            KernelsCommand.Create(),
            ReportCommand.Create(),
            ReadmeCommand.Create(),
            MeasureCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            string message = parsed.UnmatchedTokens.Count > 0 ? $"'{parsed.UnmatchedTokens[0]}' is not a command or option here." : parsed.Errors[0].Message;
            Console.Error.WriteLine($"error: {message} (--help tells more)");
            return BadInput;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
        }
        catch (OperationCanceledException)
        {
            // The measuring process gets the same Ctrl-C; one sentence of the one that started it is enough.
            if (args.FirstOrDefault() != MeasureCommand.Name) Console.Error.WriteLine("interrupted: what was measured is kept; --only measures single rows.");
            return Interrupted;
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("error: " + e.Message.ReplaceLineEndings(" "));
            return BadInput;
        }
    }
}
