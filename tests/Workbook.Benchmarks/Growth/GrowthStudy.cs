using Workbook.Benchmarks.Measuring;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;

namespace Workbook.Benchmarks.Growth;

/// <summary>
/// Time per SignGD step of each engine while one of n, m_k (with m_v), s and d is varied. Supports are disjoint, so that s and n do not also change how many
/// coordinates are shared.
/// </summary>
internal static class GrowthStudy
{
    private sealed record Setting(int N, int MK, int S, int D);

    private static readonly Setting Base = new(20, 32, 20, 4000);

    // What is varied, how, and the exponent that the number of operations has in it: dense n d m, support n s m, reduced n m.
    private static readonly (string Name, int[] Values, Func<int, Setting> At, Dictionary<EngineKind, double> Expected)[] Factors =
    [
        ("n", [10, 20, 40, 80, 160], n => Base with { N = n }, new() { [EngineKind.Dense] = 1, [EngineKind.Support] = 1, [EngineKind.Reduced] = 1 }),
        ("m_k", [8, 16, 32, 64, 128, 256], m => Base with { MK = m }, new() { [EngineKind.Dense] = 1, [EngineKind.Support] = 1, [EngineKind.Reduced] = 1 }),
        ("s", [5, 10, 20, 40, 80, 160], s => Base with { S = s }, new() { [EngineKind.Dense] = 0, [EngineKind.Support] = 1, [EngineKind.Reduced] = 0 }),
        ("d", [1000, 2000, 4000, 8000, 16000], d => Base with { D = d }, new() { [EngineKind.Dense] = 1, [EngineKind.Support] = 0, [EngineKind.Reduced] = 0 }),
    ];

    // The law is that of large sizes: the fit takes the upper points, at least three.
    private const int Fitted = 4;

    /// <summary>Measures line by line, one engine and one factor each, and hands over the whole after each of them.</summary>
    /// <param name="quick">Fewer and shorter turns.</param>
    /// <param name="command">What a person typed.</param>
    /// <param name="before">What was measured earlier: lines that are not reached keep it.</param>
    /// <param name="progress">Told what is being measured.</param>
    /// <param name="keep">Given the result so far.</param>
    /// <param name="cancel">Stops between two settings.</param>
    public static GrowthResult Run(bool quick, string command, GrowthResult? before, Action<string> progress, Action<GrowthResult> keep, CancellationToken cancel)
    {
        string setting = $"n = {Base.N}, m_k = m_v = {Base.MK}, s = {Base.S}, d = {Base.D}, disjoint supports, SignGD, float64";
        var result = new GrowthResult(Machine.Current, command, DateTime.UtcNow, setting, before?.Points ?? [], before?.Fits ?? []);
        foreach (EngineKind engine in (EngineKind[])[EngineKind.Dense, EngineKind.Support, EngineKind.Reduced])
            foreach (var (name, values, at, expected) in Factors)
            {
                string title = engine.ToString().ToLowerInvariant();
                var line = new List<GrowthPoint>();
                foreach (int value in values)
                {
                    cancel.ThrowIfCancellationRequested();
                    progress($"{title}, {name} = {value}");
                    line.Add(Measure(engine, title, name, at(value), quick, cancel));
                }
                var upper = line.Zip(values).TakeLast(Fitted).ToArray();
                PowerLaw law = PowerLaw.Fit([.. upper.Select(p => (double)p.Second)], [.. upper.Select(p => p.First.Seconds.Median)]);
                result = result.With(line, new GrowthFit(title, name, law.Exponent, law.Low, law.High, law.Prefactor, expected[engine], upper.Length));
                keep(result);
            }
        return result;
    }

    private static GrowthPoint Measure(EngineKind kind, string title, string factor, Setting at, bool quick, CancellationToken cancel)
    {
        Dataset data = new SignalNoise(at.D, at.N, at.S, 2, SupportMode.Disjoint).DrawTraining(0);
        var problem = new TrainingProblem(data, InitialWeights.Gaussian(new ModelSpec(at.MK, at.MK, 1e-3), at.D, 0), new SignGd(1e-4));
        TrainingEngine engine = EngineChoice.Create(kind, Precision.F64, problem);
        Action step = () =>
        {
            engine.Forward();
            engine.Update();
        };
        int calls = Timing.Calibrate(step, quick ? 0.02 : 0.15, quick ? 0.005 : 0.03);
        QuietTurns seen = QuietTurns.Take(quick ? 3 : 5, allCores: false, cancel, () => Timing.PerCall(step, calls));
        return new GrowthPoint(title, factor, at.N, at.MK, at.S, at.D, Spread.Of(seen[0]), Allocated(step), StateSize.Of(engine));
    }

    /// <summary>Bytes per step in this thread, of the stretch with the fewest: what is set up once, by the first steps or where training gets late, is no cost of a step.</summary>
    private static double Allocated(Action step)
    {
        const int Stretches = 4, Steps = 20;
        long least = long.MaxValue;
        for (int k = 0; k < Stretches; k++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int t = 0; t < Steps; t++) step();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least / (double)Steps;
    }
}
