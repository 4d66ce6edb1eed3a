namespace Workbook.Notebooks.Hosting;

/// <summary>The workbook's own notebook host: it asks a value for <c>ToMimeBundle()</c> and sends that.</summary>
internal static class EmbeddedHost
{
    private static Type? Display => HostCall.FindLoadedType("Workbook.Kernel", "Workbook.Kernel.HostDisplay");

    internal static bool Show(View view) =>
        Display is { } display && HostCall.TryCall(display, "Show", [view], out object? shown) && shown is true;

    internal static bool Update(string displayId, View view) =>
        Display is { } display && HostCall.TryCall(display, "Update", [displayId, view], out object? shown) && shown is true;
}
