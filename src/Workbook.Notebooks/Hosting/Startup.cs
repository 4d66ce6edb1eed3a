using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Workbook.Notebooks.Hosting;

/// <summary>What has to be in place before the first view is made, done when the library is first used.</summary>
internal static class Startup
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "A notebook cell has no place to call a set-up method from, and the last value of a cell is formatted by the host, not by us.")]
    internal static void Run()
    {
        FSharpCore.Install();
        DotNetInteractiveFormatting.RegisterWhenPresent();
        ClrKernelHost.RegisterWhenPresent();
    }
}
