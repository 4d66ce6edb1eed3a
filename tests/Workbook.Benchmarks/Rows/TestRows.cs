using Workbook.Benchmarks.Measuring;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Rows;

/// <summary>Loss and error on 10,000 fresh samples of figure-1's distribution, drawn before and drawn anew.</summary>
internal static class TestRows
{
    private const int Samples = 10_000;

    public static void Measure(RowContext context)
    {
        if (!(context.Wants("test.drawn") | context.Wants("test.drawing"))) return;
        context.Say("test evaluation");
        RunSpec spec = Presets.Figure1;
        SignalNoise distribution = ((SignalNoiseSource)spec.Data).Distribution;
        var (problem, _) = RunInputs.None.Build(spec with { TestSize = 0 });
        TrainingEngine engine = EngineChoice.Create(EngineKind.Auto, Precision.F64, problem);
        PeerProblem.Steps(engine, 200);
        TestSet kept = TestSet.Draw(distribution, 1, Samples);
        ulong seed = 2;
        // A test set draws its samples while they are first evaluated, and keeps this many from the second time on.
        Action drawn = () => engine.Evaluate(kept), drawing = () => engine.Evaluate(TestSet.Draw(distribution, seed++, Samples));
        int some = Timing.Calibrate(drawn, context.EngineWarmUp, 0.05), few = Timing.Calibrate(drawing, context.EngineWarmUp, 0.05);
        QuietTurns seen = QuietTurns.Take(context.Turns, allCores: false, context.Cancel, () => Timing.PerCall(drawn, some), () => Timing.PerCall(drawing, few));
        context.Emit("test.drawn/10000", $"{Samples} samples", Spread.Of(seen[0].Select(s => Samples / s)), Spread.Of(seen[0]), turns: seen);
        context.Emit("test.drawing/10000", $"{Samples} samples", Spread.Of(seen[1].Select(s => Samples / s)), Spread.Of(seen[1]), turns: seen);
    }
}
