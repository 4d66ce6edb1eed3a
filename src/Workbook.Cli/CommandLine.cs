using System.CommandLine;
using System.CommandLine.Parsing;
using Workbook.Core;

namespace Workbook.Cli;

/// <summary>Exit codes and one-line errors, the same for every command.</summary>
internal static class CommandLine
{
    public const int Success = 0, ClaimFailed = 1, BadInput = 2, Interrupted = 130;

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            string command = string.Join(' ', Path(parsed.CommandResult));
            Console.Error.WriteLine($"error: {Line(parsed.Errors[0].Message)} ({command} --help tells more)");
            return BadInput;
        }
        try
        {
            // Ctrl-C reaches the command as its token; it keeps what is finished and ends by itself.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("interrupted: what was finished is kept; the same command goes on from there.");
            return Interrupted;
        }
        catch (AggregateException e) when (e.Flatten().InnerExceptions.FirstOrDefault(x => x is InputException) is InputException input)
        {
            return Report(input.Message);
        }
        catch (InputException e)
        {
            return Report(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            return Report(e.Message);
        }
    }

    private static int Report(string message)
    {
        Console.Error.WriteLine("error: " + Line(message));
        return BadInput;
    }

    private static string Line(string message) => message.ReplaceLineEndings(" ");

    private static IEnumerable<string> Path(CommandResult? command)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = command; at is not null; at = at.Parent)
            if (at is CommandResult c) names.Push(c.Command is RootCommand ? "workbook" : c.Command.Name);
        return names;
    }
}
