using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Workbook.Kernel;

/// <summary>
/// Compares a run with the outputs that a notebook was committed with.
/// </summary>
/// <remarks>
/// Text and tables must agree exactly, or number by number within what the cell's metadata allow: <c>"workbook": {"tolerance": 1e-9}</c> (relative), or
/// <c>{"tolerance": {"relative": 1e-9, "absolute": 1e-12}}</c>. Figures are compared by their data (JSON types, number by number); images are not compared, they follow
/// from the data. <c>"workbook": {"check": false}</c> exempts a cell whose outputs cannot agree, such as one that measures time.
/// </remarks>
public static partial class NotebookCheck
{
    /// <summary>Where the two differ, one sentence a cell; empty if they agree.</summary>
    /// <param name="committed">The notebook as committed.</param>
    /// <param name="executed">The same notebook after a run.</param>
    public static IReadOnlyList<string> Compare(NotebookDocument committed, NotebookDocument executed)
    {
        ArgumentNullException.ThrowIfNull(committed);
        ArgumentNullException.ThrowIfNull(executed);
        List<string> differences = [];
        var number = 0;
        foreach (var (before, after) in committed.Cells.Zip(executed.Cells).Where(pair => pair.First.IsCode))
        {
            number += string.IsNullOrWhiteSpace(before.Source) ? 0 : 1;
            var settings = before.Json["metadata"]?["workbook"] as JsonObject;
            if (settings?["check"] is JsonValue check && check.GetValueKind() == JsonValueKind.False)
            {
                continue;
            }

            if (Difference(Merged(before.Outputs), Merged(after.Outputs), Tolerance.Read(settings?["tolerance"])) is { } difference)
            {
                differences.Add($"cell {number} (id {before.Id}): {difference}");
            }
        }

        return differences;
    }

    private static string? Difference(List<JsonObject> before, List<JsonObject> after, Tolerance tolerance)
    {
        for (var i = 0; i < Math.Min(before.Count, after.Count); i++)
        {
            if (Difference(before[i], after[i], tolerance) is { } difference)
            {
                return $"output {i + 1}, {difference}";
            }
        }

        return before.Count == after.Count ? null : $"{before.Count} outputs are committed, the run gave {after.Count}";
    }

    private static string? Difference(JsonObject before, JsonObject after, Tolerance tolerance)
    {
        var (was, now) = ((string?)before["output_type"], (string?)after["output_type"]);
        if (was != now)
        {
            return $"committed is {was}, the run gave {now}{(now == "error" ? $": {(string?)after["evalue"]}" : "")}";
        }

        switch (was)
        {
            case "stream":
                return (string?)before["name"] != (string?)after["name"]
                    ? $"committed is {(string?)before["name"]}, the run gave {(string?)after["name"]}"
                    : Prefixed((string?)before["name"], Text(NotebookText.Join(before["text"]), NotebookText.Join(after["text"]), tolerance));
            case "error":
                return Prefixed("error", Text($"{before["ename"]}: {before["evalue"]}", $"{after["ename"]}: {after["evalue"]}", tolerance));
            default:
                return Bundle(before["data"] as JsonObject ?? [], after["data"] as JsonObject ?? [], tolerance);
        }
    }

