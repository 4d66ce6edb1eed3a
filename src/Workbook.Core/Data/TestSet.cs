namespace Workbook.Core.Data;

/// <summary>Test samples in batches, the same ones at every evaluation of a run.</summary>
public abstract class TestSet
{
    /// <summary>Number of samples.</summary>
    public abstract int Count { get; }

    /// <summary>The samples, batch by batch, always in the same order.</summary>
    public abstract IEnumerable<Dataset> Batches();

    /// <summary>Fresh samples of the paper's distribution, drawn when they are asked for; those that fit in a few megabytes are kept once they are asked for again.</summary>
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

    private sealed class Drawn(SignalNoise distribution, ulong seed, int count) : TestSet, INoiseTest
    {
        // A batch of s = 20 fits in the second-level cache, and its arrays are short-lived for the garbage collector.
        private const int Batch = 256;
        private const long KeptEntries = 1 << 20;
        private Dataset[]? _kept;
        private NoiseSamples? _noise;
        private bool _again;

        public override int Count => count;

        public int Dimension => distribution.D;

        private bool Fits => (long)count * (distribution.S + 1) <= KeptEntries;

        public override IEnumerable<Dataset> Batches()
        {
            if (_kept is not null) return _kept;
            if (Fits) return _kept = [.. DrawAll()];
            return DrawAll();
        }

        private IEnumerable<Dataset> DrawAll()
        {
            for (int first = 0; first < count; first += Batch)
                yield return distribution.DrawTest(seed, first, Math.Min(Batch, count - first));
        }

        public void Begin()
        {
            // Many runs evaluate once: what they draw never leaves the first-level cache.
            if (_again && _noise is null && Fits)
            {
                var all = new NoiseSamples(distribution.S, count);
                distribution.Validate().DrawTest(seed, 0, count, all);
                _noise = all;
            }
            _again = true;
        }

        public NoiseSamples Samples(int first, int some, ref NoiseSamples? scratch, out int at)
        {
            if (_noise is not null)
            {
                at = first;
                return _noise;
            }
            at = 0;
            if (scratch is null || scratch.S != distribution.S || scratch.Labels.Length < some) scratch = new NoiseSamples(distribution.S, some);
            distribution.Validate().DrawTest(seed, first, some, scratch);
            return scratch;
        }
    }
}

/// <summary>
/// A test set of the paper's distribution, read without datasets: samples are drawn while they are evaluated, and kept from the second time on where
/// they fit in a few megabytes.
/// </summary>
internal interface INoiseTest
{
    /// <summary>d.</summary>
    int Dimension { get; }

    /// <summary>Called before all samples are read once more.</summary>
    void Begin();

    /// <summary>Holds samples first .. first + some - 1 from place <paramref name="at"/> on: all that is kept, or the scratch, filled.</summary>
    NoiseSamples Samples(int first, int some, ref NoiseSamples? scratch, out int at);
}
