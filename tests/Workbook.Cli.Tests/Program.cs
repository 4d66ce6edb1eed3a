using System.Diagnostics;
using System.Reflection;
using Workbook.Core.Data;

namespace Workbook.Cli.Tests;

/// <summary>What a call of the program came to.</summary>
internal sealed record Answer(int Code, string Out, string Error)
{
    /// <summary>Fails the test where the call did not succeed.</summary>
    public Answer Succeeds()
    {
        Assert.True(Code == 0, $"exit code {Code}\n{Error}\n{Out}");
        return this;
    }

    /// <summary>One sentence on stderr that holds all of <paramref name="parts"/>, nothing on stdout, exit code 2.</summary>
    public void IsRefused(params string[] parts)
    {
        Assert.True(Code == 2, $"exit code {Code}\n{Error}\n{Out}");
        Assert.StartsWith("error: ", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\t", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Error, StringComparison.Ordinal);
        foreach (string part in parts) Assert.Contains(part, Error, StringComparison.Ordinal);
        Assert.Equal("", Out);
    }
}

/// <summary>The built program, started as a process of its own.</summary>
internal static class Program
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly string Assembly = Path.Combine(Root, "src", "Workbook.Cli", "bin", Metadata("Configuration"), Metadata("TargetFramework"), "workbook.dll");

    /// <summary>The project's own folder.</summary>
    public static string Root => DataFolder.ProjectRoot() ?? throw new InvalidOperationException("the tests do not run inside the project.");

    /// <summary>Runs a command line, split at blanks, in a folder.</summary>
    public static Answer Run(TemporaryFolder folder, string arguments, params (string Name, string? Value)[] environment) =>
        RunAll(folder, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), environment);

    /// <summary>Runs a command line given as its arguments.</summary>
    public static Answer RunAll(TemporaryFolder folder, string[] arguments, params (string Name, string? Value)[] environment) =>
        Finish(Start(folder, arguments, environment));

    /// <summary>Starts a command line and does not wait for it.</summary>
    public static Process Start(TemporaryFolder folder, string[] arguments, params (string Name, string? Value)[] environment)
    {
        Assert.True(File.Exists(Assembly), $"{Assembly} has not been built.");
        var info = new ProcessStartInfo(Environment.ProcessPath is string own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet", [Assembly, .. arguments])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment) info.Environment[name] = value;
        Process process = Process.Start(info)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Waits for a started process and reads what it wrote.</summary>
    public static Answer Finish(Process process)
    {
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail("the program did not end.");
            }
            return new Answer(process.ExitCode, output.Result, error.Result);
        }
    }

    private static string Metadata(string key) =>
        typeof(Program).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
