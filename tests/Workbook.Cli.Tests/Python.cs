using System.Diagnostics;

namespace Workbook.Cli.Tests;

/// <summary>Runs Python where it is there with the module wanted. WORKBOOK_REQUIRE_ORACLE=1 turns its absence from a skip into a failure.</summary>
internal static class Python
{
    /// <summary>Runs a script in a folder and returns what it printed; fails the test with its errors where it fails.</summary>
    public static string Run(TemporaryFolder folder, string module, string script) => Start(Find(module), folder.Path, ["-c", script], must: true)!;

    /// <summary>Runs a program of the project.</summary>
    public static void RunFile(TemporaryFolder folder, string module, params string[] arguments) => Start(Find(module), folder.Path, ["-B", .. arguments], must: true);

    // The first python3 on the path need not be the one that has the system's packages.
    private static string Find(string module)
    {
        foreach (string candidate in (string[])["python3", "/usr/bin/python3"])
        {
            try
            {
                if (Start(candidate, Path.GetTempPath(), ["-c", "import " + module], must: false) is not null) return candidate;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not there: the next.
            }
        }
        string why = $"python3 with {module} is not installed here; the comparison with it was not made.";
        if (Environment.GetEnvironmentVariable("WORKBOOK_REQUIRE_ORACLE") == "1") Assert.Fail("WORKBOOK_REQUIRE_ORACLE=1, but " + why);
        Assert.Skip(why);
        return "";
    }

    private static string? Start(string python, string folder, string[] arguments, bool must)
    {
        using Process process = Process.Start(new ProcessStartInfo(python, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0) return output.Trim();
        if (must) Assert.Fail(error.Result);
        return null;
    }
}
