using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Xunit;

namespace Workbook.Core.Tests.Theory;

/// <summary>Slack and verdict of every relation, claims that say nothing about a run, and all of them on a real one.</summary>
public sealed class ClaimTests
{
    [Theory]
    [InlineData(Relation.AtMost, 0, 1.0, 3.0, 2.0, Verdict.Holds)]
    [InlineData(Relation.AtMost, 0, 3.0, 3.0, 0.0, Verdict.Holds)]
    [InlineData(Relation.AtMost, 0, 4.0, 3.0, -1.0, Verdict.Fails)]
    [InlineData(Relation.AtMost, 0, double.PositiveInfinity, 3.0, double.NegativeInfinity, Verdict.Fails)]
    [InlineData(Relation.AtLeast, 0, 4.0, 3.0, 1.0, Verdict.Holds)]
    [InlineData(Relation.AtLeast, 0, 2.0, 3.0, -1.0, Verdict.Fails)]
    [InlineData(Relation.WithinTolerance, 0.5, 1.25, 1.0, 0.25, Verdict.Holds)]
    [InlineData(Relation.WithinTolerance, 0.5, 0.25, 1.0, -0.25, Verdict.Fails)]
    [InlineData(Relation.AtMost, 0, double.NaN, 1.0, double.NaN, Verdict.Fails)]
    [InlineData(Relation.AtLeast, 0, double.NaN, 1.0, double.NaN, Verdict.Fails)]
    [InlineData(Relation.AtLeast, 0, 1.0, double.NaN, double.NaN, Verdict.Fails)]
    [InlineData(Relation.WithinFactor, 2, double.NaN, 1.0, double.NaN, Verdict.Fails)]
    [InlineData(Relation.WithinFactor, 2, -1.0, 1.0, double.NaN, Verdict.Fails)]
    [InlineData(Relation.WithinTolerance, 2, 1.0, double.NaN, double.NaN, Verdict.Fails)]
    public void Slack_and_verdict_follow_from_both_sides(Relation relation, double allowance, double left, double right, double slack, Verdict verdict)
    {
        ClaimResult result = Make(relation, allowance).Judge(left, right);
        Assert.Equal((left, right, slack, verdict), (result.Left, result.Right, result.Slack, result.Verdict));
    }

    [Theory]
    [InlineData(3.9, 1, Verdict.Holds)]
    [InlineData(1, 3.9, Verdict.Holds)]
    [InlineData(4.1, 1, Verdict.Fails)]
    [InlineData(1, 4.1, Verdict.Fails)]
    public void A_factor_counts_both_ways_alike(double left, double right, Verdict verdict)
    {
        ClaimResult result = Make(Relation.WithinFactor, 4).Judge(left, right);
        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(Math.Log(4) - Math.Log(Math.Max(left, right)), result.Slack, 12);
    }

    [Fact]
    public void Nine_seeds_in_ten_are_enough_and_ranges_leave_out_what_is_not_finite()
    {
        Claim claim = Make(Relation.AtMost, 0);
        ClaimResult[] results = [.. Enumerable.Range(1, 10).Select(k => claim.Judge(k, 9))];
        var summary = new ClaimSummary(claim, results);
        Assert.Equal((9, Verdict.Holds), (summary.Held, summary.Verdict));
        Assert.Equal((5.5, 1, 10), summary.Left);
        Assert.Equal((9, 9, 9), summary.Right);
        Assert.Equal((3.5, -1, 8), summary.Slack);
        Assert.Equal(Verdict.Fails, new ClaimSummary(claim, [.. results[1..], claim.Judge(double.NaN, 9)]).Verdict);
        Assert.Equal((5, 2, 8), new ClaimSummary(claim, [claim.Judge(2, 9), claim.Judge(8, 9), claim.Judge(double.NaN, 9)]).Left);
        Assert.Equal(Verdict.NotApplicable, new ClaimSummary(claim, []).Verdict);
    }

