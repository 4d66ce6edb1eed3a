using System.Diagnostics;
using Xunit;

namespace Workbook.Core.Tests.Data;

/// <summary>Runs a few lines of Python where it is installed; a test that needs it skips with the reason where it is not.</summary>
internal static class PythonScript
{
    /// <summary>Runs <paramref name="script"/> in <paramref name="folder"/> and returns what it printed; fails the test if it fails.</summary>
    public static string Run(string folder, string module, string script)
    {
        string? python = Find(module);
        if (python is null)
        {
            Assert.Skip($"python3 with {module} is not installed here; the comparison with it was not made.");
        }

        (int code, string output, string error) = Start(python, folder, script);
        Assert.True(code == 0, error);
        return output.Trim();
    }

    // A python3 found first on the path need not be the one that has the system's numpy.
    private static string? Find(string module)
    {
        foreach (string candidate in new[] { "python3", "/usr/bin/python3" })
        {
            try
            {
                if (Start(candidate, Path.GetTempPath(), "import " + module).Code == 0)
                {
                    return candidate;
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not there: try the next.
            }
        }

        return null;
    }

    private static (int Code, string Output, string Error) Start(string python, string folder, string script)
    {
        var info = new ProcessStartInfo(python, ["-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(info)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
