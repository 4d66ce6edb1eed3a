using System.Diagnostics;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace Workbook.Kernel;

/// <summary>
/// Puts an error into words that point to a line of a cell. Nothing in them depends on the machine or the run: no paths, no addresses.
/// </summary>
internal static class CellTraceback
{
    private const int MaximumErrors = 10;
    private const int MaximumFrames = 40;

    /// <summary>The compiler's errors, each with the line and a mark under the place.</summary>
    public static CellError OfErrors(IReadOnlyList<Diagnostic> errors, string code, string name)
    {
        var lines = code.Split('\n');
        List<string> traceback = [];
        foreach (var error in errors.OrderBy(error => error.Location.SourceSpan.Start).Take(MaximumErrors))
        {
            var place = error.Location.GetLineSpan().StartLinePosition;
            var message = $"error {error.Id}: {error.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}";
            if (!error.Location.IsInSource)
            {
                traceback.Add($"{name}: {message}");
                continue;
            }

            traceback.Add($"{name}, line {place.Line + 1}, column {place.Character + 1}: {message}");
            if (place.Line < lines.Length)
            {
                var line = lines[place.Line].TrimEnd('\r').Replace('\t', ' ');
                traceback.Add($"    {line}");
                traceback.Add($"    {new string(' ', Math.Min(place.Character, line.Length))}^");
            }
        }

        if (errors.Count > MaximumErrors)
        {
            traceback.Add($"... and {errors.Count - MaximumErrors} more errors");
        }

        return new CellError("CompilationError", errors[0].GetMessage(System.Globalization.CultureInfo.InvariantCulture), traceback);
    }

    /// <summary>An exception that a cell threw.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="source">Gives the lines of a cell or imported file by its name, or null for a name that is none.</param>
    public static CellError OfException(Exception exception, Func<string, string[]?> source)
    {
        // A task or a reflected call wraps what really happened.
        while (exception is TargetInvocationException or TypeInitializationException or AggregateException { InnerExceptions.Count: 1 } && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        List<string> traceback = [$"{Name(exception)}: {exception.Message}"];
        traceback.AddRange(Frames(exception, source));
        for (var cause = exception.InnerException; cause is not null && traceback.Count < MaximumFrames; cause = cause.InnerException)
        {
            traceback.Add($"caused by {Name(cause)}: {cause.Message}");
            traceback.AddRange(Frames(cause, source));
        }

        return new CellError(Name(exception), exception.Message, traceback);
    }

    private static string Name(Exception exception) => exception is CellExitException ? "EnvironmentExit" : exception.GetType().Name;

    private static IEnumerable<string> Frames(Exception exception, Func<string, string[]?> source)
    {
        var frames = new StackTrace(exception, fNeedFileInfo: true).GetFrames()
            .Select(frame => (Frame: frame, Lines: frame.GetFileName() is { } file ? source(file) : null))
            .Where(frame => frame.Lines is not null || !IsPlumbing(frame.Frame.GetMethod()))
            .ToList();

        // Below the cell that began it all there is only the host.
        var outermost = frames.FindLastIndex(frame => frame.Lines is not null);
        foreach (var (frame, lines) in frames.Take(outermost + 1).Take(MaximumFrames))
        {
            var method = Method(frame.GetMethod(), isCell: lines is not null);
            if (lines is null)
            {
                yield return $"    {method}";
                continue;
            }

            var number = frame.GetFileLineNumber();
            var text = number > 0 && number <= lines.Length ? lines[number - 1].Trim() : "";
            yield return $"    {frame.GetFileName()}, line {number}{(method.Length > 0 ? $", in {method}" : "")}: {text}";
        }
    }

    private static bool IsPlumbing(MethodBase? method) =>
        method?.DeclaringType is not { } type
        || type.Assembly == typeof(CellTraceback).Assembly
        || type.Namespace is "System.Runtime.CompilerServices" or "System.Runtime.ExceptionServices"
        || method.IsDefined(typeof(StackTraceHiddenAttribute), inherit: false);

    // "Namespace.Type.Method" of a library; of a cell only what the reader named: "<<Initialize>>d__0.MoveNext" is the cell itself, "<F>g__G|0_0" is G.
    private static string Method(MethodBase? method, bool isCell)
    {
        if (method is null)
        {
            return "";
        }

        var type = method.DeclaringType;
        var name = method.Name;
        if (name == "MoveNext" && type?.Name.StartsWith('<') == true)
        {
            name = type.Name;
            type = type.DeclaringType;
        }

        var isLambda = name.Contains(">b__", StringComparison.Ordinal);
        name = name.Contains(">g__", StringComparison.Ordinal) ? name[(name.IndexOf(">g__", StringComparison.Ordinal) + 4)..].Split('|')[0] : name.TrimStart('<').Split('>')[0];
        while (type?.Name.StartsWith('<') == true)
        {
            type = type.DeclaringType;
        }

        if (!isCell)
        {
            return $"{type?.FullName?.Replace('+', '.').Split('[')[0]}.{name}{(isLambda ? " (lambda)" : "")}";
        }

        var owner = type is { IsNested: true } ? type.Name + "." : "";
        name = name is "Initialize" or "Factory" or "Main" ? "" : owner + name;
        return isLambda ? (name.Length > 0 ? name + " (lambda)" : "a lambda") : name;
    }
}
