using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>One thing that a cell showed, in the order in which it was shown.</summary>
public abstract record CellOutput;

/// <summary>Text written to the console.</summary>
/// <param name="IsError">True for the error stream.</param>
/// <param name="Text">The text as written; neighbouring writes may have been joined.</param>
public sealed record StreamOutput(bool IsError, string Text) : CellOutput
{
    /// <summary>The stream's name in the notebook format.</summary>
    public string Name => IsError ? "stderr" : "stdout";
}

/// <summary>A value shown while the cell ran.</summary>
/// <param name="Data">The MIME bundle: each representation under its type.</param>
/// <param name="DisplayId">The name under which it can be replaced, if it has one.</param>
/// <param name="IsUpdate">True if it replaces what this cell showed under <paramref name="DisplayId"/>.</param>
public sealed record DisplayOutput(JsonObject Data, string? DisplayId = null, bool IsUpdate = false) : CellOutput;

/// <summary>The value of the cell's last expression.</summary>
/// <param name="Data">The MIME bundle: each representation under its type.</param>
public sealed record ResultOutput(JsonObject Data) : CellOutput;

/// <summary>Why the cell did not come to its end.</summary>
/// <param name="Error">The error, ready to be read.</param>
public sealed record ErrorOutput(CellError Error) : CellOutput;

/// <summary>An error in the form that notebooks store.</summary>
/// <param name="Name">Short name: the exception's type, or what stopped the cell.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Traceback">Lines of plain text, from the message to the place in the cell.</param>
public sealed record CellError(string Name, string Message, IReadOnlyList<string> Traceback)
{
    /// <summary>The error's name when a cell was interrupted.</summary>
    public const string Interrupted = "Interrupted";

    /// <summary>An error that has no place in the cell to point to.</summary>
    public static CellError Plain(string name, string message) => new(name, message, [$"{name}: {message}"]);
}
