using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Workbook.Notebooks.Tests;

public partial class SetupScriptTests
{
    private static readonly string Root = FindRoot();
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
    private static readonly string Output = Path.Combine(Root, "src", "Workbook.Notebooks", "bin", Configuration, "net10.0");

    [Fact]
    public void The_script_references_every_assembly_whose_types_cross_the_api_and_no_package()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Run("msbuild", Path.Combine(Root, "src", "Workbook.Notebooks", "Workbook.Notebooks.csproj"), "-t:WriteSetupScript", "-nologo", $"-p:Configuration={Configuration}", $"-p:NotebooksFolder={folder}/");
        string script = File.ReadAllText(Path.Combine(folder, "setup.csx"));
        string[] references = [.. Reference().Matches(script).Select(match => match.Groups[1].Value)];
        Assert.All(references, path => Assert.True(Path.IsPathRooted(path) && File.Exists(path), path));
        Assert.DoesNotContain("nuget", script, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("using Workbook.Notebooks;", script, StringComparison.Ordinal);

        string[] crossing = [.. typeof(View).Assembly.GetExportedTypes().SelectMany(Mentioned).SelectMany(WithBases)
            .Select(type => type.Assembly.GetName().Name!).Where(name => !IsFramework(name)).Distinct()];
        Assert.Contains("Microsoft.Data.Analysis", crossing);
        Assert.Empty(crossing.Except(references.Select(path => Path.GetFileNameWithoutExtension(path))));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void The_folder_has_what_a_host_without_a_deps_file_looks_for()
    {
        string native = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "libSkiaSharp.dll" : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "libSkiaSharp.dylib" : "libSkiaSharp.so";
        Assert.True(File.Exists(Path.Combine(Output, native)));
        Assert.False(Directory.Exists(Path.Combine(Output, "runtimes")), "natives of other systems");
        Assert.False(File.Exists(Path.Combine(Output, "FSharp.Core.dll")), "an FSharp.Core beside the library would shadow the host's");
        Assert.True(File.Exists(Path.Combine(Output, "fsharp", "FSharp.Core.dll")));
        Assert.True(File.Exists(Path.Combine(Output, "Fonts", "LICENSE-DejaVu.txt")));
        HashSet<string> here = [.. Directory.GetFiles(Output, "*.dll").Select(path => Path.GetFileNameWithoutExtension(path)), "FSharp.Core"];
        string[] missing = [.. Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Where(path => here.Contains(Path.GetFileNameWithoutExtension(path)))
            .SelectMany(References).Where(name => !here.Contains(name) && !IsFramework(name)).Distinct()];
        Assert.Empty(missing);
    }

    private static IEnumerable<string> References(string path)
    {
        using var reader = new System.Reflection.PortableExecutable.PEReader(File.OpenRead(path));
        if (!reader.HasMetadata)
        {
            return [];
        }
        var metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(reader);
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static IEnumerable<Type> Mentioned(Type type) => type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        .SelectMany(member => member switch
        {
            MethodBase method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method is MethodInfo info ? info.ReturnType : type),
            PropertyInfo property => [property.PropertyType],
            FieldInfo field => [field.FieldType],
            _ => [],
        }).Append(type);

    private static IEnumerable<Type> WithBases(Type type)
    {
        for (Type? current = type; current is not null; current = current.BaseType)
        {
            yield return current;
        }
        foreach (Type part in type.GetInterfaces().Concat(type.IsGenericType ? type.GetGenericArguments() : []))
        {
            yield return part;
        }
    }

    private static bool IsFramework(string name) =>
        File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, name + ".dll"));

    private static void Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Workbook.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("Workbook.sln is not above the tests.");
    }

    [GeneratedRegex("^#r \"([^\"]+)\"\r?$", RegexOptions.Multiline)]
    private static partial Regex Reference();
}
