using Workbook.Benchmarks.Measuring;

namespace Workbook.Benchmarks.Results;

/// <summary>What a number counts.</summary>
public enum Unit
{
    /// <summary>Share of the core's FMA peak.</summary>
    Share,

    /// <summary>How many times as fast as the peer.</summary>
    Times,

    /// <summary>Nanoseconds per element.</summary>
    NanosecondsPerElement,

    /// <summary>Training runs per second.</summary>
    RunsPerSecond,

    /// <summary>Test samples per second.</summary>
    SamplesPerSecond,

    /// <summary>How many times the runs per second of one core.</summary>
    Scaling,

    /// <summary>Milliseconds for the whole.</summary>
    Milliseconds,
}

/// <summary>What is wanted of a group of rows.</summary>
/// <param name="Id">The part of a row's id before the slash.</param>
/// <param name="Title">What is measured, in words.</param>
/// <param name="Unit">Unit of its rows.</param>
/// <param name="Bound">The goal with AVX-512: a lower bound of what should be large, an upper one of what should be small; null where there is none.</param>
/// <param name="ByWidth">Whether the goal is tied to the width of a vector, so that with AVX2 half of it is asked.</param>
/// <param name="Threads">Threads that work.</param>
public sealed record Goal(string Id, string Title, Unit Unit, double? Bound, bool ByWidth = false, int Threads = 1)
{
    /// <summary>Whether larger numbers are better.</summary>
    public bool LargerIsBetter => Unit is not (Unit.NanosecondsPerElement or Unit.Milliseconds);

    /// <summary>The bound that holds for an instruction set.</summary>
    public double? BoundFor(string instructions)
    {
        double width = ByWidth ? Instructions.Width(instructions) : 1;
        return Bound * (LargerIsBetter ? width : 1 / width);
    }

    /// <summary>The one among several numbers that decides: the worst.</summary>
    public double Worst(IEnumerable<double> medians) => LargerIsBetter ? medians.Min() : medians.Max();

    /// <summary>
    /// By how much a number misses the goal: 0 where it is reached, else the factor that is missing less one (0.25: a quarter faster would reach
    /// it); null without a goal.
    /// </summary>
    public double? Missing(double number, string instructions) => BoundFor(instructions) is not double bound ? null
        : Math.Max(0, (LargerIsBetter ? bound / number : number / bound) - 1);
}

/// <summary>Every goal, in the order of the table. The only place where one stands.</summary>
public static class Goals
{
    /// <summary>Matrix products, then whole runs, then what surrounds them.</summary>
    public static IReadOnlyList<Goal> All { get; } =
    [
        new("matrix.f64.peak", "matrix product, float64, 256 .. 1024 square, all orientations, of the core's FMA peak", Unit.Share, 0.90),
        new("matrix.f64.openblas", "the same against OpenBLAS at its best core type", Unit.Times, 1),
        new("matrix.f32.peak", "matrix product, float32, 256 .. 1024 square, all orientations, of the core's FMA peak", Unit.Share, 0.88),
        new("matrix.f32.openblas", "the same against OpenBLAS at its best core type", Unit.Times, null),
        new("skinny.tn.peak", "skinny A^T B, 20 .. 128 x 2000 x 40 .. 400, float64, of the core's FMA peak", Unit.Share, 0.95),
        new("skinny.tn.openblas", "the same against OpenBLAS at its best core type", Unit.Times, null),
        new("skinny.nt.peak", "skinny A B^T, 40 .. 400 x 20 .. 128 x 2000, float64, of the core's FMA peak", Unit.Share, 0.75),
        new("skinny.nt.openblas", "the same against OpenBLAS at its best core type", Unit.Times, null),
        // Wanted is "memory or port bound"; as a number, the better end of what a prototype reached with AVX-512.
        new("rows", "softmax rows, log-sigmoid, exp, float64, per element", Unit.NanosecondsPerElement, 0.34, ByWidth: true),
        new("support.figure-1", "figure-1, 900 steps, overlapping supports, support engine, against PyTorch", Unit.Times, 900),
        new("support.large", "n = 200, s = 40, m_k = m_v = 128, d = 20,000, support engine, per step, against PyTorch", Unit.Times, 1500),
        new("reduced.large", "the same, reduced engine", Unit.Times, 1500),
        new("reduced.figure-1", "figure-1, 900 steps, one run, reduced engine, against PyTorch", Unit.Times, 2500),
        new("reduced.disjoint", "the same with disjoint supports", Unit.Times, 2500),
        new("runs", "many runs of figure-1, fresh data and weights each, 2 cores", Unit.RunsPerSecond, 18_000, Threads: 2),
        new("runs.scaling", "the same, 2 cores over 1", Unit.Scaling, 1.9, Threads: 2),
        new("runs.disjoint", "many runs with disjoint supports, 2 cores", Unit.RunsPerSecond, 18_000, Threads: 2),
        new("runs.disjoint.scaling", "the same, 2 cores over 1", Unit.Scaling, 1.9, Threads: 2),
        new("test.drawn", "test evaluation, d = 2000, samples drawn before", Unit.SamplesPerSecond, 15e6),
        new("test.drawing", "test evaluation, d = 2000, drawing included", Unit.SamplesPerSecond, 6e6),
        new("dense.f64", "noisy MNIST's size (n = 1000, L = 2, d = 784, m_k = m_v = 128), dense engine, float64, per step, against PyTorch", Unit.Times, 2),
        new("dense.f32", "the same in float32", Unit.Times, 2),
        // "In milliseconds", read as at most ten of them.
        new("horizon", "figure-1 carried to 10^9 steps, reduced engine, disjoint and independent supports", Unit.Milliseconds, 10),
    ];

    /// <summary>By id.</summary>
    public static Goal Get(string id) => All.First(goal => goal.Id == id);
}
