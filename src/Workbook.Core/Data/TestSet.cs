namespace Workbook.Core.Data;

/// <summary>Test samples in batches, the same ones at every evaluation of a run.</summary>
public abstract class TestSet
{
    /// <summary>Number of samples.</summary>
    public abstract int Count { get; }

    /// <summary>The samples, batch by batch, always in the same order.</summary>
    public abstract IEnumerable<Dataset> Batches();

    /// <summary>Fresh samples of the paper's distribution: kept where they fit in a few megabytes, else drawn anew each time.</summary>
    public static TestSet Draw(SignalNoise distribution, ulong seed, int count)
    {
        ArgumentNullException.ThrowIfNull(distribution);
        if (count < 1) throw new InputException($"the test size is {count}; it has to be at least 1.");
        return new Drawn(distribution, seed, count);
    }

    /// <summary>Given samples.</summary>
    public static TestSet Of(Dataset samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return new Given(samples);
    }

    private sealed class Given(Dataset samples) : TestSet
    {
        public override int Count => samples.Count;

        public override IEnumerable<Dataset> Batches() => [samples];
    }

    private sealed class Drawn(SignalNoise distribution, ulong seed, int count) : TestSet
    {
        // A batch of s = 20 fits in the second-level cache, and its arrays are short-lived for the garbage collector.
        private const int Batch = 256;
        private const long KeptEntries = 1 << 20;
        private Dataset[]? _kept;

        public override int Count => count;

        public override IEnumerable<Dataset> Batches()
        {
            if (_kept is not null) return _kept;
            if ((long)count * (distribution.S + 1) <= KeptEntries) return _kept = [.. DrawAll()];
            return DrawAll();
        }

        private IEnumerable<Dataset> DrawAll()
        {
            for (int first = 0; first < count; first += Batch)
                yield return distribution.DrawTest(seed, first, Math.Min(Batch, count - first));
        }
    }
}
