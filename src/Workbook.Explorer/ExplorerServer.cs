using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Workbook.Core;
using Workbook.Core.Runs;

namespace Workbook.Explorer;

/// <summary>Where the explorer listens and writes.</summary>
/// <param name="Port">Port on loopback; 0 for any that is free.</param>
/// <param name="Folder">Folder of saved runs (<c>runs/HASH/</c>) and notebooks (<c>notebooks/</c>).</param>
/// <param name="Attach">Text files stored with a run, made from it; null for none.</param>
public sealed record ExplorerOptions(int Port, string Folder, Func<RunSpec, Trajectory, IReadOnlyDictionary<string, string>>? Attach = null);

/// <summary>
/// The explorer: one page on loopback that trains a setting whenever a slider moves. Requests: <c>GET /</c> and its assets, <c>GET /api/run?SETTING&amp;client=ID&amp;neuron=R</c>,
/// <c>POST /api/save</c> and <c>POST /api/notebook</c> with a setting as the body, form-encoded. What is refused gets one sentence.
/// </summary>
public sealed class ExplorerServer : IAsyncDisposable
{
    private const int MostBody = 4096, MostHeaders = 16 * 1024, MostLine = 4096, MostConnections = 256, MostWaiting = 128;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly ExplorerOptions _options;
    private readonly RequestGuard _guard;
    private readonly TrainingGate _gate = new(Math.Max(1, Environment.ProcessorCount), MostWaiting, s_longest);
    private readonly Dictionary<string, (string Type, byte[] Content)> _files;
    private readonly string _policy;

