using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Workbook.Kernel.Tests;

/// <summary>What a cell references, and what that needs in turn.</summary>
public sealed class AssemblyTests : IDisposable
{
    private readonly TestSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public async Task A_referenced_file_finds_its_dependencies_beside_it()
    {
        var inner = Build("lib", "Inner", "public class Inner { public int Value => 42; }");
        Build("lib", "Outer", "public static class Outer { public static Inner Make() => new Inner(); public static string Where => typeof(Outer).Assembly.Location; }", inner);
        await _session.RunAsync("#r \"lib/Outer.dll\"");
        Assert.Equal("42", (await _session.RunAsync("var x = Outer.Make(); x.Value")).Result);
        Assert.Equal(Path.Combine(_session.Folder, "lib", "Outer.dll"), (await _session.RunAsync("Outer.Where")).Result);
        Assert.Equal("42", (await _session.RunAsync("#r \"Inner\"\nnew Inner().Value")).Result);
    }

    [Fact]
    public async Task A_system_specific_build_comes_before_the_general_one()
    {
        var general = Build("lib", "Split", "public static class Split { public static string Kind => \"general\"; }");
        var system = OperatingSystem.IsWindows() ? "win" : "unix";
        Build($"lib/runtimes/{system}/lib/net8.0", "Split", "public static class Split { public static string Kind => \"old\"; }");
        Build($"lib/runtimes/{system}/lib/net10.0", "Split", "public static class Split { public static string Kind => \"specific\"; }");
        Build("lib", "User", "public static class User { public static string Kind => Split.Kind; }", general);
        Assert.Equal("specific", (await _session.RunAsync("#r \"lib/User.dll\"\nUser.Kind")).Result);
    }

    [Fact]
    public async Task Native_libraries_are_found_where_a_build_puts_them()
    {
        const string math = "/lib/x86_64-linux-gnu/libm.so.6";
        Assert.SkipUnless(File.Exists(math), "needs a native library to copy");
        var natives = Directory.CreateDirectory(Path.Combine(_session.Folder, "lib", "runtimes", "linux-x64", "native"));
        File.Copy(math, Path.Combine(natives.FullName, "libsession_native.so"));
        Build("lib", "Calls", "using System.Runtime.InteropServices; public static class Calls { [DllImport(\"session_native\")] public static extern double cos(double x); }");
        Assert.Equal("1", (await _session.RunAsync("#r \"lib/Calls.dll\"\nCalls.cos(0)")).Result);
    }

    [Fact]
    public async Task A_library_may_resolve_an_assembly_itself()
    {
        var hidden = Build("lib/apart", "Hidden", "public static class Hidden { public static int Value => 8; }");
        Build(
            "lib",
            "Resolves",
            """
            using System; using System.IO; using System.Reflection; using System.Runtime.CompilerServices;
            public static class Resolves
            {
                [ModuleInitializer] internal static void Start() => AppDomain.CurrentDomain.AssemblyResolve += (_, wanted) =>
                    wanted.Name.StartsWith("Hidden,") ? Assembly.LoadFrom(Path.Combine(Path.GetDirectoryName(typeof(Resolves).Assembly.Location), "apart", "Hidden.dll")) : null;
                public static int Value => Hidden.Value;
            }
            """,
            hidden);
        Assert.Equal("8", (await _session.RunAsync("#r \"lib/Resolves.dll\"\nResolves.Value")).Result);
    }

    [Fact]
    public async Task What_cannot_be_referenced_is_one_clear_error()
    {
        _session.Write("text.dll", "not an assembly");
        Assert.Contains("There is no file", (await _session.RunAsync("#r \"gone.dll\"")).Error?.Message, StringComparison.Ordinal);
        Assert.Contains("is not a .NET assembly", (await _session.RunAsync("#r \"text.dll\"")).Error?.Message, StringComparison.Ordinal);
        Assert.Contains("There is no assembly Nowhere", (await _session.RunAsync("#r \"Nowhere\"")).Error?.Message, StringComparison.Ordinal);
        Assert.Equal("2", (await _session.RunAsync("#r \"System.Xml.Linq\"\n1 + 1")).Result);
    }

    [Fact]
    public async Task Another_build_of_a_loaded_assembly_is_refused()
    {
        Build("one", "Same", "public static class Same { public static int Value => 1; }");
        Build("two", "Same", "public static class Same { public static int Value => 2; }");
        Assert.Equal("1", (await _session.RunAsync("#r \"one/Same.dll\"\n#r \"one/Same.dll\"\nSame.Value")).Result);
        Assert.Contains("already in use", (await _session.RunAsync("#r \"two/Same.dll\"")).Error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_cannot_be_had_is_one_clear_error_and_spoils_nothing()
    {
        // An empty folder as the only source: the answer does not depend on a network.
        Directory.CreateDirectory(Path.Combine(_session.Folder, "empty"));
        _session.Write("nuget.config", """<configuration><packageSources><clear /><add key="empty" value="empty" /></packageSources></configuration>""");
        var ran = await _session.RunAsync("#r \"nuget: No.Such.Package.Anywhere, 1.0.0\"\nvar never = 1;");
        Assert.Equal("PackageError", ran.Error?.Name);
        Assert.Contains("No.Such.Package.Anywhere", ran.Error?.Message, StringComparison.Ordinal);
        Assert.Contains("cell 1, line 1: #r \"nuget:", ran.Traceback, StringComparison.Ordinal);
        Assert.Equal(2, ran.Error!.Traceback.Count);
        Assert.Equal("2", (await _session.RunAsync("1 + 1")).Result);
    }

    private PortableExecutableReference Build(string folder, string name, string source, params MetadataReference[] references)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_session.Folder, folder)).FullName, name + ".dll");
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(source)],
            new SessionAssemblies().References.AddRange(references),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var result = compilation.Emit(path);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return MetadataReference.CreateFromFile(path);
    }
}
