using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbook.Core.Sweeps;

/// <summary>A value inside a plan's JSON together with the path to it, so that every complaint says where.</summary>
internal readonly struct PlanNode(string path, JsonElement value)
{
    public string Path => path;

    public JsonElement Value => value;

    public InputException Wrong(string what) => new(path.Length == 0 ? $"the plan {what}" : $"{path} {what}");

    /// <summary>The object's fields by name; an unknown one and one written twice are refused.</summary>
    public Dictionary<string, PlanNode> Fields(params string[] known)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Wrong($"is {Kind}; it has to be an object with {string.Join(", ", known)}.");
        var fields = new Dictionary<string, PlanNode>(StringComparer.Ordinal);
        foreach (JsonProperty property in value.EnumerateObject())
        {
            string at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (known.Length > 0 && !known.Contains(property.Name)) throw new InputException($"{at} is not a field of a plan; here it knows {string.Join(", ", known)}.");
            if (!fields.TryAdd(property.Name, new PlanNode(at, property.Value))) throw new InputException($"{at} is written twice; write it once.");
        }
        return fields;
    }

    public PlanNode[] Items()
    {
        if (value.ValueKind != JsonValueKind.Array) throw Wrong($"is {Kind}; it has to be a list.");
        string at = path;
        return [.. value.EnumerateArray().Select((item, k) => new PlanNode($"{at}[{k}]", item))];
    }

    public string Text() => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong($"is {Kind}; it has to be text.");

    public double Number() => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
        ? number
        : throw Wrong($"is {Kind}; it has to be a finite number.");

    public int Whole(int from, int to) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= from && number <= to
        ? number
        : throw Wrong($"is {Kind}; it has to be a whole number in {from} .. {to}.");

    public ulong Seed() => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) && number <= long.MaxValue
        ? number
        : throw Wrong($"is {Kind}; it has to be a whole number in 0 .. {long.MaxValue}.");

    /// <summary>A number as it was written, text in quotes, or what kind of thing it is.</summary>
    public string Kind => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.String => $"'{value.GetString()}'",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        _ => value.GetRawText(),
    };
}
