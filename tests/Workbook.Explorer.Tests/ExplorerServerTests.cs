using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Kernel;
using Xunit;

namespace Workbook.Explorer.Tests;

public sealed class ExplorerServerTests : IAsyncLifetime
{
    private const string Run = "/api/run?client=test&";

    private readonly string _folder = Directory.CreateTempSubdirectory("workbook-explorer-").FullName;
    private ExplorerServer _server = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ExplorerServer.StartAsync(new ExplorerOptions(0, _folder), TestContext.Current.CancellationToken);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_server.Port}"), Timeout = TimeSpan.FromSeconds(60) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<(HttpStatusCode Status, string Text)> Send(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
        foreach (var (name, value) in headers)
            if (name == "Host") request.Headers.Host = value;
            else request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await _client.SendAsync(request, Cancel);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private async Task StillAnswers() => Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Get, "/")).Status);

    [Fact]
    public async Task A_run_is_the_librarys_run()
    {
        var setting = new Setting { Seed = 3, SigmaP = 1.5, N = 12, MK = 7, Test = true };
        const int Neuron = 4;
        var (head, curves) = await ReadRun(setting.ToQuery() + $"&neuron={Neuron}");
        Core.Runs.Run run = Training.Run(setting.ToSpec(), cancel: Cancel);
        Trajectory t = run.Trajectory;
        Assert.Equal(run.Spec.Hash(), head.GetProperty("hash").GetString());
        // To the last bit; no tolerance.
        double[] Column(double[] family, int width, int at) => [.. Enumerable.Range(0, t.Rows).Select(row => family[row * width + at])];
        double[][] Rows(double[] family) => [.. Enumerable.Range(0, t.Rows).Select(row => family[(row * t.Samples)..((row + 1) * t.Samples)].Order().ToArray())];
        Assert.Equal(t.Steps.Select(step => (double)step), curves["t"]);
        Assert.Equal(t.TrainLoss, curves["trainLoss"]);
        Assert.Equal(t.TestLoss, curves["testLoss"]);
        Assert.Contains(curves["testLoss"], double.IsNaN);
        Assert.Equal(Rows(t.S21).Select(s => s[0]), curves["s21.min"]);
        Assert.Equal(Rows(t.S21).Select(s => (s[5] + s[6]) / 2), curves["s21.median"]);
        Assert.Equal(Rows(t.ValueNoise).Select(v => v[^1]), curves["valueNoise.max"]);
        Assert.Equal(Column(t.QuerySignal, t.Neurons, Neuron), curves["querySignal"]);
        Assert.Equal(Column(t.QueryNoise, t.Samples * t.Neurons, 11 * t.Neurons + Neuron), curves["pairs.11.q"]);
        Assert.Equal(Column(t.KeyNoise, t.Samples * t.Neurons, 11 * t.Neurons + Neuron), curves["pairs.11.k"]);
        Assert.Equal(Enumerable.Range(0, t.Rows).Select(row => Enumerable.Range(0, t.Samples).Max(i => t.KeyNoise[(row * t.Samples + i) * t.Neurons + Neuron])), curves["keyNoise.max"]);
        Assert.Equal(Enumerable.Range(0, t.Rows).Select(row => StageQuantities.AlignedPairs(t, row)), curves["aligned"]);
        foreach (StageTime stage in Stages.Of(run.Spec, t).All.Where(s => s.Step is not null))
            Assert.Contains(head.GetProperty("stages").EnumerateArray(), s => s.GetProperty("id").GetString() == stage.Id && s.GetProperty("step").GetInt32() == stage.Step);
        var view = new RunView(run.Spec, t);
        Assert.Equal(RunClaim.All.Select(c => c.Evaluate(view)).Select(c => (c.Id, c.Verdict == Verdict.Holds)),
            head.GetProperty("claims").EnumerateArray().Select(c => (c.GetProperty("id").GetString()!, c.GetProperty("verdict").GetString() == "holds")));
    }

    [Fact]
    public void What_is_not_finite_is_not_a_number_and_the_rest_is_kept()
    {
        var setting = new Setting { Steps = 50 };
        Core.Runs.Run run = Training.Run(setting.ToSpec(), cancel: Cancel);
        Trajectory t = run.Trajectory;
        (t.TrainLoss[3], t.ValueNoise[^1]) = (double.PositiveInfinity, double.NegativeInfinity);
        var (_, curves) = ReadMessage(RunMessage.Of(setting, run, 0));
        Assert.Equal(t.TrainLoss.Select(v => double.IsFinite(v) ? v : double.NaN), curves["trainLoss"]);
        Assert.Equal(double.NaN, curves["valueNoise.min"][^1]);
        Assert.All(curves["valueNoise.max"], v => Assert.True(double.IsFinite(v)));
    }

    private async Task<(JsonElement Head, Dictionary<string, double[]> Curves)> ReadRun(string query) => ReadMessage(await _client.GetByteArrayAsync(Run + query, Cancel));

    private static (JsonElement Head, Dictionary<string, double[]> Curves) ReadMessage(byte[] message)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(message), start = sizeof(int) + length;
        Assert.Equal(0, start % sizeof(double));
        JsonElement head = JsonDocument.Parse(message.AsMemory(sizeof(int), length)).RootElement;
        int rows = head.GetProperty("rows").GetInt32();
        string[] names = [.. head.GetProperty("curves").EnumerateArray().Select(c => c.GetString()!)];
        Assert.Equal(start + names.Length * rows * sizeof(double), message.Length);
        return (head, names.Select((name, k) => (name, k)).ToDictionary(c => c.name, c => Enumerable.Range(0, rows)
            .Select(row => BinaryPrimitives.ReadDoubleLittleEndian(message.AsSpan(start + (c.k * rows + row) * sizeof(double)))).ToArray()));
    }

    [Fact]
    public void A_permalink_is_read_back()
    {
        var setting = new Setting { N = 31, S = 17, SigmaP = 0.3, Eta = 3.3e-4, Sigma0 = 2e-3, Seed = 77, Optimizer = "adam", Beta2 = 0.95, D = 1500, MK = 9, MV = 4 };
        var pairs = setting.ToQuery().Split('&').Select(p => p.Split('=')).Select(p => KeyValuePair.Create(Uri.UnescapeDataString(p[0]), Uri.UnescapeDataString(p[1])));
        Assert.Equal(setting, Setting.Read([.. pairs]));
    }

    [Theory]
    [InlineData("n=0", "n is '0'; it has to be a whole number in 1 .. 100.")]
    [InlineData("n=1000000", "n is '1000000'; it has to be a whole number in 1 .. 100.")]
    [InlineData("n=20&n=21", "n is given twice.")]
    [InlineData("sigma_p=NaN", "sigma_p is 'NaN'; it has to be a number in 0.001 .. 100.")]
    [InlineData("sigma_p=-1", "sigma_p is '-1'; it has to be a number in 0.001 .. 100.")]
    [InlineData("optimizer=sgd", "optimizer is 'sgd'; it has to be one of signgd, gd, adam, signum.")]
    [InlineData("nonsense=1", "there is no parameter 'nonsense'.")]
    [InlineData("seed=1e99", "seed is '1e99'; it has to be a whole number in 0 .. 9007199254740991.")]
    [InlineData("n=%00", "n is '?'; it has to be a whole number in 1 .. 100.")]
    [InlineData("n=1%0A2", "n is '1?2'; it has to be a whole number in 1 .. 100.")]
    [InlineData("neuron=-1", "neuron has to be a whole number of at least 0.")]
    [InlineData("d=10&s=10", "s is 10; it has to lie in 1 .. d - 1 = 9.")]
    [InlineData("n=100&m_k=100&d=20000&steps=20000", "the explorer stops at 4E+08")]
    public async Task A_setting_out_of_its_range_gets_one_sentence(string query, string sentence)
    {
        var (status, text) = await Send(HttpMethod.Get, Run + query);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(sentence, Assert.Single(text.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        await StillAnswers();
    }

    public static TheoryData<string> Parameters => [.. Parameter.All.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Parameters))]
    public void A_parameter_takes_its_range_and_nothing_else(string name)
    {
        Parameter p = Parameter.Of(name);
        Assert.Equal(p.Least, p.Read(Parameter.Write(p.Least)));
        Assert.Equal(p.Most, p.Read(Parameter.Write(p.Most)));
        // The next number outside, whole or not.
        string below = Parameter.Write(p.Whole ? p.Least - 1 : double.BitDecrement(p.Least));
        string above = p.Whole ? ((long)p.Most + 1).ToString(System.Globalization.CultureInfo.InvariantCulture) : Parameter.Write(double.BitIncrement(p.Most));
        foreach (string text in (string[])[below, above, "NaN", "Infinity", "-Infinity", "", " ", "1,5", "0x10", "1_0", "\u0661", new string('1', 40)])
            Assert.Contains($"{name} is '", Assert.Throws<Core.InputException>(() => p.Read(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host", "evil.example", 421)]
    [InlineData("Host", "127.0.0.1.evil.example", 421)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    public async Task Other_sites_are_refused(string header, string value, int status)
    {
        Assert.Equal(status, (int)(await Send(HttpMethod.Get, Run + "n=20", null, (header, value))).Status);
        Assert.Equal(status, (int)(await Send(HttpMethod.Post, "/api/save", "n=20", (header, value), ("X-Workbook-Token", _server.Token))).Status);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Writing_needs_the_token_of_the_page()
    {
        foreach (string path in (string[])["/api/save", "/api/notebook"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await Send(HttpMethod.Post, path, "n=20")).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await Send(HttpMethod.Post, path, "n=20", ("X-Workbook-Token", new string('0', 64)))).Status);
            // Announced and not sent: who still sends while the server hangs up may never read why.
            string oversize = await Raw($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{_server.Port}\r\nX-Workbook-Token: {_server.Token}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {1 << 20}\r\n\r\n", hangUp: false);
            Assert.StartsWith("HTTP/1.1 413", oversize, StringComparison.Ordinal);
        }
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        await StillAnswers();
    }

    [Fact]
    public async Task What_is_shown_is_saved_as_a_run_and_as_a_notebook()
    {
        var setting = new Setting { Seed = 5, N = 10 };
        var (status, text) = await Send(HttpMethod.Post, "/api/save", setting.ToQuery(), ("X-Workbook-Token", _server.Token));
        Assert.Equal(HttpStatusCode.OK, status);
        string folder = JsonDocument.Parse(text).RootElement.GetProperty("path").GetString()!;
        Assert.Equal(setting.ToSpec().Hash(), RunFolder.Read(folder).Spec.Hash());

        (status, text) = await Send(HttpMethod.Post, "/api/notebook", setting.ToQuery(), ("X-Workbook-Token", _server.Token));
        Assert.Equal(HttpStatusCode.OK, status);
        NotebookDocument notebook = NotebookDocument.Read(JsonDocument.Parse(text).RootElement.GetProperty("path").GetString()!);
        Assert.Equal("#!import setup.csx", notebook.Cells.First(c => c.IsCode).Source);
        string parameters = notebook.Cells.First(c => c.Tags.Contains("parameters")).Source;
        Assert.Contains("int n = 10;", parameters, StringComparison.Ordinal);
        Assert.Contains("seed = 5;", parameters, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /../../etc/passwd HTTP/1.1")]
    [InlineData("GET /assets/../../../etc/passwd HTTP/1.1")]
    [InlineData("GET /assets/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1")]
    [InlineData("GET /assets/..%5c..%5cwindows HTTP/1.1")]
    public async Task Paths_lead_nowhere_else(string line)
    {
        string answer = await Raw($"{line}\r\nHost: 127.0.0.1:{_server.Port}\r\nConnection: close\r\n\r\n", hangUp: false);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
        Assert.Matches("^HTTP/1.1 4", answer);
    }

    [Fact]
    public async Task Ten_thousand_malformed_requests_leave_it_unharmed()
    {
        var random = new Random(1);
        string[] starts = ["GET ", "POST /api/save", "GET /api/run?", "\0\0\0", "PUT / HTTP/9.9", "GET / HTTP/1.1\r\nHost: ", "GET /api/run?client=a&n=", "\u0016\u0003\u0001"];
        string Garbage()
        {
            var text = new StringBuilder(starts[random.Next(starts.Length)]);
            for (int k = random.Next(80); k > 0; k--) text.Append((char)random.Next(256));
            return text.Append("\r\n\r\n").ToString();
        }
        string[] requests = [.. Enumerable.Range(0, 10_000).Select(_ => Garbage())];
        int answered = 0;
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (request, _) =>
        {
            string answer = await Raw(request);
            if (answer.StartsWith("HTTP/1.1 2", StringComparison.Ordinal)) Interlocked.Increment(ref answered);
        });
        Assert.Equal(0, answered);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        await StillAnswers();
    }

    [Fact]
    public async Task Fifty_clients_at_once_are_each_answered_or_told_why()
    {
        var tasks = from client in Enumerable.Range(0, 50)
                    from k in Enumerable.Range(0, 4)
                    select Send(HttpMethod.Get, $"/api/run?client=c{client}&steps=300&seed={10 * client + k + 1}");
        var answers = await Task.WhenAll(tasks);
        Assert.All(answers, a => Assert.Contains(a.Status, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable]));
        Assert.Contains(answers, a => a.Status == HttpStatusCode.OK);
        await StillAnswers();
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        var taken = await Assert.ThrowsAsync<Core.InputException>(() => ExplorerServer.StartAsync(new ExplorerOptions(_server.Port, _folder), Cancel));
        Assert.Contains($"port {_server.Port}", taken.Message, StringComparison.Ordinal);
    }

    private async Task<string> Raw(string request, bool hangUp = true)
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, _server.Port, Cancel);
            NetworkStream stream = socket.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Cancel);
            // Who hangs up ends what would wait for more; an answer may be lost by it.
            if (hangUp) socket.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return await reader.ReadToEndAsync(Cancel);
        }
        catch (IOException)
        {
            // The server may hang up on what it does not understand.
            return "";
        }
    }
}
