using Workbook.Core.Numerics;

namespace Workbook.Core.Data;

/// <summary>
/// Uniform subsets of {0, .., size - 1} by Floyd's method: exactly one word per element, whatever is drawn, so that a
/// sample's support depends on its own stream only.
/// </summary>
internal sealed class SupportSampler(int size)
{
    private readonly int[] _stamp = new int[size];
    private int _now;

    /// <summary>Fills <paramref name="subset"/> with distinct elements, in the order of drawing.</summary>
    public void Draw(RandomStream words, Span<int> subset)
    {
        _now++;
        int s = subset.Length;
        for (int k = 0; k < s; k++)
        {
            int top = size - s + k;
            int pick = words.Below((ulong)k, top + 1);
            if (_stamp[pick] == _now) pick = top;
            _stamp[pick] = _now;
            subset[k] = pick;
        }
    }
}
