using System.Text.Json;
using System.Text.Json.Serialization;
using Workbook.Core;

namespace Workbook.Benchmarks.Results;

/// <summary>Records to JSON and back, one file each, replaced in whole so that an interruption leaves the old or the new one.</summary>
internal static class Json
{
    public static JsonSerializerOptions Options { get; } = Make(indented: true);

    /// <summary>The same on one line, for the pipe between the processes.</summary>
    public static JsonSerializerOptions Line { get; } = Make(indented: false);

    public static T? Read<T>(string path) where T : class
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Options);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path} is not a result of this program ({e.Message}); remove it to measure anew.", e);
        }
    }

    public static void Write<T>(string path, T value) => WriteText(path, JsonSerializer.Serialize(value, Options) + "\n");

    public static void WriteText(string path, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            string beside = path + ".new";
            File.WriteAllText(beside, text);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be written: {e.Message}", e);
        }
    }

    private static JsonSerializerOptions Make(bool indented) => new()
    {
        WriteIndented = indented,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };
}
