using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;

namespace Workbook.Kernel.Tests;

/// <summary>A kernel in this process and the other end of its sockets, written from the protocol's description and not with the kernel's own classes.</summary>
internal sealed class ProtocolClient : IDisposable
{
    private const string Key = "a-shared-key";
    private readonly DealerSocket _shell = new();
    private readonly DealerSocket _control = new();
    private readonly DealerSocket _stdin = new();
    private readonly DealerSocket _heartbeat = new();
    private readonly SubscriberSocket _iopub = new();
    private readonly string _session = Guid.NewGuid().ToString("N");
    private readonly string _folder = Directory.CreateTempSubdirectory("protocol-test-").FullName;

    public ProtocolClient(string key = Key)
    {
        for (var tries = 0; ; tries++)
        {
            var ports = FreePorts(5);
            try
            {
                Server = new KernelServer(
                    new ConnectionFile { Key = key, ShellPort = ports[0], ControlPort = ports[1], IOPubPort = ports[2], StdinPort = ports[3], HeartbeatPort = ports[4] }, _folder);
            }
            catch (NotebookException) when (tries < 5)
            {
                // Someone else was given the port meanwhile.
                continue;
            }

            var identity = Encoding.UTF8.GetBytes(_session);
            foreach (var (socket, port) in new (NetMQSocket, int)[] { (_shell, ports[0]), (_control, ports[1]), (_iopub, ports[2]), (_stdin, ports[3]), (_heartbeat, ports[4]) })
            {
                socket.Options.Identity = identity;
                socket.Options.Linger = TimeSpan.Zero;
                socket.Options.ReceiveHighWatermark = 0;
                socket.Connect($"tcp://127.0.0.1:{port}");
            }

            _iopub.SubscribeToAnyTopic();
            break;
        }

        // Subscribed once a request's own status comes through; until then ask again.
        for (var tries = 0; tries < 50; tries++)
        {
            Request(_shell, "kernel_info_request", []);
            Reply(_shell);
            if (TryRead(_iopub, TimeSpan.FromMilliseconds(100)) is not null)
            {
                break;
            }
        }

        while (TryRead(_iopub, TimeSpan.FromMilliseconds(200)) is not null)
        {
            // What was broadcast before the test began.
        }
    }

    public KernelServer Server { get; }

    public static string Sign(string key, params string[] parts) =>
        Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(string.Concat(parts))));

    /// <summary>Sends a request on the shell channel and returns its id.</summary>
    public string Send(string type, JsonObject content) => Request(_shell, type, content);

    public string SendControl(string type, JsonObject content) => Request(_control, type, content);

    public string Execute(string code, bool silent = false, bool stopOnError = true, bool allowInput = false) => Send(
        "execute_request",
        new JsonObject { ["code"] = code, ["silent"] = silent, ["store_history"] = !silent, ["stop_on_error"] = stopOnError, ["allow_stdin"] = allowInput, ["user_expressions"] = new JsonObject() });

    public void SendRaw(params string[] frames) => _shell.SendMultipartMessage(new NetMQMessage(frames.Select(frame => new NetMQFrame(frame))));

    public JsonObject Reply() => Reply(_shell);

    public JsonObject ControlReply() => Reply(_control);

    public JsonObject Question() => Reply(_stdin);

    public void AnswerQuestion(string value) => Request(_stdin, "input_reply", new JsonObject { ["value"] = value });

    /// <summary>Whether anything at all comes on the shell channel within the time.</summary>
    public bool HearsReply(TimeSpan limit) => TryRead(_shell, limit) is not null;

    /// <summary>What is broadcast about a request, up to its idle.</summary>
    public List<JsonObject> Broadcasts(string request, int seconds = 20)
    {
        List<JsonObject> heard = [];
        for (var until = DateTime.UtcNow.AddSeconds(seconds); DateTime.UtcNow < until;)
        {
            if (TryRead(_iopub, TimeSpan.FromMilliseconds(200)) is not { } message || (string?)message["parent_header"]!["msg_id"] != request)
            {
                continue;
            }

            heard.Add(message);
            if (Kind(message) == "status" && (string?)message["content"]!["execution_state"] == "idle")
            {
                return heard;
            }
        }

        throw new TimeoutException("No idle after " + string.Join(", ", heard.Select(Kind)));
    }

    /// <summary>The next broadcast of a kind about a request.</summary>
    public JsonObject Broadcast(string request, string kind)
    {
        while (true)
        {
            var message = TryRead(_iopub, TimeSpan.FromSeconds(20)) ?? throw new TimeoutException(kind);
            if (Kind(message) == kind && (string?)message["parent_header"]!["msg_id"] == request)
            {
                return message;
            }
        }
    }

    public static string Kind(JsonObject message) => (string)message["header"]!["msg_type"]!;

    public string? Beat(string text)
    {
        _heartbeat.SendFrame(text);
        return _heartbeat.TryReceiveFrameString(TimeSpan.FromSeconds(10), out var echo) ? echo : null;
    }

    public void Dispose()
    {
        Server.Dispose();
        foreach (var socket in (NetMQSocket[])[_shell, _control, _stdin, _heartbeat, _iopub])
        {
            socket.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    public string Header(string type, string id) =>
        new JsonObject { ["msg_id"] = id, ["msg_type"] = type, ["session"] = _session, ["username"] = "test", ["date"] = "2020-01-01T00:00:00Z", ["version"] = "5.3" }.ToJsonString();

    private string Request(NetMQSocket socket, string type, JsonObject content)
    {
        var id = Guid.NewGuid().ToString("N");
        var (header, body) = (Header(type, id), content.ToJsonString());
        socket.SendMultipartMessage(new NetMQMessage(new[] { "<IDS|MSG>", Sign(Key, header, "{}", "{}", body), header, "{}", "{}", body }.Select(frame => new NetMQFrame(frame, Encoding.UTF8))));
        return id;
    }

    private static JsonObject Reply(NetMQSocket socket) => TryRead(socket, TimeSpan.FromSeconds(20)) ?? throw new TimeoutException("No reply.");

    private static JsonObject? TryRead(NetMQSocket socket, TimeSpan limit)
    {
        NetMQMessage? message = null;
        if (!socket.TryReceiveMultipartMessage(limit, ref message))
        {
            return null;
        }

        var frames = message!.Select(frame => frame.ConvertToString(Encoding.UTF8)).ToList();
        var at = frames.IndexOf("<IDS|MSG>");
        Assert.Equal(Sign(Key, frames[at + 2], frames[at + 3], frames[at + 4], frames[at + 5]), frames[at + 1]);
        return new JsonObject
        {
            ["header"] = JsonNode.Parse(frames[at + 2]), ["parent_header"] = JsonNode.Parse(frames[at + 3]), ["content"] = JsonNode.Parse(frames[at + 5]),
        };
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
