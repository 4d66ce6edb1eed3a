using System.Diagnostics;
using System.Globalization;

namespace Workbook.Kernel;

/// <summary>Watches the front end that started the kernel: if it dies without a word, the kernel must not stay behind.</summary>
public static class ParentProcess
{
    /// <summary>Calls <paramref name="gone"/> once the process that Jupyter names in <c>JPY_PARENT_PID</c> is no more.</summary>
    public static void Watch(Action gone)
    {
        ArgumentNullException.ThrowIfNull(gone);
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), CultureInfo.InvariantCulture, out var id) || id <= 1 || OperatingSystem.IsWindows())
        {
            // On Windows the variable holds a handle, and Jupyter ends its children itself.
            return;
        }

        new Thread(() =>
        {
            while (IsAlive(id))
            {
                Thread.Sleep(1_000);
            }

            gone();
        })
        { IsBackground = true, Name = "parent watch" }.Start();
    }

    private static bool IsAlive(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited && !IsZombie(id);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // Dead, but not yet buried by its own parent: "pid (name) Z ...".
    private static bool IsZombie(int id)
    {
        try
        {
            var stat = OperatingSystem.IsLinux() ? File.ReadAllText($"/proc/{id}/stat") : "";
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart().StartsWith("Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
