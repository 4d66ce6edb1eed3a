namespace Workbook.Kernel;

/// <summary>An error of the cell's text or its directives, already worded for the reader.</summary>
internal sealed class CellException(CellError error) : Exception(error.Message)
{
    public CellException(string name, string message) : this(CellError.Plain(name, message))
    {
    }

    public CellError Error { get; } = error;
}

/// <summary>Thrown inside a cell that was told to stop.</summary>
internal sealed class CellInterruptedException() : OperationCanceledException("The cell was interrupted.");

/// <summary>Thrown where a cell asked for the whole process to end.</summary>
internal sealed class CellExitException(int exitCode)
    : Exception($"The cell called Environment.Exit({exitCode}). It was stopped there; the session and everything computed so far are kept.");
