using System.Text;

namespace Workbook.Kernel;

/// <summary>
/// One execution of one cell: where its output goes, and the means to stop it.
/// </summary>
/// <remarks>
/// <para>A cell runs on a thread of its own. An interrupt makes the checks woven into the cell (<see cref="CellGuard"/>) throw, cancels waiting for tasks and
/// breaks blocking waits (<c>Thread.Sleep</c>, locks). That stops whatever a cell says itself, on any thread that it started.</para>
/// <para>What it cannot stop is a library that computes without coming back to the cell, and native code. After <see cref="Grace"/> such a thread is left behind:
/// the cell is reported as interrupted, the session goes on without what this cell declared, and the thread keeps its core until it ends or the process does.
/// <see cref="System.Runtime.ControlledExecution"/> would abort it, but is no help: on .NET 10.0 for Linux aborting a long LINQ sum took the whole process down in
/// five trials of seven, and with it the session that an interrupt is meant to keep.</para>
/// </remarks>
internal sealed class CellRun : IDisposable
{
    /// <summary>How long a cell is given to stop.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(2);

    // As much text as a cell may write. A notebook should stay under 1.5 MB, and no one reads more than this.
    private const int MaximumText = 1_000_000;
    private const int MaximumDisplays = 5_000;
    private const int FlushAt = 8_192;
    private const int FlushMilliseconds = 40;
    private const int StackSize = 16 * 1024 * 1024;

    private static readonly AsyncLocal<CellRun?> s_flowing = new();
    private static CellRun? s_latest;

    private readonly Lock _gate = new();
    private readonly Action<CellOutput> _emit;
    private readonly StringBuilder _pending = new();
    private readonly Timer _flush;
    private readonly HashSet<string> _shown = [];
    private readonly CancellationTokenSource _interrupted = new();
    private readonly TaskCompletionSource<CellError?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;
    private bool _pendingIsError;
    private int _textLength;
    private int _displays;
    private bool _inUserCode;
    private bool _abandoned;
    private CellError? _interruption;

    /// <param name="emit">Receives the outputs, one at a time and in order.</param>
    /// <param name="input">Asks the reader for a line, given a prompt and whether it is a password; null where no one can be asked.</param>
    public CellRun(Action<CellOutput> emit, Func<string, bool, string?>? input = null)
    {
        _emit = emit;
        Input = input;
        _flush = new Timer(_ => Flush());
    }

    /// <summary>The run that the calling code belongs to, else the one that was started last and is still running.</summary>
    public static CellRun? Current => s_flowing.Value ?? Volatile.Read(ref s_latest);

    public Func<string, bool, string?>? Input { get; }

    public bool IsInterrupted => Volatile.Read(ref _interruption) is not null;

    /// <summary>True once the thread was left behind: the session must not take anything from it any more.</summary>
    public bool IsAbandoned => Volatile.Read(ref _abandoned);

    public CancellationToken Interruption => _interrupted.Token;

    /// <summary>Runs <paramref name="body"/> on a thread of its own.</summary>
    /// <returns>Why it failed, or null.</returns>
    public Task<CellError?> Start(Action body, Func<Exception, CellError> explain)
    {
        _thread = new Thread(
            () =>
            {
                s_flowing.Value = this;
                CellError? error = null;
                try
                {
                    body();
                }
                catch (Exception exception)
                {
                    error = Explain(exception, explain);
                    error = Volatile.Read(ref _interruption) is { } interruption ? interruption with { Traceback = [.. interruption.Traceback, .. error.Traceback.Skip(1)] } : error;
                }

                End(error);
            },
            StackSize)
        { IsBackground = true, Name = "cell" };
        Volatile.Write(ref s_latest, this);
        _thread.Start();
        return _ended.Task;
    }

    /// <summary>Runs code that the cell brought, in the way that can be interrupted.</summary>
    public void Invoke(Action userCode)
    {
        _interrupted.Token.ThrowIfCancellationRequested();
        Volatile.Write(ref _inUserCode, true);
        try
        {
            userCode();
        }
        finally
        {
            Volatile.Write(ref _inUserCode, false);
            ForgetInterrupt();
        }
    }

