using System.Reflection;

namespace Workbook.Notebooks.Hosting;

/// <summary>Finding and calling what a host offers, by name.</summary>
internal static class HostCall
{
    /// <summary>A type of an assembly that the process has loaded; null where it has not. Loads nothing.</summary>
    internal static Type? FindLoadedType(string assemblyName, string typeName)
    {
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (string.Equals(assembly.GetName().Name, assemblyName, StringComparison.Ordinal) && assembly.GetType(typeName) is { } type)
            {
                return type;
            }
        }
        return null;
    }

    /// <summary>Calls a public static method, matched by name and by the arguments given; parameters left over take their defaults.</summary>
    internal static bool TryCall(Type type, string method, object?[] arguments, out object? result) =>
        TryCall(type, target: null, method, arguments, out result);

    /// <summary>Replaces the content of a display through the handle that the host returned when it was opened.</summary>
    internal static void UpdateHandle(object handle, View view) => TryCall(handle.GetType(), handle, "Update", [view], out _);

    private static bool TryCall(Type type, object? target, string method, object?[] arguments, out object? result)
    {
        BindingFlags flags = BindingFlags.Public | (target is null ? BindingFlags.Static : BindingFlags.Instance);
        foreach (MethodInfo candidate in type.GetMember(method, MemberTypes.Method, flags).Cast<MethodInfo>())
        {
            ParameterInfo[] parameters = candidate.GetParameters();
            if (candidate.IsGenericMethodDefinition || parameters.Length < arguments.Length || !Fits(parameters, arguments))
            {
                continue;
            }
            object?[] all = new object?[parameters.Length];
            arguments.CopyTo(all, 0);
            for (int i = arguments.Length; i < all.Length; i++)
            {
                all[i] = IsParams(parameters[i]) ? Array.CreateInstance(parameters[i].ParameterType.GetElementType()!, 0) : parameters[i].DefaultValue;
            }
            result = candidate.Invoke(target, BindingFlags.DoNotWrapExceptions, binder: null, all, culture: null);
            return true;
        }
        result = null;
        return false;
    }

    private static bool Fits(ParameterInfo[] parameters, object?[] arguments)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            bool fits = i < arguments.Length
                ? arguments[i] is null || parameters[i].ParameterType.IsInstanceOfType(arguments[i])
                : parameters[i].HasDefaultValue || IsParams(parameters[i]);
            if (!fits)
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsParams(ParameterInfo parameter) => parameter.IsDefined(typeof(ParamArrayAttribute), inherit: false);
}
