using Workbook.Benchmarks.Measuring;

namespace Workbook.Benchmarks.Results;

/// <summary>One measured number with its spread. Rows of one <see cref="Goal"/> are its members: sizes, orientations, precisions.</summary>
public sealed record Row
{
    /// <summary>The goal's id, a slash, and which member of it this is: <c>matrix.f64.peak/512.nt</c>.</summary>
    public required string Id { get; init; }

    /// <summary>avx512 or avx2.</summary>
    public required string Instructions { get; init; }

    /// <summary>Which member, in words: sizes, orientation.</summary>
    public required string What { get; init; }

    /// <summary>The number, in the goal's unit; null where it was not measured.</summary>
    public Spread? Value { get; init; }

    /// <summary>Our seconds per call, run or step.</summary>
    public Spread? OurSeconds { get; init; }

    /// <summary>The peer's seconds for the same.</summary>
    public Spread? PeerSeconds { get; init; }

    /// <summary>Who the peer is, with version.</summary>
    public string? Peer { get; init; }

    /// <summary>What was chosen for the peer because it is fastest there.</summary>
    public string? PeerChoice { get; init; }

    /// <summary>What else a reader has to know; why there is no value where there is none.</summary>
    public string? Note { get; init; }

    /// <summary>Turns that were taken, with those of which nothing was kept because a core was shared or slowed down.</summary>
    public int Taken { get; init; }

    /// <summary>Turns that were kept although a core was.</summary>
    public int Disturbed { get; init; }

    /// <summary>Whether it was measured with few turns.</summary>
    public bool Quick { get; init; }

    /// <summary>When it was measured, UTC.</summary>
    public DateTime Measured { get; init; }

    /// <summary>The commit that the library was built from.</summary>
    public string Commit { get; init; } = "";

    /// <summary>This with the turns of an earlier pass.</summary>
    public Row After(Row earlier) => this with
    {
        Value = Spread.Of(earlier.Value, Value),
        OurSeconds = Spread.Of(earlier.OurSeconds, OurSeconds),
        PeerSeconds = Spread.Of(earlier.PeerSeconds, PeerSeconds),
        Taken = earlier.Taken + Taken,
        Disturbed = earlier.Disturbed + Disturbed,
    };

    /// <summary>Id of the goal.</summary>
    public string GoalId => Id.Split('/')[0];
}
