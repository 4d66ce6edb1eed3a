using System.Text.Json.Nodes;

namespace Workbook.Kernel.Tests;

/// <summary>Notebooks as files: read, run, parametrised and compared.</summary>
public sealed class NotebookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("notebook-test-").FullName;
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _errors.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_file_as_Jupyter_writes_it_comes_back_byte_for_byte()
    {
        const string text = """
            {
             "cells": [
              {
               "attachments": {
                "a.png": {
                 "image/png": "AQID"
                }
               },
               "cell_type": "markdown",
               "id": "first",
               "metadata": {},
               "source": [
                "# Häder \"q\" \\ 😀 \u0001 /\n",
                "tab\there\r\n",
                "last"
               ]
              },
              {
               "cell_type": "code",
               "execution_count": 1,
               "id": "second",
               "metadata": {
                "tags": [
                 "x"
                ]
               },
               "outputs": [
                {
                 "data": {
                  "application/json": {
                   "a": [],
                   "b": {},
                   "c": 1e-05,
                   "d": 1.0,
                   "e": null,
                   "f": true
                  },
                  "image/png": "AQID\n",
                  "image/svg+xml": [
                   "<svg>\n",
                   "</svg>"
                  ],
                  "text/html": [],
                  "text/plain": [
                   "x"
                  ]
                 },
                 "metadata": {},
                 "output_type": "display_data"
                },
                {
                 "name": "stdout",
                 "output_type": "stream",
                 "text": [
                  "a\n"
                 ]
                }
               ],
               "source": []
              }
             ],
             "metadata": {
              "kernelspec": {
               "display_name": ".NET (C#)",
               "language": "C#",
               "name": ".net-csharp"
              },
              "zz": 1
             },
             "nbformat": 4,
             "nbformat_minor": 5
            }

            """;
        Assert.Equal(text.ReplaceLineEndings("\n"), NotebookDocument.Parse(text, "x").ToString());
    }

    [Fact]
    public void Keys_are_written_in_order_whatever_order_they_were_read_in() => Assert.Equal(
        "{\n \"cells\": [],\n \"metadata\": {\n  \"B\": 1,\n  \"a\": 2,\n  \"b\": 1.50\n },\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n",
        NotebookDocument.Parse("""{"nbformat_minor":5,"nbformat":4,"metadata":{"b":1.50,"a":2,"B":1},"cells":[]}""", "x").ToString());

    [Fact]
    public void Cells_without_ids_are_given_the_same_ones_every_time()
    {
        var notebook = NotebookDocument.Parse("""{"nbformat":4,"nbformat_minor":2,"metadata":{},"cells":[{"cell_type":"code","source":"a\nb","metadata":{},"outputs":[],"execution_count":null},{"cell_type":"raw","id":"cell-1","source":"","metadata":{}}]}""", "x");
        Assert.Equal(["cell-1-", "cell-1"], notebook.Cells.Select(cell => cell.Id));
        Assert.Contains("\"nbformat_minor\": 5", notebook.ToString(), StringComparison.Ordinal);
        Assert.Equal("a\nb", notebook.Cells[0].Source);
    }

    [Fact]
    public void Writing_keeps_a_files_permissions_and_a_link_to_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "permissions and links are those of Unix");
        Write("n.ipynb", "1");
        var (file, link) = (Path.Combine(_folder, "n.ipynb"), Path.Combine(_folder, "link.ipynb"));
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
#pragma warning disable CA1416 // skipped on Windows
        File.SetUnixFileMode(file, mine);
        File.CreateSymbolicLink(link, file);
        Notebook("2").Write(link);
        Assert.Equal(mine, File.GetUnixFileMode(file));
