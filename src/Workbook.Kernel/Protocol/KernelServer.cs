using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>
/// Serves a session to Jupyter front ends: the messaging protocol 5.3 over the sockets that a connection file names.
/// </summary>
/// <remarks>
/// Requests on the shell channel are answered one after the other; those on the control channel at once, also while a cell runs. Each is framed by
/// <c>busy</c> and <c>idle</c>, the reply comes before <c>idle</c>. After a cell that failed, the cells already waiting are aborted if the front end asked for it.
/// </remarks>
public sealed class KernelServer : IDisposable
{
    // Cells that a front end sends in one go arrive within this time of each other. A failed cell waits for them before it is answered, and they are
    // aborted; what is sent after the answer was seen is not.
    private static readonly TimeSpan s_abortWindow = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(700);

    private readonly KernelSockets _sockets;
    private readonly Session _session;
    private readonly BlockingCollection<(Message Request, long Number)> _requests = [];
    private readonly BlockingCollection<Message> _answers = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ManualResetEventSlim _stopped = new();
    private readonly InputHistory _history = new();
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly Thread _worker;
    private Message? _executing;
    private bool _isAnswering;
    private int _executionCount;
    private long _sent;
    private long _received;
    private long _abortThrough;
    private bool _isWarming;

    /// <summary>Starts to listen.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="folder">What relative paths in cells start from.</param>
    /// <exception cref="NotebookException">An address cannot be bound to.</exception>
    public KernelServer(ConnectionFile connection, string folder)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _session = new Session(folder, Ask);
        _worker = new Thread(Work) { IsBackground = true, Name = "kernel requests" };
        _sockets = new KernelSockets(connection, Receive);
        Broadcast("status", new JsonObject { ["execution_state"] = "starting" }, []);
        _worker.Start();

