using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;

namespace Workbook.Kernel;

/// <summary>
/// The assemblies of one session: what its cells reference when they are compiled, and where those assemblies, what these need in turn, and native
/// libraries are loaded from.
/// </summary>
/// <remarks>
/// A referenced file opens its whole folder: dependencies are looked for beside it, and under <c>runtimes/&lt;rid&gt;/</c> as a build lays them out.
/// The framework and this assembly are the host's own. Everything else belongs to the session, also where the host has an assembly of the
/// same name loaded: a notebook gets the build that it asked for.
/// </remarks>
internal sealed class SessionAssemblies : MetadataReferenceResolver
{
    private static readonly string s_framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly string s_host = typeof(SessionAssemblies).Assembly.GetName().Name!;
    private static readonly Lazy<ImmutableArray<MetadataReference>> s_shared = new(SharedReferences);

    private readonly Lock _gate = new();
    private readonly Context _context;
    private readonly Dictionary<string, string> _files = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _nativeFiles = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _folders = [];
    private ImmutableArray<MetadataReference> _references = s_shared.Value;

    public SessionAssemblies() => _context = new Context(this);

    /// <summary>What the next cell is compiled against.</summary>
    public ImmutableArray<MetadataReference> References => _references;

    public override bool ResolveMissingAssemblies => true;

