using System.Runtime.CompilerServices;
using Microsoft.DotNet.Interactive.Formatting;

namespace Workbook.Notebooks.Hosting;

/// <summary>
/// Tells .NET Interactive's formatters how a view looks. That kernel sends every representation as a string, which its front ends
/// cannot use for a Plotly figure, so the preferred form of every view there is HTML with the static picture inside.
/// </summary>
internal static class DotNetInteractiveFormatting
{
    private const string AssemblyName = "Microsoft.DotNet.Interactive.Formatting";
    private static int _registered;

    /// <summary>
    /// Registers now if the formatting assembly is in the process, else when it comes. A plain console program never loads it.
    /// </summary>
    internal static void RegisterWhenPresent()
    {
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) => RegisterIf(loaded.LoadedAssembly);
        foreach (System.Reflection.Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            RegisterIf(assembly);
        }
    }

    private static void RegisterIf(System.Reflection.Assembly assembly)
    {
        if (!string.Equals(assembly.GetName().Name, AssemblyName, StringComparison.Ordinal) || Interlocked.Exchange(ref _registered, 1) == 1)
        {
            return;
        }
        try
        {
            Register();
        }
        catch (Exception exception) when (exception is MissingMethodException or TypeLoadException or FileNotFoundException or FileLoadException)
        {
            // Another version of the assembly with another shape: the host then shows ToString(), which is the view's text.
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Register()
    {
        // Formatters of a base class serve the classes derived from it, so these cover every view.
        Formatter.Register<View>((view, writer) => writer.Write(view.ToHtml()), "text/html");
        Formatter.Register<View>((view, writer) => writer.Write(view.ToText()), "text/plain");
        Formatter.Register<Figure>((figure, writer) => writer.Write(figure.ToPlotlyJson()), Figure.PlotlyMimeType);
        Formatter.Register<Figure>((figure, writer) => writer.Write(figure.ToSvg()), "image/svg+xml");
        foreach (Type type in typeof(View).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(View))).Append(typeof(View)))
        {
            Formatter.SetPreferredMimeTypesFor(type, "text/html", "text/plain");
        }
    }
}
