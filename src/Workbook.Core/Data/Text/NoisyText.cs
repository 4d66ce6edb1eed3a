using Workbook.Core.Numerics;

namespace Workbook.Core.Data;

/// <summary>What the noise patch of a text sample holds.</summary>
public enum TextNoise
{
    /// <summary>N(0, 1) in <see cref="NoisyTextOptions.NoiseWords"/> words of the vocabulary, chosen anew for each sample; 0 in the others: the theory's noise, s = NoiseWords.</summary>
    Gaussian,

    /// <summary>The words of an unrelated sentence of the training split, of either label, scaled to the norm that Gaussian noise has on average.</summary>
    Sentence,
}

/// <summary>How noisy text is made.</summary>
public sealed record NoisyTextOptions
{
    /// <summary>Signal-to-noise ratio: norm of the signal patch over the mean norm of the noise patch. Positive and finite.</summary>
    public double Snr { get; init; } = 0.5;

    /// <summary>Training sentences n, drawn without replacement from the training split.</summary>
    public int TrainingCount { get; init; } = 1000;

    /// <summary>Most test sentences, drawn without replacement from the test split.</summary>
    public int MaxTestCount { get; init; } = int.MaxValue;

    /// <summary>What the noise is.</summary>
    public TextNoise Noise { get; init; } = TextNoise.Gaussian;

    /// <summary>Non-zero coordinates s of a Gaussian noise; it sets the norm of both kinds, E||N(0, I_s)||.</summary>
    public int NoiseWords { get; init; } = 20;

    /// <summary>Share of the training labels that are flipped, 0 to 1 (to the nearest whole sentence). Test labels never are.</summary>
    public double LabelNoise { get; init; }

    /// <summary>A word needs this many occurrences in the training set to have a coordinate, at least 1.</summary>
    public int MinCount { get; init; } = 1;

    /// <summary>Throws one sentence for the first option that is out of its range.</summary>
    public NoisyTextOptions Validate()
    {
        if (!(Snr > 0) || !double.IsFinite(Snr)) throw new InputException(FormattableString.Invariant($"the SNR is {Snr}; it has to be positive and finite."));
        if (TrainingCount < 1) throw new InputException($"n is {TrainingCount}; it has to be at least 1.");
        if (MaxTestCount < 0) throw new InputException($"at most {MaxTestCount} test sentences are asked for; 0 or more is allowed.");
        if (NoiseWords < 1) throw new InputException($"the noise has {NoiseWords} words; it has to have at least 1.");
        if (!(LabelNoise >= 0 && LabelNoise <= 1)) throw new InputException(FormattableString.Invariant($"the label noise is {LabelNoise}; it has to lie in 0 .. 1."));
        if (MinCount < 1) throw new InputException($"a word needs {MinCount} occurrences; the least is 1.");
        return this;
    }
}

/// <summary>
/// Sentences turned into the two-patch data of the theory: one patch is the sentence's bag of words (the count of each word of the vocabulary) scaled so that
/// <c>||signal patch|| = SNR * E||N(0, I_s)||</c> for every sentence, the other is noise with mean norm <c>E||N(0, I_s)||</c>; their order is random.
/// </summary>
/// <remarks>
/// As in <see cref="NoisyImages"/> the noise has a fixed size and the signal is scaled, so SNR is the ratio of the two norms whatever the length of a sentence.
/// d is the number of words in the training set, and that depends on the seed. The signal is not +mu or -mu but a direction of its own in every sample, so the six families of inner
/// products are refused; attention, losses, errors and the value vector's inner products with patches are there.
/// Words that the training set does not have are dropped from the test; a test sentence without any known word has an empty signal patch and stays in, so that the test error is over all of them.
/// </remarks>
public sealed record NoisyText
{
    private NoisyText(Vocabulary vocabulary, double signalNorm, Dataset training, Dataset? test, bool[] flipped) =>
        (Vocabulary, SignalNorm, Training, Test, Flipped) = (vocabulary, signalNorm, training, test, flipped);

    /// <summary>Words of the training set; their number is d.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Norm of every signal patch.</summary>
    public double SignalNorm { get; }

    /// <summary>The training samples, labels flipped where <see cref="Flipped"/> says so.</summary>
    public Dataset Training { get; }

    /// <summary>The test samples, or null where none were asked for.</summary>
    public Dataset? Test { get; }

    /// <summary>Which training labels were flipped, [n].</summary>
    public bool[] Flipped { get; }

