using System.Text.Json;
using System.Text.Json.Serialization;

namespace Workbook.Core.Runs;

/// <summary>A file of a run and what it has to be.</summary>
/// <param name="Sha256">SHA-256 of its bytes.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record ManifestFile(string Sha256, long Length);

/// <summary>What ran, where and when, and the checksums of the files beside it.</summary>
public sealed record Manifest
{
    /// <summary>Hash of the spec.</summary>
    public required string SpecHash { get; init; }

    /// <summary>Seed of the spec.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The engine that ran: what `auto` came to.</summary>
    public required string Engine { get; init; }

    /// <summary>Wall time of training and recording, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>False where the run was interrupted; its trajectory ends early.</summary>
    public required bool Complete { get; init; }

    /// <summary>When the run ended, UTC.</summary>
    public required DateTime Finished { get; init; }

    /// <summary>Processor, system and versions.</summary>
    public required Machine Machine { get; init; }

    /// <summary>Files that the spec knows by their checksum only: where they were.</summary>
    public IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();

    /// <summary>Every other file of the run.</summary>
    public required IReadOnlyDictionary<string, ManifestFile> Files { get; init; }

    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options) + "\n";

    /// <summary>From JSON.</summary>
    public static Manifest FromJson(string json)
    {
        try
        {
            Manifest manifest = JsonSerializer.Deserialize<Manifest>(json, Options) ?? throw new InputException("the manifest is empty.");
            if (manifest.Files is null || manifest.Files.Values.Contains(null!)) throw new InputException("the manifest lists no files.");
            return manifest;
        }
        catch (JsonException e)
        {
            throw new InputException("the manifest is not the JSON that a run writes: " + e.Message.ReplaceLineEndings(" "), e);
        }
    }
}
