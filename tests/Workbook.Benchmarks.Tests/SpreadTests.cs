using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Results;
using Xunit;

namespace Workbook.Benchmarks.Tests;

public sealed class SpreadTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3)]
    [InlineData(new[] { 5.0, 1, 3 }, 3, 1, 5)]
    [InlineData(new[] { 8.0, 1, 2, 4 }, 3, 1, 8)]
    public void The_median_is_the_middle_in_order_of_size(double[] values, double median, double min, double max) =>
        Assert.Equal(new Spread(median, min, max, values.Length), Spread.Of(values));

    [Fact]
    public void A_ratio_is_formed_turn_by_turn()
    {
        // The second turn was disturbed on both sides: what cancels in a turn must not move the ratio, and the ratio of medians would differ.
        double[] ours = [1, 30, 2], theirs = [4, 90, 7];
        Spread ratio = Spread.Of(ours, theirs, (our, their) => their / our);
        Assert.Equal(new Spread(3.5, 3, 4, 3), ratio);
        Assert.Equal(ratio, Spread.Of([1, 1, 2], [4, 3, 7], (our, their) => their / our));
    }

    [Fact]
    public void Turns_of_several_passes_are_one_set()
    {
        Spread slow = Spread.Of([9, 10, 11]), fast = Spread.Of([1, 2]);
        Assert.Equal(Spread.Of([9, 10, 11, 1, 2]), Spread.Of(slow, fast));
        Assert.Equal(slow, Spread.Of(slow, null));
        Assert.Equal(fast, Spread.Of(null, fast));
        var row = new Row { Id = "rows/exp", Instructions = "avx2", What = "exp", Value = fast, OurSeconds = fast, Note = "last", Taken = 7, Disturbed = 2 };
        Row both = row.After(row with { Value = slow, PeerSeconds = slow, Note = "first", Taken = 9, Disturbed = 1 });
        Assert.Equal((Spread.Of([1, 2, 9, 10, 11]), Spread.Of([1, 1, 2, 2]), slow, "last"), (both.Value, both.OurSeconds, both.PeerSeconds, both.Note));
        Assert.Equal((16, 3), (both.Taken, both.Disturbed));
    }

    [Fact]
    public void Without_turns_or_with_unequal_ones_there_is_no_spread()
    {
        Assert.Throws<ArgumentException>(() => Spread.Of([]));
        Assert.Throws<ArgumentException>(() => Spread.Of([1, 2], [1], (a, b) => a / b));
    }

    [Fact]
    public void Parties_take_turns()
    {
        var order = new List<string>();
        int k = 0;
        double[][] seen = Timing.TakeTurns(3, CancellationToken.None, () => Note("a"), () => Note("b"));
        Assert.Equal(["a", "b", "a", "b", "a", "b"], order);
        Assert.Equal([1, 3, 5], seen[0]);
        Assert.Equal([2, 4, 6], seen[1]);

        double Note(string who)
        {
            order.Add(who);
            return ++k;
        }
    }
}
