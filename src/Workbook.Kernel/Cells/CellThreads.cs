using System.Runtime.ExceptionServices;

namespace Workbook.Kernel;

/// <summary>
/// An exception that nothing catches on a thread that a cell started (or in an <c>async void</c> method) would end the process, and with it the session. It is
/// written to the cell's error stream instead, and only that thread ends.
/// </summary>
internal static class CellThreads
{
    private static readonly Lazy<bool> s_installed = new(() =>
    {
        try
        {
            ExceptionHandling.SetUnhandledExceptionHandler(Report);
            return true;
        }
        catch (InvalidOperationException)
        {
            // The process has such a handler already, and there can be only one.
            return false;
        }
    });

    public static void Install() => _ = s_installed.Value;

    private static bool Report(Exception exception)
    {
        if (CellRun.Current is not { } run)
        {
            return false;
        }

        run.Write(isError: true, $"Nothing caught this on a thread that the cell started: {exception.GetType().Name}: {exception.Message}\n");
        return true;
    }
}
