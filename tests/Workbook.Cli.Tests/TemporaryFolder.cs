namespace Workbook.Cli.Tests;

/// <summary>An empty folder that is gone, with all it holds, at the end of a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("workbook-cli-").FullName;

    public string File(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    public string Text(params string[] names) => System.IO.File.ReadAllText(File(names));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
