using System.Reflection;

namespace Workbook.Notebooks.Hosting;

/// <summary>
/// .NET Interactive (Polyglot Notebooks, its Jupyter kernel): a display goes through the running command's context, and what it looks
/// like is decided by the formatters that <see cref="DotNetInteractiveFormatting"/> registers.
/// </summary>
internal static class DotNetInteractiveHost
{
    private const string AssemblyName = "Microsoft.DotNet.Interactive";

    /// <summary>Shows the view and returns the handle to update it, or null where no command of that kernel is running.</summary>
    internal static object? Show(View view)
    {
        object? context = HostCall.FindLoadedType(AssemblyName, AssemblyName + ".KernelInvocationContext")
            ?.GetProperty("Current", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
        return context is not null
            && HostCall.FindLoadedType(AssemblyName, AssemblyName + ".KernelInvocationContextExtensions") is { } extensions
            && HostCall.TryCall(extensions, "Display", [context, view], out object? handle) ? handle : null;
    }
}
