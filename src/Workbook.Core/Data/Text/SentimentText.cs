using System.Security.Cryptography;
using System.Text;

namespace Workbook.Core.Data;

/// <summary>A sentence or review and whether it is favourable.</summary>
/// <param name="Text">What is said.</param>
/// <param name="Positive">True for y = +1.</param>
public sealed record LabelledText(string Text, bool Positive);

/// <summary>Texts of two classes, split into training and test as their makers split them.</summary>
/// <param name="Training">The training split, in the order of its file (of the sorted names, where each text is a file).</param>
/// <param name="Test">The test split.</param>
/// <param name="Source">Where they come from, for a reader: a noun phrase such as "SST-2".</param>
public sealed record SentimentText(IReadOnlyList<LabelledText> Training, IReadOnlyList<LabelledText> Test, string Source)
{
    /// <summary>
    /// SHA-256, in lower-case hexadecimal, of what was read: every text of training, then of test, with its label. The same texts have the same digest
    /// whether they came from a folder or an archive, and with whatever line ends.
    /// </summary>
    /// <remarks>Computed at every call: a copy with other texts must not carry the digest of the first ones.</remarks>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, texts) in new[] { ("training", Training), ("test", Test) })
        {
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{name} {texts.Count}\n")));
            foreach (LabelledText text in texts)
            {
                // The length keeps a line end inside a text from looking like the end of it.
                hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{(text.Positive ? 1 : 0)} {text.Text.Length} {text.Text}\n")));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
