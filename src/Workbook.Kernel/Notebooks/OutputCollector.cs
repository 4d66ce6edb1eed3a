using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>Gathers what a cell shows as the outputs that a notebook stores: neighbouring writes to a stream become one, an update replaces in place.</summary>
internal sealed class OutputCollector(int executionCount)
{
    private readonly Lock _gate = new();
    private readonly JsonArray _outputs = [];
    private readonly Dictionary<string, JsonObject> _displays = [];

    /// <summary>What was gathered so far.</summary>
    public JsonArray Outputs
    {
        get
        {
            lock (_gate)
            {
                var outputs = (JsonArray)_outputs.DeepClone();
                foreach (var stream in outputs.OfType<JsonObject>().Where(output => output.ContainsKey("name")))
                {
                    stream["text"] = NotebookText.Settle((string)stream["text"]!);
                }

                return outputs;
            }
        }
    }

    public void Add(CellOutput output)
    {
        lock (_gate)
        {
            switch (output)
            {
                case StreamOutput stream when _outputs.LastOrDefault() is JsonObject last && (string?)last["name"] == stream.Name:
                    last["text"] = (string?)last["text"] + stream.Text;
                    break;
                case StreamOutput stream:
                    _outputs.Add(new JsonObject { ["name"] = stream.Name, ["output_type"] = "stream", ["text"] = stream.Text });
                    break;
                case DisplayOutput { DisplayId: { } id } update when _displays.TryGetValue(id, out var shown):
                    shown["data"] = update.Data;
                    break;
                case DisplayOutput display:
                    var added = new JsonObject { ["data"] = display.Data, ["metadata"] = new JsonObject(), ["output_type"] = "display_data" };
                    _outputs.Add(added);
                    if (display.DisplayId is not null)
                    {
                        _displays[display.DisplayId] = added;
                    }

                    break;
                case ResultOutput result:
                    _outputs.Add(new JsonObject
                    {
                        ["data"] = result.Data, ["execution_count"] = executionCount, ["metadata"] = new JsonObject(), ["output_type"] = "execute_result",
                    });
                    break;
                case ErrorOutput { Error: var error }:
                    _outputs.Add(new JsonObject
                    {
                        ["ename"] = error.Name,
                        ["evalue"] = error.Message,
                        ["output_type"] = "error",
                        ["traceback"] = new JsonArray([.. error.Traceback.Select(line => (JsonNode)line)]),
                    });
                    break;
            }
        }
    }
}
