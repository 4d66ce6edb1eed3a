using System.Globalization;
using System.Text;

namespace Workbook.Core.Data;

/// <summary>
/// Text to words: maximal runs of letters, digits and combining marks, in lower case; an apostrophe between two of them belongs to the word (<c>isn't</c>). Everything
/// else separates, and so does a tag such as <c>&lt;br /&gt;</c>, which reviews have in them.
/// </summary>
public static class Tokenizer
{
    /// <summary>Longest tag that is skipped; a lone <c>&lt;</c> is just a separator.</summary>
    private const int LongestTag = 64;

    /// <summary>The words of a text, in order.</summary>
    public static IReadOnlyList<string> Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new List<string>();
        int at = 0, start = -1;
        while (at < text.Length)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int length);
            bool inside = IsWord(rune) || (start >= 0 && IsApostrophe(text[at]) && IsWordAt(text, at + 1));
            if (inside && start < 0)
            {
                start = at;
            }
            else if (!inside && start >= 0)
            {
                words.Add(Word(text[start..at]));
                start = -1;
            }

            at += text[at] == '<' ? TagLength(text.AsSpan(at)) : length;
        }

        if (start >= 0)
        {
            words.Add(Word(text[start..]));
        }

        return words;
    }

    private static string Word(string run) => run.Replace('’', '\'').ToLowerInvariant();

    private static bool IsApostrophe(char c) => c is '\'' or '’';

    private static bool IsWordAt(string text, int at) => at < text.Length && Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static int TagLength(ReadOnlySpan<char> text)
    {
        int end = text[..Math.Min(text.Length, LongestTag)].IndexOf('>');
        return end > 0 && (char.IsAsciiLetter(text[1]) || text[1] == '/') ? end + 1 : 1;
    }
}
