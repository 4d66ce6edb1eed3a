namespace Workbook.Kernel.Tests;

/// <summary>What a cell can do and what the next one sees.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly TestSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public async Task A_later_cell_sees_what_an_earlier_one_declared()
    {
        await _session.RunAsync("using System.Globalization;\nint a = 20; int Twice(int x) => 2 * x; record Point(int X, int Y);");
        var ran = await _session.RunAsync("Twice(a) + new Point(1, 1).X + CultureInfo.InvariantCulture.LCID * 0");
        Assert.Equal("41", ran.Result);
    }

    [Theory]
    [InlineData("1 + 1", "2")]
    [InlineData("var x = 5;\nx", "5")]
    [InlineData("var x = 5;", null)]
    [InlineData("Console.Write(1)", null)]
    [InlineData("await Task.Delay(1)", null)]
    [InlineData("await Task.FromResult(7)", "7")]
    [InlineData("(object)null", "null")]
    [InlineData("// only words", null)]
    [InlineData("", null)]
    public async Task The_last_expression_is_the_result(string text, string? result)
    {
        var ran = await _session.RunAsync(text);
        Assert.Null(ran.Error);
        Assert.Equal(result, ran.Result);
    }

    [Fact]
    public async Task Console_output_comes_in_order_and_by_stream()
    {
        var ran = await _session.RunAsync("Console.WriteLine(\"one\"); Console.Error.WriteLine(\"two\"); 3.Display(); Console.Write('f'); Console.Write(\"our\");");
        Assert.Collection(
            ran.Outputs,
            first => Assert.Equal(new StreamOutput(false, "one\n"), first),
            second => Assert.Equal(new StreamOutput(true, "two\n"), second),
            third => Assert.Equal("3", (string?)Assert.IsType<DisplayOutput>(third).Data["text/plain"]),
            fourth => Assert.Equal(new StreamOutput(false, "four"), fourth));
    }

    [Fact]
    public async Task State_is_kept_after_an_error_as_far_as_the_cell_came()
    {
        await _session.RunAsync("var kept = 1;");
        var failed = await _session.RunAsync("kept = 2;\nvar before = 3;\nthrow new InvalidOperationException(\"no\");\nvar after = 4;");
        Assert.Equal("InvalidOperationException", failed.Error?.Name);
        Assert.Equal("(2, 3, 0)", (await _session.RunAsync("(kept, before, after)")).Result);
        Assert.Equal("CompilationError", (await _session.RunAsync("kept = ;")).Error?.Name);
        Assert.Equal("2", (await _session.RunAsync("kept")).Result);
    }

    [Fact]
    public async Task A_declaration_may_be_made_again()
    {
        await _session.RunAsync("var x = 1;");
        await _session.RunAsync("var x = \"text\";");
        Assert.Equal("text", (await _session.RunAsync("x")).Result);
    }

    [Fact]
    public async Task A_traceback_points_to_the_line_of_each_cell_it_went_through()
    {
        await _session.RunAsync("static class Helper\n{\n    public static int Divide(int a, int b)\n    {\n        return a / b;\n    }\n}");
        var ran = await _session.RunAsync("var zero = 0;\n\nHelper.Divide(1, zero)");
        Assert.Equal("DivideByZeroException", ran.Error?.Name);
        Assert.Contains("cell 1, line 5, in Helper.Divide: return a / b;", ran.Traceback, StringComparison.Ordinal);
        Assert.Contains("cell 2, line 3: Helper.Divide(1, zero)", ran.Traceback, StringComparison.Ordinal);
        Assert.DoesNotContain(_session.Folder, ran.Traceback, StringComparison.Ordinal);
        Assert.Equal(ran.Outputs[^1], new ErrorOutput(ran.Error!));
    }

    [Fact]
    public async Task A_traceback_goes_through_libraries_without_naming_paths()
    {
        var ran = await _session.RunAsync("var list = new List<int>();\nvar f = () =>\n{\n    list.Select(x => x).First();\n};\nf();");
        Assert.Equal(
            "InvalidOperationException: Sequence contains no elements\n    System.Linq.ThrowHelper.ThrowNoElementsException\n    System.Linq.Enumerable.First\n    cell 1, line 4, in a lambda: list.Select(x => x).First();\n    cell 1, line 6: f();",
            ran.Traceback);
    }

    [Fact]
    public async Task An_undefined_name_is_shown_where_it_stands()
    {
        var ran = await _session.RunAsync("var y = 1;\nwhile (y < 2) y = y + missing;");
        Assert.Equal("CompilationError", ran.Error?.Name);
        Assert.Equal(
            "cell 1, line 2, column 23: error CS0103: The name 'missing' does not exist in the current context\n    while (y < 2) y = y + missing;\n                          ^",
            ran.Traceback);
    }

    [Fact]
    public async Task Awaiting_works_at_the_top_and_its_errors_point_to_the_line()
    {
        var ran = await _session.RunAsync("await Task.Delay(5);\nvar x = await Task.Run(() => 6);\nasync Task Fail() { await Task.Yield(); throw new FormatException(\"bad\"); }\nawait Fail();");
        Assert.Equal("FormatException", ran.Error?.Name);
        Assert.Contains("cell 1, line 3, in Fail:", ran.Traceback, StringComparison.Ordinal);
        Assert.Contains("cell 1, line 4: await Fail();", ran.Traceback, StringComparison.Ordinal);
        Assert.Equal("6", (await _session.RunAsync("x")).Result);
    }

    [Fact]
    public async Task Imported_files_run_in_the_session_relative_to_where_they_lie()
    {
        Directory.CreateDirectory(Path.Combine(_session.Folder, "sub"));
        _session.Write("setup.csx", "#!import sub/inner.csx\nvar outer = inner + 1;\nouter");
        _session.Write("sub/inner.csx", "#load \"innermost.csx\"\nvar inner = innermost + 1;");
        _session.Write("sub/innermost.csx", "var innermost = 1;");
        var ran = await _session.RunAsync("#!import setup.csx");
        Assert.Null(ran.Error);
        Assert.Null(ran.Result);
        Assert.Equal("3", (await _session.RunAsync("outer")).Result);
    }

    [Fact]
    public async Task A_notebook_can_be_imported()
    {
        _session.Write("other.ipynb", """{"cells":[{"cell_type":"markdown","source":"x"},{"cell_type":"code","source":["var fromNotebook = 5;\n","1"]}],"metadata":{},"nbformat":4,"nbformat_minor":5}""");
        Assert.Equal("5", (await _session.RunAsync("#!import other.ipynb\nfromNotebook")).Result);
    }

    [Fact]
    public async Task An_error_in_an_imported_file_names_the_file_and_the_importing_line()
    {
        _session.Write("bad.csx", "\nvar x = nothing;");
        var ran = await _session.RunAsync("\n#!import bad.csx");
        Assert.Contains("bad.csx, line 2, column 9: error CS0103", ran.Traceback, StringComparison.Ordinal);
        var missing = await _session.RunAsync("#!import gone.csx");
        Assert.Equal("ImportError", missing.Error?.Name);
        Assert.Contains("cell 2, line 1: #!import gone.csx", missing.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_imports_itself_is_an_error()
    {
        _session.Write("self.csx", "#load \"self.csx\"");
        Assert.Equal("ImportError", (await _session.RunAsync("#load \"self.csx\"")).Error?.Name);
    }

    [Fact]
    public async Task A_directive_inside_a_string_is_text()
    {
        var ran = await _session.RunAsync("var s = \"\"\"\n#!import nothing.csx\n#r \"nuget: x\"\n\"\"\";\ns.Length");
        Assert.Equal("34", ran.Result);
    }

    [Fact]
    public async Task An_unknown_directive_is_named() =>
        Assert.Contains("#!time", (await _session.RunAsync("#!time\n1")).Error?.Message, StringComparison.Ordinal);

    [Fact]
    public async Task Reading_the_console_asks_the_front_end_or_says_that_no_one_is_there()
    {
        Assert.Equal("InvalidOperationException", (await _session.RunAsync("Console.ReadLine()")).Error?.Name);
        using var asked = new TestSession((_, _) => "answer");
        Assert.Equal("answer", (await asked.RunAsync("Console.ReadLine()")).Result);
    }

    [Fact]
    public async Task A_task_left_behind_writes_to_the_cell_that_started_it()
    {
        var first = new List<CellOutput>();
        await _session.Session.ExecuteAsync("var later = Task.Run(async () => { await Task.Delay(300); Console.Write(\"late\"); });", "cell 1", output => { lock (first) { first.Add(output); } });
        var second = await _session.RunAsync("await later; await Task.Delay(100); Console.Write(\"mine\");");
        Assert.Equal("mine", second.Out);
        lock (first)
        {
            Assert.Equal([new StreamOutput(false, "late")], first);
        }
    }

    [Fact]
    public async Task Many_cells_build_on_each_other()
    {
        await _session.RunAsync("var sum = 0;");
        for (var i = 0; i < 60; i++)
        {
            await _session.RunAsync(i % 3 == 0 ? "// nothing to run" : "sum++;");
        }

        Assert.Equal("40", (await _session.RunAsync("sum")).Result);
    }
}
