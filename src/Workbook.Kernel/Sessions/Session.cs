using System.Text;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis.CSharp;

namespace Workbook.Kernel;

/// <summary>
/// A C# session: cells run one after the other, each sees what those before it declared, and an error in one leaves the rest as it was.
/// </summary>
/// <remarks>Directives: <c>#!import file</c> and <c>#load "file"</c> (<c>.csx</c>, <c>.cs</c> or <c>.ipynb</c>, relative to the session's folder, within a file to that
/// file's), <c>#r "path"</c>, <c>#r "AssemblyName"</c>, <c>#r "nuget: Name, Version"</c>.</remarks>
public sealed class Session : IDisposable
{
    private const int DeepestImport = 32;

    private readonly SessionAssemblies _assemblies = new();
    private readonly CellCompiler _compiler;
    private readonly PackageRestore _packages;
    private readonly Func<string, bool, string?>? _input;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, string[]> _sources = new(StringComparer.Ordinal);
    private CSharpCompilation? _previous;
    private object?[] _states = [null];
    private CellRun? _running;

    /// <param name="folder">What relative paths in directives start from: the notebook's folder.</param>
    /// <param name="input">Asks the reader for a line, given a prompt and whether it is a password; null where no one can be asked.</param>
    public Session(string folder, Func<string, bool, string?>? input = null)
    {
        Folder = Path.GetFullPath(folder);
        _compiler = new CellCompiler(_assemblies);
        _packages = new PackageRestore(Folder);
        _input = input;
        Language = new SessionLanguage(_assemblies);
        CellConsole.Install();
        CellThreads.Install();
    }

    /// <summary>What relative paths in directives start from.</summary>
    public string Folder { get; }

    /// <summary>Completion and hover over what the session knows.</summary>
    internal SessionLanguage Language { get; }

    /// <summary>Runs a cell.</summary>
    /// <param name="text">The cell.</param>
    /// <param name="name">What tracebacks call it, for example <c>cell 3</c>.</param>
    /// <param name="emit">Receives the outputs in order, the error (if there is one) last.</param>
    /// <returns>Why the cell failed, or null.</returns>
    public async Task<CellError?> ExecuteAsync(string text, string name, Action<CellOutput> emit)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(emit);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            using var run = new CellRun(emit, _input);
            Volatile.Write(ref _running, run);
            var error = await run.Start(() => Follow(run, text, name, Folder, 0), Explain).ConfigureAwait(false);
            Volatile.Write(ref _running, null);
            if (error is not null)
            {
                run.Emit(new ErrorOutput(error));
            }

