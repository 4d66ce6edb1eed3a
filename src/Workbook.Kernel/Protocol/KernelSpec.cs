using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>
/// Makes the kernel known to Jupyter: as <c>workbook</c>, and as <c>.net-csharp</c> where no other kernel has that name, so that notebooks made for .NET
/// Interactive open without a question.
/// </summary>
public static class KernelSpec
{
    private const string Name = "workbook";
    private const string InteractiveName = ".net-csharp";
    private const string Mark = "workbook_kernel";

    /// <summary>Writes the kernel specifications.</summary>
    /// <param name="program">The program's dll; it is started as <c>dotnet program kernel start --connection-file F</c>.</param>
    /// <param name="prefix">Installs below <c>prefix/share/jupyter</c>; null for the user's own folder.</param>
    /// <returns>What was done, one sentence a line.</returns>
    /// <exception cref="NotebookException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Install(string program, string? prefix)
    {
        var folder = Folder(prefix);
        List<string> done = [Write(folder, Name, "C# (Workbook)", program)];
        var other = KernelFolders(folder).Select(kernels => Path.Combine(kernels, InteractiveName)).FirstOrDefault(spec => Directory.Exists(spec) && !IsOurs(spec));
        done.Add(other is null
            ? Write(folder, InteractiveName, ".NET (C#) by Workbook", program)
            : $"{InteractiveName} belongs to another kernel, {other}, and was left alone.");
        return done;
    }

    /// <summary>Removes what <see cref="Install"/> wrote, and nothing else.</summary>
    /// <returns>What was done, one sentence a line.</returns>
    /// <exception cref="NotebookException">A file cannot be removed.</exception>
    public static IReadOnlyList<string> Uninstall(string? prefix)
    {
        List<string> done = [];
        foreach (var spec in new[] { Name, InteractiveName }.Select(name => Path.Combine(Folder(prefix), name)).Where(spec => Directory.Exists(spec) && IsOurs(spec)))
        {
            try
            {
                Directory.Delete(spec, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new NotebookException($"{spec} could not be removed: {error.Message}", error);
            }

            done.Add($"Removed {spec}.");
        }

        return done.Count > 0 ? done : ["No kernel was installed there."];
    }

    private static string Write(string folder, string name, string displayName, string program)
    {
        var spec = new JsonObject
        {
            ["argv"] = new JsonArray(DotNet.Path, Path.GetFullPath(program), "kernel", "start", "--connection-file", "{connection_file}"),
            ["display_name"] = displayName,
            ["language"] = "C#",
            ["interrupt_mode"] = "message",
            ["metadata"] = new JsonObject { [Mark] = true, ["debugger"] = false },
        };
        var place = Path.Combine(folder, name);
        try
        {
            Directory.CreateDirectory(place);
            File.WriteAllText(Path.Combine(place, "kernel.json"), NotebookJson.Write(spec));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"{place} could not be written: {error.Message}", error);
        }

        return $"Installed {displayName} as {place}.";
    }

    private static bool IsOurs(string spec)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(spec, "kernel.json")))?["metadata"]?[Mark] is not null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Folder(string? prefix) => prefix is null ? Path.Combine(UserData(), "kernels") : Path.Combine(Path.GetFullPath(prefix), "share", "jupyter", "kernels");

    // Where Jupyter looks, as far as that can be known without asking it.
    private static IEnumerable<string> KernelFolders(string target)
    {
        var asked = Environment.GetEnvironmentVariable("JUPYTER_PATH")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        var system = OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "jupyter")]
            : new[] { "/usr/local/share/jupyter", "/usr/share/jupyter" };
        return asked.Append(UserData()).Concat(system).Select(folder => Path.Combine(folder, "kernels")).Prepend(target);
    }

    private static string UserData()
    {
        if (Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } asked)
        {
            return asked;
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter")
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Jupyter")
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? data : Path.Combine(home, ".local", "share"), "jupyter");
    }
}
