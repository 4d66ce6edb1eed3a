namespace Workbook.Kernel;

/// <summary>
/// The door through which a library shows something in the running cell.
/// </summary>
/// <remarks>
/// A library need not reference this assembly. It looks among the loaded assemblies for the one named <c>Workbook.Kernel</c>, and there by
/// reflection for this type and its two methods; their names and signatures are a contract.
/// <code>
/// var host = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(assembly => assembly.GetName().Name == "Workbook.Kernel");
/// var show = host?.GetType("Workbook.Kernel.HostDisplay")?.GetMethod("Show", [typeof(object)]);
/// var shown = show is not null &amp;&amp; (bool)show.Invoke(null, [value])!;
/// </code>
/// The running cell is found through the flow of execution: a task or thread that a cell started shows in that cell, also after a later cell began.
/// </remarks>
public static class HostDisplay
{
    /// <summary>Shows a value in the running cell: by its <c>ToMimeBundle()</c>, else its <c>ToHtml()</c>, else as text.</summary>
    /// <returns>False if no cell is running, and nothing was shown.</returns>
    public static bool Show(object value)
    {
        if (CellRun.Current is not { } run)
        {
            return false;
        }

        run.Display(value);
        return true;
    }

    /// <summary>Shows a value in the running cell under a name of its own; a later call with that name in the same cell replaces it in place.</summary>
    /// <param name="displayId">Any name; it is not stored in the notebook.</param>
    /// <param name="value">What to show.</param>
    /// <returns>False if no cell is running, and nothing was shown.</returns>
    public static bool Update(string displayId, object value)
    {
        ArgumentException.ThrowIfNullOrEmpty(displayId);
        if (CellRun.Current is not { } run)
        {
            return false;
        }

        run.Display(value, displayId);
        return true;
    }
}