    /// <summary>References a file.</summary>
    /// <exception cref="CellException">It is not there, is no assembly, or another file of that name is in use.</exception>
    public void AddFile(string path)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path))
        {
            throw new CellException("ReferenceError", $"There is no file {path} to reference.");
        }

        string name;
        try
        {
            name = AssemblyName.GetAssemblyName(path).Name!;
        }
        catch (BadImageFormatException)
        {
            throw new CellException("ReferenceError", $"{path} is not a .NET assembly.");
        }

        if (!Add(name, path))
        {
            throw new CellException("ReferenceError", $"{name} is already in use from {_files[name]}; restart the session to use {path}.");
        }
    }

    /// <summary>References an assembly by its simple name: one of the framework's, or one beside a referenced file.</summary>
    public void AddName(string name)
    {
        if (FrameworkFile(name) is null && Find(name) is { } path)
        {
            AddFile(path);
        }
        else if (FrameworkFile(name) is null)
        {
            throw new CellException("ReferenceError", $"There is no assembly {name} in the framework or beside a referenced file.");
        }
    }

    /// <summary>References what a restored package brought; an assembly that is in use already stays.</summary>
    public void Add(RestoredPackages packages)
    {
        foreach (var path in packages.Assemblies)
        {
            Add(Path.GetFileNameWithoutExtension(path), path);
        }

        lock (_gate)
        {
            foreach (var path in packages.NativeLibraries)
            {
                _nativeFiles.TryAdd(Path.GetFileName(path), path);
            }
        }
    }

    /// <summary>Loads a compiled cell.</summary>
    public Assembly Load(Stream image, Stream symbols) => _context.LoadFromStream(image, symbols);

    public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity) =>
        Find(referenceIdentity.Name) is { } path ? Reference(path) : null;

    // Directives are followed before the compiler sees a cell: nothing is left for it to resolve.
    public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties) => [];

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    private bool Add(string name, string path)
    {
        lock (_gate)
        {
            if (FrameworkFile(name) is not null || string.Equals(name, s_host, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }

            if (!_files.TryAdd(name, path))
            {
                return string.Equals(_files[name], path, StringComparison.Ordinal);
            }

            var folder = Path.GetDirectoryName(path)!;
            if (!_folders.Contains(folder))
            {
                _folders.Add(folder);
            }

            _references = _references.Add(Reference(path));
            return true;
        }
    }

    private string? Find(string name)
    {
        lock (_gate)
        {
            return _files.GetValueOrDefault(name) ?? _folders.SelectMany(folder => Candidates(folder, name)).FirstOrDefault(File.Exists);
        }
    }

    private string? FindNative(string name)
    {
        // As the runtime does: the name may come with or without the prefix and suffix of the system.
        var (prefix, suffix) = OperatingSystem.IsWindows() ? ("", ".dll") : OperatingSystem.IsMacOS() ? ("lib", ".dylib") : ("lib", ".so");
        string[] names = [name, name + suffix, prefix + name + suffix, prefix + name];
        lock (_gate)
        {
            return names.Select(candidate => _nativeFiles.GetValueOrDefault(candidate)).FirstOrDefault(path => path is not null)
                ?? (from folder in _folders
                    from place in RuntimeIdentifiers().Select(rid => Path.Combine(folder, "runtimes", rid, "native")).Prepend(folder)
                    from candidate in names
                    select Path.Combine(place, candidate)).FirstOrDefault(File.Exists);
        }
    }

    private static IEnumerable<string> Candidates(string folder, string name)
    {
        foreach (var rid in RuntimeIdentifiers())
        {
            var library = Path.Combine(folder, "runtimes", rid, "lib");
            if (Directory.Exists(library))
            {
                // net10.0 before net8.0 before netstandard2.0: newest first within a family, and the families happen to sort so.
                var frameworks = Directory.GetDirectories(library, "net*").OrderByDescending(path => path.Contains("netstandard", StringComparison.Ordinal) ? 0 : FrameworkNumber(path));
                foreach (var framework in frameworks)
                {
                    yield return Path.Combine(framework, name + ".dll");
                }
            }
        }

        yield return Path.Combine(folder, name + ".dll");
    }

    private static int FrameworkNumber(string path) =>
        Version.TryParse(Path.GetFileName(path)["net".Length..], out var version) ? (version.Major * 100) + version.Minor : 0;

    private static IEnumerable<string> RuntimeIdentifiers()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        yield return RuntimeInformation.RuntimeIdentifier;
        yield return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        yield return system;
        if (!OperatingSystem.IsWindows())
        {
            yield return "unix";
        }
    }

    private static string? FrameworkFile(string name)
    {
        var path = Path.Combine(s_framework, name + ".dll");
        return File.Exists(path) ? path : null;
    }

    private static PortableExecutableReference Reference(string path) =>
        MetadataReference.CreateFromFile(path, documentation: Documentation(path));

    private static XmlDocumentationProvider? Documentation(string path)
    {
        var beside = Path.ChangeExtension(path, ".xml");
        return File.Exists(beside) ? XmlDocumentationProvider.CreateFromFile(beside) : null;
    }

    private static ImmutableArray<MetadataReference> SharedReferences()
    {
        // The SDK keeps the framework's documentation in its reference pack; a machine with only the runtime has none.
        var version = Path.GetFileName(s_framework);
        var packs = Path.GetFullPath(Path.Combine(s_framework, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        var pack = Directory.Exists(packs)
            ? Directory.GetDirectories(packs, version.Split('.')[0] + ".*").Select(path => Path.Combine(path, "ref", $"net{Environment.Version.Major}.0")).FirstOrDefault(Directory.Exists)
            : null;

        // With a pack, its reference assemblies are what a compiler should see: they carry the public surface under the documented names.
        var framework = pack is not null
            ? Directory.GetFiles(pack, "*.dll").Select(Reference)
            : Directory.GetFiles(s_framework, "*.dll").Where(IsManaged).Select(path => MetadataReference.CreateFromFile(path));
        return [.. framework, MetadataReference.CreateFromFile(typeof(SessionAssemblies).Assembly.Location)];
    }

    private static bool IsManaged(string path)
    {
        using var stream = File.OpenRead(path);
        using var reader = new System.Reflection.PortableExecutable.PEReader(stream);
        return reader.HasMetadata;
    }

    private sealed class Context(SessionAssemblies owner) : AssemblyLoadContext("session")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            var name = assemblyName.Name!;
            if (FrameworkFile(name) is not null || string.Equals(name, s_host, StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            return owner.Find(name) is { } path ? LoadFromAssemblyPath(path) : null;
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
            owner.FindNative(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
    }
}
