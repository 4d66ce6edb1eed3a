namespace Workbook.Report.Tests;

/// <summary>The committed notebooks, found from the tests' own place.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    internal static string[] Notebooks() => [.. Directory.GetFiles(Path.Combine(Root, "notebooks"), "*.ipynb").Order(StringComparer.Ordinal)];

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Workbook.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests are not inside the repository.");
    }
}