    [Fact]
    public void Ids_are_unique_and_words_are_there()
    {
        Assert.Equal(RunClaim.All.Count, RunClaim.All.Select(c => c.Claim.Id).Distinct().Count());
        Assert.All(RunClaim.All, c =>
        {
            Assert.Matches("^[a-z0-9]+[.][a-z0-9-]+$", c.Claim.Id);
            Assert.All((string[])[c.Claim.Statement, c.Claim.Source, c.Claim.LeftLabel, c.Claim.RightLabel], text => Assert.False(string.IsNullOrWhiteSpace(text)));
            Assert.True(c.Claim.Relation is Relation.AtMost or Relation.AtLeast || c.Claim.Allowance > 0);
        });
    }

    [Fact]
    public void Every_claim_judges_a_real_run_or_says_why_not()
    {
        foreach (Optimizer optimizer in (Optimizer[])[new SignGd(1e-4), new Adam(1e-4), new GradientDescent(0.5)])
        {
            RunSpec spec = Presets.Figure1 with { Optimizer = optimizer, Seed = 1 };
            var view = new RunView(spec, Training.Run(spec, cancel: TestContext.Current.CancellationToken).Trajectory);
            foreach (RunClaim claim in RunClaim.All)
            {
                ClaimResult result = claim.Evaluate(view);
                Assert.Equal(claim.Claim.Id, result.Id);
                if (result.Verdict == Verdict.NotApplicable) Assert.EndsWith(".", result.Note, StringComparison.Ordinal);
                else Assert.False(double.IsNaN(result.Right), result.Id);
            }
            var judged = RunClaim.All.Select(c => c.Evaluate(view)).Where(r => r.Verdict != Verdict.NotApplicable).Select(r => r.Id).ToArray();
            if (optimizer is GradientDescent) Assert.Empty(judged);
            else Assert.Equal(optimizer is Adam, judged.Contains("adam.query-noise-stays"));
            if (optimizer is SignGd) Assert.DoesNotContain(judged, id => id.StartsWith("adam.", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_claim_that_says_nothing_here_says_so()
    {
        Trajectory run = StagesTests.Quiet();
        string Note(RunSpec spec, Trajectory of, string id) => RunClaim.All.First(c => c.Claim.Id == id).Evaluate(new RunView(spec, of)) is { Verdict: Verdict.NotApplicable } r ? r.Note! : "judged";
        Assert.Contains("did not reach", Note(Presets.Figure1, run, "stage4.gaussian-decay"), StringComparison.Ordinal);
        Assert.Contains("no test set", Note(Presets.Figure1, run, "theorem.generalization"), StringComparison.Ordinal);
        Assert.Contains("the run has 20 steps", Note(Presets.Figure1 with { Steps = 20 }, run, "stage4.final-alignment"), StringComparison.Ordinal);
        Assert.Contains("sign descent", Note(Presets.Figure1 with { Optimizer = new GradientDescent(0.5) }, run, "stage2.time"), StringComparison.Ordinal);
        Assert.Contains("constant rate", Note(Presets.Figure1 with { Optimizer = new SignGd(new LearningRate([1e-4, 1e-5])) }, run, "stage2.time"), StringComparison.Ordinal);
        Assert.Contains("signal-noise distribution", Note(Presets.Figure1 with { Data = new FileSource("0") }, run, "stage2.time"), StringComparison.Ordinal);
        Assert.Contains("Adam with beta2 > 0", Note(Presets.Figure1, run, "adam.sublinear-loss"), StringComparison.Ordinal);
        var refused = new Trajectory([0], 2, 2, SampleFacts.None, "no signal patch.");
        Assert.All(RunClaim.All, c => Assert.Equal("no signal patch.", c.Evaluate(new RunView(Presets.Figure1, refused)).Note));
    }

    private static Claim Make(Relation relation, double allowance) => new()
    {
        Id = "test.claim", Statement = "a", Source = "b", LeftLabel = "c", RightLabel = "d", Relation = relation, Allowance = allowance,
    };
}
