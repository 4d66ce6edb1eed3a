using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Workbook.Notebooks.Tests;

/// <summary>
/// Stand-ins for the notebook hosts, with the names and signatures that the library looks for, compiled while the tests run. Each one
/// takes a value only while <c>Log.Active</c> is set, because an assembly that is loaded stays loaded.
/// </summary>
internal static class FakeHosts
{
    private const string LogSource = """
        public static class Log
        {
            public static bool Active;
            public static readonly System.Collections.Generic.List<object> Shown = new();
            public static readonly System.Collections.Generic.List<object> Updated = new();
        }
        """;

    internal static readonly Lazy<Assembly> Embedded = Compile("Workbook.Kernel", """
        namespace Workbook.Kernel
        {
            public static class HostDisplay
            {
                public static bool Show(object value) { if (Log.Active) Log.Shown.Add(value); return Log.Active; }
                public static bool Update(string displayId, object value) { if (Log.Active) Log.Updated.Add((displayId, value)); return Log.Active; }
            }
        }
        """);

    internal static readonly Lazy<Assembly> DotNetInteractive = Compile("Microsoft.DotNet.Interactive", """
        namespace Microsoft.DotNet.Interactive
        {
            public class KernelInvocationContext { public static KernelInvocationContext Current => Log.Active ? new() : null; }
            public class DisplayedValue { public void Update(object value) => Log.Updated.Add(value); }
            public static class KernelInvocationContextExtensions
            {
                public static DisplayedValue DisplayAs(this KernelInvocationContext context, string value, string mimeType) => throw new System.Exception("not this one");
                public static DisplayedValue Display(this KernelInvocationContext context, object value, params string[] mimeTypes)
                {
                    if (mimeTypes.Length != 0) throw new System.Exception("no MIME type was asked for");
                    Log.Shown.Add(value);
                    return new();
                }
            }
        }
        """);

    internal static readonly Lazy<Assembly> ClrKernel = Compile("ClrKernel.Core.Primitives", """
        using System; using System.Collections.Generic; using System.Linq;
        namespace ClrKernel.Core.Primitives
        {
            public interface IDisplayValue { object Value { get; } }
            public record DisplayObject(object Value, Type PreferredDisplayType = null, string PreferredMimeType = null) : IDisplayValue;
            public record DisplayHtml(string Html) : IDisplayValue { public object Value => Html; }
            public record DisplayText(string Text) : IDisplayValue { public object Value => Text; }
            public record DisplayTable(string Cells) : IDisplayValue { public object Value => Cells; }
            public record DisplayFormatter(Type InputType, Type OutputType, Func<IDisplayValue, IDisplayValue> Format);
            public static class DisplayFormatters
            {
                static readonly List<DisplayFormatter> list = new()
                {
                    new(typeof(DisplayObject), typeof(DisplayText), o => new DisplayText("old text of " + o.Value)),
                    new(typeof(DisplayObject), typeof(DisplayTable), o => new DisplayTable("cells of " + o.Value)),
                    new(typeof(DisplayTable), typeof(DisplayHtml), t => new DisplayHtml("old html from " + t.Value)),
                };
                public static IEnumerable<DisplayFormatter> Formatters => list.ToArray();
                public static DisplayFormatter Register<TIn, TOut>(Func<TIn, TOut> format) where TIn : IDisplayValue where TOut : IDisplayValue => throw new Exception("not this one");
                public static DisplayFormatter Register(Type inputType, Type outputType, Func<IDisplayValue, IDisplayValue> format)
                {
                    var made = new DisplayFormatter(inputType, outputType, format);
                    list.Add(made);
                    return made;
                }
                public static string Html(object value) => ((DisplayHtml)list.Last(f => f.InputType == typeof(DisplayObject) && f.OutputType == typeof(DisplayHtml)).Format(new DisplayObject(value))).Html;
                public static string Text(object value) => ((DisplayText)list.Last(f => f.InputType == typeof(DisplayObject) && f.OutputType == typeof(DisplayText)).Format(new DisplayObject(value))).Text;
            }
            public record DisplayCell(string DisplayId)
            {
                public DisplayCell Update(object value, Type preferredDisplayType = null, string preferredMimeType = null) { Log.Updated.Add(value); return this; }
            }
            public static class DisplayValues
            {
                public static DisplayCell Display(this object value, Type preferredDisplayType = null, string preferredMimeType = null)
                {
                    if (!Log.Active) return null;
                    Log.Shown.Add(value);
                    return new DisplayCell("x");
                }
            }
        }
        """);

    internal static readonly Lazy<Assembly> Verso = Compile("Verso.Abstractions", """
        namespace Verso.Abstractions
        {
            public static class DisplayContext { public static object Current => Log.Active ? new object() : null; }
            public static class DisplayExtensions { public static void Display(this object value, string mimeType = null) => Log.Shown.Add(value); }
        }
        """);

    internal static IDisposable Activate(Lazy<Assembly> host)
    {
        Type log = host.Value.GetType("Log")!;
        log.GetField("Active")!.SetValue(null, true);
        Shown(host).Clear();
        Updated(host).Clear();
        return new Deactivation(log);
    }

    internal static List<object> Shown(Lazy<Assembly> host) => (List<object>)host.Value.GetType("Log")!.GetField("Shown")!.GetValue(null)!;

    internal static List<object> Updated(Lazy<Assembly> host) => (List<object>)host.Value.GetType("Log")!.GetField("Updated")!.GetValue(null)!;

    private static Lazy<Assembly> Compile(string assemblyName, string source) => new(() =>
    {
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) is "netstandard.dll")
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(assemblyName, [CSharpSyntaxTree.ParseText(source), CSharpSyntaxTree.ParseText(LogSource)], references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        return result.Success ? Assembly.Load(image.ToArray()) : throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
    });

    private sealed class Deactivation(Type log) : IDisposable
    {
        public void Dispose() => log.GetField("Active")!.SetValue(null, false);
    }
}