    /// <summary>Tells the cell to stop.</summary>
    /// <param name="error">What the cell is then reported to have ended with.</param>
    public void Interrupt(CellError error)
    {
        if (_ended.Task.IsCompleted || Interlocked.CompareExchange(ref _interruption, error, null) is not null)
        {
            return;
        }

        CellGuard.Arm();
        _ = _ended.Task.ContinueWith(_ => Disarm(), TaskScheduler.Default);
        _ = Task.Run(StopAsync);
    }

    /// <summary>Ends the run with an error although its thread has not come back, because the process is going away.</summary>
    public void EndWith(CellError error)
    {
        Volatile.Write(ref _abandoned, true);
        End(error);
    }

    public void Write(bool isError, string text)
    {
        lock (_gate)
        {
            var room = MaximumText - _textLength;
            if (room < 0 || text.Length == 0)
            {
                return;
            }

            _textLength += text.Length;
            if (text.Length > room)
            {
                _textLength = MaximumText + 1;
                text = $"{text.AsSpan(0, room)}\n[this cell wrote more than {MaximumText:N0} characters; the rest is left out]\n";
            }

            if (_pendingIsError != isError)
            {
                FlushPending();
                _pendingIsError = isError;
            }

            if (_pending.Length == 0 && !_ended.Task.IsCompleted)
            {
                _flush.Change(FlushMilliseconds, Timeout.Infinite);
            }

            // What a task writes after its cell has ended is not waited with: no one would come to fetch it.
            _pending.Append(text);
            if (_pending.Length >= FlushAt || _ended.Task.IsCompleted)
            {
                FlushPending();
            }
        }
    }

    public void Display(object? value, string? displayId = null)
    {
        var data = MimeBundle.Of(value);
        lock (_gate)
        {
            FlushPending();
            var isUpdate = displayId is not null && !_shown.Add(displayId);
            if (!isUpdate && ++_displays > MaximumDisplays)
            {
                if (_displays == MaximumDisplays + 1)
                {
                    _emit(new StreamOutput(true, $"[this cell showed more than {MaximumDisplays:N0} things; the rest is left out]\n"));
                }

                return;
            }

            _emit(new DisplayOutput(data, displayId, isUpdate));
        }
    }

    public void Emit(CellOutput output)
    {
        lock (_gate)
        {
            FlushPending();
            _emit(output);
        }
    }

    public void Flush()
    {
        lock (_gate)
        {
            FlushPending();
        }
    }

    public void Dispose()
    {
        // The run may have left code behind that still writes or looks at its tokens: those need no disposal, only the timer does.
        _flush.Dispose();
    }

    private static CellError Explain(Exception exception, Func<Exception, CellError> explain)
    {
        try
        {
            return explain(exception);
        }
        catch (Exception)
        {
            // The exception's own Message or ToString threw.
            return CellError.Plain(exception.GetType().Name, "The exception could not be described.");
        }
    }

    // A broken wait leaves a mark on the thread if the thread was not waiting: take it off before the host's own code meets it.
    private static void ForgetInterrupt()
    {
        try
        {
            Thread.Sleep(0);
        }
        catch (ThreadInterruptedException)
        {
            // That was the mark.
        }
    }

    private void End(CellError? error)
    {
        Flush();
        Interlocked.CompareExchange(ref s_latest, null, this);
        _ended.TrySetResult(error);
    }

    private void Disarm()
    {
        // What was left behind must go on finding the door shut.
        if (!IsAbandoned)
        {
            CellGuard.Disarm();
        }
    }

    private async Task StopAsync()
    {
        await _interrupted.CancelAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _inUserCode))
        {
            _thread?.Interrupt();
        }

        if (await Task.WhenAny(_ended.Task, Task.Delay(Grace)).ConfigureAwait(false) != _ended.Task)
        {
            EndWith(_interruption! with
            {
                Traceback = [.. _interruption!.Traceback, "It could not be stopped and was left running in the background; restart the session to be rid of it."],
            });
        }
    }

    private void FlushPending()
    {
        if (_pending.Length > 0)
        {
            var text = _pending.ToString();
            _pending.Clear();
            _emit(new StreamOutput(_pendingIsError, text));
        }
    }
}
