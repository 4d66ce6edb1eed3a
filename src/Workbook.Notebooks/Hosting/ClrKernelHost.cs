using System.Collections;
using System.Linq.Expressions;
using System.Net;

namespace Workbook.Notebooks.Hosting;

/// <summary>
/// ClrKernel: a registry turns display concepts into HTML and text, newest registration first. Ours answers for views and hands
/// everything else to the registrations that were there before it.
/// </summary>
internal static class ClrKernelHost
{
    private const string AssemblyName = "ClrKernel.Core.Primitives";
    private const string Namespace = AssemblyName + ".";
    private static readonly Lock Gate = new();
    private static readonly HashSet<Type> Registries = [];

    /// <summary>Shows the view and returns the handle to update it, or null where this is not the host.</summary>
    internal static object? Show(View view)
    {
        RegisterIfPresent();
        return HostCall.FindLoadedType(AssemblyName, Namespace + "DisplayValues") is { } values
            && HostCall.TryCall(values, "Display", [view], out object? cell) ? cell : null;
    }

    /// <summary>Registers once per registry, now if the host is in the process, else when it comes.</summary>
    internal static void RegisterWhenPresent()
    {
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) =>
        {
            if (string.Equals(loaded.LoadedAssembly.GetName().Name, AssemblyName, StringComparison.Ordinal))
            {
                RegisterIfPresent();
            }
        };
        RegisterIfPresent();
    }

    private static void RegisterIfPresent()
    {
        Type? registry = HostCall.FindLoadedType(AssemblyName, Namespace + "DisplayFormatters");
        if (registry is null)
        {
            return;
        }
        lock (Gate)
        {
            if (!Registries.Add(registry))
            {
                return;
            }
        }
        Register(registry, "DisplayHtml", view => view.ToHtml(), WebUtility.HtmlEncode);
        Register(registry, "DisplayText", view => view.ToText(), text => text);
    }

    private static void Register(Type registry, string conceptName, Func<View, string> render, Func<string, string?> otherwise)
    {
        Type? input = registry.Assembly.GetType(Namespace + "DisplayObject");
        Type? contract = registry.Assembly.GetType(Namespace + "IDisplayValue");
        Type? concept = registry.Assembly.GetType(Namespace + conceptName);
        if (input is null || contract is null || concept is null)
        {
            return;
        }
        object? own = null;
        Func<object, object?> format = display => input.GetProperty("Value")?.GetValue(display) switch
        {
            View view => Activator.CreateInstance(concept, render(view)),
            var other => FormatAsBefore(registry, own, display, concept) ?? Activator.CreateInstance(concept, otherwise(other?.ToString() ?? "")),
        };
        // The registry wants a Func<IDisplayValue, IDisplayValue>, a type that only it has: the lambda is built to measure.
        ParameterExpression parameter = Expression.Parameter(contract);
        Delegate typed = Expression.Lambda(
            typeof(Func<,>).MakeGenericType(contract, contract),
            Expression.Convert(Expression.Invoke(Expression.Constant(format), Expression.Convert(parameter, typeof(object))), contract),
            parameter).Compile();
        HostCall.TryCall(registry, "Register", [input, concept, typed], out own);
    }

    /// <summary>What the registry would have answered without us: the newest direct conversion, else one over an intermediate concept.</summary>
    private static object? FormatAsBefore(Type registry, object? own, object display, Type concept)
    {
        var others = ((IEnumerable?)registry.GetProperty("Formatters")?.GetValue(null) ?? Array.Empty<object>())
            .Cast<object>().Where(formatter => !ReferenceEquals(formatter, own)).Reverse().ToArray();
        Type input = display.GetType();
        foreach (object formatter in others.Where(formatter => Accepts(formatter, input) && OutputOf(formatter) == concept))
        {
            return Apply(formatter, display);
        }
        foreach (object first in others.Where(formatter => Accepts(formatter, input)))
        {
            Type middle = OutputOf(first);
            foreach (object second in others.Where(formatter => Accepts(formatter, middle) && OutputOf(formatter) == concept))
            {
                return Apply(second, Apply(first, display)!);
            }
        }
        return null;
    }

    private static bool Accepts(object formatter, Type input) => ((Type)Get(formatter, "InputType")!).IsAssignableFrom(input);

    private static Type OutputOf(object formatter) => (Type)Get(formatter, "OutputType")!;

    private static object? Apply(object formatter, object value) => ((Delegate)Get(formatter, "Format")!).DynamicInvoke(value);

    private static object? Get(object target, string property) => target.GetType().GetProperty(property)?.GetValue(target);
}
