using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;

namespace Workbook.Kernel;

/// <summary>The files that a restore brought.</summary>
internal sealed record RestoredPackages(IReadOnlyList<string> Assemblies, IReadOnlyList<string> NativeLibraries);

/// <summary>
/// <c>#r "nuget: Name, Version"</c> through the SDK's ordinary restore: a project that references the packages is restored in a temporary folder,
/// and what it needs at run time is read from the assets file. Sources and credentials are those of the user and of the notebook's folder.
/// </summary>
internal sealed class PackageRestore(string folder)
{
    private const int LimitSeconds = 120;
    private readonly Dictionary<string, string?> _wanted = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds a package to those of the session and restores them together, so that their versions agree.</summary>
    /// <param name="argument"><c>Name</c> or <c>Name, Version</c>.</param>
    /// <param name="cancellation">Ends the restore.</param>
    /// <exception cref="CellException">The package cannot be had.</exception>
    public RestoredPackages Restore(string argument, CancellationToken cancellation)
    {
        var parts = argument.Split(',', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            throw new CellException("PackageError", "#r \"nuget: Name, Version\" needs the name of a package.");
        }

        var before = _wanted.ToArray();
        _wanted[parts[0]] = parts.Length > 1 ? parts[1] : null;
        var work = Directory.CreateTempSubdirectory("notebook-packages-").FullName;
        try
        {
            WriteProject(Path.Combine(work, "packages.csproj"));
            Run(work, argument, cancellation);
            return ReadAssets(Path.Combine(work, "obj", "project.assets.json"));
        }
        catch
        {
            // A package that cannot be had must not spoil the next one.
            _wanted.Clear();
            foreach (var (name, version) in before)
            {
                _wanted[name] = version;
            }

            throw;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static string Runtime => RuntimeInformation.RuntimeIdentifier;

    private void WriteProject(string path)
    {
        // Central versions, lock files and the like of a folder above are none of a notebook's business.
        var packages = _wanted.Select(package => new XElement("PackageReference", new XAttribute("Include", package.Key), new XAttribute("Version", package.Value ?? "*")));
        new XDocument(new XElement(
            "Project",
            new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement(
                "PropertyGroup",
                new XElement("TargetFramework", $"net{Environment.Version.Major}.0"),
                new XElement("RuntimeIdentifier", Runtime),
                new XElement("SelfContained", "false"),
                new XElement("UseAppHost", "false"),
                new XElement("ImportDirectoryBuildProps", "false"),
                new XElement("ImportDirectoryBuildTargets", "false"),
                new XElement("ImportDirectoryPackagesProps", "false"),
                new XElement("RestoreRootConfigDirectory", folder),
                new XElement("NuGetAudit", "false")),
            new XElement("ItemGroup", packages))).Save(path);
    }

    private static void Run(string work, string argument, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(DotNet.Path, ["restore", "--verbosity", "quiet", "--disable-build-servers", "-nodeReuse:false", "-nologo"])
        {
            WorkingDirectory = work,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var said = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(said, line.Data);
        process.ErrorDataReceived += (_, line) => Append(said, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(LimitSeconds));
        try
        {
            process.WaitForExitAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            throw new CellException("PackageError", $"The package {argument} could not be had: the restore took longer than {LimitSeconds} s.");
        }

        if (process.ExitCode != 0)
        {
            throw new CellException("PackageError", $"The package {argument} could not be had: {Reason(said)}");
        }
    }

    private static void Append(StringBuilder said, string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
        }
    }

    // "…/packages.csproj : error NU1101: Unable to find package X. … [/tmp/…]": the sentence after the code.
    private static string Reason(StringBuilder said)
    {
        string[] lines;
        lock (said)
        {
            lines = said.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }

        var line = lines.FirstOrDefault(text => text.Contains("error ", StringComparison.Ordinal)) ?? lines.FirstOrDefault() ?? "the restore failed without a word.";
        var at = line.IndexOf("error ", StringComparison.Ordinal);
        line = at < 0 ? line : line[(at + "error ".Length)..];
        return line.LastIndexOf(" [", StringComparison.Ordinal) is var tail and > 0 ? line[..tail] : line;
    }

    private static RestoredPackages ReadAssets(string path)
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = assets.RootElement;
        var stores = root.GetProperty("packageFolders").EnumerateObject().Select(store => store.Name).ToArray();
        var libraries = root.GetProperty("libraries");
        var target = root.GetProperty("targets").EnumerateObject().First(candidate => candidate.Name.EndsWith("/" + Runtime, StringComparison.Ordinal)).Value;
        List<string> assemblies = [];
        List<string> natives = [];
        foreach (var package in target.EnumerateObject())
        {
            var place = libraries.GetProperty(package.Name).GetProperty("path").GetString()!;
            assemblies.AddRange(Files(package.Value, "runtime", stores, place));
            natives.AddRange(Files(package.Value, "native", stores, place));
        }

        return new RestoredPackages(assemblies, natives);
    }

    private static IEnumerable<string> Files(JsonElement package, string group, string[] stores, string place) =>
        package.TryGetProperty(group, out var files)
            ? from file in files.EnumerateObject()
              where !file.Name.EndsWith("/_._", StringComparison.Ordinal)
              select stores.Select(store => Path.Combine(store, place, file.Name)).FirstOrDefault(File.Exists) into found
              where found is not null
              select found
            : [];
}