            return error;
        }
        finally
        {
            Volatile.Write(ref _running, null);
            _turn.Release();
        }
    }

    /// <summary>Tells the running cell to stop; the session lives on. Does nothing if no cell runs. See <see cref="CellRun"/> for how.</summary>
    /// <param name="reason">What the cell is then said to have ended with; null for an interrupt by the reader.</param>
    public void Interrupt(CellError? reason = null) =>
        Volatile.Read(ref _running)?.Interrupt(reason ?? CellError.Plain(CellError.Interrupted, "The cell was interrupted."));

    /// <summary>Compiles a cell for nothing, so that the first real one does not wait until the compiler itself is compiled.</summary>
    internal static void WarmUp() => new CellCompiler(new SessionAssemblies()).Compile("Enumerable.Range(0, 1).Count()", "warm-up", null, CancellationToken.None);

    /// <summary>Ends the running cell with an error at once, because the process is going away, so that its outputs can still be kept.</summary>
    /// <returns>Whether a cell was running.</returns>
    internal bool EndRunning(CellError error)
    {
        var run = Volatile.Read(ref _running);
        run?.EndWith(error);
        return run is not null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Interrupt();
        Language.Dispose();
        _turn.Dispose();
    }

    private void Follow(CellRun run, string text, string name, string folder, int depth)
    {
        run.Interruption.ThrowIfCancellationRequested();
        var (code, directives) = CellDirectives.Split(text);
        lock (_sources)
        {
            _sources[name] = text.Split('\n');
        }

        foreach (var directive in directives)
        {
            try
            {
                Follow(run, directive, folder, depth);
            }
            catch (CellException error) when (error.Error.Traceback.Count == 1)
            {
                throw new CellException(error.Error with { Traceback = [.. error.Error.Traceback, $"    {name}, line {directive.Line}: {directive.Text}"] });
            }
        }

        var cell = _compiler.Compile(code, name, _previous, run.Interruption);
        Run(run, cell, code, last: depth == 0);
    }

    private void Follow(CellRun run, CellDirective directive, string folder, int depth)
    {
        switch (directive.Kind)
        {
            case CellDirectiveKind.Reference when directive.Argument.IndexOfAny(['/', '\\']) >= 0 || directive.Argument.EndsWith(".dll", StringComparison.OrdinalIgnoreCase):
                _assemblies.AddFile(Path.Combine(folder, directive.Argument));
                break;
            case CellDirectiveKind.Reference:
                _assemblies.AddName(directive.Argument);
                break;
            case CellDirectiveKind.Package:
                _assemblies.Add(_packages.Restore(directive.Argument, run.Interruption));
                break;
            case CellDirectiveKind.Import when depth >= DeepestImport:
                throw new CellException("ImportError", $"{directive.Argument} is imported within itself.");
            case CellDirectiveKind.Import:
                Import(run, Path.GetFullPath(Path.Combine(folder, directive.Argument)), depth);
                break;
            case CellDirectiveKind.Unknown:
                throw new CellException("DirectiveError", $"This host does not know the directive {directive.Text}.");
            case CellDirectiveKind.Language:
            default:
                break;
        }
    }

    private void Import(CellRun run, string path, int depth)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CellException("ImportError", $"{path} could not be read: {error.Message}");
        }

        var folder = Path.GetDirectoryName(path)!;
        var name = Path.GetFileName(path);
        if (!path.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase))
        {
            Follow(run, text, name, folder, depth + 1);
            return;
        }

        var number = 0;
        foreach (var cell in NotebookDocument.Parse(text, path).Cells.Where(cell => cell.IsCode))
        {
            Follow(run, cell.Source, $"{name} cell {++number}", folder, depth + 1);
        }
    }

    private void Run(CellRun run, CompiledCell cell, string code, bool last)
    {
        if (run.IsAbandoned)
        {
            return;
        }

        // One slot a cell, the first being the compiler's own. A copy, so that a run that was left behind cannot touch what later cells see.
        object?[] states = [.. _states, null];
        JsonObject? shown = null;
        try
        {
            if (cell.Start is { } start)
            {
                run.Invoke(() =>
                {
                    var task = start(states);
                    var value = task.IsCompleted ? task.GetAwaiter().GetResult() : task.WaitAsync(run.Interruption).GetAwaiter().GetResult();
                    shown = last && cell.HasValue ? MimeBundle.Of(value) : null;
                });
            }
        }
        finally
        {
            // What a failed cell declared stays declared: the assignments before the error were made. Only a cell stopped before it began left nothing.
            if (!run.IsAbandoned && (cell.Start is null || states[^1] is not null))
            {
                _previous = cell.Compilation;
                _states = cell.Start is null ? _states : states;
                Language.Add(code);
            }
        }

        if (shown is not null)
        {
            run.Emit(new ResultOutput(shown));
        }
    }

    private CellError Explain(Exception exception) => exception switch
    {
        CellException error => error.Error,
        NotebookException error => CellError.Plain("ImportError", error.Message),
        _ => CellTraceback.OfException(exception, Source),
    };

    private string[]? Source(string name)
    {
        lock (_sources)
        {
            return _sources.GetValueOrDefault(name);
        }
    }
}
