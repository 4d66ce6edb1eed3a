namespace Workbook.Notebooks.Hosting;

/// <summary>
/// Shows a view where the caller's output goes. Each host is recognised by an assembly that is loaded already and called by
/// reflection, so that the library needs none of them and runs in all.
/// </summary>
internal static class Hosts
{
    /// <summary>Shows the view in the first host that takes it; the console takes what no host wants.</summary>
    internal static void Show(View view)
    {
        if (EmbeddedHost.Show(view) || DotNetInteractiveHost.Show(view) is not null || ClrKernelHost.Show(view) is not null || VersoHost.Show(view))
        {
            return;
        }
        Console.Out.WriteLine(view.ToText());
    }

    /// <summary>
    /// Opens a display whose content can be replaced, or returns null where the host cannot do that; the caller then shows its final
    /// state only.
    /// </summary>
    internal static Action<View>? OpenUpdatable(string displayId, View first)
    {
        if (EmbeddedHost.Update(displayId, first))
        {
            return view => EmbeddedHost.Update(displayId, view);
        }
        object? handle = DotNetInteractiveHost.Show(first) ?? ClrKernelHost.Show(first);
        return handle is null ? null : view => HostCall.UpdateHandle(handle, view);
    }
}
