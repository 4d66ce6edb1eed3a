using System.Text.Json.Nodes;

namespace Workbook.Kernel;

/// <summary>A cell that failed.</summary>
/// <param name="Number">Its place among the cells that run, from 1: the number that tracebacks call it by.</param>
/// <param name="Error">Why.</param>
public sealed record NotebookFailure(int Number, CellError Error);

/// <summary>How a run ended.</summary>
/// <param name="Ran">How many cells were run.</param>
/// <param name="Failures">Those that failed and were not expected to.</param>
/// <param name="IsCancelled">Whether it was called off.</param>
public sealed record NotebookOutcome(int Ran, IReadOnlyList<NotebookFailure> Failures, bool IsCancelled);

/// <summary>
/// Runs the code cells of a notebook in order in one session and puts their outputs into it. Nothing random or timed is stored: the same cells with
/// the same results give the same file.
/// </summary>
/// <remarks>A run begins by clearing all outputs, so that a file never mixes two runs. A cell tagged <c>raises-exception</c> may fail.</remarks>
public sealed class NotebookRun : IDisposable
{
    private readonly NotebookDocument _notebook;
    private readonly Session _session;
    private readonly ManualResetEventSlim _finished = new();

    /// <param name="notebook">The notebook; its outputs are replaced.</param>
    /// <param name="folder">Where it lies: what its relative paths start from.</param>
    public NotebookRun(NotebookDocument notebook, string folder)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        _notebook = notebook;
        _session = new Session(folder);
    }

    /// <summary>As long as one cell may take; null for any time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether to go on after a cell that failed.</summary>
    public bool AllowErrors { get; init; }

    /// <summary>Called before a cell runs, with its number and how many there are.</summary>
    public Action<int, int>? Starting { get; init; }

    /// <summary>Called when a cell has ended and its outputs are in the notebook.</summary>
    public Action? Ended { get; init; }

    /// <summary>Runs the notebook.</summary>
    /// <param name="cancellation">Calls it off: the running cell is interrupted and keeps the outputs it had.</param>
    public async Task<NotebookOutcome> RunAsync(CancellationToken cancellation)
    {
        // Empty cells are passed over, as Jupyter does.
        var cells = _notebook.Cells.Where(cell => cell.IsCode && !string.IsNullOrWhiteSpace(cell.Source)).ToList();
        foreach (var cell in _notebook.Cells.Where(cell => cell.IsCode))
        {
            cell.Outputs = [];
            cell.ExecutionCount = null;
        }

        List<NotebookFailure> failures = [];
        var number = 0;
        try
        {
            foreach (var cell in cells)
            {
                if (cancellation.IsCancellationRequested)
                {
                    break;
                }

                Starting?.Invoke(++number, cells.Count);
                var error = await RunAsync(cell, number, cancellation).ConfigureAwait(false);
                Ended?.Invoke();
                if (error is not null && !cell.Tags.Contains("raises-exception"))
                {
                    failures.Add(new NotebookFailure(number, error));
                    if (!AllowErrors)
                    {
                        break;
                    }
                }
            }
        }
        finally
        {
            _finished.Set();
        }

        return new NotebookOutcome(number, failures, cancellation.IsCancellationRequested);
    }

    /// <summary>
    /// To be called when the process is about to end because code that a cell called said so: ends the cell with an error and waits until its outputs were taken.
    /// </summary>
    /// <returns>Whether a cell was running.</returns>
    public bool EndWithProcess()
    {
        var error = CellError.Plain("EnvironmentExit", "Code that the cell called ended the process. What was computed before is kept.");
        return _session.EndRunning(error) && _finished.Wait(TimeSpan.FromSeconds(10));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _finished.Dispose();
    }

    private async Task<CellError?> RunAsync(NotebookCell cell, int number, CancellationToken cancellation)
    {
        var collector = new OutputCollector(number);
        using var limit = new Timer(_ => _session.Interrupt(CellError.Plain("Timeout", $"The cell ran longer than {Timeout?.TotalSeconds} s.")));
        using var calledOff = cancellation.Register(() => _session.Interrupt());
        var running = _session.ExecuteAsync(cell.Source, $"cell {number}", collector.Add);
        limit.Change(Timeout ?? System.Threading.Timeout.InfiniteTimeSpan, System.Threading.Timeout.InfiniteTimeSpan);
        var error = await running.ConfigureAwait(false);
        cell.ExecutionCount = number;
        cell.Outputs = collector.Outputs;
        return error;
    }
}
