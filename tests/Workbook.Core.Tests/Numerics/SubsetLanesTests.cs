using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

/// <summary>Subsets in lanes against Floyd's method with a set, one word at a time.</summary>
public sealed class SubsetLanesTests
{
    private const int Guard = -77;

    [Fact]
    public void Every_length_and_every_number_of_subsets_is_what_the_words_say()
    {
        for (int s = 1; s <= SubsetLanes.Longest; s++)
        {
            // All elements, all but one, and sizes where picks meet often, seldom and never, and the last one of sixteen bits; around whole groups of sixteen.
            int[] sizes = [s, s + 1, 2 * s + 3, 1999, 1 << 16, (1 << 16) + 1, int.MaxValue - 1];
            int[] counts = s is 1 or 2 or 7 or 8 or 9 or 20 or 64 ? [1, 7, 8, 9, 15, 16, 17, 33] : [1, 20];
            foreach (int size in sizes)
                foreach (int count in counts)
                    foreach (ulong first in (ulong[])[0, (1UL << 32) - 3])
                        Check(size, s, count, s + (s & 1), first);
        }
        Check(50, 3, 20, 3, 0);
        Check(50, 3, 20, 11, 0);
    }

    private static void Check(int size, int s, int count, int pitch, ulong first)
    {
        const int Shift = 1;
        int room = (count + 15) / 16 * 16 * pitch + 8;
        int[] found = [.. Enumerable.Repeat(Guard, room + 10)];
        bool served = new RandomStream(5, 6, first).SubsetsOfEach(size, s, Shift, count, pitch, found.AsSpan(5, room));
        Assert.Equal(Avx2.IsSupported, served);
        for (int i = 0; served && i < count; i++)
        {
            var words = new RandomStream(5, 6, first + (ulong)i);
            var drawn = new SortedSet<int>();
            for (int k = 0; k < s; k++)
            {
                int top = size - s + k;
                if (!drawn.Add(words.Below((ulong)k, top + 1) + Shift)) drawn.Add(top + Shift);
            }
            Assert.Equal(drawn, found.Skip(5 + i * pitch).Take(s));
        }
        Assert.All(found[..5].Concat(found[(room + 5)..]), x => Assert.Equal(Guard, x));
        if (!served) Assert.All(found, x => Assert.Equal(Guard, x));
    }

    [Fact]
    public void What_it_is_not_made_for_is_left_alone_or_refused()
    {
        var stream = new RandomStream(1, 1);
        Assert.False(stream.SubsetsOfEach(100, SubsetLanes.Longest + 1, 0, 1, 66, new int[2000]));
        if (!Avx2.IsSupported) return;
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.SubsetsOfEach(100, 4, 0, 1, 3, new int[200]));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.SubsetsOfEach(100, 4, 0, 17, 4, new int[32 * 4 + 7]));
    }
}
