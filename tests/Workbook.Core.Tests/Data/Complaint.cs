using Xunit;

namespace Workbook.Core.Tests.Data;

/// <summary>An action that must fail with one sentence for the user.</summary>
internal static class Complaint
{
    /// <summary>Runs the action and checks that its error is an <see cref="InputException"/>, on one line, with <paramref name="expected"/> in it.</summary>
    public static void Of(Action action, string expected)
    {
        InputException error = Assert.Throws<InputException>(action);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
