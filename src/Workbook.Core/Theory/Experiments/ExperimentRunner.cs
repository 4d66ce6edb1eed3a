using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>Carries an experiment through all of its runs, on all cores.</summary>
public static class ExperimentRunner
{
    /// <summary>One outcome per spec, in the specs' order whatever order they finish in.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="store">Where its runs are kept and found; null, or an experiment that is not stored, runs in memory.</param>
    /// <param name="force">Run again what is stored.</param>
    /// <param name="attach">Text files to store with each run.</param>
    /// <param name="warn">Told one sentence for each damaged run found.</param>
    /// <param name="done">Called once per finished run, from any thread.</param>
    /// <param name="cancel">Stops between two steps of the runs under way; finished runs stay in the store.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static IReadOnlyList<RunOutcome> RunAll(this Experiment experiment, RunStore? store = null, bool force = false,
        Func<RunSpec, Trajectory, IReadOnlyDictionary<string, string>>? attach = null, Action<string>? warn = null, Action? done = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        var outcomes = new RunOutcome[experiment.Runs.Count];
        var inputs = new RunInputs(Images: experiment.Images);
        Parallel.For(0, outcomes.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel }, k =>
        {
            RunSpec spec = experiment.Runs[k];
            if (store is not null && experiment.Stored)
            {
                StoredRun stored = store.GetOrRun(spec, inputs, force, attach, warn, cancel);
                outcomes[k] = RunOutcome.Read(spec, stored.Manifest.Engine, stored.Trajectory);
            }
            else
            {
                Run run = Training.Run(spec, inputs, null, cancel);
                if (!run.Complete) cancel.ThrowIfCancellationRequested();
                outcomes[k] = RunOutcome.Read(spec, run.Engine, run.Trajectory);
            }
            done?.Invoke();
        });
        return outcomes;
    }
}
