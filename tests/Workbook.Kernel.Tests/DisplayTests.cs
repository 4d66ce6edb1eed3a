using System.Text.Json.Nodes;

namespace Workbook.Kernel.Tests;

/// <summary>How a value is shown: by what it can do, not by what it is.</summary>
public sealed class DisplayTests : IDisposable
{
    private readonly TestSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public async Task A_MIME_bundle_comes_first_and_its_JSON_is_embedded()
    {
        await _session.RunAsync("""
            class Figure
            {
                public IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object>
                {
                    ["application/vnd.plotly.v1+json"] = "{\"data\":[{\"y\":[1,2]}]}", ["image/png"] = new byte[] { 1, 2, 3 }, ["text/plain"] = "a figure",
                };
                public string ToHtml() => "not this";
            }
            """);
        var data = (await _session.RunAsync("new Figure()")).Data!;
        Assert.Equal(2, (int?)data["application/vnd.plotly.v1+json"]!["data"]![0]!["y"]![1]);
        Assert.Equal("AQID", (string?)data["image/png"]);
        Assert.Equal("a figure", (string?)data["text/plain"]);
        Assert.Equal(3, data.Count);
    }

    [Fact]
    public async Task A_bundle_without_text_is_given_some()
    {
        var data = (await _session.RunAsync("class F { public IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object> { [\"text/markdown\"] = \"*x*\" }; public override string ToString() => \"an F\"; }\nnew F()")).Data!;
        Assert.Equal("an F", (string?)data["text/plain"]);
    }

    [Fact]
    public async Task HTML_comes_second()
    {
        var data = (await _session.RunAsync("class T { public string ToHtml() => \"<b>t</b>\"; public override string ToString() => \"t\"; }\nnew T()")).Data!;
        Assert.Equal("<b>t</b>", (string?)data["text/html"]);
        Assert.Equal("t", (string?)data["text/plain"]);
    }

    [Theory]
    [InlineData("\"bare\"", "bare")]
    [InlineData("1.5e-7", "1.5E-07")]
    [InlineData("true", "true")]
    [InlineData("new[] { \"a\", \"b\" }", "[\"a\", \"b\"]")]
    [InlineData("new { Eta = 0.1, N = 3 }", "{ Eta = 0.1, N = 3 }")]
    [InlineData("new Dictionary<string, int> { [\"a\"] = 1 }", "{ \"a\": 1 }")]
    [InlineData("new int[,] { { 1, 2 }, { 3, 4 } }", "[1, 2]\n[3, 4]")]
    [InlineData("(1, \"x\", 'c')", "(1, \"x\", 'c')")]
    [InlineData("new List<double[]> { new[] { 1.0 } }", "[[1]]")]
    [InlineData("class P { public int A => 1; public string B => null; }\nnew P()", "P { A = 1, B = null }")]
    [InlineData("class Q<T> { public Q<T> Self => this; }\nnew Q<int>()", "Q<Int32> { Self = Q<Int32> { Self = Q<Int32> { Self = Q<Int32> { Self = … } } } }")]
    [InlineData("record R(int A); new R(2)", "R { A = 2 }")]
    [InlineData("DayOfWeek.Friday", "Friday")]
    public async Task Anything_else_is_readable_text(string text, string shown) => Assert.Equal(shown, (await _session.RunAsync(text)).Result);

    [Fact]
    public async Task A_long_sequence_is_cut() => Assert.EndsWith("199, …]", (await _session.RunAsync("Enumerable.Range(0, 1_000_000)")).Result, StringComparison.Ordinal);

    [Fact]
    public async Task A_display_of_its_own_comes_before_the_hosts()
    {
        var ran = await _session.RunAsync("class Own { public void Display() => Console.Write(\"own\"); }\nnew Own().Display();\nnew[] { 1 }.Display();\n((object)null).Display();");
        Assert.Equal("own", ran.Out);
        Assert.Equal(["[1]", "null"], ran.Outputs.OfType<DisplayOutput>().Select(output => (string?)output.Data["text/plain"]));
    }

    [Fact]
    public async Task A_library_reaches_the_running_cell_by_reflection()
    {
        // What a view library does, which references nothing of the host.
        var ran = await _session.RunAsync("""
            var host = AppDomain.CurrentDomain.GetAssemblies().First(a => a.GetName().Name == "Workbook.Kernel").GetType("Workbook.Kernel.HostDisplay");
            var show = host.GetMethod("Show", new[] { typeof(object) });
            var update = host.GetMethod("Update", new[] { typeof(string), typeof(object) });
            bool Do(System.Reflection.MethodInfo method, params object[] values) => (bool)method.Invoke(null, values);
            Do(show, "one") & Do(update, "bar", "10 %") & Do(update, "bar", "100 %") & await Task.Run(() => Do(show, "from a task"))
            """);
        Assert.Equal("true", ran.Result);
        Assert.Equal(
            [(null, false, "one"), ("bar", false, "10 %"), ("bar", true, "100 %"), (null, false, "from a task")],
            ran.Outputs.OfType<DisplayOutput>().Select(output => (output.DisplayId, output.IsUpdate, (string?)output.Data["text/plain"])));
    }

    [Fact]
    public void An_update_replaces_in_place_in_a_stored_notebook()
    {
        var collector = new OutputCollector(1);
        collector.Add(new DisplayOutput(new JsonObject { ["text/plain"] = "10 %" }, "bar"));
        collector.Add(new StreamOutput(false, "a"));
        collector.Add(new StreamOutput(false, "b\rc\n"));
        collector.Add(new DisplayOutput(new JsonObject { ["text/plain"] = "100 %" }, "bar", IsUpdate: true));
        Assert.Equal(
            """[{"data":{"text/plain":"100 %"},"metadata":{},"output_type":"display_data"},{"name":"stdout","output_type":"stream","text":"c\n"}]""",
            collector.Outputs.ToJsonString());
    }
}