        // The reader is still opening the notebook.
        _ = Task.Run(Session.WarmUp);
    }

    /// <summary>Interrupts the running cell.</summary>
    public void Interrupt() => _session.Interrupt();

    /// <summary>Waits until a front end asked for the end, or <see cref="Stop"/> was called.</summary>
    public void WaitForShutdown() => _stopped.Wait();

    /// <summary>Ends the kernel.</summary>
    public void Stop()
    {
        _session.Interrupt();
        _stopping.Cancel();
        _stopped.Set();
    }

    /// <summary>To be called when the process is about to end because code that a cell called said so: reports it, so that the front end is not left waiting.</summary>
    /// <returns>Whether a cell was running. Then its answer is complete and the sockets are closed; <see cref="CloseNetwork"/> waits until it has left the process.</returns>
    public bool EndWithProcess()
    {
        if (_stopped.IsSet || !_session.EndRunning(CellError.Plain("EnvironmentExit", "Code that the cell called ended the process, and with it this session.")))
        {
            return false;
        }

        // Reply and idle come after the cell's end.
        SpinWait.SpinUntil(() => !Volatile.Read(ref _isAnswering), TimeSpan.FromSeconds(2));
        _sockets.Flush(TimeSpan.FromSeconds(1));
        _sockets.Dispose();
        return true;
    }

    /// <summary>Waits until everything sent by any kernel in this process has left it; nothing can be sent afterwards.</summary>
    public static void CloseNetwork() => NetMQ.NetMQConfig.Cleanup(block: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _sockets.Flush(TimeSpan.FromSeconds(1));
        _worker.Join(TimeSpan.FromSeconds(3));
        _sockets.Dispose();
        _session.Dispose();
        _requests.Dispose();
        _answers.Dispose();
        _stopped.Dispose();
        _stopping.Dispose();
    }

    // On the sockets' thread.
    private void Receive(Channel channel, Message message)
    {
        if (channel == Channel.Stdin)
        {
            if (message.Type == "input_reply")
            {
                _answers.Add(message);
            }
        }
        else if (channel == Channel.Shell && message.Type != "shutdown_request" && message.Type != "interrupt_request")
        {
            _requests.Add((message, Interlocked.Increment(ref _received)));
        }
        else
        {
            Answer(channel, message);
        }
    }

    private void Work()
    {
        try
        {
            foreach (var (request, number) in _requests.GetConsumingEnumerable(_stopping.Token))
            {
                Volatile.Write(ref _isAnswering, true);
                Answer(Channel.Shell, request, isAborted: number <= _abortThrough);
                Volatile.Write(ref _isAnswering, false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Answer(Channel channel, Message request, bool isAborted = false)
    {
        Status("busy", request);
        try
        {
            var (type, content) = Reply(request, isAborted);
            if (content is not null)
            {
                _sockets.Send(channel, Compose(type, content, request.Header, request.Identities));
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A request whose content is not what the protocol says, or a fault of the kernel: told to the one who asked, and no reason to stop.
            var type = request.Type.EndsWith("_request", StringComparison.Ordinal) ? request.Type[..^"request".Length] + "reply" : "error";
            _sockets.Send(channel, Compose(type, ErrorContent(CellError.Plain(error.GetType().Name, error.Message)), request.Header, request.Identities));
        }

        Status("idle", request);
        if (request.Type == "shutdown_request")
        {
            Stop();
        }
    }

    private (string Type, JsonObject? Content) Reply(Message request, bool isAborted) => request.Type switch
    {
        "kernel_info_request" => ("kernel_info_reply", Information()),
        "execute_request" when isAborted => ("execute_reply", new JsonObject { ["status"] = "aborted", ["execution_count"] = _executionCount }),
        "execute_request" => ("execute_reply", Execute(request)),
        "complete_request" => ("complete_reply", Complete(request.Content)),
        "inspect_request" => ("inspect_reply", Inspect(request.Content)),
        "is_complete_request" => ("is_complete_reply", IsComplete(request.Content)),
        "history_request" => ("history_reply", new JsonObject { ["status"] = "ok", ["history"] = _history.Answer(request.Content) }),
        "comm_info_request" => ("comm_info_reply", new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() }),
        "interrupt_request" => ("interrupt_reply", Interrupted()),
        "shutdown_request" => ("shutdown_reply", new JsonObject { ["status"] = "ok", ["restart"] = (bool?)request.Content["restart"] ?? false }),
        "comm_open" => ("", CloseComm(request)),
        _ => ("", null),
    };

    private static JsonObject Information()
    {
        var version = typeof(KernelServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
        return new JsonObject
        {
            ["status"] = "ok",
            ["protocol_version"] = Message.Protocol,
            ["implementation"] = "workbook",
            ["implementation_version"] = version,
            ["banner"] = $"C# on .NET {Environment.Version}",
            ["debugger"] = false,
            ["help_links"] = new JsonArray(),
            ["language_info"] = new JsonObject
            {
                ["name"] = "C#",
                ["version"] = $"{Environment.Version.Major}.0",
                ["mimetype"] = "text/x-csharp",
                ["file_extension"] = ".cs",
                ["pygments_lexer"] = "csharp",
                ["codemirror_mode"] = "text/x-csharp",
                ["nbconvert_exporter"] = "script",
            },
        };
    }

    private JsonObject Execute(Message request)
    {
        var code = (string?)request.Content["code"] ?? "";
        var silent = (bool?)request.Content["silent"] ?? false;
        if (!silent)
        {
            _executionCount++;
            if ((bool?)request.Content["store_history"] ?? true)
            {
                _history.Add(_executionCount, code);
            }

            Broadcast("execute_input", new JsonObject { ["code"] = code, ["execution_count"] = _executionCount }, request.Header);
        }

        var count = _executionCount;
        Volatile.Write(ref _executing, request);
        var name = string.Create(CultureInfo.InvariantCulture, $"cell {count}{(silent ? " (silent)" : "")}");
        var error = _session.ExecuteAsync(code, name, output => Show(output, silent, count, request.Header)).GetAwaiter().GetResult();
        if (error is null && !_isWarming)
        {
            _isWarming = true;
            _ = Task.Run(WarmAsync);
        }
        else if (error is not null && ((bool?)request.Content["stop_on_error"] ?? true))
        {
            Thread.Sleep(s_abortWindow);
            _abortThrough = Interlocked.Read(ref _received);
        }

        var reply = error is null
            ? new JsonObject { ["status"] = "ok", ["payload"] = new JsonArray(), ["user_expressions"] = UserExpressions(request.Content, count) }
            : ErrorContent(error);
        reply["execution_count"] = count;
        Volatile.Write(ref _executing, null);
        return reply;
    }

    // Each is a cell of its own that shows nothing: its last expression is the answer.
    private JsonObject UserExpressions(JsonObject content, int count)
    {
        var answers = new JsonObject();
        foreach (var (name, expression) in content["user_expressions"] as JsonObject ?? [])
        {
            JsonObject data = [];
            var error = _session.ExecuteAsync(
                (string?)expression ?? "",
                string.Create(CultureInfo.InvariantCulture, $"cell {count}, expression {name}"),
                output => data = (output as ResultOutput)?.Data ?? data).GetAwaiter().GetResult();
            answers[name] = error is null ? new JsonObject { ["status"] = "ok", ["data"] = data, ["metadata"] = new JsonObject() } : ErrorContent(error);
        }

        return answers;
    }

    private void Show(CellOutput output, bool silent, int count, JsonObject parent)
    {
        if (silent)
        {
            return;
        }

        switch (output)
        {
            case StreamOutput stream:
                Broadcast("stream", new JsonObject { ["name"] = stream.Name, ["text"] = stream.Text }, parent);
                break;
            case DisplayOutput display:
                var transient = display.DisplayId is null ? new JsonObject() : new JsonObject { ["display_id"] = display.DisplayId };
                Broadcast(
                    display.IsUpdate ? "update_display_data" : "display_data",
                    new JsonObject { ["data"] = display.Data, ["metadata"] = new JsonObject(), ["transient"] = transient },
                    parent);
                break;
            case ResultOutput result:
                Broadcast("execute_result", new JsonObject { ["data"] = result.Data, ["metadata"] = new JsonObject(), ["execution_count"] = count }, parent);
                break;
            case ErrorOutput { Error: var error }:
                var content = ErrorContent(error);
                content.Remove("status");
                Broadcast("error", content, parent);
                break;
        }
    }

    private JsonObject Complete(JsonObject content)
    {
        var code = (string?)content["code"] ?? "";
        var position = CodePoints.ToUnits(code, (int?)content["cursor_pos"] ?? int.MaxValue);
        var found = _session.Language.CompleteAsync(code, position, _stopping.Token).GetAwaiter().GetResult();
        var (start, end) = (CodePoints.FromUnits(code, found.Start), CodePoints.FromUnits(code, position));
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. found.Matches.Select(match => (JsonNode)match.Text)]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject
            {
                ["_jupyter_types_experimental"] = new JsonArray(
                    [.. found.Matches.Select(match => (JsonNode)new JsonObject { ["text"] = match.Text, ["type"] = match.Kind, ["start"] = start, ["end"] = end })]),
            },
        };
    }

    private JsonObject Inspect(JsonObject content)
    {
        var code = (string?)content["code"] ?? "";
        var text = _session.Language.HoverAsync(code, CodePoints.ToUnits(code, (int?)content["cursor_pos"] ?? 0), _stopping.Token).GetAwaiter().GetResult();
        return new JsonObject
        {
            ["status"] = "ok",
            ["found"] = text is not null,
            ["data"] = text is null ? new JsonObject() : new JsonObject { ["text/plain"] = text },
            ["metadata"] = new JsonObject(),
        };
    }

    private static JsonObject IsComplete(JsonObject content)
    {
        var status = CellSyntax.Completeness((string?)content["code"] ?? "");
        var reply = new JsonObject { ["status"] = status };
        if (status == "incomplete")
        {
            reply["indent"] = "";
        }

        return reply;
    }

    private JsonObject Interrupted()
    {
        _session.Interrupt();
        return new JsonObject { ["status"] = "ok" };
    }

    // No kind of comm is served: whoever opens one is told so.
    private JsonObject? CloseComm(Message request)
    {
        Broadcast("comm_close", new JsonObject { ["comm_id"] = request.Content["comm_id"]?.DeepClone(), ["data"] = new JsonObject() }, request.Header);
        return null;
    }

    // On the cell's thread: asks the front end that sent the cell, and waits.
    private string? Ask(string prompt, bool password)
    {
        var request = Volatile.Read(ref _executing);
        if (request is null || (bool?)request.Content["allow_stdin"] != true)
        {
            throw new InvalidOperationException("This cell asks for input, and the front end does not allow it.");
        }

        while (_answers.TryTake(out _))
        {
            // An answer to a question that was given up.
        }

        _sockets.Send(Channel.Stdin, Compose("input_request", new JsonObject { ["prompt"] = prompt, ["password"] = password }, request.Header, request.Identities));
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, CellRun.Current?.Interruption ?? default);
        return (string?)_answers.Take(giveUp.Token).Content["value"];
    }

    // The first completion would take seconds of compiling. That is done beforehand, once the reader pauses and no cell wants the processor.
    private async Task WarmAsync()
    {
        var seen = -1L;
        while (seen != Interlocked.Read(ref _received) || Volatile.Read(ref _executing) is not null)
        {
            seen = Interlocked.Read(ref _received);
            await Task.Delay(s_pause, _stopping.Token).ConfigureAwait(false);
        }

        await _session.Language.WarmAsync(_stopping.Token).ConfigureAwait(false);
    }

    private static JsonObject ErrorContent(CellError error) => new()
    {
        ["status"] = "error",
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["traceback"] = new JsonArray([.. error.Traceback.Select(line => (JsonNode)line)]),
    };

    private void Status(string state, Message request) => Broadcast("status", new JsonObject { ["execution_state"] = state }, request.Header);

    private void Broadcast(string type, JsonObject content, JsonObject parent) =>
        _sockets.Send(Channel.IOPub, Compose(type, content, parent, [System.Text.Encoding.UTF8.GetBytes(type)]));

    private Message Compose(string type, JsonObject content, JsonObject parent, IReadOnlyList<byte[]> identities)
    {
        var header = new JsonObject
        {
            ["msg_id"] = string.Create(CultureInfo.InvariantCulture, $"{_id}_{Interlocked.Increment(ref _sent)}"),
            ["msg_type"] = type,
            ["session"] = _id,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("o", CultureInfo.InvariantCulture),
            ["version"] = Message.Protocol,
        };
        return new Message(identities, header, (JsonObject)parent.DeepClone(), content);
    }
}
