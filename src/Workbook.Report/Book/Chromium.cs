using System.Diagnostics;

namespace Workbook.Report.Book;

/// <summary>A browser that prints pages, where one is installed.</summary>
public static class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge", "chrome"];

    /// <summary>The program's path, or null where there is none.</summary>
    public static string? Find() =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
         from name in Names
         select Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)).FirstOrDefault(File.Exists);

    /// <summary>Prints a page to PDF.</summary>
    /// <param name="page">An HTML file.</param>
    /// <param name="pdf">The PDF to write.</param>
    /// <exception cref="IOException">There is no browser, or it failed.</exception>
    public static void Print(string page, string pdf)
    {
        string program = Find() ?? throw new IOException("PDF needs Chromium or Chrome on the PATH; there is none. --html and --md need nothing.");
        string profile = Directory.CreateTempSubdirectory("workbook-print-").FullName;
        try
        {
            var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (string argument in (string[])["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", $"--user-data-dir={profile}", "--virtual-time-budget=20000",
                "--no-pdf-header-footer", $"--print-to-pdf={Path.GetFullPath(pdf)}", new Uri(Path.GetFullPath(page)).AbsoluteUri]) start.ArgumentList.Add(argument);
            using Process process = Process.Start(start) ?? throw new IOException($"{program} did not start.");
            Task<string> errors = process.StandardError.ReadToEndAsync(), output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
            {
                process.Kill(entireProcessTree: true);
                throw new IOException($"{program} did not print {page} within 3 minutes.");
            }
            Task.WaitAll(errors, output);
            if (!File.Exists(pdf)) throw new IOException($"{program} wrote no PDF: {errors.Result.Trim().Split('\n')[^1]}");
        }
        finally
        {
            try
            {
                Directory.Delete(profile, recursive: true);
            }
            catch (IOException)
            {
                // A helper process of the browser may still hold a file; the folder is a temporary one.
            }
        }
    }
}
