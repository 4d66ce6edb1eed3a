using CsCheck;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class ScheduleTests
{
    private static Gen<Schedule> Any { get; } = Gen.OneOf(
        Gen.Int[1, 40].Select(Schedule.Every), Gen.Int[1, 40].Select(Schedule.Log), Gen.Select(Gen.Int[0, 40], Gen.Int[1, 40]).Select(Schedule.Dense));

    [Fact]
    public void Steps_increase_from_0_to_the_last()
    {
        Gen.Select(Any, Gen.Int[1, 500]).Sample((schedule, last) =>
        {
            int[] steps = schedule.Steps(last);
            Assert.Equal((0, last), (steps[0], steps[^1]));
            Assert.Equal(steps.Distinct().Order(), steps);
        });
    }

    [Fact]
    public void The_written_form_reads_back()
    {
        Any.Sample(schedule =>
        {
            Schedule back = Schedule.Parse(schedule.ToString());
            Assert.Equal(schedule, back);
            Assert.Equal(schedule.Steps(300), back.Steps(300));
        });
    }

    [Fact]
    public void The_forms_are_what_they_say()
    {
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 60], Gen.Int[1, 300]).Sample((k, until, last) =>
        {
            Assert.Equal(Enumerable.Range(0, last + 1).Where(t => t % k == 0 || t == last), Schedule.Every(k).Steps(last));
            Assert.Equal(Enumerable.Range(0, last + 1).Where(t => t <= until || (t - until) % k == 0 || t == last), Schedule.Dense(until, k).Steps(last));
        });
        Assert.Equal([0, 1, 2, 5, 10, 22, 46, 100], Schedule.Log(3).Steps(100));
        Assert.Equal([0, 1, 10, 100, 1000, 1234], Schedule.Log(1).Steps(1234));
        Assert.Equal([0, int.MaxValue], Schedule.Every(int.MaxValue).Steps(int.MaxValue));
        Assert.Equal([0, 1, 2, int.MaxValue - 1], Schedule.Dense(2, int.MaxValue - 3).Steps(int.MaxValue - 1));
        Assert.InRange(Schedule.Log(10).Steps(int.MaxValue).Length, 80, 96);
    }

    [Theory]
    [InlineData("")]
    [InlineData("every")]
    [InlineData("every:")]
    [InlineData("every:1.5")]
    [InlineData("every:-1")]
    [InlineData("every:+1")]
    [InlineData("every: 1")]
    [InlineData("every:99999999999")]
    [InlineData("every:1,2")]
    [InlineData("Every:1")]
    [InlineData("dense:5")]
    [InlineData("dense:5:5")]
    [InlineData("every,5")]
    [InlineData("log:3,")]
    [InlineData("5")]
    public void Other_words_are_refused(string text) => Complaint.Of(() => Schedule.Parse(text), $"the schedule is '{text}'; write every:K, dense:A,K or log:P");

    [Fact]
    public void A_step_below_1_is_refused()
    {
        Complaint.Of(() => Schedule.Parse("every:0"), "a schedule's step is 0; it has to be at least 1");
        Complaint.Of(() => Schedule.Every(-2), "a schedule's step is -2");
        Complaint.Of(() => Schedule.Log(0), "a schedule's step is 0");
        Complaint.Of(() => Schedule.Dense(-1, 3), "ends at step -1; it has to be at least 0");
        Complaint.Of(() => Schedule.Dense(1, 0), "a schedule's step is 0");
    }
}