    private ExplorerServer(WebApplication app, ExplorerOptions options, int port)
    {
        (_app, _options, _guard, Port) = (app, options, new RequestGuard(port), port);
        string page = ExplorerPage.Write(_guard.Token);
        _files = ExplorerPage.Assets().ToDictionary(a => "/assets/" + a.Name, a => (a.Name.EndsWith(".css", StringComparison.Ordinal) ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8", Encoding.UTF8.GetBytes(a.Content)), StringComparer.Ordinal);
        _files["/"] = ("text/html; charset=utf-8", Encoding.UTF8.GetBytes(page));
        _policy = $"default-src 'none'; script-src 'self' {ExplorerPage.InlineHashes(page)}; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <summary>Address of the page.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{Port}/"));

    /// <summary>Token of writes, for tests.</summary>
    internal string Token => _guard.Token;

    /// <summary>Starts to listen on 127.0.0.1, and on ::1 where there is one.</summary>
    /// <exception cref="InputException">The port is taken.</exception>
    public static async Task<ExplorerServer> StartAsync(ExplorerOptions options, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        const int Attempts = 5;
        for (int attempt = 1; ; attempt++)
        {
            int port = options.Port != 0 ? options.Port : FreePort();
            WebApplication app = Build(port);
            var server = new ExplorerServer(app, options, port);
            app.Run(server.AnswerAsync);
            try
            {
                await app.StartAsync(cancel);
                _ = Task.Run(WarmUp, CancellationToken.None);
                return server;
            }
            catch (IOException e) when (e.InnerException is AddressInUseException or SocketException)
            {
                await server.DisposeAsync();
                // Between the look for a free port and the start somebody else may have taken it.
                if (options.Port == 0 && attempt < Attempts) continue;
                throw new InputException($"port {port} cannot be had on localhost, most likely since another program listens there; choose another with --port, or --port 0 for any that is free.", e);
            }
            catch (SocketException e)
            {
                await server.DisposeAsync();
                throw new InputException($"port {port} cannot be had on localhost: {e.Message}; choose another with --port.", e);
            }
        }
    }

    /// <summary>Stops: what is under way gets a moment.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _app.StopAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // A training is abandoned with its process.
        }
        await _app.DisposeAsync();
        _gate.Dispose();
    }

    /// <summary>Compiles what a slider needs while the browser opens; without it the first answer takes a quarter of a second.</summary>
    private static void WarmUp()
    {
        var setting = new Setting();
        RunMessage.Of(setting, Training.Run(setting.ToSpec()), 0);
    }

    private static WebApplication Build(int port)
    {
        // Empty: no settings from environment or files, no logging, and Ctrl-C is the caller's.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBody;
            kestrel.Limits.MaxRequestHeadersTotalSize = MostHeaders;
            kestrel.Limits.MaxRequestLineSize = MostLine;
            kestrel.Limits.MaxRequestBufferSize = MostHeaders + MostLine;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(IPAddress.Loopback, port, Http1);
            if (HasIPv6()) kestrel.Listen(IPAddress.IPv6Loopback, port, Http1);
        });
        return builder.Build();
    }

    private static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private static bool HasIPv6()
    {
        if (!Socket.OSSupportsIPv6) return false;
        try
        {
            using var socket = new TcpListener(IPAddress.IPv6Loopback, 0);
            socket.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        IHeaderDictionary headers = response.Headers;
        headers["Content-Security-Policy"] = _policy;
        headers["X-Content-Type-Options"] = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cache-Control"] = "no-store";
        try
        {
            if (_guard.Refuse(context.Request) is var (status, sentence)) await SayAsync(response, status, sentence);
            else await RouteAsync(context);
        }
        catch (InputException e)
        {
            await SayAsync(response, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            await SayAsync(response, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? $"the request is larger than {MostBody} bytes." : "the request is not understood.");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (Exception e) when (e is OutOfMemoryException or IOException or UnauthorizedAccessException)
        {
            await SayAsync(response, StatusCodes.Status503ServiceUnavailable, e is OutOfMemoryException ? "there is not enough memory for this setting." : e.Message);
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string path = request.Path.Value ?? "", method = request.Method;
        if (_files.TryGetValue(path, out var file))
        {
            if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method)) await SayAsync(context.Response, StatusCodes.Status405MethodNotAllowed, "this path takes GET.");
            else await SendAsync(context.Response, file.Type, file.Content, HttpMethods.IsHead(method));
            return;
        }
        switch (path)
        {
            case "/api/run" when HttpMethods.IsGet(method): await TrainAsync(context); break;
            case "/api/save" when HttpMethods.IsPost(method): await SaveAsync(context); break;
            case "/api/notebook" when HttpMethods.IsPost(method): await WriteNotebookAsync(context); break;
            case "/api/run" or "/api/save" or "/api/notebook": await SayAsync(context.Response, StatusCodes.Status405MethodNotAllowed, "this path takes another method."); break;
            default: await SayAsync(context.Response, StatusCodes.Status404NotFound, "there is nothing here."); break;
        }
    }

    private async Task TrainAsync(HttpContext context)
    {
        var values = Pairs(context.Request.Query);
        string client = Take(values, "client") ?? "", neuronText = Take(values, "neuron") ?? "0";
        if (client.Length is < 1 or > 32 || !client.All(char.IsAsciiLetterOrDigit)) throw new InputException("client has to be 1 to 32 letters and digits.");
        if (!int.TryParse(neuronText, NumberStyles.None, CultureInfo.InvariantCulture, out int neuron)) throw new InputException("neuron has to be a whole number of at least 0.");
        Setting setting = Setting.Read(values);
        var (refusal, message) = await _gate.RunAsync(client, cancel =>
        {
            Run run = Training.Run(setting.ToSpec(), cancel: cancel);
            return run.Complete ? RunMessage.Of(setting, run, neuron) : [];
        }, context.RequestAborted);
        await (refusal switch
        {
            TrainingGate.Refusal.None => SendAsync(context.Response, "application/octet-stream", message),
            TrainingGate.Refusal.Superseded => SayAsync(context.Response, StatusCodes.Status409Conflict, "a later request took this one's place."),
            TrainingGate.Refusal.Busy => SayAsync(context.Response, StatusCodes.Status503ServiceUnavailable, "too many requests wait; try again in a moment."),
            _ => SayAsync(context.Response, StatusCodes.Status503ServiceUnavailable, $"training took longer than {s_longest.TotalSeconds:F0} s; take fewer steps, samples or neurons."),
        });
    }

    private async Task SaveAsync(HttpContext context)
    {
        Setting setting = Setting.Read(await BodyAsync(context.Request));
        var (refusal, stored) = await _gate.RunAsync("save", cancel =>
            new RunStore(_options.Folder).GetOrRun(setting.ToSpec(), attach: _options.Attach, cancel: cancel), context.RequestAborted);
        if (stored is null) await SayAsync(context.Response, StatusCodes.Status503ServiceUnavailable, refusal == TrainingGate.Refusal.TooLong ? "training took too long; nothing was saved." : "the server is busy; nothing was saved.");
        else await SendPathAsync(context.Response, Path.GetFullPath(stored.Folder));
    }

    private async Task WriteNotebookAsync(HttpContext context)
    {
        Setting setting = Setting.Read(await BodyAsync(context.Request));
        await SendPathAsync(context.Response, SettingNotebook.Write(setting, Path.Combine(_options.Folder, "notebooks")));
    }

    private static async Task<List<KeyValuePair<string, string>>> BodyAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body, new UTF8Encoding(false, throwOnInvalidBytes: false));
        string text = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        return Pairs(new QueryCollection(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(text)));
    }

    /// <summary>A name given twice stays twice, so that it is refused.</summary>
    private static List<KeyValuePair<string, string>> Pairs(IQueryCollection query) =>
        [.. query.SelectMany(q => q.Value.Select(v => new KeyValuePair<string, string>(q.Key, v ?? "")))];

    private static string? Take(List<KeyValuePair<string, string>> values, string name)
    {
        int at = values.FindIndex(v => v.Key == name);
        if (at < 0) return null;
        string value = values[at].Value;
        values.RemoveAt(at);
        return value;
    }

    private static Task SendPathAsync(HttpResponse response, string path) => SendAsync(response, "application/json", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["path"] = path }));

    private static Task SayAsync(HttpResponse response, int status, string sentence)
    {
        if (response.HasStarted) return Task.CompletedTask;
        response.StatusCode = status;
        return SendAsync(response, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(sentence + "\n"));
    }

    private static async Task SendAsync(HttpResponse response, string type, ReadOnlyMemory<byte> content, bool headOnly = false)
    {
        response.ContentType = type;
        response.ContentLength = content.Length;
        if (!headOnly && response.HttpContext.Request.Method != HttpMethods.Head) await response.Body.WriteAsync(content, response.HttpContext.RequestAborted);
    }

    /// <summary>Starts and stops when told, and listens to no signal.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
