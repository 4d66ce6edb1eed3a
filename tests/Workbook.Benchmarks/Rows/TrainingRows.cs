using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Peers;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Rows;

/// <summary>
/// Training against PyTorch. The peer's time counts only once it has trained to our loss on the same data and weights.
/// </summary>
internal static class TrainingRows
{
    // In float64 both sides compute the same numbers in another order. In float32 they round at 6e-8 and late signs may differ.
    internal const double LossTolerance64 = 1e-6, LossTolerance32 = 1e-3;

    // Late steps are another computation: attention underflows and is carried in logarithms. The peer takes the first few.
    private const int MostSteps = 200;

    public static void Measure(RowContext context)
    {
        if (context.Wants("support.figure-1") | context.Wants("reduced.figure-1"))
            Figure1(context, SupportMode.Independent, ("support.figure-1", EngineKind.Support), ("reduced.figure-1", EngineKind.Reduced));
        if (context.Wants("reduced.disjoint")) Figure1(context, SupportMode.Disjoint, ("reduced.disjoint", EngineKind.Reduced));
        if (context.Wants("support.large") | context.Wants("reduced.large")) Large(context);
        if (context.Wants("dense.f64") | context.Wants("dense.f32")) Dense(context);
    }

    /// <summary>The preset's data and weights of seed 0, drawn.</summary>
    internal static PeerProblem Figure1Problem(SupportMode supports = SupportMode.Independent)
    {
        var distribution = ((SignalNoiseSource)Presets.Figure1.Data).Distribution with { Supports = supports };
        var (problem, _) = RunInputs.None.Build(Presets.Figure1 with { Data = new SignalNoiseSource(distribution) });
        return new PeerProblem(problem.Data, problem.Weights.Materialise(), problem.Optimizer.Eta.At(0));
    }

    /// <summary>n = 200, s = 40, m_k = m_v = 128, d = 20,000.</summary>
    private static PeerProblem LargeProblem()
    {
        Dataset data = new SignalNoise(20_000, 200, 40, 2).DrawTraining(0);
        return new PeerProblem(data, InitialWeights.Gaussian(new ModelSpec(128, 128, 1e-3), data.Dimension, 0).Materialise(), 1e-4);
    }

    /// <summary>
    /// The size of noisy MNIST on drawn data: of each sample one patch is one of two fixed images, a fifth of its pixels bright, and the other N(0, I).
    /// </summary>
    internal static PeerProblem ImageProblem(int n = 1000, int d = 784, int m = 128)
    {
        var (x, y, at) = (new double[n * 2 * d], new double[n], new int[n]);
        double[] image = new double[2 * d], noise = new double[d];
        var words = new RandomStream(0, 1);
        for (int c = 0; c < image.Length; c++) image[c] = words.Uniform((ulong)c) < 0.2 ? words.Uniform((ulong)(c + image.Length)) : 0;
        for (int i = 0; i < n; i++)
        {
            var word = new RandomStream(0, 2).UInt64((ulong)i);
            (y[i], at[i]) = ((word & 1) == 0 ? 1 : -1, (int)(word >> 1 & 1));
            image.AsSpan(y[i] > 0 ? 0 : d, d).CopyTo(x.AsSpan((2 * i + at[i]) * d, d));
            new RandomStream(0, 3, (ulong)i).Gaussians(0, noise);
            noise.CopyTo(x.AsSpan((2 * i + 1 - at[i]) * d, d));
        }
        // No patch is +mu or -mu: the families of inner products are not defined on images.
        Dataset dense = Dataset.FromDense(x, n, 2, d, y, null, at), data = new(2, d, y, dense.RowStart, dense.Index, dense.Value, null, at);
        return new PeerProblem(data, InitialWeights.Gaussian(new ModelSpec(m, m, 1e-3), d, 0).Materialise(), 1e-4);
    }

