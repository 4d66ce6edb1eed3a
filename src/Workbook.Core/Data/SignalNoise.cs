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
        var sampler = new SupportSampler(D - 1);
        int[]? disjoint = Supports == SupportMode.Disjoint ? DisjointCoordinates(seed) : null;
        return Draw(N, seed, Streams.TrainLabel, Streams.TrainOrder, Streams.TrainNoise, 0, (i, support) =>
        {
            if (disjoint is not null) disjoint.AsSpan(i * S, S).CopyTo(support);
            else sampler.Draw(new RandomStream(seed, Streams.TrainSupport, (ulong)i), support);
        });
    }

    /// <summary>Test samples first .. first + count - 1 of a seed: always independent supports, fresh noise.</summary>
    public Dataset DrawTest(ulong seed, int first, int count)
    {
        Validate();
        if (first < 0 || count < 1) throw new InputException($"test samples {first} .. {first + count - 1} were asked for; the first is at least 0 and the count at least 1.");
        var sampler = new SupportSampler(D - 1);
        return Draw(count, seed, Streams.TestLabel, Streams.TestOrder, Streams.TestNoise, first,
            (j, support) => sampler.Draw(new RandomStream(seed, Streams.TestSupport, (ulong)j), support));
    }

    private delegate void DrawSupport(int sample, Span<int> support);

    private Dataset Draw(int count, ulong seed, uint labelStream, uint orderStream, uint noiseStream, int first, DrawSupport draw)
    {
        var labels = new double[count];
        var signal = new int[count];
        var start = new int[2 * count + 1];
        var index = new int[count * (S + 1)];
        var value = new double[count * (S + 1)];
        var labelWords = new RandomStream(seed, labelStream);
        var orderWords = new RandomStream(seed, orderStream);
        for (int i = 0; i < count; i++)
        {
            ulong id = (ulong)(first + i);
            labels[i] = (long)labelWords.UInt64(id) < 0 ? -1 : 1;
            signal[i] = (long)orderWords.UInt64(id) < 0 ? 1 : 0;
            int at = i * (S + 1), noise = at + (signal[i] == 0 ? 1 : 0), mu = signal[i] == 0 ? at : at + S;
            start[2 * i + 1] = at + (signal[i] == 0 ? 1 : S);
            start[2 * i + 2] = at + S + 1;
            index[mu] = 0;
            value[mu] = labels[i];
            var support = index.AsSpan(noise, S);
            draw(first + i, support);
            support.Sort();
            // Coordinate 0 carries the signal.
            for (int k = 0; k < S; k++) support[k]++;
            var values = value.AsSpan(noise, S);
            new RandomStream(seed, noiseStream, id).Gaussians(0, values);
            for (int k = 0; k < S; k++) values[k] *= SigmaP;
        }
        var direction = new double[D];
        direction[0] = 1;
        return new Dataset(2, D, labels, start, index, value, direction, signal);
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
