using Workbook.Core.Data;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>A set of runs and what they are held against: one part of the reproduction.</summary>
public sealed record Experiment
{
    /// <summary>Stable name.</summary>
    public required string Id { get; init; }

    /// <summary>One line for the terminal.</summary>
    public required string Title { get; init; }

    /// <summary>The runs.</summary>
    public required IReadOnlyList<RunSpec> Runs { get; init; }

    /// <summary>Images that the specs refer to, or null.</summary>
    public DigitImages? Images { get; init; }

    /// <summary>Whether each run is kept in the store; a sweep keeps its outcomes only.</summary>
    public bool Stored { get; init; } = true;

    /// <summary>The claims, given the outcomes in the order of <see cref="Runs"/>.</summary>
    public required Func<IReadOnlyList<RunOutcome>, IReadOnlyList<ClaimSummary>> Judge { get; init; }
}

/// <summary>How large the reproduction is.</summary>
/// <param name="Seeds">Seeds of figure-1; the other experiments use their own, smaller numbers, at most this.</param>
/// <param name="Quick">Fewer seeds and settings.</param>
/// <param name="Digits">Images for the experiment on digits.</param>
public sealed record ReproductionSize(int Seeds, bool Quick, FoundDigits Digits)
{
    /// <summary>Seeds 1 .. k.</summary>
    internal static IEnumerable<ulong> Range(int k) => Enumerable.Range(1, k).Select(i => (ulong)i);

    /// <summary>Seeds of an experiment that asks for <paramref name="full"/>.</summary>
    internal int Limit(int full, int quick) => Math.Min(Seeds, Quick ? quick : full);
}

/// <summary>Everything that `workbook reproduce` runs, in order.</summary>
public static class Reproduction
{
    /// <summary>The experiments of a size.</summary>
    public static IReadOnlyList<Experiment> Experiments(ReproductionSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        return [Figure1.Create(size), LongRun.Create(size), NoiseStrength.Create(size), Digits.Create(size), Scaling.Create(size), Float32.Create(size)];
    }
}
