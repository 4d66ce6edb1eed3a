using System.Collections.Concurrent;

namespace Workbook.Core.Runs;

/// <summary>What became of one spec among many.</summary>
/// <param name="Index">Its place in the list of specs, from 0.</param>
/// <param name="Spec">The spec.</param>
/// <param name="Trajectory">What was recorded, as <see cref="Training.Run"/> would have recorded it; null where the run failed.</param>
/// <param name="Engine">The engine that ran; null where the run failed.</param>
/// <param name="Error">Why it failed, else null.</param>
public sealed record RunResult(int Index, RunSpec Spec, Trajectory? Trajectory, string? Engine, Exception? Error);

/// <summary>
/// Trains many specs on several threads. Every trajectory is, to the last bit, the one that <see cref="Training.Run"/> gives for its
/// spec alone, whatever the number of workers and whatever else is in the list.
/// </summary>
public static class ManyRuns
{
    // Specs handed out at once: enough to keep every worker busy to the end of a window, few enough to hold their trajectories.
    private const int Window = 256;

    /// <summary>
    /// Trains the specs and yields their results in the order of the list, while later ones are still being trained. A spec that fails
    /// yields its exception and stops no other.
    /// </summary>
    /// <param name="specs">What to run.</param>
    /// <param name="inputs">Files that the specs refer to, the same for all; null for none.</param>
    /// <param name="workers">Threads that train, at least 1.</param>
    /// <param name="cancel">Stops between two steps of the runs under way; what is complete by then is still yielded.</param>
    /// <exception cref="InputException"><paramref name="workers"/> is below 1.</exception>
    /// <exception cref="OperationCanceledException">After the last complete result, where some were given up.</exception>
    public static IEnumerable<RunResult> Run(IReadOnlyList<RunSpec> specs, RunInputs? inputs = null, int workers = 1, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(specs);
        if (workers < 1) throw new InputException($"the number of workers is {workers}; it has to be at least 1.");
        return Enumerate(specs, inputs ?? RunInputs.None, workers, cancel);
    }

    private static IEnumerable<RunResult> Enumerate(IReadOnlyList<RunSpec> specs, RunInputs inputs, int workers, CancellationToken cancel)
    {
        // Also raised when the reader stops early: the workers go with the enumeration.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var work = new BlockingCollection<Action>();
        Thread[] threads = [.. Enumerable.Range(0, workers).Select(_ => new Thread(() => { foreach (Action run in work.GetConsumingEnumerable()) run(); }) { IsBackground = true })];
        foreach (Thread thread in threads) thread.Start();
        try
        {
            var ahead = new Queue<Task<RunResult?>[]>();
            int next = 0;
            bool complete = true;
            while (next < specs.Count || ahead.Count > 0)
            {
                // One window is being read while the next is under way, so no worker waits at the seam.
                while (ahead.Count < 2 && next < specs.Count)
                {
                    ahead.Enqueue(Start(specs, next, Math.Min(specs.Count, next + Window), inputs, work, stop.Token));
                    next = Math.Min(specs.Count, next + Window);
                }
                foreach (Task<RunResult?> slot in ahead.Dequeue())
                    if (slot.GetAwaiter().GetResult() is RunResult result) yield return result;
                    else complete = false;
            }
            if (!complete) throw new OperationCanceledException(cancel);
        }
        finally
        {
            stop.Cancel();
            work.CompleteAdding();
            foreach (Thread thread in threads) thread.Join();
        }
    }

    private static Task<RunResult?>[] Start(IReadOnlyList<RunSpec> specs, int first, int end, RunInputs inputs, BlockingCollection<Action> work, CancellationToken stop)
    {
        var slots = new TaskCompletionSource<RunResult?>[end - first];
        for (int k = 0; k < slots.Length; k++)
        {
            int index = first + k;
            // The reader must not go on inside a worker.
            var slot = slots[k] = new TaskCompletionSource<RunResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
            work.Add(() => slot.SetResult(One(index, specs[index], inputs, stop)), CancellationToken.None);
        }
        return [.. slots.Select(s => s.Task)];
    }

    /// <summary>A run by itself; null where it was given up.</summary>
    private static RunResult? One(int index, RunSpec spec, RunInputs inputs, CancellationToken stop)
    {
        if (stop.IsCancellationRequested) return null;
        try
        {
            var (engine, trajectory, complete) = Training.Carry(spec, inputs, null, stop);
            // Nobody asks for the weights: the memory goes at once, not when the collector finds it.
            (engine as IDisposable)?.Dispose();
            return complete ? new RunResult(index, spec, trajectory, engine.Name, null) : null;
        }
        // Whatever it is, it is this spec's and must not end the others.
        catch (Exception error)
        {
            return new RunResult(index, spec, null, null, error);
        }
    }
}
