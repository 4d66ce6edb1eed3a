using System.Numerics;
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

    // Random numbers are drawn for many samples at a time, about this many for each purpose: they stay in the first-level cache.
    private const int NumbersAtATime = 1024;

    private Dataset Draw(int count, ulong seed, uint labelStream, uint orderStream, uint supportStream, uint noiseStream, int first, int[]? disjoint)
    {
        var labels = new double[count];
        var signal = new int[count];
        var start = new int[2 * count + 1];
        int[] index = GC.AllocateUninitializedArray<int>(count * (S + 1));
        double[] value = GC.AllocateUninitializedArray<double>(count * (S + 1));

        // A sample takes whole blocks of its substreams, two words or two normals each.
        int blocks = (S + 1) / 2, chunk = Math.Clamp(NumbersAtATime / (2 * blocks), 1, count);
        ulong[] words = GC.AllocateUninitializedArray<ulong>(2 * blocks * chunk);
        double[] normals = GC.AllocateUninitializedArray<double>(2 * blocks * chunk);
        var coins = new ulong[2 * chunk];
        SupportSampler? sampler = disjoint is null ? new SupportSampler(D - 1) : null;
        for (int from = 0; from < count; from += chunk)
        {
            int some = Math.Min(chunk, count - from);
            ulong id = (ulong)(first + from);
            Span<ulong> labelWords = coins.AsSpan(0, some), orderWords = coins.AsSpan(chunk, some);
            new RandomStream(seed, labelStream).Words(id, labelWords);
            new RandomStream(seed, orderStream).Words(id, orderWords);
            if (sampler is not null) new RandomStream(seed, supportStream, id).WordsOfEach(blocks, words.AsSpan(0, 2 * blocks * some));
            new RandomStream(seed, noiseStream, id).GaussiansOfEach(blocks, normals.AsSpan(0, 2 * blocks * some));
            for (int j = 0; j < some; j++)
            {
                // A word's highest bit is the coin.
                int i = from + j, at = i * (S + 1), patch = (int)(orderWords[j] >> 63);
                int noise = at + 1 - patch, mu = at + S * patch;
                labels[i] = 1 - 2 * (int)(labelWords[j] >> 63);
                signal[i] = patch;
                start[2 * i + 1] = patch == 0 ? at + 1 : at + S;
                start[2 * i + 2] = at + S + 1;
                index[mu] = 0;
                value[mu] = labels[i];

                // Coordinate 0 carries the signal.
                Span<int> support = index.AsSpan(noise, S);
                if (sampler is not null) sampler.Draw(words.AsSpan(2 * blocks * j, S), 1, support);
                else Sorted(disjoint.AsSpan(i * S, S), support);
                Scale(SigmaP, normals.AsSpan(2 * blocks * j, S), value.AsSpan(noise, S));
            }
        }
        var direction = new double[D];
        direction[0] = 1;
        return new Dataset(2, D, labels, start, index, value, direction, signal);
    }

    private static void Sorted(ReadOnlySpan<int> coordinates, Span<int> support)
    {
        coordinates.CopyTo(support);
        support.Sort();
        foreach (ref int c in support) c++;
    }

    private static void Scale(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        int k = 0;
        for (; k <= y.Length - Vector<double>.Count; k += Vector<double>.Count) (factor * new Vector<double>(x[k..])).CopyTo(y[k..]);
        for (; k < y.Length; k++) y[k] = x[k] * factor;
    }

    /// <summary>n s distinct coordinates in uniformly random order (the first n s steps of a Fisher-Yates shuffle).</summary>
    private int[] DisjointCoordinates(ulong seed)
    {
        var words = new RandomStream(seed, Streams.DisjointSupport);
        int[] order = [.. Enumerable.Range(0, D - 1)];
        for (int k = 0; k < N * S; k++)
        {
            int j = k + words.Below((ulong)k, D - 1 - k);
            (order[k], order[j]) = (order[j], order[k]);
        }
        return order[..(N * S)];
    }
}
