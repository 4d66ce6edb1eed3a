using CsCheck;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

public sealed class RankSortTests
{
    [Fact]
    public void Every_length_comes_out_in_increasing_order_and_shifted()
    {
        for (int length = 0; length <= RankSort.Longest; length++)
        {
            int count = length;
            Gen.Int[0, int.MaxValue - 2].Array[count].Where(x => x.Distinct().Count() == count).Sample(values =>
            {
                int[] sorted = [.. Enumerable.Repeat(-7, count + 2)];
                RankSort.Run(values, sorted.AsSpan(1, count), 1);
                return sorted.SequenceEqual([-7, .. values.Order().Select(x => x + 1), -7]);
            }, iter: 20, threads: 1);
        }
    }

    [Fact]
    public void Orders_that_are_already_there_stay()
    {
        int[] up = [.. Enumerable.Range(-30, 60)], down = [.. up.Reverse()], sorted = new int[60];
        RankSort.Run(up, sorted, 0);
        Assert.Equal(up, sorted);
        RankSort.Run(down, sorted, 0);
        Assert.Equal(up, sorted);
    }

    [Fact]
    public void More_than_it_is_made_for_is_refused() =>
        Assert.Throws<ArgumentException>(() => RankSort.Run(new int[RankSort.Longest + 1], new int[RankSort.Longest + 1], 0));
}
