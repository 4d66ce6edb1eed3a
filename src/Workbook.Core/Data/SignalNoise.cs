using Workbook.Core.Numerics;

namespace Workbook.Core.Data;

/// <summary>How the supports of the training noises are drawn.</summary>
public enum SupportMode
{
    /// <summary>Each sample's s coordinates independently: the paper's distribution.</summary>
    Independent,

    /// <summary>No coordinate twice in the training set: the event that the paper's proof conditions on.</summary>
    Disjoint,
}

/// <summary>
/// The paper's data distribution (section 3, "data model"): signal mu = e_1; a sample is {y mu, xi} in random order, y
/// Rademacher, xi = zeta * r with zeta ~ N(0, sigma_p^2 I_d) and r a uniform choice of s of the d - 1 other coordinates.
/// </summary>
/// <param name="D">Dimension d, at least 2.</param>
/// <param name="N">Training samples n, at least 1.</param>
/// <param name="S">Non-zero noise coordinates s, in 1 .. d - 1; with disjoint supports n s at most d - 1.</param>
/// <param name="SigmaP">Noise standard deviation sigma_p, positive.</param>
/// <param name="Supports">Independent or disjoint supports.</param>
public sealed record SignalNoise(int D, int N, int S, double SigmaP, SupportMode Supports = SupportMode.Independent)
{
    /// <summary>Signal-to-noise ratio ||mu|| / sqrt(E||xi||^2) = 1 / (sigma_p sqrt(s)).</summary>
    public double SignalToNoise => 1 / (SigmaP * Math.Sqrt(S));

    /// <summary>E||xi||_1 = sqrt(2 / pi) sigma_p s, written ell in THEORY.</summary>
    public double MeanNorm1 => Math.Sqrt(2 / Math.PI) * SigmaP * S;

    /// <summary>Expected number of coordinates that two or more supports share, when supports are independent.</summary>
    public double ExpectedShared
    {
        get
        {
            double p = (double)S / (D - 1);
            return (D - 1) * (1 - Math.Pow(1 - p, N) - N * p * Math.Pow(1 - p, N - 1));
        }
    }

    /// <summary>Throws one sentence for the first parameter that is out of its range.</summary>
    public SignalNoise Validate()
    {
        if (D < 2) throw new InputException($"d is {D}; it has to be at least 2 (one signal and one noise coordinate).");
        if (N < 1) throw new InputException($"n is {N}; it has to be at least 1.");
        if (S < 1 || S > D - 1) throw new InputException($"s is {S}; it has to lie in 1 .. d - 1 = {D - 1}.");
        if (!(SigmaP > 0) || !double.IsFinite(SigmaP))
            throw new InputException(FormattableString.Invariant($"sigma_p is {SigmaP}; it has to be positive and finite."));
        if (Supports == SupportMode.Disjoint && (long)N * S > D - 1)
            throw new InputException($"n * s is {(long)N * S}; disjoint supports need n * s at most d - 1 = {D - 1}.");
        if ((long)N * (S + 1) > Array.MaxLength / 2) throw new InputException($"n * (s + 1) is {(long)N * (S + 1)}; at most {Array.MaxLength / 2} entries fit.");
        return this;
    }

    /// <summary>The training set of a seed.</summary>
    public Dataset DrawTraining(ulong seed)
    {
        Validate();
        int[]? disjoint = Supports == SupportMode.Disjoint ? DisjointCoordinates(seed) : null;
        return Draw(N, seed, Streams.TrainLabel, Streams.TrainOrder, Streams.TrainSupport, Streams.TrainNoise, 0, disjoint);
    }

    /// <summary>Test samples first .. first + count - 1 of a seed: always independent supports, fresh noise.</summary>
    public Dataset DrawTest(ulong seed, int first, int count)
    {
        Validate();
        if (first < 0 || count < 1) throw new InputException($"test samples {first} .. {first + count - 1} were asked for; the first is at least 0 and the count at least 1.");
        return Draw(count, seed, Streams.TestLabel, Streams.TestOrder, Streams.TestSupport, Streams.TestNoise, first, null);
    }

    /// <summary>Test samples first .. first + count - 1 as evaluation reads them, into <paramref name="samples"/> from its first place on.</summary>
    internal void DrawTest(ulong seed, int first, int count, NoiseSamples samples)
    {
        new RandomStream(seed, Streams.TestLabel).Signs((ulong)first, samples.Labels.AsSpan(0, count));
        DrawNoise(seed, Streams.TestSupport, Streams.TestNoise, first, count, null, samples);
    }

