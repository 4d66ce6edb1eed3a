using System.Diagnostics;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Engines.Deep;
using Workbook.Core.Models;
using Workbook.Core.Models.Deep;

namespace Workbook.Core.Runs;

/// <summary>A run of a deeper model.</summary>
/// <param name="Run">Data, rule, steps, seed and schedules; its widths are not used.</param>
/// <param name="Model">The model.</param>
public sealed record DeepRunSpec(RunSpec Run, DeepSpec Model)
{
    /// <summary>Throws one sentence for the first part that is out of its range.</summary>
    public DeepRunSpec Validate()
    {
        Model.Validate();
        (Run with { Model = Model.First }).Validate();
        if (Run.Data is not SignalNoiseSource) throw new InputException("deeper models are trained on signal-noise data only.");
        return this;
    }
}

/// <summary>A run of a deeper model after its last step.</summary>
/// <param name="Spec">What was asked for.</param>
/// <param name="First">Losses and margins of the model; families and softmax outputs of layer 1.</param>
/// <param name="NoiseAttention">Mean softmax output on the noise token, per recorded row and layer, [R, D].</param>
/// <param name="LogLoss">log L_S before every update, [T + 1], whatever was recorded; finite where L_S underflows.</param>
/// <param name="Flips">Share of the signs of layer 1's query and key gradients that each update turned round, [T]; NaN at the first.</param>
/// <param name="FirstLost">First step at which signs of gradients are lost to underflow (<see cref="DeepEngine.SignsLost"/>), or null.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record DeepRun(DeepRunSpec Spec, Trajectory First, double[] NoiseAttention, double[] LogLoss, double[] Flips, int? FirstLost, double Seconds);

/// <summary>Carries a deeper model through its training.</summary>
public static class DeepTraining
{
    /// <summary>Trains and records.</summary>
    /// <exception cref="OperationCanceledException">It was stopped between two steps.</exception>
    public static DeepRun Run(DeepRunSpec spec, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var clock = Stopwatch.StartNew();
        RunSpec run = spec.Validate().Run with { Model = spec.Model.First };
        SignalNoise drawn = ((SignalNoiseSource)run.Data).Distribution;
        MemoryNeed.Check(run, drawn.N, drawn.D, run.Model.MK);
        Dataset data = drawn.DrawTraining(run.Seed);
        TestSet? test = run.TestSize == 0 ? null : TestSet.Draw(drawn, run.Seed, run.TestSize);
        var engine = new DeepEngine(data, spec.Model, run.Optimizer, run.Seed);
        int[] steps = run.Record.Steps(run.Steps);
        var testSteps = test is null ? [] : run.Test.Steps(run.Steps).ToHashSet();
        var first = new Trajectory(steps, data.Count, run.Model.MK, SampleFacts.Of(data));
        var seen = new Observation(data.Count, run.Model.MK);
        int depth = spec.Model.Depth;
        var (attention, loss, flips) = (new double[steps.Length * depth], new double[run.Steps + 1], new double[run.Steps]);
        int? lost = null;
        for (int t = 0, row = 0; ; t++)
        {
            engine.Forward();
            loss[t] = LogLoss(engine.Margin);
            if (lost is null && engine.SignsLost) lost = t;
            if (row < steps.Length && steps[row] == t)
            {
                engine.Observe(seen);
                first.Write(row, seen);
                engine.NoiseAttention().CopyTo(attention, row * depth);
                if (testSteps.Contains(t)) (first.TestLoss[row], first.TestError[row]) = engine.Evaluate(test!);
                row++;
            }
            if (t == run.Steps) break;
            cancel.ThrowIfCancellationRequested();
            engine.Update();
            flips[t] = engine.Flips;
        }
        return new DeepRun(spec, first, attention, loss, flips, lost, clock.Elapsed.TotalSeconds);
    }

    private static double LogLoss(double[] margins)
    {
        double top = margins.Max(LogisticLoss.LogValue);
        return top + Math.Log(margins.Sum(m => Math.Exp(LogisticLoss.LogValue(m) - top)) / margins.Length);
    }
}
