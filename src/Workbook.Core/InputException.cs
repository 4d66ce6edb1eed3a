namespace Workbook.Core;

/// <summary>
/// A parameter or a file that the library cannot work with. The message is one sentence for the user: it names the
/// value, and the range or form that would have been accepted.
/// </summary>
public sealed class InputException : Exception
{
    /// <summary>Creates the exception with the sentence to show.</summary>
    public InputException(string message) : base(message) { }

    /// <summary>Creates the exception with the sentence to show and what lay behind it.</summary>
    public InputException(string message, Exception inner) : base(message, inner) { }
}