    // Random numbers are drawn for many samples at a time, about this many for each purpose: they stay in the first-level cache.
    private const int NumbersAtATime = 1024;

    private Dataset Draw(int count, ulong seed, uint labelStream, uint orderStream, uint supportStream, uint noiseStream, int first, int[]? disjoint)
    {
        var labels = GC.AllocateUninitializedArray<double>(count);
        var signal = GC.AllocateUninitializedArray<int>(count);
        var start = GC.AllocateUninitializedArray<int>(2 * count + 1);
        int[] index = GC.AllocateUninitializedArray<int>(count * (S + 1));
        double[] value = GC.AllocateUninitializedArray<double>(count * (S + 1));
        var orders = GC.AllocateUninitializedArray<double>(count);
        new RandomStream(seed, labelStream).Signs((ulong)first, labels);
        new RandomStream(seed, orderStream).Signs((ulong)first, orders);

        start[0] = 0;
        int chunk = Math.Clamp(NumbersAtATime / S, 1, count);
        var samples = new NoiseSamples(S, chunk);
        for (int from = 0; from < count; from += chunk)
        {
            int some = Math.Min(chunk, count - from);
            ReadOnlySpan<int> supports = disjoint is null ? null : disjoint.AsSpan(from * S, some * S);
            DrawNoise(seed, supportStream, noiseStream, first + from, some, supports, samples);
            for (int j = 0; j < some; j++)
            {
                int i = from + j, at = i * (S + 1), patch = orders[i] > 0 ? 0 : 1;
                int noise = at + 1 - patch, mu = at + S * patch;
                signal[i] = patch;
                start[2 * i + 1] = patch == 0 ? at + 1 : at + S;
                start[2 * i + 2] = at + S + 1;
                index[mu] = 0;
                value[mu] = labels[i];
                samples.Support(j).CopyTo(index.AsSpan(noise, S));
                samples.Noise(j).CopyTo(value.AsSpan(noise, S));
            }
        }
        var direction = new double[D];
        direction[0] = 1;
        return new Dataset(2, D, labels, start, index, value, direction, signal);
    }

    /// <summary>Supports and noise values of samples, each from its own substreams; the supports of disjoint sets are given.</summary>
    private void DrawNoise(ulong seed, uint supportStream, uint noiseStream, int first, int count, ReadOnlySpan<int> disjoint, NoiseSamples samples)
    {
        // A sample takes whole blocks of its substreams, two words or two normals each: as many as its places. Coordinate 0 carries the signal.
        int blocks = samples.Pitch / 2;
        var supports = new RandomStream(seed, supportStream, (ulong)first);
        if (!disjoint.IsEmpty)
        {
            for (int j = 0; j < count; j++) Sorted(disjoint.Slice(j * S, S), samples.Support(j));
        }
        else if (!supports.SubsetsOfEach(D - 1, S, 1, count, samples.Pitch, samples.Index))
        {
            ulong[] words = samples.Words;
            supports.WordsOfEach(blocks, words.AsSpan(0, 2 * blocks * count));
            SupportSampler sampler = samples.Sampler(D - 1);
            for (int j = 0; j < count; j++) sampler.Draw(words.AsSpan(2 * blocks * j, S), 1, samples.Support(j));
        }
        new RandomStream(seed, noiseStream, (ulong)first).GaussiansOfEach(blocks, SigmaP, samples.Value.AsSpan(0, 2 * blocks * count));
    }

    private static void Sorted(ReadOnlySpan<int> coordinates, Span<int> support)
    {
        coordinates.CopyTo(support);
        support.Sort();
        foreach (ref int c in support) c++;
    }

    /// <summary>n s distinct coordinates in uniformly random order (the first n s steps of a Fisher-Yates shuffle).</summary>
    private int[] DisjointCoordinates(ulong seed)
    {
        var words = new ulong[N * S];
        new RandomStream(seed, Streams.DisjointSupport).Words(0, words);
        int[] order = [.. Enumerable.Range(0, D - 1)];
        for (int k = 0; k < words.Length; k++)
        {
            int j = k + RandomStream.WordBelow(words[k], D - 1 - k);
            (order[k], order[j]) = (order[j], order[k]);
        }
        return order[..(N * S)];
    }
}
