using System.Text.Json.Nodes;

namespace Workbook.Kernel.Tests;

/// <summary>The kernel as a front end meets it.</summary>
public sealed class ProtocolTests : IDisposable
{
    private readonly ProtocolClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void An_execution_is_framed_by_busy_and_idle_and_answered()
    {
        var id = _client.Execute("Console.WriteLine(\"out\"); Console.Error.Write(\"err\"); 5.Display(); 6");
        var heard = _client.Broadcasts(id);
        Assert.Equal(["status", "execute_input", "stream", "stream", "display_data", "execute_result", "status"], heard.Select(ProtocolClient.Kind));
        Assert.Equal("busy", (string?)heard[0]["content"]!["execution_state"]);
        Assert.Equal("out\n", (string?)heard[2]["content"]!["text"]);
        Assert.Equal("stderr", (string?)heard[3]["content"]!["name"]);
        Assert.Equal("6", (string?)heard[5]["content"]!["data"]!["text/plain"]);
        Assert.Equal(1, (int?)heard[5]["content"]!["execution_count"]);
        var reply = _client.Reply();
        Assert.Equal("execute_reply", ProtocolClient.Kind(reply));
        Assert.Equal(id, (string?)reply["parent_header"]!["msg_id"]);
        Assert.Equal("ok", (string?)reply["content"]!["status"]);
    }

    [Fact]
    public void A_cell_that_ends_the_process_is_answered_in_full_before_the_sockets_close()
    {
        var id = _client.Execute("Thread.Sleep(60_000);");
        _client.Broadcast(id, "execute_input");
        Assert.True(_client.Server.EndWithProcess());
        // Nothing can be sent any more: all of it has to be on its way.
        Assert.Equal(["error", "status"], _client.Broadcasts(id, seconds: 5).Select(ProtocolClient.Kind));
        Assert.Equal("EnvironmentExit", (string?)_client.Reply()["content"]!["ename"]);
        Assert.False(_client.Server.EndWithProcess());
    }

    [Fact]
    public void A_silent_execution_shows_nothing_and_is_not_counted()
    {
        Assert.Equal(["status", "status"], _client.Broadcasts(_client.Execute("var quiet = 1; Console.WriteLine(quiet); quiet", silent: true)).Select(ProtocolClient.Kind));
        Assert.Equal(0, (int?)_client.Reply()["content"]!["execution_count"]);
        _client.Broadcasts(_client.Execute("quiet"));
        Assert.Equal(1, (int?)_client.Reply()["content"]!["execution_count"]);
        _client.Send("history_request", new JsonObject { ["hist_access_type"] = "tail", ["n"] = 10, ["output"] = false, ["raw"] = true });
        Assert.Equal("""[[0,1,"quiet"]]""", _client.Reply()["content"]!["history"]!.ToJsonString());
    }

    [Fact]
    public void Cells_waiting_behind_a_failed_one_are_aborted_and_the_next_is_not()
    {
        var failed = _client.Execute("Thread.Sleep(100); throw new FormatException(\"no\");");
        var waiting = _client.Execute("1");
        var error = _client.Broadcasts(failed).Single(message => ProtocolClient.Kind(message) == "error");
        Assert.Equal("FormatException", (string?)error["content"]!["ename"]);
        Assert.Equal("error", (string?)_client.Reply()["content"]!["status"]);
        Assert.Equal("aborted", (string?)_client.Reply()["content"]!["status"]);
        Assert.Equal(["status", "status"], _client.Broadcasts(waiting).Select(ProtocolClient.Kind));
        _client.Execute("2");
        Assert.Equal("ok", (string?)_client.Reply()["content"]!["status"]);
        _client.Execute("throw null;", stopOnError: false);
        _client.Execute("3");
        Assert.Equal("error", (string?)_client.Reply()["content"]!["status"]);
        Assert.Equal("ok", (string?)_client.Reply()["content"]!["status"]);
    }

