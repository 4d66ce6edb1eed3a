using System.Text.Json.Nodes;

namespace Workbook.Report.Book;

/// <summary>What a cell's output holds, whichever way nbformat wrote it: a text is one string or a list of lines.</summary>
internal static class CellOutput
{
    /// <summary>The kind: stream, error, display_data or execute_result.</summary>
    internal static string? Kind(JsonObject output) => (string?)output["output_type"];

    /// <summary>The text of one MIME type; null where there is none.</summary>
    internal static string? Part(JsonObject output, string type) => Data(output, type) is JsonNode part ? Joined(part) : null;

    /// <summary>A MIME type's content as it stands; null where there is none.</summary>
    internal static JsonNode? Data(JsonObject output, string type) => (output["data"] as JsonObject)?[type];

    /// <summary>One text of a text or its lines; empty for none.</summary>
    internal static string Joined(JsonNode? text) => text is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string?)text ?? "";
}
