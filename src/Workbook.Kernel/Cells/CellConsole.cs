using System.Text;

namespace Workbook.Kernel;

/// <summary>
/// Sends what is written to <see cref="Console"/> to the cell that writes it, and what is read from it to the front end. Code that belongs to
/// no cell keeps the console it had.
/// </summary>
internal static class CellConsole
{
    private static readonly Lazy<bool> s_installed = new(() =>
    {
        Terminal = Console.Out;
        TerminalError = Console.Error;
        Console.SetOut(new Writer(isError: false, Terminal));
        Console.SetError(new Writer(isError: true, TerminalError));
        Console.SetIn(new Reader(Console.In));
        return true;
    });

    /// <summary>The console as it was, for the host's own words.</summary>
    public static TextWriter Terminal { get; private set; } = Console.Out;

    /// <summary>The error stream as it was.</summary>
    public static TextWriter TerminalError { get; private set; } = Console.Error;

    public static void Install() => _ = s_installed.Value;

    private sealed class Writer : TextWriter
    {
        private readonly bool _isError;
        private readonly TextWriter _otherwise;

        public Writer(bool isError, TextWriter otherwise)
        {
            _isError = isError;
            _otherwise = otherwise;
            // Notebooks hold the same text whatever system wrote them.
            CoreNewLine = ['\n'];
        }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

        public override void Write(string? value)
        {
            if (value is null)
            {
                return;
            }

            if (CellRun.Current is { } run)
            {
                run.Write(_isError, value);
            }
            else
            {
                _otherwise.Write(value);
            }
        }

        public override void WriteLine(string? value) => Write(value + "\n");

        public override void Flush()
        {
            if (CellRun.Current is { } run)
            {
                run.Flush();
            }
            else
            {
                _otherwise.Flush();
            }
        }
    }

    private sealed class Reader(TextReader otherwise) : TextReader
    {
        public override string? ReadLine()
        {
            if (CellRun.Current is not { } run)
            {
                return otherwise.ReadLine();
            }

            run.Flush();
            return run.Input is { } ask
                ? ask("", false)
                : throw new InvalidOperationException("This cell asks for input, and no one is there to answer.");
        }

        public override int Read() => CellRun.Current is null ? otherwise.Read() : throw new InvalidOperationException("In a cell only whole lines can be read: use Console.ReadLine().");

        public override int Peek() => CellRun.Current is null ? otherwise.Peek() : -1;
    }
}
