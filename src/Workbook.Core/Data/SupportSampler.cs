using System.Numerics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Data;

/// <summary>
/// Uniform subsets of {0, .., size - 1} by Floyd's method: exactly one word per element, whatever is drawn, so that a
/// sample's support depends on its own stream only. Word k picks <c>floor(word (top + 1) / 2^64)</c> with
/// <c>top = size - s + k</c>; a pick that was drawn before becomes top, which was not.
/// </summary>
internal sealed class SupportSampler(int size)
{
    // What was drawn, for short subsets: element e was if _stamp[e] is the number of the draw.
    private readonly int[] _stamp = new int[size];
    private int _now;

    // The same for long ones: bit e % 64 of word e / 64. Read from its start it gives the elements in order.
    private ulong[]? _bits;

    /// <summary>Fills <paramref name="subset"/> with distinct elements, each plus <paramref name="shift"/>, in increasing order; word k belongs to draw k.</summary>
    public void Draw(ReadOnlySpan<ulong> words, int shift, Span<int> subset)
    {
        int s = subset.Length;
        if (s <= RankSort.Longest)
        {
            Span<int> drawn = stackalloc int[RankSort.Longest];
            drawn = drawn[..s];
            DrawShort(words[..s], drawn);
            RankSort.Run(drawn, subset, shift);
        }
        else
        {
            DrawLong(words[..s], shift, subset);
        }
    }

    private void DrawShort(ReadOnlySpan<ulong> words, Span<int> drawn)
    {
        int[] stamp = _stamp;
        int now = ++_now, top = size - drawn.Length;
        for (int k = 0; k < drawn.Length; k++, top++)
        {
            int pick = (int)Math.BigMul(words[k], (ulong)(top + 1), out _);
            if (stamp[pick] == now) pick = top;
            stamp[pick] = now;
            drawn[k] = pick;
        }
    }

    private void DrawLong(ReadOnlySpan<ulong> words, int shift, Span<int> subset)
    {
        ulong[] bits = _bits ??= new ulong[(size + 63) / 64];
        int top = size - subset.Length;
        for (int k = 0; k < words.Length; k++, top++)
        {
            int pick = (int)Math.BigMul(words[k], (ulong)(top + 1), out _);
            if ((bits[pick >> 6] >> pick & 1) != 0) pick = top;
            bits[pick >> 6] |= 1UL << pick;
        }
        int at = 0;
        for (int w = 0; w < bits.Length; w++)
        {
            for (ulong rest = bits[w]; rest != 0; rest &= rest - 1) subset[at++] = 64 * w + BitOperations.TrailingZeroCount(rest) + shift;
            bits[w] = 0;
        }
    }
}