    private static void Figure1(RowContext context, SupportMode supports, params (string Id, EngineKind Kind)[] rows)
    {
        int steps = Presets.Figure1.Steps;
        using PeerProblem both = Figure1Problem(supports);
        rows = [.. rows.Where(row => context.Wants(row.Id))];
        context.Say($"figure-1, {supports.ToString().ToLowerInvariant()} supports, {string.Join(" and ", rows.Select(r => r.Kind.ToString().ToLowerInvariant()))} against PyTorch");
        // A whole run on both sides: from data and W(0) in memory to the loss after the last step.
        Peer? peer = context.Torch?.Fastest(p => both.Train(p, 100).Seconds);
        var parties = new List<Func<double>>();
        var notes = new List<string>();
        bool counts = true;
        double theirLoss = peer is null ? double.NaN : both.Train(peer, steps).Loss;
        foreach (var row in rows)
        {
            Action ours = () => both.Loss(row.Kind, Precision.F64, steps);
            int calls = Timing.Calibrate(ours, context.EngineWarmUp, 0.02);
            parties.Add(() => Timing.PerCall(ours, calls));
            if (peer is null) continue;
            (bool agrees, string note) = Agreement(both.Loss(row.Kind, Precision.F64, steps), theirLoss, steps, LossTolerance64);
            notes.Add(note);
            counts &= agrees;
        }
        if (peer is not null && counts) parties.Add(() => both.Train(peer, steps).Seconds);
        QuietTurns seen = QuietTurns.Take(context.Quick ? 2 : 5, allCores: false, context.Cancel, parties);
        for (int r = 0; r < rows.Length; r++) Emit(context, rows[r].Id, "whole", $"{steps} steps, {rows[r].Kind.ToString().ToLowerInvariant()} engine", seen, r, peer, counts, peer is null ? null : notes[r]);
    }

    private static void Large(RowContext context)
    {
        context.Say("n = 200, d = 20,000, drawing data and weights");
        int steps = context.Quick ? 1 : 2;
        using PeerProblem both = LargeProblem();
        if (context.Wants("support.large")) PerStep(context, both, "support.large", EngineKind.Support, Precision.F64, steps, LossTolerance64);
        if (context.Wants("reduced.large")) PerStep(context, both, "reduced.large", EngineKind.Reduced, Precision.F64, steps, LossTolerance64);
    }

    private static void Dense(RowContext context)
    {
        using PeerProblem both = ImageProblem();
        int steps = context.Quick ? 2 : 4;
        if (context.Wants("dense.f64")) PerStep(context, both, "dense.f64", EngineKind.Dense, Precision.F64, steps, LossTolerance64);
        if (context.Wants("dense.f32")) PerStep(context, both, "dense.f32", EngineKind.Dense, Precision.F32, steps, LossTolerance32);
    }

    /// <summary>The first steps of a training, without what comes before the first and after the last; of ours as many as fill a turn, from W(0) in every turn.</summary>
    private static void PerStep(RowContext context, PeerProblem both, string id, EngineKind kind, Precision precision, int steps, double tolerance)
    {
        context.Say(id + " against PyTorch");
        string type = precision == Precision.F64 ? "float64" : "float32";
        Peer? peer = context.Torch?.Fastest(p => both.Train(p, steps, type).Stepping);
        TrainingEngine engine = EngineChoice.Create(kind, precision, both.Problem);
        Action step = () =>
        {
            engine.Forward();
            engine.Update();
        };
        int calls = Math.Min(Timing.Calibrate(step, context.EngineWarmUp, 0.1), MostSteps);
        var parties = new List<Func<double>>
        {
            () =>
            {
                engine = EngineChoice.Create(kind, precision, both.Problem);
                return Timing.PerCall(step, calls);
            },
        };
        (bool counts, string? note) = peer is null ? (false, null) : Agreement(both.Loss(kind, precision, steps), both.Train(peer, steps, type).Loss, steps, tolerance);
        if (counts) parties.Add(() => both.Train(peer!, steps, type).Stepping / steps);
        QuietTurns seen = QuietTurns.Take(context.Quick ? 2 : 5, allCores: false, context.Cancel, parties);
        Emit(context, id, "step", "one step", seen, 0, peer, counts, note);
    }

    private static void Emit(RowContext context, string goal, string member, string words, QuietTurns turns, int party, Peer? peer, bool counts, string? note)
    {
        string id = $"{goal}/{member}";
        double[] ours = turns[party], theirs = turns.Seen[^1];
        if (peer is null) context.Emit(id, words, null, Spread.Of(ours), note: context.TorchRefused, turns: turns);
        else
        {
            context.Emit(id, words, counts ? Spread.Of(ours, theirs, (our, their) => their / our) : null, Spread.Of(ours), counts ? Spread.Of(theirs) : null,
                $"PyTorch {peer.Hello["torch"]} on {peer.Hello["blas"]}", $"OpenBLAS core type {peer.Name}", note, turns);
        }
    }

    /// <summary>Whether two losses are one number to within a tolerance, and a sentence about it.</summary>
    internal static (bool Agrees, string Note) Agreement(double ours, double theirs, int steps, double tolerance)
    {
        double apart = Math.Abs(theirs / ours - 1);
        bool agrees = apart <= tolerance;
        return (agrees, FormattableString.Invariant(
            $"{(agrees ? "" : "not counted: ")}after {steps} steps PyTorch's loss is {theirs:G6}, ours {ours:G6}, {apart:0.#e-0} apart (at most {tolerance:0e-0} counts)."));
    }
}
