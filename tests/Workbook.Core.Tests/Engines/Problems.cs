using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Tests.Engines;

/// <summary>Small problems to train, and the engines by name.</summary>
internal static class Problems
{
    // Far from the streams that the library draws from.
    private const uint TestStream = 60000;

    public static readonly string[] EngineNames = ["dense", "support", "reduced"];

    /// <summary>The reduced engine under SignGD with shared coordinates in panels, however few they are, and counted from the first step on where none is contested.</summary>
    public const string Panels = "panels", Counted = "counted";

    public static TrainingProblem SignalNoise(SignalNoise distribution, Optimizer optimizer, ulong seed, ModelSpec? model = null) =>
        new(distribution.DrawTraining(seed), InitialWeights.Gaussian(model ?? new ModelSpec(3, 2, 1e-2), distribution.D, seed), optimizer);

    /// <summary>Every entry of every patch is N(0, 1).</summary>
    public static TrainingProblem Dense(int n, int length, int d, Optimizer optimizer, ulong seed, ModelSpec? model = null) =>
        new(DenseData(n, length, d, seed), InitialWeights.Gaussian(model ?? new ModelSpec(3, 2, 0.3), d, seed), optimizer);

    public static Dataset DenseData(int n, int length, int d, ulong seed)
    {
        var x = new double[n * length * d];
        new RandomStream(seed, TestStream).Gaussians(0, x);
        var words = new RandomStream(seed, TestStream + 1);
        return Dataset.FromDense(x, n, length, d, [.. Enumerable.Range(0, n).Select(i => (long)words.UInt64((ulong)i) < 0 ? -1.0 : 1.0)]);
    }

    /// <summary>Every patch of every sample has two coordinates to itself, so that no gradient hides behind a larger one.</summary>
    public static TrainingProblem Apart(int n, int length, Optimizer optimizer, ulong seed, ModelSpec model)
    {
        int patches = n * length, d = 2 * patches;
        var value = new double[d];
        new RandomStream(seed, TestStream + 2).Gaussians(0, value);
        var data = new Dataset(length, d, [.. Enumerable.Range(0, n).Select(i => i % 2 == 0 ? 1.0 : -1.0)], [.. Enumerable.Range(0, patches + 1).Select(p => 2 * p)], [.. Enumerable.Range(0, d)], value);
        return new(data, InitialWeights.Gaussian(model, d, seed), optimizer);
    }

    public static TrainingEngine Engine(string name, TrainingProblem problem) => name switch
    {
        "dense" => new DenseEngine<double>(problem),
        "support" => new SupportEngine(problem),
        "reduced" => new ReducedEngine(problem),
        Panels => new ReducedEngine(problem, ReducedWay.Panels),
        Counted => new ReducedEngine(problem, ReducedWay.Counted),
        _ => throw new ArgumentException(name),
    };

    public static IEnumerable<string> Applicable(TrainingProblem problem) =>
        EngineNames.Where(name => name != "reduced" || ReducedEngine.Refusal(problem) is null);

    /// <summary>The same, and the reduced engine in its other ways.</summary>
    public static IEnumerable<string> ApplicableInEveryWay(TrainingProblem problem) =>
        [.. Applicable(problem), .. problem.Optimizer is SignGd { Eta.Constant: not null } && ReducedEngine.Refusal(problem) is null ? (string[])[Panels, Counted] : []];

    /// <summary>The state before each of the updates 0, every, 2 every, .. and after the last.</summary>
    public static List<(int Step, Observation Seen)> Train(TrainingEngine engine, int steps, int every = 1) =>
        Train(engine, steps, t => t % every == 0);

    public static List<(int Step, Observation Seen)> Train(TrainingEngine engine, int steps, Func<int, bool> record)
    {
        var rows = new List<(int, Observation)>();
        for (int t = 0; ; t++)
        {
            engine.Forward();
            if (record(t) || t == steps)
            {
                var seen = new Observation(engine.Problem.Data.Count, engine.Problem.Weights.MK);
                engine.Observe(seen);
                rows.Add((t, seen));
            }
            if (t == steps) return rows;
            engine.Update();
        }
    }

    public static WeightMatrix[] Matrices { get; } = Enum.GetValues<WeightMatrix>();

    public static Gen<string> OneOf(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(k => choices[k]);

    /// <summary>Small signal-noise distributions; about half have overlapping supports.</summary>
    public static Gen<SignalNoise> Distributions { get; } =
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 30], Gen.Bool, Gen.Double[0.3, 3]).Select((n, s, room, disjoint, sigma) =>
            new SignalNoise(disjoint ? n * s + 1 + room : s + 1 + room, n, s, sigma, disjoint ? SupportMode.Disjoint : SupportMode.Independent));
}