    /// <summary>Makes samples from text.</summary>
    /// <param name="text">The source.</param>
    /// <param name="options">How many, how noisy.</param>
    /// <param name="seed">Seed of the run, with the streams of <see cref="Streams"/>.</param>
    /// <exception cref="InputException">An option is out of range, or there are too few sentences.</exception>
    /// <remarks>Changing the SNR, the label noise or the number of test sentences changes nothing else; a greater share of flipped labels flips the same ones and more.</remarks>
    public static NoisyText Draw(SentimentText text, NoisyTextOptions options, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        int n = options.TrainingCount, needed = options.Noise == TextNoise.Sentence ? n + 1 : n;
        if (text.Training.Count < needed)
            throw new InputException($"n is {n}; at most {text.Training.Count - (needed - n)} training sentences can be drawn from the {text.Training.Count} of {text.Source}{(needed > n ? ", since one at least has to be left for noise" : "")}.");
        int[] order = Shuffled(text.Training.Count, new RandomStream(seed, Streams.TextChoice)), testOrder = Shuffled(text.Test.Count, new RandomStream(seed, Streams.TextChoice, 1));
        IReadOnlyList<string>[] words = [.. order[..n].Select(i => Tokenizer.Words(text.Training[i].Text))];
        Vocabulary vocabulary = Vocabulary.Of(words, options.MinCount);
        if (options.NoiseWords > vocabulary.Count)
            throw new InputException($"the noise has {options.NoiseWords} words; the training set has only {vocabulary.Count} that occur at least {options.MinCount} times.");
        double mean = NoisyImages.MeanGaussianNorm(options.NoiseWords);
        int tests = Math.Min(options.MaxTestCount, text.Test.Count);
        INoise noise = options.Noise == TextNoise.Gaussian ? new GaussianNoise(seed, options.NoiseWords, vocabulary.Count) : new SentenceNoise(text.Training, order[n..], vocabulary, mean, n);
        bool[] flipped = Flips(n, options.LabelNoise, new RandomStream(seed, Streams.LabelFlip));
        var training = new Builder(n, vocabulary, options.Snr * mean, new RandomStream(seed, Streams.TrainOrder));
        for (int i = 0; i < n; i++) training.Add(words[i], text.Training[order[i]].Positive != flipped[i], noise.Of(i, test: false));
        var test = new Builder(tests, vocabulary, options.Snr * mean, new RandomStream(seed, Streams.TestOrder));
        for (int j = 0; j < tests; j++) test.Add(Tokenizer.Words(text.Test[testOrder[j]].Text), text.Test[testOrder[j]].Positive, noise.Of(j, test: true));
        return new NoisyText(vocabulary, options.Snr * mean, training.Finish(), tests == 0 ? null : test.Finish(), flipped);
    }

    /// <summary>Fisher-Yates.</summary>
    private static int[] Shuffled(int count, RandomStream words)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = 0; i < count; i++)
        {
            int other = i + words.Below((ulong)i, count - i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>The samples with the smallest words are flipped, so that greater shares contain smaller ones.</summary>
    private static bool[] Flips(int n, double share, RandomStream words)
    {
        var flipped = new bool[n];
        foreach (int i in Enumerable.Range(0, n).OrderBy(i => words.UInt64((ulong)i)).Take((int)Math.Round(share * n, MidpointRounding.AwayFromZero))) flipped[i] = true;
        return flipped;
    }

    private interface INoise
    {
        (int[] Coordinates, double[] Values) Of(int sample, bool test);
    }

    private sealed class GaussianNoise(ulong seed, int s, int d) : INoise
    {
        private readonly SupportSampler _sampler = new(d);

        public (int[] Coordinates, double[] Values) Of(int sample, bool test)
        {
            var (support, values, words) = (new int[s], new double[s], new ulong[s]);
            new RandomStream(seed, test ? Streams.TestSupport : Streams.TrainSupport, (ulong)sample).Words(0, words);
            _sampler.Draw(words, 0, support);
            new RandomStream(seed, test ? Streams.TestNoise : Streams.TrainNoise, (ulong)sample).Gaussians(0, values);
            return (support, values);
        }
    }

    /// <summary>Sentences that are not in the training set: the first n of those with a known word for training, the others for the test (all of them again where there are none).</summary>
    private sealed class SentenceNoise(IReadOnlyList<LabelledText> texts, int[] left, Vocabulary vocabulary, double norm, int n) : INoise
    {
        private readonly (int[] Coordinates, double[] Values)[] _bags = [.. left.Select(i => vocabulary.Bag(Tokenizer.Words(texts[i].Text))).Where(bag => bag.Coordinates.Length > 0)];

        public (int[] Coordinates, double[] Values) Of(int sample, bool test)
        {
            if (_bags.Length == 0) throw new InputException("no sentence left for noise has a word of the training set; draw fewer training sentences.");
            int own = Math.Min(n, _bags.Length), rest = _bags.Length - own;
            var (at, counts) = _bags[test && rest > 0 ? own + sample % rest : sample % own];
            return (at, Scaled(counts, norm));
        }
    }

    private static double[] Scaled(double[] counts, double norm)
    {
        double length = Math.Sqrt(counts.Sum(c => c * c));
        return [.. counts.Select(c => c / length * norm)];
    }

    private sealed class Builder(int count, Vocabulary vocabulary, double signalNorm, RandomStream order)
    {
        private readonly double[] _labels = new double[count];
        private readonly int[] _signal = new int[count], _start = new int[2 * count + 1];
        private readonly List<int> _index = [];
        private readonly List<double> _value = [];
        private int _next;

        public void Add(IReadOnlyList<string> words, bool positive, (int[] Coordinates, double[] Values) noise)
        {
            int i = _next++;
            var (at, counts) = vocabulary.Bag(words);
            _labels[i] = positive ? 1 : -1;
            _signal[i] = (int)(order.UInt64((ulong)i) >> 63);
            for (int l = 0; l < 2; l++)
            {
                _index.AddRange(l == _signal[i] ? at : noise.Coordinates);
                _value.AddRange(l == _signal[i] ? Scaled(counts, signalNorm) : noise.Values);
                _start[2 * i + l + 1] = _index.Count;
            }
        }

        public Dataset Finish() => new(2, vocabulary.Count, _labels, _start, [.. _index], [.. _value], null, _signal);
    }
}