    private static string? Bundle(JsonObject before, JsonObject after, Tolerance tolerance)
    {
        foreach (var type in before.Select(part => part.Key).Union(after.Select(part => part.Key)).Where(type => !type.StartsWith("image/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (!before.ContainsKey(type) || !after.ContainsKey(type))
            {
                return $"{type} is only {(before.ContainsKey(type) ? "committed" : "in the run")}";
            }

            var difference = MimeBundle.IsJson(type)
                ? Json(before[type], after[type], tolerance, "")
                : Text(NotebookText.Join(before[type]), NotebookText.Join(after[type]), tolerance);
            if (difference is not null)
            {
                return Prefixed(type, difference);
            }
        }

        return null;
    }

    private static string? Prefixed(string? where, string? difference) => difference is null ? null : $"{where}: {difference}";

    private static string? Text(string before, string after, Tolerance tolerance)
    {
        var (was, now) = (before.TrimEnd('\n').Split('\n'), after.TrimEnd('\n').Split('\n'));
        for (var line = 0; line < Math.Max(was.Length, now.Length); line++)
        {
            if (line >= was.Length || line >= now.Length)
            {
                return $"{was.Length} lines are committed, the run gave {now.Length}";
            }

            if (was[line] != now[line] && !(tolerance.IsSome && Agree(was[line], now[line], tolerance)))
            {
                return $"line {line + 1}: committed is `{Short(was[line])}`, the run gave `{Short(now[line])}`";
            }
        }

        return null;
    }

    // The words the same, whatever blanks align them, and the numbers between them close.
    private static bool Agree(string before, string after, Tolerance tolerance)
    {
        var (was, now) = (Number().Matches(before), Number().Matches(after));
        return was.Count == now.Count
            && Words(before) == Words(after)
            && was.Zip(now).All(pair => tolerance.Holds(Parse(pair.First.Value), Parse(pair.Second.Value)));
    }

    private static string Words(string line) => Blanks().Replace(Number().Replace(line, " # "), " ").Trim();

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    private static string? Json(JsonNode? before, JsonNode? after, Tolerance tolerance, string path)
    {
        switch (before, after)
        {
            case (JsonObject was, JsonObject now):
                foreach (var key in was.Select(entry => entry.Key).Union(now.Select(entry => entry.Key)).Order(StringComparer.Ordinal))
                {
                    if (!was.ContainsKey(key) || !now.ContainsKey(key))
                    {
                        return $"{path}.{key} is only {(was.ContainsKey(key) ? "committed" : "in the run")}".TrimStart('.');
                    }

                    if (Json(was[key], now[key], tolerance, $"{path}.{key}") is { } difference)
                    {
                        return difference;
                    }
                }

                return null;
            case (JsonArray was, JsonArray now) when was.Count == now.Count:
                return was.Select((item, i) => Json(item, now[i], tolerance, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))).FirstOrDefault(difference => difference is not null);
            case (JsonArray was, JsonArray now):
                return $"{path}: {was.Count} items are committed, the run gave {now.Count}".TrimStart('.');
            default:
                var (a, b) = (before?.ToJsonString() ?? "null", after?.ToJsonString() ?? "null");
                var isNumber = before?.GetValueKind() == JsonValueKind.Number && after?.GetValueKind() == JsonValueKind.Number;
                return a == b || (isNumber && tolerance.Holds(Parse(a), Parse(b))) ? null : $"{path}: committed is {Short(a)}, the run gave {Short(b)}".TrimStart('.');
        }
    }

    private static string Short(string text) => text.Length <= 120 ? text : text[..117] + "...";

    // Other writers may have split a stream into several outputs.
    private static List<JsonObject> Merged(JsonArray outputs)
    {
        List<JsonObject> merged = [];
        foreach (var output in outputs.OfType<JsonObject>())
        {
            var copy = output.DeepClone().AsObject();
            if (copy.ContainsKey("name") && merged.LastOrDefault() is { } last && (string?)last["name"] == (string?)copy["name"])
            {
                last["text"] = NotebookText.Join(last["text"]) + NotebookText.Join(copy["text"]);
            }
            else
            {
                merged.Add(copy);
            }
        }

        return merged;
    }

    [GeneratedRegex(@"(?<![\w.])[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?(?![\w])", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();

    private readonly record struct Tolerance(double Relative, double Absolute)
    {
        public bool IsSome => Relative > 0 || Absolute > 0;

        public static Tolerance Read(JsonNode? node) => node switch
        {
            JsonObject both => new Tolerance((double?)both["relative"] ?? 0, (double?)both["absolute"] ?? 0),
            JsonValue relative when relative.GetValueKind() == JsonValueKind.Number => new Tolerance((double)relative, 0),
            _ => default,
        };

        public bool Holds(double a, double b) => a.Equals(b) || Math.Abs(a - b) <= Absolute + (Relative * Math.Max(Math.Abs(a), Math.Abs(b)));
    }
}
