using Spectre.Console;

namespace Workbook.Cli.Output;

/// <summary>Tables and progress: live on a terminal, plain and quiet where output goes to a file or a pipe.</summary>
internal static class Terminal
{
    /// <summary>Width of a table that nobody's window limits.</summary>
    private const int PipedWidth = 160;

    public static bool Interactive => !Console.IsOutputRedirected && !Console.IsErrorRedirected && AnsiConsole.Profile.Capabilities.Interactive;

    public static Table Table(params string[] headers)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (string header in headers) table.AddColumn(new TableColumn(new Text(header)));
        return table;
    }

    public static Text[] Cells(params string[] cells) => [.. cells.Select(c => new Text(c))];

    public static void Write(Table table)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = PipedWidth;
        AnsiConsole.Write(table);
    }

    /// <summary>Runs something that reports steps done, under a bar where someone is watching.</summary>
    public static T WithProgress<T>(string title, int total, Func<IProgress<int>?, T> work)
    {
        if (!Interactive) return work(null);
        return AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: total);
            return work(new Direct(done => task.Value = done));
        });
    }

    /// <summary>Reports at once, in the caller's thread: the order of values is the order of work.</summary>
    private sealed class Direct(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
