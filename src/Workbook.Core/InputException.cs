namespace Workbook.Core;

/// <summary>
/// What the user gave (a file, a folder, a parameter) cannot be used.
/// The message is one sentence for the user: it names the file or parameter, the value found, and what is allowed.
/// The command line prints it as it is, without a stack trace, and exits with code 2.
/// </summary>
public sealed class InputException : Exception
{
    /// <summary>An input error described by <paramref name="message"/>.</summary>
    public InputException(string message) : base(message)
    {
    }

    /// <summary>An input error described by <paramref name="message"/> and caused by <paramref name="innerException"/>.</summary>
    public InputException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>An input error without a description; prefer the other constructors.</summary>
    public InputException() : this("The input cannot be used.")
    {
    }
}
