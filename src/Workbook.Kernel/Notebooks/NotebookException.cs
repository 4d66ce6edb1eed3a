namespace Workbook.Kernel;

/// <summary>A notebook that cannot be read, or a request that cannot be met, in one sentence for the reader.</summary>
public sealed class NotebookException : Exception
{
    /// <summary>An error without words of its own.</summary>
    public NotebookException()
    {
    }

    /// <summary>An error in one sentence.</summary>
    public NotebookException(string message) : base(message)
    {
    }

    /// <summary>An error in one sentence, and where it came from.</summary>
    public NotebookException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
