using System.Reflection;
using System.Runtime.Loader;

namespace Workbook.Notebooks.Hosting;

/// <summary>
/// Answers for FSharp.Core when nobody else can. Plotly.NET asks for a newer one than some hosts carry; two copies in one process
/// would be two unrelated sets of types. So the one that is loaded already serves, and ours (kept in a subfolder, where a host that
/// scans the library's folder does not find it) only where there is none.
/// </summary>
internal static class FSharpCore
{
    private const string Name = "FSharp.Core";

    internal static void Install() => AppDomain.CurrentDomain.AssemblyResolve += (_, request) => Resolve(new AssemblyName(request.Name), Folder);

    private static string Folder => Path.GetDirectoryName(typeof(FSharpCore).Assembly.Location) ?? AppContext.BaseDirectory;

    internal static Assembly? Resolve(AssemblyName wanted, string folder)
    {
        if (!string.Equals(wanted.Name, Name, StringComparison.Ordinal))
        {
            return null;
        }
        Assembly? loaded = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(assembly => string.Equals(assembly.GetName().Name, Name, StringComparison.Ordinal));
        if (loaded is not null)
        {
            return loaded;
        }
        string ours = Path.Combine(folder, "fsharp", Name + ".dll");
        if (!File.Exists(ours))
        {
            return null;
        }
        AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(typeof(FSharpCore).Assembly) ?? AssemblyLoadContext.Default;
        return context.LoadFromAssemblyPath(ours);
    }
}
