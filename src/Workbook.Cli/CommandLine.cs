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
            // What was not understood says more than what is missing because of it.
            string message = parsed.UnmatchedTokens.Count > 0 ? $"'{parsed.UnmatchedTokens[0]}' is not a command or option of {command}." : parsed.Errors[0].Message;
            Console.Error.WriteLine($"error: {Line(message)} ({command} --help tells more)");
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
        catch (Exception e) when (Expected(e) is Exception expected)
        {
            return Report(expected is OutOfMemoryException ? "there is not enough memory: choose a smaller problem or record fewer steps." : expected.Message);
        }
    }

    private static int Report(string message)
    {
        Console.Error.WriteLine("error: " + Line(message));
        return BadInput;
    }

    /// <summary>What a user can do something about, out of many threads' errors the most telling one; null for a defect of the program.</summary>
    private static Exception? Expected(Exception e)
    {
        IReadOnlyList<Exception> all = e is AggregateException many ? many.Flatten().InnerExceptions : [e];
        return all.FirstOrDefault(x => x is InputException) ?? all.FirstOrDefault(x => x is IOException or UnauthorizedAccessException or OutOfMemoryException);
    }

    private static string Line(string message) => string.Join(' ', message.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Path(CommandResult? command)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = command; at is not null; at = at.Parent)
            if (at is CommandResult c) names.Push(c.Command is RootCommand ? "workbook" : c.Command.Name);
        return names;
    }
}
