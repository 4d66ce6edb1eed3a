using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>Writes JSON byte for byte as Jupyter does: one space of indent, sorted keys, nothing escaped that need not be.</summary>
internal static class NotebookJson
{
    public static string Write(JsonNode? node)
    {
        var result = new StringBuilder();
        Write(node, 0, result);
        return result.Append('\n').ToString();
    }

    private static void Write(JsonNode? node, int depth, StringBuilder result)
    {
        switch (node)
        {
            case JsonObject { Count: 0 }:
                result.Append("{}");
                break;
            case JsonArray { Count: 0 }:
                result.Append("[]");
                break;
            case JsonObject map:
                var separator = '{';
                foreach (var (key, value) in map.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    Line(result.Append(separator), depth + 1);
                    Quote(key, result);
                    Write(value, depth + 1, result.Append(": "));
                    separator = ',';
                }

                Line(result, depth).Append('}');
                break;
            case JsonArray items:
                separator = '[';
                foreach (var item in items)
                {
                    Line(result.Append(separator), depth + 1);
                    Write(item, depth + 1, result);
                    separator = ',';
                }

                Line(result, depth).Append(']');
                break;
            case null:
                result.Append("null");
                break;
            case var _ when node.GetValueKind() == JsonValueKind.String:
                Quote((string)node!, result);
                break;
            default:
                // Numbers keep the digits that they were read with.
                result.Append(node.ToJsonString());
                break;
        }
    }

    private static StringBuilder Line(StringBuilder result, int depth) => result.Append('\n').Append(' ', depth);

    private static void Quote(string text, StringBuilder result)
    {
        result.Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append("\\\\"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                '\b' => result.Append("\\b"),
                '\f' => result.Append("\\f"),
                < ' ' => result.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture)),
                _ => result.Append(character),
            };
        }

        result.Append('"');
    }
}
