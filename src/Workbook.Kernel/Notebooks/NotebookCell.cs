using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>One cell of a notebook: a view of its JSON, so that whatever else the cell carries is kept.</summary>
public sealed class NotebookCell
{
    internal NotebookCell(JsonObject json) => Json = json;

    /// <summary>The cell as it stands in the file.</summary>
    public JsonObject Json { get; }

    /// <summary>The cell's id, kept over every change.</summary>
    public string Id => (string?)Json["id"] ?? "";

    /// <summary>Whether it is a code cell.</summary>
    public bool IsCode => (string?)Json["cell_type"] == "code";

    /// <summary>The cell's text.</summary>
    public string Source => NotebookText.Join(Json["source"]);

    /// <summary>The tags in its metadata.</summary>
    public IEnumerable<string> Tags => (Json["metadata"]?["tags"] as JsonArray)?.Select(tag => (string?)tag ?? "") ?? [];

    /// <summary>The outputs of a code cell.</summary>
    public JsonArray Outputs
    {
        get => Json["outputs"] as JsonArray ?? [];
        set => Json["outputs"] = value;
    }

    /// <summary>The place of a code cell in the order of execution; null if it was not run.</summary>
    public int? ExecutionCount
    {
        get => (int?)Json["execution_count"];
        set => Json["execution_count"] = value;
    }

    /// <summary>A new code cell.</summary>
    public static NotebookCell Code(string id, string source, params IEnumerable<string> tags) => new(new JsonObject
    {
        ["cell_type"] = "code",
        ["execution_count"] = null,
        ["id"] = id,
        ["metadata"] = new JsonObject { ["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]) },
        ["outputs"] = new JsonArray(),
        ["source"] = NotebookText.Split(source),
    });
}