    [Fact]
    public void A_wrong_or_missing_signature_is_refused_without_effect()
    {
        var header = _client.Header("execute_request", "forged");
        const string content = """{"code":"Console.WriteLine(\"forged\"); var forged = 1;","silent":false}""";
        foreach (var signature in new[] { "", "00", new string('0', 64), ProtocolClient.Sign("another-key", header, "{}", "{}", content) })
        {
            _client.SendRaw("<IDS|MSG>", signature, header, "{}", "{}", content);
        }

        Assert.False(_client.HearsReply(TimeSpan.FromMilliseconds(500)));
        var heard = _client.Broadcasts(_client.Execute("forged"));
        Assert.Equal("CompilationError", (string?)heard.Single(message => ProtocolClient.Kind(message) == "error")["content"]!["ename"]);
        Assert.Equal(1, (int?)_client.Reply()["content"]!["execution_count"]);
    }

    [Fact]
    public void Malformed_messages_are_dropped_without_effect()
    {
        string Signed(params string[] parts) => ProtocolClient.Sign("a-shared-key", parts);
        var header = _client.Header("kernel_info_request", "x");
        _client.SendRaw("");
        _client.SendRaw("no delimiter", "at all");
        _client.SendRaw("<IDS|MSG>");
        _client.SendRaw("<IDS|MSG>", Signed(header, "{}"), header, "{}");
        _client.SendRaw("<IDS|MSG>", Signed("not json", "{}", "{}", "{}"), "not json", "{}", "{}", "{}");
        _client.SendRaw("<IDS|MSG>", Signed("[]", "{}", "{}", "{}"), "[]", "{}", "{}", "{}");
        _client.SendRaw("<IDS|MSG>", Signed("{}", "{}", "{}", "{}"), "{}", "{}", "{}", "{}");
        _client.SendRaw("<IDS|MSG>", Signed("{\"msg_type\":3}", "{}", "{}", "{}"), "{\"msg_type\":3}", "{}", "{}", "{}");
        Assert.False(_client.HearsReply(TimeSpan.FromMilliseconds(500)));
        Assert.Equal("alive", _client.Beat("alive"));
        _client.Send("kernel_info_request", []);
        Assert.Equal("5.3", (string?)_client.Reply()["content"]!["protocol_version"]);
    }

    [Fact]
    public void A_request_with_nonsense_in_it_is_answered_with_an_error()
    {
        _client.Send("execute_request", new JsonObject { ["code"] = new JsonArray(1) });
        Assert.Equal("error", (string?)_client.Reply()["content"]!["status"]);
        _client.Execute("1");
        Assert.Equal("ok", (string?)_client.Reply()["content"]!["status"]);
    }

    [Fact]
    public void An_interrupt_stops_a_loop_while_the_kernel_stays_responsive()
    {
        _client.Execute("var kept = 7;");
        _client.Reply();
        var loop = _client.Execute("Console.WriteLine(\"begun\"); while (true) { }");
        Assert.Equal("begun\n", (string?)_client.Broadcast(loop, "stream")["content"]!["text"]);
        Assert.Equal("beat", _client.Beat("beat"));
        _client.SendControl("interrupt_request", []);
        Assert.Equal("interrupt_reply", ProtocolClient.Kind(_client.ControlReply()));
        Assert.Equal("Interrupted", (string?)_client.Reply()["content"]!["ename"]);
        var heard = _client.Broadcasts(_client.Execute("kept"));
        Assert.Equal("7", (string?)heard.Single(message => ProtocolClient.Kind(message) == "execute_result")["content"]!["data"]!["text/plain"]);
    }

    [Fact]
    public void Two_hundred_cells_of_output_all_arrive_in_order()
    {
        var ids = Enumerable.Range(0, 200).Select(i => _client.Execute($"for (var i = 0; i < 20; i++) Console.WriteLine(\"line \" + i); {i}.Display();")).ToList();
        for (var i = 0; i < ids.Count; i++)
        {
            var heard = _client.Broadcasts(ids[i], seconds: 60);
            Assert.Equal(20, string.Concat(heard.Where(message => ProtocolClient.Kind(message) == "stream").Select(message => (string?)message["content"]!["text"])).Count(c => c == '\n'));
            Assert.Equal($"{i}", (string?)heard.Single(message => ProtocolClient.Kind(message) == "display_data")["content"]!["data"]!["text/plain"]);
            Assert.Equal(i + 1, (int?)_client.Reply()["content"]!["execution_count"]);
        }
    }