#pragma warning restore CA1416
        Assert.Equal("2", NotebookDocument.Read(file).Cells[0].Source);
        Assert.Equal(file, File.ResolveLinkTarget(link, true)?.FullName);
    }

    [Theory]
    [InlineData("", "is not a notebook")]
    [InlineData("[]", "holds no JSON object")]
    [InlineData("{}", "does not say its format")]
    [InlineData("{\"nbformat\": \"x\"}", "does not say its format")]
    [InlineData("{\"nbformat\": 3}", "is in notebook format 3")]
    [InlineData("{\"nbformat\": 4}", "no list of cells")]
    [InlineData("{\"nbformat\": 4, \"cells\": [1]}", "no list of cells")]
    [InlineData("{\"nbformat\": 4, \"nbformat\": 4, \"cells\": []}", "is not a notebook")]
    public void What_is_no_notebook_is_refused_in_one_sentence(string text, string words)
    {
        File.WriteAllText(Path.Combine(_folder, "bad.ipynb"), text);
        Assert.Equal(NotebookRunner.BadUsage, Run("bad.ipynb"));
        Assert.Contains(words, _errors.ToString(), StringComparison.Ordinal);
        Assert.Single(_errors.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_run_fills_in_the_outputs_and_a_second_one_changes_nothing()
    {
        File.WriteAllText(Path.Combine(_folder, "setup.csx"), "int imported = 5;");
        Write("n.ipynb", "#!import setup.csx", "Console.WriteLine(\"a\"); Console.Error.WriteLine(\"b\"); imported.Display(); imported + 1", "  ", "File.Exists(\"setup.csx\")");
        Assert.Equal(0, Run("n.ipynb", request => request with { InPlace = true }));
        var first = File.ReadAllText(Path.Combine(_folder, "n.ipynb"));
        var cells = NotebookDocument.Parse(first, "n").Cells;
        Assert.Equal([1, 2, null, 3], cells.Select(cell => cell.ExecutionCount));
        Assert.Equal(["stream", "stream", "display_data", "execute_result"], cells[1].Outputs.Select(output => (string?)output!["output_type"]));
        Assert.Equal("true", NotebookText.Join(cells[3].Outputs[0]!["data"]!["text/plain"]));
        Assert.Equal(0, Run("n.ipynb", request => request with { InPlace = true }));
        Assert.Equal(first, File.ReadAllText(Path.Combine(_folder, "n.ipynb")));
        Assert.Equal(0, Run("n.ipynb", request => request with { Check = true }));
        Assert.Equal("", _errors.ToString());
        Assert.Equal(["n.ipynb", "setup.csx"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_failed_cell_ends_the_run_and_what_came_before_is_kept()
    {
        Write("n.ipynb", "1", "var x = 2;\nthrow new FormatException(\"no\");", "3");
        Assert.Equal(1, Run("n.ipynb", request => request with { OutFolder = Path.Combine(_folder, "out") }));
        Assert.Contains("n.ipynb: cell 2 failed", _errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("cell 2, line 2: throw new", _errors.ToString(), StringComparison.Ordinal);
        var cells = NotebookDocument.Read(Path.Combine(_folder, "out", "n.ipynb")).Cells;
        Assert.Equal([1, 2, null], cells.Select(cell => cell.ExecutionCount));
        Assert.Equal("FormatException", (string?)cells[1].Outputs[0]!["ename"]);
        Assert.Equal(0, Run("n.ipynb", request => request with { OutFolder = Path.Combine(_folder, "out"), AllowErrors = true }));
        Assert.Equal(3, NotebookDocument.Read(Path.Combine(_folder, "out", "n.ipynb")).Cells[2].ExecutionCount);
    }

    [Fact]
    public void A_file_never_mixes_two_runs()
    {
        var notebook = Notebook("throw null;", "2");
        notebook.Cells[1].ExecutionCount = 7;
        notebook.Cells[1].Outputs = [JsonNode.Parse(Result)];
        notebook.Write(Path.Combine(_folder, "n.ipynb"));
        Assert.Equal(1, Run("n.ipynb", request => request with { InPlace = true }));
        var after = NotebookDocument.Read(Path.Combine(_folder, "n.ipynb")).Cells[1];
        Assert.Null(after.ExecutionCount);
        Assert.Empty(after.Outputs);
    }

    [Fact]
    public void A_cell_that_is_said_to_fail_may()
    {
        var notebook = Notebook("throw new Exception(\"as said\");", "1");
        notebook.Cells[0].Json["metadata"]!["tags"] = new JsonArray("raises-exception");
        notebook.Write(Path.Combine(_folder, "n.ipynb"));
        Assert.Equal(0, Run("n.ipynb"));
    }

    [Fact]
    public void A_cell_that_takes_too_long_is_stopped()
    {
        Write("n.ipynb", "1", "while (true) { }");
        Assert.Equal(1, Run("n.ipynb", request => request with { InPlace = true, TimeoutSeconds = 3 }));
        Assert.Contains("Timeout: The cell ran longer than 3 s.", _errors.ToString(), StringComparison.Ordinal);
        Assert.Equal("1", NotebookText.Join(NotebookDocument.Read(Path.Combine(_folder, "n.ipynb")).Cells[0].Outputs[0]!["data"]!["text/plain"]));
    }

    [Fact]
    public async Task Calling_off_keeps_what_was_finished()
    {
        // The cell says itself when it has printed: how long it is compiled before hangs on the machine.
        string begun = Path.Combine(_folder, "begun.txt");
        Write("n.ipynb", "1", $$"""Console.WriteLine("begun"); System.IO.File.WriteAllText(@"{{begun}}", ""); while (true) { }""", "2");
        using var calledOff = new CancellationTokenSource();
        using var progress = new StringWriter();
        var running = Task.Run(() => Run("n.ipynb", request => request with { InPlace = true }, progress, calledOff), TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(begun), TimeSpan.FromSeconds(60)), "the cell did not begin");
        await calledOff.CancelAsync();
        Assert.Equal(NotebookRunner.Cancelled, await running);
        var cells = NotebookDocument.Read(Path.Combine(_folder, "n.ipynb")).Cells;
        Assert.Equal([1, 2, null], cells.Select(cell => cell.ExecutionCount));
        Assert.Equal("begun\n", NotebookText.Join(cells[1].Outputs[0]!["text"]));
    }

    [Fact]
    public void Requests_that_make_no_sense_are_refused_before_anything_runs()
    {
        Write("n.ipynb", "System.IO.File.WriteAllText(\"ran\", \"\");");
        Assert.Equal(2, Run("gone.ipynb"));
        Assert.Equal(2, Run("n.ipynb", request => request with { InPlace = true, Check = true }));
        Assert.Equal(2, Run("n.ipynb", request => request with { TimeoutSeconds = 0 }));
        Assert.Equal(2, Run("n.ipynb", request => request with { Parameters = ["x"] }));
        Assert.Equal(2, Run("n.ipynb", request => request with { Parameters = ["x=1"] }));
        Assert.Equal(2, Run("n.ipynb", request => request with { OutFolder = _folder, Files = [.. request.Files, .. request.Files] }));
        Assert.Equal(2, Run("n.ipynb", request => request with { OutFolder = Path.Combine(_folder, "n.ipynb") }));
        Assert.Equal(7, _errors.ToString().TrimEnd().Split('\n').Length);
        Assert.False(File.Exists(Path.Combine(_folder, "ran")));
    }

    [Theory]
    [InlineData("double eta = 0.1;", "eta=5", "double eta = 5.0;")]
    [InlineData("var eta = 0.1;", "eta=1e-3", "double eta = 0.001;")]
    [InlineData("var eta = -1;", "eta=7", "int eta = 7;")]
    [InlineData("var eta = 0.1f;", "eta=0.3", "float eta = 0.3f;")]
    [InlineData("long n = 1;", "n=5000000000", "long n = 5000000000L;")]
    [InlineData("var ok = false;", "ok=True", "bool ok = true;")]
    [InlineData("string s = \"\";", "s=a\"b\\=c", "string s = \"a\\\"b\\\\=c\";")]
    [InlineData("int? n = 1;", "n=null", "int? n = null;")]
    [InlineData("double x = 1;", "x=NaN", "double x = double.NaN;")]
    [InlineData("var m = 1m;", "m=2.50", "decimal m = 2.50m;")]
    [InlineData("int[] seeds = { 1 };", "seeds=[1, 2]", "int[] seeds = [1, 2];")]
    [InlineData("var day = DayOfWeek.Friday;", "day=DayOfWeek.Monday", "var day = DayOfWeek.Monday;")]
    public void A_parameter_is_written_as_a_literal_of_its_defaults_type(string defaults, string parameter, string declared)
    {
        var notebook = Notebook(defaults, "1");
        notebook.Cells[0].Json["metadata"]!["tags"] = new JsonArray("parameters");
        for (var again = 0; again < 2; again++)
        {
            NotebookParameters.Inject(notebook, [KeyValuePair.Create(parameter.Split('=')[0], parameter[(parameter.IndexOf('=', StringComparison.Ordinal) + 1)..])]);
            Assert.Equal(3, notebook.Cells.Count);
            Assert.Equal("// Parameters\n" + declared, notebook.Cells[1].Source);
            Assert.Equal(["injected-parameters"], notebook.Cells[1].Tags);
        }
    }

    [Theory]
    [InlineData("double eta = 0.1;", "eta", "x")]
    [InlineData("int n = 1;", "n", "1.5")]
    [InlineData("byte n = 1;", "n", "256")]
    [InlineData("int n = 1;", "m", "1")]
    [InlineData("var day = DayOfWeek.Friday;", "day", ")")]
    public void A_parameter_that_cannot_be_set_is_refused(string defaults, string name, string value)
    {
        var notebook = Notebook(defaults);
        notebook.Cells[0].Json["metadata"]!["tags"] = new JsonArray("parameters");
        Assert.Throws<NotebookException>(() => NotebookParameters.Inject(notebook, [KeyValuePair.Create(name, value)]));
        Assert.Single(notebook.Cells);
    }

    [Fact]
    public void A_parameter_takes_effect()
    {
        var notebook = Notebook("double eta = 0.1;\nvar name = \"a\";", "$\"{eta} {name}\"");
        notebook.Cells[0].Json["metadata"]!["tags"] = new JsonArray("parameters");
        notebook.Write(Path.Combine(_folder, "n.ipynb"));
        Assert.Equal(0, Run("n.ipynb", request => request with { InPlace = true, Parameters = ["eta=0.25", "name=b c"] }));
        var cells = NotebookDocument.Read(Path.Combine(_folder, "n.ipynb")).Cells;
        Assert.Equal("0.25 b c", NotebookText.Join(cells[2].Outputs[0]!["data"]!["text/plain"]));
    }

    [Fact]
    public void A_check_names_the_cell_and_the_line_that_differ()
    {
        Write("n.ipynb", "1", "Console.WriteLine(\"same\");\nConsole.WriteLine(DateTime.Now.Ticks);");
        Run("n.ipynb", request => request with { InPlace = true });
        Assert.Equal(1, Run("n.ipynb", request => request with { Check = true }));
        Assert.StartsWith("n.ipynb: cell 2 (id cell-2): output 1, stdout: line 2: committed is `", _errors.ToString(), StringComparison.Ordinal);
    }

    private const string Figure = """{"output_type":"display_data","metadata":{},"data":{"application/vnd.plotly.v1+json":{"data":[{"y":[1.0,2.5]}]},"image/png":"AAAA","text/plain":"f"}}""";
    private const string Stream = """{"output_type":"stream","name":"stdout","text":["loss  0.1234 after 10 steps\n"]}""";
    private const string Result = """{"output_type":"execute_result","execution_count":1,"metadata":{},"data":{"text/plain":["1.5"]}}""";

    [Theory]
    [InlineData(Figure, "AAAA", "BBBB", "null", null)]
    [InlineData(Figure, "2.5", "2.6", "null", "data[0].y[1]: committed is 2.5, the run gave 2.6")]
    [InlineData(Figure, "2.5", "2.50", "null", null)]
    [InlineData(Figure, "2.5", "2.5000001", "1e-6", null)]
    [InlineData(Figure, "2.5", "2.51", "1e-6", "application/vnd.plotly.v1+json: data[0].y[1]")]
    [InlineData(Figure, "2.5]", "2.5,3]", "1e-6", "2 items are committed, the run gave 3")]
    [InlineData(Figure, "\"y\"", "\"z\"", "1e-6", "data[0].y is only committed")]
    [InlineData(Figure, "image/png", "text/html", "null", "text/html is only in the run")]
    [InlineData(Stream, "0.1234", "0.1235", "null", "stdout: line 1")]
    [InlineData(Stream, "0.1234", "0.1235", "1e-2", null)]
    [InlineData(Stream, "loss  0.1234", "loss 0.1235", "{\"absolute\": 1e-3}", null)]
    [InlineData(Stream, "0.1234", "0.1235", "1e-6", "stdout: line 1")]
    [InlineData(Stream, "steps", "step", "1e-2", "stdout: line 1")]
    [InlineData(Stream, "stdout", "stderr", "null", "committed is stdout, the run gave stderr")]
    [InlineData(Result, "1.5", "1.6", "null", "text/plain: line 1: committed is `1.5`, the run gave `1.6`")]
    [InlineData(Result, "\"execution_count\":1", "\"execution_count\":2", "null", null)]
    public void Outputs_are_compared_by_what_they_say(string output, string part, string changed, string tolerance, string? words)
    {
        var differences = NotebookCheck.Compare(WithOutput(output, tolerance), WithOutput(output.Replace(part, changed, StringComparison.Ordinal), tolerance));
        if (words is null)
        {
            Assert.Empty(differences);
        }
        else
        {
            Assert.Contains(words, Assert.Single(differences), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_stream_may_have_been_stored_in_pieces_and_a_cell_may_be_exempt()
    {
        const string pieces = """{"output_type":"stream","name":"stdout","text":"loss  0.1234 "},{"output_type":"stream","name":"stdout","text":"after 10 steps\n"}""";
        Assert.Empty(NotebookCheck.Compare(WithOutput(pieces, "null"), WithOutput(Stream, "null")));
        Assert.Single(NotebookCheck.Compare(WithOutput(Stream, "null"), WithOutput(Stream + "," + Result, "null")));
        Assert.Empty(NotebookCheck.Compare(WithOutput(Stream, "null, \"check\": false"), WithOutput(Result, "null")));
    }

    private static NotebookDocument WithOutput(string outputs, string tolerance) => NotebookDocument.Parse(
        $$$"""{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"code","id":"a","source":"x","metadata":{"workbook":{"tolerance":{{{tolerance}}}}},"execution_count":1,"outputs":[{{{outputs}}}]}]}""", "x");

    private static NotebookDocument Notebook(params string[] cells)
    {
        var notebook = NotebookDocument.Parse("""{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[]}""", "new");
        for (var i = 0; i < cells.Length; i++)
        {
            notebook.Insert(i, NotebookCell.Code($"cell-{i + 1}", cells[i]));
        }

        return notebook;
    }

    private void Write(string name, params string[] cells) => Notebook(cells).Write(Path.Combine(_folder, name));

    private int Run(string file, Func<NotebookRequest, NotebookRequest>? change = null, TextWriter? progress = null, CancellationTokenSource? callOff = null)
    {
        var request = new NotebookRequest { Files = [Path.Combine(_folder, file)] };
        using var errors = new StringWriter();
        var code = NotebookRunner.Run(change?.Invoke(request) ?? request, progress, errors, callOff?.Token ?? TestContext.Current.CancellationToken);
        _errors.Write(errors.ToString().Replace(_folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal));
        return code;
    }
}
