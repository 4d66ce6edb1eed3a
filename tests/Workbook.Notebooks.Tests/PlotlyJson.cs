using System.Text.Json;

namespace Workbook.Notebooks.Tests;

/// <summary>Reads back what the Plotly back end wrote.</summary>
internal static class PlotlyJson
{
    internal static JsonElement Parse(Figure figure) => JsonDocument.Parse(figure.ToPlotlyJson()).RootElement;

    internal static double[] Numbers(JsonElement trace, string property) =>
        [.. trace.GetProperty(property).EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble())];

    internal static IEnumerable<(JsonElement Trace, Layer Layer, int Panel)> TracesWithLayers(Figure figure)
    {
        JsonElement[] traces = [.. Parse(figure).GetProperty("data").EnumerateArray()];
        int next = 0;
        for (int panel = 0; panel < figure.Panels.Length; panel++)
        {
            foreach (Layer layer in figure.Panels[panel].Layers)
            {
                yield return (traces[next++], layer, panel);
            }
        }
        if (next != traces.Length)
        {
            throw new InvalidOperationException($"The figure has {next} layers, the JSON {traces.Length} traces.");
        }
    }
}
