using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>
/// Turns a value into the representations that a front end chooses from. The contract is by shape, no type of this assembly is needed:
/// <list type="number">
/// <item><c>IReadOnlyDictionary&lt;string, object&gt; ToMimeBundle()</c>: MIME type to content. Text is text; bytes become base64; under
/// <c>application/json</c> and <c>application/*+json</c> a string holds JSON and is embedded as an object.</item>
/// <item><c>string ToHtml()</c>: shown as <c>text/html</c>, with <c>ToString()</c> beside it.</item>
/// <item>anything else: <see cref="PlainText"/>.</item>
/// </list>
/// </summary>
internal static class MimeBundle
{
    public const string Text = "text/plain";

    public static JsonObject Of(object? value)
    {
        if (value is not null && Method(value, "ToMimeBundle")?.Invoke(value, BindingFlags.DoNotWrapExceptions, null, null, null) is IReadOnlyDictionary<string, object> parts)
        {
            var data = new JsonObject();
            foreach (var (type, content) in parts)
            {
                data[type] = Content(type, content);
            }

            if (!data.ContainsKey(Text))
            {
                data[Text] = PlainText.Of(value);
            }

            return data;
        }

        if (value is not null && Method(value, "ToHtml") is { } toHtml && toHtml.ReturnType == typeof(string))
        {
            return new JsonObject { ["text/html"] = (string?)toHtml.Invoke(value, BindingFlags.DoNotWrapExceptions, null, null, null), [Text] = PlainText.Of(value) };
        }

        return new JsonObject { [Text] = PlainText.Of(value) };
    }

    /// <summary>Whether content of this type is JSON and stands in a notebook as such, not as text.</summary>
    public static bool IsJson(string type) =>
        type == "application/json" || (type.StartsWith("application/", StringComparison.Ordinal) && type.EndsWith("+json", StringComparison.Ordinal));

    private static MethodInfo? Method(object value, string name)
    {
        var method = value.GetType().GetMethod(name, BindingFlags.Public | BindingFlags.Instance, []);
        return method is { IsGenericMethodDefinition: false } ? method : null;
    }

    private static JsonNode? Content(string type, object? content) => content switch
    {
        string json when IsJson(type) => Parse(json),
        string text => text,
        byte[] bytes => Convert.ToBase64String(bytes),
        JsonNode node => node.DeepClone(),
        _ when IsJson(type) => JsonSerializer.SerializeToNode(content),
        _ => PlainText.Of(content),
    };

    private static JsonNode? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return json;
        }
    }
}
