using System.IO.Enumeration;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>The cells that were run in this session, for a front end's arrow keys.</summary>
internal sealed class InputHistory
{
    private readonly List<(int Number, string Source)> _inputs = [];

    public void Add(int number, string source) => _inputs.Add((number, source));

    /// <summary>Answers a request for the <c>tail</c>, a <c>range</c>, or what matches a pattern.</summary>
    public JsonArray Answer(JsonObject request)
    {
        var most = (int?)request["n"] ?? int.MaxValue;
        var found = (string?)request["hist_access_type"] switch
        {
            "range" => _inputs.Where(input => input.Number >= ((int?)request["start"] ?? 0) && input.Number < ((int?)request["stop"] ?? int.MaxValue)),
            "search" => _inputs.Where(input => FileSystemName.MatchesSimpleExpression((string?)request["pattern"] ?? "*", input.Source)).TakeLast(most),
            _ => _inputs.TakeLast(most),
        };
        var withOutput = (bool?)request["output"] ?? false;
        return new JsonArray([.. found.Select(input => (JsonNode)new JsonArray(0, input.Number, withOutput ? new JsonArray(input.Source, null) : (JsonNode)input.Source))]);
    }
}
