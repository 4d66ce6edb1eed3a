using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>
/// A notebook in format 4, read as it is and written as Jupyter writes 4.5: a file that Jupyter saved comes back byte for byte.
/// </summary>
public sealed class NotebookDocument
{
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 512, AllowDuplicateProperties = false };

    private readonly JsonObject _json;
    private readonly List<NotebookCell> _cells;

    private NotebookDocument(JsonObject json, JsonArray cells)
    {
        _json = json;
        _cells = [.. cells.Select(cell => new NotebookCell(cell!.AsObject()))];
    }

    /// <summary>The cells in order.</summary>
    public IReadOnlyList<NotebookCell> Cells => _cells;

    /// <summary>The notebook's metadata.</summary>
    public JsonObject Metadata => _json["metadata"] as JsonObject ?? [];

    /// <summary>Reads a notebook.</summary>
    /// <exception cref="NotebookException">It cannot be read, or is no notebook of format 4.</exception>
    public static NotebookDocument Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"{path} could not be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a notebook from its text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What to call it in an error.</param>
    /// <exception cref="NotebookException">It is no notebook of format 4.</exception>
    public static NotebookDocument Parse(string text, string name)
    {
        JsonObject json;
        try
        {
            json = JsonNode.Parse(text, documentOptions: s_reading) as JsonObject ?? throw new NotebookException($"{name} is not a notebook: it holds no JSON object.");
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new NotebookException($"{name} is not a notebook: {error.Message}", error);
        }

        if (!IsNumber(json["nbformat"], out var format))
        {
            throw new NotebookException($"{name} is not a notebook: it does not say its format.");
        }

        if (format != 4)
        {
            throw new NotebookException($"{name} is in notebook format {format}; only format 4 can be read.");
        }

        if (json["cells"] is not JsonArray cells || cells.Any(cell => cell is not JsonObject))
        {
            throw new NotebookException($"{name} is not a notebook: it has no list of cells.");
        }

        return new NotebookDocument(json, cells).Upgraded();
    }

    /// <summary>The notebook as Jupyter would write it.</summary>
    public override string ToString()
    {
        var json = _json.DeepClone().AsObject();
        foreach (var cell in json["cells"]!.AsArray().Select(cell => cell!.AsObject()))
        {
            cell["source"] = NotebookText.Split(NotebookText.Join(cell["source"]));
            (cell["metadata"] as JsonObject)?.Remove("trusted");
            foreach (var output in (cell["outputs"] as JsonArray ?? []).OfType<JsonObject>())
            {
                if (output["text"] is { } text)
                {
                    output["text"] = NotebookText.Split(NotebookText.Join(text));
                }

                SplitBundle(output["data"] as JsonObject);
            }

            foreach (var (_, attachment) in cell["attachments"] as JsonObject ?? [])
            {
                SplitBundle(attachment as JsonObject);
            }
        }

        return NotebookJson.Write(json);
    }

    /// <summary>Writes the notebook beside its place and moves it there in one step: a reader never meets half of it.</summary>
    public void Write(string path)
    {
        path = Path.GetFullPath(path);
        path = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        var draft = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            File.WriteAllText(draft, ToString(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            if (!OperatingSystem.IsWindows() && File.Exists(path))
            {
                File.SetUnixFileMode(draft, File.GetUnixFileMode(path));
            }

            File.Move(draft, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(draft);
            throw new NotebookException($"{path} could not be written: {error.Message}", error);
        }
    }

    /// <summary>Puts a cell into the notebook.</summary>
    public void Insert(int index, NotebookCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        _json["cells"]!.AsArray().Insert(index, cell.Json);
        _cells.Insert(index, cell);
    }

    /// <summary>Takes a cell out of the notebook.</summary>
    public void RemoveAt(int index)
    {
        _json["cells"]!.AsArray().RemoveAt(index);
        _cells.RemoveAt(index);
    }

    // Before 4.5 cells had no ids. They are given their number, not a random one: the same file always comes out the same.
    private NotebookDocument Upgraded()
    {
        if (!IsNumber(_json["nbformat_minor"], out var minor) || minor < 5)
        {
            _json["nbformat_minor"] = 5;
        }

        _json["metadata"] ??= new JsonObject();
        var taken = _cells.Select(cell => cell.Id).ToHashSet(StringComparer.Ordinal);
        var number = 0;
        foreach (var cell in _cells)
        {
            number++;
            cell.Json["metadata"] ??= new JsonObject();
            if (cell.Id.Length == 0)
            {
                var id = $"cell-{number}";
                while (!taken.Add(id))
                {
                    id += "-";
                }

                cell.Json["id"] = id;
            }
        }

        return this;
    }

    private static bool IsNumber(JsonNode? node, out int number)
    {
        number = 0;
        return node is JsonValue value && value.TryGetValue(out number);
    }

    private static void SplitBundle(JsonObject? data)
    {
        foreach (var (type, content) in data?.ToArray() ?? [])
        {
            if (MimeBundle.IsJson(type))
            {
                continue;
            }

            if (content is JsonArray || content?.GetValueKind() == JsonValueKind.String)
            {
                var text = NotebookText.Join(content);
                var isText = type.StartsWith("text/", StringComparison.Ordinal) || type is "application/javascript" or "image/svg+xml";
                data![type] = isText ? NotebookText.Split(text) : text;
            }
        }
    }
}
