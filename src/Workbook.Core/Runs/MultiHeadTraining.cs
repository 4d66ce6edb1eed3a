using System.Diagnostics;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Engines.Deep;
using Workbook.Core.Models;

namespace Workbook.Core.Runs;

/// <summary>A run with several heads.</summary>
/// <param name="Run">The setting; its m_k and m_v are those of all heads together.</param>
/// <param name="Heads">Heads h; m_k and m_v are multiples of it.</param>
public sealed record MultiHeadSpec(RunSpec Run, int Heads)
{
    /// <summary>One head as a setting of its own: m_k / h and m_v / h. With these widths stages and predictions of a head are those of the paper's model.</summary>
    public RunSpec HeadSpec => Run with { Model = new ModelSpec(Run.Model.MK / Heads, Run.Model.MV / Heads, Run.Model.Sigma0) };

    /// <summary>Throws one sentence for the first part that is out of its range.</summary>
    public MultiHeadSpec Validate()
    {
        Run.Validate();
        MultiHeadTransformer.CheckHeads(Heads, Run.Model.MK, Run.Model.MV);
        if (Run.Data is not SignalNoiseSource) throw new InputException("several heads are trained on signal-noise data only.");
        return this;
    }
}

/// <summary>A run with several heads after its last step.</summary>
/// <param name="Spec">What was asked for.</param>
/// <param name="Problem">Data, initial weights and rule.</param>
/// <param name="Heads">One trajectory per head: its own families and softmax outputs; losses and margins of the whole model in each.</param>
/// <param name="Seconds">Wall time of training and recording.</param>
public sealed record MultiHeadRun(MultiHeadSpec Spec, TrainingProblem Problem, IReadOnlyList<Trajectory> Heads, double Seconds);

/// <summary>Carries a spec with several heads to its trajectories.</summary>
public static class MultiHeadTraining
{
    /// <summary>Trains and records.</summary>
    /// <exception cref="OperationCanceledException">It was stopped between two steps.</exception>
    public static MultiHeadRun Run(MultiHeadSpec spec, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var clock = Stopwatch.StartNew();
        RunSpec run = spec.Validate().Run;
        SignalNoise drawn = ((SignalNoiseSource)run.Data).Distribution;
        MemoryNeed.Check(run, drawn.N, drawn.D, run.Model.MK);
        var (problem, test) = RunInputs.None.Build(run);
        var engine = new MultiHeadEngine(problem, spec.Heads);
        int[] steps = run.Record.Steps(run.Steps);
        var testSteps = test is null ? [] : run.Test.Steps(run.Steps).ToHashSet();
        SampleFacts facts = SampleFacts.Of(problem.Data);
        Trajectory[] heads = [.. Enumerable.Range(0, spec.Heads).Select(_ => new Trajectory(steps, problem.Data.Count, engine.HeadWidth, facts))];
        var seen = new Observation(problem.Data.Count, engine.HeadWidth);
        for (int t = 0, row = 0; ; t++)
        {
            engine.Forward();
            if (row < steps.Length && steps[row] == t)
            {
                var tested = testSteps.Contains(t) ? engine.Evaluate(test!) : (double.NaN, double.NaN);
                for (int g = 0; g < spec.Heads; g++)
                {
                    engine.Observe(g, seen);
                    heads[g].Write(row, seen);
                    (heads[g].TestLoss[row], heads[g].TestError[row]) = tested;
                }
                row++;
            }
            if (t == run.Steps) break;
            cancel.ThrowIfCancellationRequested();
            engine.Update();
        }
        return new MultiHeadRun(spec, problem, heads, clock.Elapsed.TotalSeconds);
    }
}
