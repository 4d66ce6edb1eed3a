using System.Diagnostics;
using System.Globalization;
using Workbook.Core;
using Workbook.Core.Data;

namespace Workbook.Benchmarks.Scale;

/// <summary>What a call of the workbook program took.</summary>
/// <param name="Seconds">From the start of the process to its end.</param>
/// <param name="PeakBytes">The most memory that it had resident (VmHWM), looked at every few milliseconds; 0 where the system does not tell.</param>
/// <param name="Out">What it printed.</param>
public sealed record ChildCost(double Seconds, long PeakBytes, string Out);

/// <summary>Runs the built program as a user does, in a process of its own.</summary>
internal static class Child
{
    public static ChildCost Run(CancellationToken cancel, params string[] arguments)
    {
        string program = Path.Combine(DataFolder.ProjectRoot() ?? ".", "src", "Workbook.Cli", "bin", "Release", "net10.0", "workbook.dll");
        if (!File.Exists(program)) throw new InputException($"{program} is not built: dotnet build src/Workbook.Cli -c Release.");
        var clock = Stopwatch.StartNew();
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> text = process.StandardOutput.ReadToEndAsync(cancel), error = process.StandardError.ReadToEndAsync(cancel);
        long peak = 0;
        while (!process.WaitForExit(5))
        {
            peak = Math.Max(peak, Peak(process.Id));
            if (!cancel.IsCancellationRequested) continue;
            process.Kill();
            cancel.ThrowIfCancellationRequested();
        }
        double seconds = clock.Elapsed.TotalSeconds;
        if (process.ExitCode != 0) throw new InputException($"workbook {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.Result.Trim()}");
        return new ChildCost(seconds, peak, text.Result);
    }

    private static long Peak(int process)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process}/status"))
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal)) return 1024 * long.Parse(line["VmHWM:".Length..^"kB".Length], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended.
        }
        return 0;
    }
}
