namespace Workbook.Core.Runs;

/// <summary>Refuses in one sentence, before anything is allocated, what has no chance to fit into memory. The sums are lower bounds.</summary>
internal static class MemoryNeed
{
    /// <summary>Checks a run with n samples in d dimensions and m_k neurons.</summary>
    /// <exception cref="InputException">An array or all of them together would be too large.</exception>
    public static void Check(RunSpec spec, int n, int d, int m_k)
    {
        long pairs = 2 * ((long)n + 1) * (m_k + 7), rows = spec.Record.Most(spec.Steps);
        if (pairs > Array.MaxLength)
            throw new InputException($"n is {n} and m_k is {m_k}: their product is {(long)n * m_k}; it has to be below about {Array.MaxLength / 2}.");
        double trajectory = rows * (2.0 * n * m_k + 2.0 * m_k + 6.0 * n + 7);
        Require(8 * trajectory, $"a trajectory of {rows} rows with n = {n} and m_k = {m_k}", "record fewer steps (--record-every, --record)");
        // Per coordinate: mu, the sampler's mark, and two look-up tables; where a test set is evaluated, also the columns of all weights.
        Require(20.0 * d, $"d = {d}", "choose a smaller d");
        if (spec.TestSize > 0) Require(20.0 * d + 8.0 * d * (2.0 * m_k + 1), $"a test set at d = {d} and m_k = {m_k}", "choose a smaller d, or --test-size 0");
    }

    private static void Require(double bytes, string what, string instead)
    {
        long there = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > there)
            throw new InputException(FormattableString.Invariant($"{what} needs {bytes / 1e9:F1} GB of memory at least, and {there / 1e9:F1} GB are there; {instead}."));
    }
}
