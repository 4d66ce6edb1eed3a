namespace Workbook.Benchmarks.Commands;

/// <summary>What a person at a terminal sees while something is measured: one line that is written over. Nothing where output goes to a file or pipe.</summary>
internal static class Output
{
    public static bool Interactive => !Console.IsOutputRedirected && !Console.IsErrorRedirected;

    /// <summary>Shows what is being done now, if <paramref name="show"/>.</summary>
    public static Action<string> Progress(bool show) => show ? text => Console.Error.Write($"\r\u001b[K{text}") : _ => { };

    /// <summary>Clears the line.</summary>
    public static void Done(bool show)
    {
        if (show) Console.Error.Write("\r\u001b[K");
    }
}
