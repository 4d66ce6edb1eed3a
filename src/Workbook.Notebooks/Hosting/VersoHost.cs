using System.Reflection;

namespace Workbook.Notebooks.Hosting;

/// <summary>Verso: it formats through a public <c>ToHtml()</c> and shows from inside a cell through its display context.</summary>
internal static class VersoHost
{
    private const string AssemblyName = "Verso.Abstractions";

    internal static bool Show(View view) =>
        HostCall.FindLoadedType(AssemblyName, AssemblyName + ".DisplayContext")
            ?.GetProperty("Current", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)?.GetValue(null) is not null
        && HostCall.FindLoadedType(AssemblyName, AssemblyName + ".DisplayExtensions") is { } extensions
        && HostCall.TryCall(extensions, "Display", [view], out _);
}
