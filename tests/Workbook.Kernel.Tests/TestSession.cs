using System.Text;
using System.Text.Json.Nodes;

namespace Workbook.Kernel.Tests;

/// <summary>A session in a temporary folder, with its outputs collected.</summary>
internal sealed class TestSession : IDisposable
{
    private readonly StringBuilder _said = new();
    private int _cells;

    public TestSession(Func<string, bool, string?>? input = null) => Session = new Session(Folder, input);

    public string Folder { get; } = Directory.CreateTempSubdirectory("kernel-test-").FullName;

    public Session Session { get; }

    public async Task<Ran> RunAsync(string text)
    {
        List<CellOutput> outputs = [];
        var error = await Session.ExecuteAsync(text, $"cell {++_cells}", output =>
        {
            lock (outputs)
            {
                outputs.Add(output);
            }

            lock (_said)
            {
                _said.Append((output as StreamOutput)?.Text);
            }
        });
        lock (outputs)
        {
            return new Ran(error, [.. outputs]);
        }
    }

    /// <summary>Waits until a running cell has written something.</summary>
    public async Task SaysAsync(string text)
    {
        for (var tries = 0; tries < 1_000; tries++)
        {
            lock (_said)
            {
                if (_said.ToString().Contains(text, StringComparison.Ordinal))
                {
                    return;
                }
            }

            await Task.Delay(10);
        }

        Assert.Fail($"No cell wrote \"{text}\".");
    }

    public void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    public void Dispose()
    {
        Session.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>What became of a cell.</summary>
internal sealed record Ran(CellError? Error, IReadOnlyList<CellOutput> Outputs)
{
    public string Out => string.Concat(Outputs.OfType<StreamOutput>().Where(output => !output.IsError).Select(output => output.Text));

    public string Err => string.Concat(Outputs.OfType<StreamOutput>().Where(output => output.IsError).Select(output => output.Text));

    /// <summary>The result as text; the error if there is one, so that a failing test says why.</summary>
    public string? Result => Error is not null ? Traceback : (string?)Outputs.OfType<ResultOutput>().SingleOrDefault()?.Data["text/plain"];

    public JsonObject? Data => Outputs.OfType<ResultOutput>().SingleOrDefault()?.Data;

    public string Traceback => string.Join('\n', Error?.Traceback ?? []);
}
