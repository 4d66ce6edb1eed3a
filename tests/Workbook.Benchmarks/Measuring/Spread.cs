namespace Workbook.Benchmarks.Measuring;

/// <summary>What several turns gave: the middle and both ends, never a mean that one disturbed turn could move.</summary>
/// <param name="Median">Median over the turns; of an even number the mean of the middle two.</param>
/// <param name="Min">Smallest.</param>
/// <param name="Max">Largest.</param>
/// <param name="Turns">How many turns there were.</param>
public sealed record Spread(double Median, double Min, double Max, int Turns)
{
    /// <summary>What each turn gave, in order of size.</summary>
    public IReadOnlyList<double> Values { get; init; } = [];

    /// <summary>The same summary.</summary>
    public bool Equals(Spread? other) => other is not null && (Median, Min, Max, Turns) == (other.Median, other.Min, other.Max, other.Turns);

    /// <inheritdoc/>
    public override int GetHashCode() => (Median, Min, Max, Turns).GetHashCode();

    /// <summary>Of the values of all turns, at least one.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0) throw new ArgumentException("a spread needs at least one turn.", nameof(values));
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1], sorted.Length) { Values = sorted };
    }

    /// <summary>Of the turns of both, either of which may be missing.</summary>
    public static Spread? Of(Spread? one, Spread? other) => one is null ? other : other is null ? one : Of(one.Values.Concat(other.Values));

    /// <summary>
    /// The spread of a quantity of two parties that took turns: formed turn by turn, so that what slowed both down for a while
    /// cancels, and only then summarised.
    /// </summary>
    public static Spread Of(IReadOnlyList<double> a, IReadOnlyList<double> b, Func<double, double, double> quantity)
    {
        if (a.Count != b.Count) throw new ArgumentException($"there are {a.Count} and {b.Count} turns; both parties take equally many.", nameof(b));
        return Of(Enumerable.Range(0, a.Count).Select(k => quantity(a[k], b[k])));
    }
}
