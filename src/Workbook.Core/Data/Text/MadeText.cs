using Workbook.Core.Numerics;

namespace Workbook.Core.Data;

/// <summary>
/// Sentences that the project makes itself, for where no real ones are: neutral words without meaning, and among them a few words of two lists, one of praise and one of
/// blame. No human wrote them, and results on them stand for them only.
/// </summary>
/// <remarks>
/// A sentence has 8 to 24 words. Each is with probability 0.15 a word of judgement, of the sentence's own list with probability 0.8 and of the other with 0.2; else it is neutral. Within
/// each list word k (from 0) has probability proportional to 1 / (k + 3), so that some are rare as in real text. A sentence's label is its list, not what came up.
/// </remarks>
public static class MadeText
{
    /// <summary>What they are, for a reader.</summary>
    public const string Description = "sentences that the workbook made itself";

    private const double JudgementShare = 0.15, OwnListShare = 0.8;

    private const int Shortest = 8, Longest = 24, NeutralWords = 1200;

    private static readonly string[] Praise =
    [
        "good", "lovely", "bright", "warm", "clever", "honest", "graceful", "funny", "tender", "lively", "fresh", "brave", "fine", "rich", "moving", "sharp", "gentle", "vivid", "sound",
        "generous", "elegant", "joyful", "bold", "smart", "sweet", "crisp", "noble", "wise", "deft", "radiant", "sincere", "superb", "thrilling", "witty", "splendid", "delightful",
    ];

    private static readonly string[] Blame =
    [
        "bad", "dull", "flat", "cold", "clumsy", "false", "tedious", "sour", "harsh", "lifeless", "stale", "timid", "poor", "thin", "hollow", "blunt", "crude", "grey", "shaky",
        "mean", "awkward", "dreary", "weak", "foolish", "bitter", "muddled", "petty", "silly", "heavy", "dismal", "fake", "awful", "boring", "dim", "shabby", "painful",
    ];

    private static readonly string[] Onsets = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"];

    private static readonly string[] Vowels = ["a", "e", "i", "o", "u"];

    /// <summary>Makes sentences; the same for the same numbers.</summary>
    /// <param name="training">Training sentences, at least 1.</param>
    /// <param name="test">Test sentences, at least 1.</param>
    /// <param name="seed">Their seed: another one makes other sentences.</param>
    public static SentimentText Make(int training = 4000, int test = 1000, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(training, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(test, 1);
        string[] neutral = [.. Enumerable.Range(0, NeutralWords).Select(Neutral)];
        double[] judged = Cumulated(Praise.Length), plain = Cumulated(NeutralWords);
        LabelledText One(uint stream, int k)
        {
            var words = new RandomStream(seed, stream, (ulong)k);
            bool positive = words.Uniform(0) < 0.5;
            int length = Shortest + words.Below(1, Longest - Shortest + 1);
            string Word(int at)
            {
                ulong from = (ulong)(2 + 3 * at);
                bool judgement = words.Uniform(from) < JudgementShare, own = words.Uniform(from + 1) < OwnListShare;
                double place = words.Uniform(from + 2);
                return !judgement ? neutral[Pick(plain, place)] : (positive == own ? Praise : Blame)[Pick(judged, place)];
            }

            return new LabelledText(string.Join(' ', Enumerable.Range(0, length).Select(Word)), positive);
        }

        return new SentimentText([.. Enumerable.Range(0, training).Select(k => One(Streams.MadeTraining, k))], [.. Enumerable.Range(0, test).Select(k => One(Streams.MadeTest, k))], Description);
    }

    /// <summary>The k-th neutral word: three syllables, which no word of judgement has in this form.</summary>
    private static string Neutral(int k)
    {
        int syllables = Onsets.Length * Vowels.Length;
        // 407 is prime to the 4900 pairs of syllables: no word comes twice, and neighbours in rank do not look alike.
        int mixed = (int)((long)k * 407 % (syllables * syllables));
        string Syllable(int j) => Onsets[j / Vowels.Length] + Vowels[j % Vowels.Length];
        return Syllable(mixed / syllables) + Syllable(mixed % syllables) + "x" + Vowels[k % Vowels.Length];
    }

    private static double[] Cumulated(int count)
    {
        var sums = new double[count];
        double sum = 0;
        for (int k = 0; k < count; k++)
        {
            sums[k] = sum += 1.0 / (k + 3);
        }

        return [.. sums.Select(s => s / sum)];
    }

    private static int Pick(double[] cumulated, double place)
    {
        int at = Array.BinarySearch(cumulated, place);
        return Math.Min(at >= 0 ? at + 1 : ~at, cumulated.Length - 1);
    }
}
