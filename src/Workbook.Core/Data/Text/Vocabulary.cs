namespace Workbook.Core.Data;

/// <summary>The words that have a coordinate, the most frequent first (equally frequent ones in ordinal order). Others are not seen.</summary>
public sealed class Vocabulary
{
    private readonly Dictionary<string, int> _index;

    private Vocabulary(string[] words)
    {
        Words = words;
        _index = new Dictionary<string, int>(words.Length, StringComparer.Ordinal);
        for (int k = 0; k < words.Length; k++)
        {
            _index[words[k]] = k;
        }
    }

    /// <summary>The word of each coordinate.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Number of words.</summary>
    public int Count => Words.Count;

    /// <summary>Words of the texts that occur at least <paramref name="minCount"/> times in them, at most <paramref name="maxWords"/>.</summary>
    /// <param name="texts">The words of each text, as <see cref="Tokenizer.Words"/> gives them: those of the training set and of no other.</param>
    /// <param name="minCount">Least number of occurrences, at least 1.</param>
    /// <param name="maxWords">Most words, at least 1; the rarest are left out.</param>
    public static Vocabulary Of(IEnumerable<IReadOnlyList<string>> texts, int minCount = 1, int maxWords = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(minCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWords, 1);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string word in texts.SelectMany(words => words))
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }

        return new Vocabulary([.. counts.Where(c => c.Value >= minCount).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => c.Key).Take(maxWords)]);
    }

    /// <summary>The coordinate of a word, or -1.</summary>
    public int IndexOf(string word) => _index.GetValueOrDefault(word, -1);

    /// <summary>How often each known word occurs: coordinates in increasing order, and counts.</summary>
    public (int[] Coordinates, double[] Counts) Bag(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var bag = new SortedDictionary<int, double>();
        foreach (string word in words)
        {
            if (_index.TryGetValue(word, out int at))
            {
                bag[at] = bag.GetValueOrDefault(at) + 1;
            }
        }

        return ([.. bag.Keys], [.. bag.Values]);
    }
}
