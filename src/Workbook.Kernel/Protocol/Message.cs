using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetMQ;

namespace Workbook.Kernel;

/// <summary>One message of the Jupyter protocol.</summary>
/// <param name="Identities">Whom a router sends it to, or the topic of a broadcast.</param>
/// <param name="Header">Its own header.</param>
/// <param name="Parent">The header of the request that it answers; empty for none.</param>
/// <param name="Content">What it says.</param>
internal sealed record Message(IReadOnlyList<byte[]> Identities, JsonObject Header, JsonObject Parent, JsonObject Content)
{
    /// <summary>The protocol's version.</summary>
    public const string Protocol = "5.3";

    private static readonly byte[] s_delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly JsonSerializerOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 512 };
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 512, AllowDuplicateProperties = false };

    /// <summary>What kind of message it is.</summary>
    public string Type => (string?)Header["msg_type"] ?? "";

    /// <summary>Reads a message; null if it is malformed or its signature is wrong.</summary>
    public static Message? Read(NetMQMessage frames, MessageSigner signer)
    {
        var at = 0;
        while (at < frames.FrameCount && !frames[at].ToByteArray().AsSpan().SequenceEqual(s_delimiter))
        {
            at++;
        }

        if (frames.FrameCount < at + 6)
        {
            return null;
        }

        var parts = Enumerable.Range(at + 2, 4).Select(i => frames[i].ToByteArray()).ToArray();
        if (!signer.Verify(frames[at + 1].ToByteArray(), parts))
        {
            return null;
        }

        try
        {
            var identities = Enumerable.Range(0, at).Select(i => frames[i].ToByteArray()).ToList();
            return Parse(parts[0]) is { } header && Parse(parts[1]) is { } parent && Parse(parts[3]) is { } content
                && header["msg_type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String
                ? new Message(identities, header, parent, content)
                : null;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The message as it goes over the wire.</summary>
    public NetMQMessage Write(MessageSigner signer)
    {
        byte[][] parts = [Bytes(Header), Bytes(Parent), "{}"u8.ToArray(), Bytes(Content)];
        var frames = new NetMQMessage();
        foreach (var identity in Identities)
        {
            frames.Append(identity);
        }

        frames.Append(s_delimiter);
        frames.Append(signer.Sign(parts));
        foreach (var part in parts)
        {
            frames.Append(part);
        }

        return frames;
    }

    private static JsonObject? Parse(byte[] part) => JsonNode.Parse(part, documentOptions: s_reading) as JsonObject;

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString(s_writing));
}