    [Fact]
    public void An_update_names_the_display_it_replaces()
    {
        var heard = _client.Broadcasts(_client.Execute("Workbook.Kernel.HostDisplay.Update(\"bar\", \"1\"); Workbook.Kernel.HostDisplay.Update(\"bar\", \"2\");"));
        Assert.Equal(["display_data", "update_display_data"], heard.Select(ProtocolClient.Kind).Where(kind => kind.Contains("display", StringComparison.Ordinal)));
        Assert.All(heard.Where(message => ProtocolClient.Kind(message).Contains("display", StringComparison.Ordinal)), message => Assert.Equal("bar", (string?)message["content"]!["transient"]!["display_id"]));
    }

    [Fact]
    public void The_reader_is_asked_on_the_stdin_channel_only_if_allowed()
    {
        _client.Execute("Console.ReadLine()", allowInput: true);
        Assert.Equal("input_request", ProtocolClient.Kind(_client.Question()));
        _client.AnswerQuestion("here");
        Assert.Equal("ok", (string?)_client.Reply()["content"]!["status"]);
        _client.Execute("Console.ReadLine()");
        Assert.Equal("InvalidOperationException", (string?)_client.Reply()["content"]!["ename"]);
    }

    [Fact]
    public void Completion_hover_wholeness_and_comms_are_answered()
    {
        _client.Execute("var run = \"😀\";");
        _client.Reply();
        _client.Send("complete_request", new JsonObject { ["code"] = "\"😀\"; run.Subs", ["cursor_pos"] = 13 });
        var completed = _client.Reply()["content"]!;
        Assert.Equal("Substring", (string?)completed["matches"]![0]);
        Assert.Equal((9, 13), ((int)completed["cursor_start"]!, (int)completed["cursor_end"]!));
        _client.Send("inspect_request", new JsonObject { ["code"] = "run.Length", ["cursor_pos"] = 6, ["detail_level"] = 0 });
        Assert.Contains("int string.Length", (string?)_client.Reply()["content"]!["data"]!["text/plain"], StringComparison.Ordinal);
        _client.Send("is_complete_request", new JsonObject { ["code"] = "if (true) {" });
        Assert.Equal("incomplete", (string?)_client.Reply()["content"]!["status"]);
        _client.Send("comm_info_request", []);
        Assert.Equal("{}", _client.Reply()["content"]!["comms"]!.ToJsonString());
        var comm = _client.Send("comm_open", new JsonObject { ["comm_id"] = "c", ["target_name"] = "t", ["data"] = new JsonObject() });
        Assert.Contains("comm_close", _client.Broadcasts(comm).Select(ProtocolClient.Kind));
    }

    [Fact]
    public async Task A_shutdown_is_answered_also_while_a_cell_runs_and_ends_the_kernel()
    {
        var loop = _client.Execute("Console.WriteLine(\"begun\"); while (true) { }");
        _client.Broadcast(loop, "stream");
        _client.SendControl("shutdown_request", new JsonObject { ["restart"] = true });
        var reply = _client.ControlReply();
        Assert.Equal("shutdown_reply", ProtocolClient.Kind(reply));
        Assert.True((bool?)reply["content"]!["restart"]);
        await Task.Run(_client.Server.WaitForShutdown, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void User_expressions_are_evaluated_after_the_cell()
    {
        _client.Send("execute_request", new JsonObject { ["code"] = "var a = 2;", ["user_expressions"] = new JsonObject { ["twice"] = "a * 2", ["bad"] = "missing" } });
        var answers = _client.Reply()["content"]!["user_expressions"]!;
        Assert.Equal("4", (string?)answers["twice"]!["data"]!["text/plain"]);
        Assert.Equal("error", (string?)answers["bad"]!["status"]);
    }

    [Fact]
    public void A_port_that_is_taken_is_one_clear_error()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        var error = Assert.Throws<NotebookException>(() => new KernelServer(new ConnectionFile { ShellPort = port }, "."));
        Assert.Contains($"cannot listen on 127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }
}
