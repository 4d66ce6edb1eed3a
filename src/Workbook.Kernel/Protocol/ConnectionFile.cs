using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>Where a front end wants the kernel to listen, and the key that both sign with.</summary>
public sealed record ConnectionFile
{
    /// <summary>Address to bind to; loopback unless the file says otherwise.</summary>
    public string Ip { get; init; } = "127.0.0.1";

    /// <summary>Port of the channel for requests.</summary>
    public int ShellPort { get; init; }

    /// <summary>Port of the channel for requests that must not wait: interrupt and shutdown.</summary>
    public int ControlPort { get; init; }

    /// <summary>Port of the channel on which outputs are broadcast.</summary>
    public int IOPubPort { get; init; }

    /// <summary>Port of the channel on which the kernel asks the reader.</summary>
    public int StdinPort { get; init; }

    /// <summary>Port of the channel that echoes, to show that the kernel lives.</summary>
    public int HeartbeatPort { get; init; }

    /// <summary>The shared key; empty for no signatures.</summary>
    public string Key { get; init; } = "";

    /// <summary>Reads a connection file.</summary>
    /// <exception cref="NotebookException">It cannot be read or asks for what this kernel cannot do.</exception>
    public static ConnectionFile Read(string path)
    {
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new NotebookException($"The connection file {path} could not be read: {error.Message}", error);
        }

        try
        {
            var scheme = (string?)json?["signature_scheme"] ?? "hmac-sha256";
            var key = (string?)json?["key"] ?? "";
            var ip = (string?)json?["ip"] ?? "127.0.0.1";
            if ((string?)json?["transport"] is not ("tcp" or null))
            {
                throw new NotebookException($"The connection file {path} asks for the transport {json["transport"]}; only tcp is supported.");
            }

            if (key.Length > 0 && scheme != "hmac-sha256")
            {
                throw new NotebookException($"The connection file {path} asks for signatures by {scheme}; only hmac-sha256 is supported.");
            }

            if (ip != "*" && ip != "localhost" && !IPAddress.TryParse(ip, out _))
            {
                throw new NotebookException($"The connection file {path} names no address to bind to: {ip}.");
            }

            return new ConnectionFile
            {
                Ip = ip == "localhost" ? "127.0.0.1" : ip,
                Key = key,
                ShellPort = (int)json!["shell_port"]!,
                ControlPort = (int)json["control_port"]!,
                IOPubPort = (int)json["iopub_port"]!,
                StdinPort = (int)json["stdin_port"]!,
                HeartbeatPort = (int)json["hb_port"]!,
            };
        }
        catch (Exception error) when (error is NullReferenceException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new NotebookException($"The connection file {path} does not name its ports.", error);
        }
    }
}
