using System.Diagnostics;
using Workbook.Core.Engines;
using Workbook.Core.Models;

namespace Workbook.Core.Runs;

/// <summary>A finished (or interrupted) run in memory.</summary>
/// <param name="Spec">What was asked for.</param>
/// <param name="Problem">Data, initial weights and rule as they were used.</param>
/// <param name="Trajectory">What was recorded.</param>
/// <param name="Engine">The engine that ran.</param>
/// <param name="Seconds">Wall time of training and recording.</param>
/// <param name="Complete">False where it was interrupted before the last step.</param>
/// <param name="FinalWeights">Weights after the last step done; drawn up when asked for.</param>
public sealed record Run(RunSpec Spec, TrainingProblem Problem, Trajectory Trajectory, string Engine, double Seconds, bool Complete, Lazy<TransformerWeights> FinalWeights);

/// <summary>Carries a spec through an engine to a trajectory.</summary>
public static class Training
{
    /// <summary>Trains and records.</summary>
    /// <param name="spec">What to run.</param>
    /// <param name="inputs">Files that the spec refers to; null for none.</param>
    /// <param name="progress">Told the number of steps done, a few hundred times at most.</param>
    /// <param name="cancel">Stops between two steps; what is recorded by then is returned.</param>
    public static Run Run(RunSpec spec, RunInputs? inputs = null, IProgress<int>? progress = null, CancellationToken cancel = default)
    {
        var clock = Stopwatch.StartNew();
        var (engine, trajectory, complete) = Carry(spec, inputs ?? RunInputs.None, progress, cancel);
        return new Run(spec, engine.Problem, trajectory, engine.Name, clock.Elapsed.TotalSeconds, complete, new Lazy<TransformerWeights>(engine.CurrentWeights));
    }

    /// <summary>Trains and records; the engine stays at the last step.</summary>
    internal static (TrainingEngine Engine, Trajectory Trajectory, bool Complete) Carry(RunSpec spec, RunInputs inputs, IProgress<int>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Data is SignalNoiseSource { Distribution: var drawn }) MemoryNeed.Check(spec, drawn.N, drawn.D, spec.Model.MK);
        var (problem, test) = inputs.Build(spec);
        MemoryNeed.Check(spec, problem.Data.Count, problem.Data.Dimension, problem.Weights.MK);
        TrainingEngine engine = EngineChoice.Create(spec.Engine, spec.Precision, problem);
        int[] steps = spec.Record.Steps(spec.Steps);
        var trajectory = new Trajectory(steps, problem.Data.Count, problem.Weights.MK, SampleFacts.Of(problem.Data), problem.Data.FamiliesRefused);
        var seen = new Observation(problem.Data.Count, problem.Weights.MK);
        int row = 0, report = Math.Max(1, spec.Steps / 200), reported = 0;
        while (true)
        {
            engine.Forward();
            int t = engine.Step;
            if (row < steps.Length && steps[row] == t)
            {
                engine.Observe(seen);
                trajectory.Write(row, seen);
                if (test is not null && spec.Test.Includes(t, spec.Steps)) (trajectory.TestLoss[row], trajectory.TestError[row]) = engine.Evaluate(test);
                row++;
            }
            if (t == spec.Steps || cancel.IsCancellationRequested) break;
            engine.UpdateTowards(row < steps.Length ? steps[row] : spec.Steps);
            if (engine.Step / report > reported || engine.Step == spec.Steps || t == 0)
            {
                reported = engine.Step / report;
                progress?.Report(engine.Step);
            }
        }
        bool complete = row == steps.Length;
        return (engine, complete ? trajectory : trajectory.Truncate(row), complete);
    }
}
