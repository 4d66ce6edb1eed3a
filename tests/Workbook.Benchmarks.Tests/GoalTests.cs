using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Results;
using Workbook.Benchmarks.Rows;
using Workbook.Core;
using Xunit;

namespace Workbook.Benchmarks.Tests;

public sealed class GoalTests
{
    private static readonly Goal Speed = new("a", "speed", Unit.Times, 900), Cost = new("b", "cost", Unit.NanosecondsPerElement, 0.4, ByWidth: true);

    [Fact]
    public void What_is_missing_is_the_factor_that_would_reach_the_goal()
    {
        Assert.Equal(0, Speed.Missing(900, Instructions.Avx512));
        Assert.Equal(0, Speed.Missing(5000, Instructions.Avx2));
        Assert.Equal(1, Speed.Missing(450, Instructions.Avx512)!.Value, 12);
        Assert.Equal(0.25, Cost.Missing(0.5, Instructions.Avx512)!.Value, 12);
        Assert.Equal(0, Cost.Missing(0.5, Instructions.Avx2));
        Assert.Null((Speed with { Bound = null }).Missing(1, Instructions.Avx512));
    }

    [Fact]
    public void The_worst_is_the_smallest_speed_and_the_largest_cost()
    {
        Assert.Equal(1, Speed.Worst([2, 1, 3]));
        Assert.Equal(3, Cost.Worst([2, 1, 3]));
    }

    [Fact]
    public void Every_goal_is_measured_and_nothing_without_a_goal_is()
    {
        Assert.Equal(Goals.All.Select(goal => goal.Id).Order(StringComparer.Ordinal), AllRows.Covered.Order(StringComparer.Ordinal));
        Assert.Equal(Goals.All.Count, Goals.All.Select(goal => goal.Id).Distinct().Count());
    }

    [Fact]
    public void A_selection_names_goals_or_their_beginnings()
    {
        Selection some = Selection.Parse("matrix.f64, runs");
        Assert.Equal(["matrix.f64.peak", "matrix.f64.openblas", "runs", "runs.scaling", "runs.disjoint", "runs.disjoint.scaling"], Goals.All.Select(goal => goal.Id).Where(some.Takes));
        Assert.All(Goals.All, goal => Assert.True(Selection.Parse(null).Takes(goal.Id)));
        Assert.Contains("'matrices'", Assert.Throws<InputException>(() => Selection.Parse("runs,matrices")).Message, StringComparison.Ordinal);
    }
}
