using MathNet.Numerics.Statistics;
using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Notebooks;

namespace Workbook.Report.Writing;

/// <summary>The report's tables: for the eye, median [least .. largest] over seeds; for programs, the same in columns of numbers.</summary>
public static class ReportTables
{
    /// <summary>Stage times at figure-1, a column an optimizer.</summary>
    public static Grid Stages(ExperimentResult figure1)
    {
        var optimizers = figure1.Outcomes.GroupBy(o => o.Spec.Optimizer.Title).ToArray();
        StageTime[] stages = [.. figure1.Outcomes.First(o => o.Spec.Optimizer is SignGd).Stages];
        string Name(StageTime s) => s.Id.StartsWith('T') ? $"{s.Id} {s.Title}" : s.Title;
        double[] Times(IEnumerable<RunOutcome> of, StageTime s) => [.. of.Select(o => o.Stages.First(x => x.Id == s.Id).Step).Where(t => t is not null).Select(t => (double)t!.Value)];
        var shown = new List<(string, Array)> { ("stage", stages.Select(Name).ToArray()), ("predicted", stages.Select(s => s.Predicted is double p ? ShortNumbers.Short(p) : "-").ToArray()) };
        shown.AddRange(optimizers.Select(g => (g.Key, (Array)stages.Select(s => Reached(Times(g, s), g.Count())).ToArray())));
        shown.Add(("definition", stages.Select(s => s.Definition).ToArray()));
        var rows = from s in stages
                   from g in optimizers
                   let t = Times(g, s)
                   select new { stage = s.Id, predicted = s.Predicted ?? double.NaN, optimizer = g.Key, median = t.Length == 0 ? double.NaN : t.Median(), least = Least(t), largest = Largest(t), reached = t.Length, seeds = g.Count() };
        return new Grid("stages", All(Table.OfColumns(shown), "Stage times at figure-1 in steps: median [range] over the seeds that reached them, and the closed form."), All(Table.Of(rows)));
    }

    /// <summary>Losses, errors and inner products at figure-1's last step, a row an optimizer.</summary>
    public static Grid LastStep(ExperimentResult figure1)
    {
        string[] measures = ["train_loss", "test_loss", "test_error", "value_noise", "value_signal", "s11", "s21"];
        var optimizers = figure1.Outcomes.GroupBy(o => o.Spec.Optimizer.Title).ToArray();
        var shown = new List<(string, Array)> { ("measure", measures) };
        shown.AddRange(optimizers.Select(g => (g.Key, (Array)measures.Select(m => Range([.. g.Select(o => o[m])])).ToArray())));
        var rows = from m in measures
                   from g in optimizers
                   let v = g.Select(o => o[m]).ToArray()
                   select new { measure = m, optimizer = g.Key, median = v.Median(), least = Least(v), largest = Largest(v), seeds = v.Length };
        return new Grid("last-step", All(Table.OfColumns(shown), "At figure-1's last step: median [range] over seeds."), All(Table.Of(rows)));
    }

    /// <summary>Test errors along an axis, a column an optimizer.</summary>
    public static Grid Errors(string id, string caption, string axis, IReadOnlyList<RunOutcome> outcomes, Func<RunOutcome, double> at)
    {
        string[] optimizers = [.. outcomes.Select(o => o.Spec.Optimizer.Title).Distinct()];
        return Measured(id, caption, (axis, axis == "sigma_p" ? "\\sigma_p" : axis), outcomes, o => ShortNumbers.Short(at(o)), optimizers.Select(name => (name, (Func<RunOutcome, double>)(o => o.Spec.Optimizer.Title == name ? o["test_error"] : double.NaN))));
    }

    private static Grid Measured(string id, string caption, (string Name, string Header) axis, IReadOnlyList<RunOutcome> outcomes, Func<RunOutcome, string> at, IEnumerable<(string Name, Func<RunOutcome, double> Value)> measures)
    {
        var groups = outcomes.GroupBy(at).ToArray();
        double[] Values(IGrouping<string, RunOutcome> g, Func<RunOutcome, double> value) => [.. g.Select(value).Where(v => !double.IsNaN(v))];
        var columns = measures.ToArray();
        var shown = new List<(string, Array)> { (axis.Name, groups.Select(g => g.Key).ToArray()) };
        shown.AddRange(columns.Select(m => (m.Name, (Array)groups.Select(g => Range(Values(g, m.Value))).ToArray())));
        var rows = from g in groups
                   from m in columns
                   let v = Values(g, m.Value)
                   select new { at = g.Key, measure = m.Name, median = v.Length == 0 ? double.NaN : v.Median(), least = Least(v), largest = Largest(v), seeds = v.Length };
        return new Grid(id, All(Table.OfColumns(shown).Column(axis.Name, header: axis.Header), caption), All(Table.Of(rows)));
    }

    /// <summary>Claims with both sides; the same columns for one experiment and for all.</summary>
    public static Grid Claims(string id, string caption, IEnumerable<ClaimSummary> claims)
    {
        ClaimSummary[] all = [.. claims];
        Table shown = Table.Of(all.Select(c => new
        {
            claim = c.Claim.Id,
            left = ShortNumbers.Range(c.Left),
            relation = c.Claim.Sign,
            right = ShortNumbers.Range(c.Right),
            slack = ShortNumbers.Short(c.Slack.Median),
            held = $"{c.Held}/{c.Results.Count}",
            verdict = Word(c.Verdict),
        }), caption);
        Table data = Table.Of(all.Select(c => new
        {
            claim = c.Claim.Id, left = c.Left.Median, left_least = c.Left.Min, left_largest = c.Left.Max, relation = c.Claim.Sign, right = c.Right.Median,
            right_least = c.Right.Min, right_largest = c.Right.Max, slack = c.Slack.Median, held = c.Held, of = c.Results.Count, verdict = Word(c.Verdict),
        }));
        return new Grid(id, All(shown), All(data));
    }

    /// <summary>A verdict as a word.</summary>
    public static string Word(Verdict verdict) => verdict switch { Verdict.Holds => "holds", Verdict.Fails => "fails", _ => "not applicable" };

    /// <summary>A report shows every row.</summary>
    private static Table All(Table table, string? caption = null) => table with { MaxRows = int.MaxValue, Caption = caption ?? table.Caption };

    private static string Reached(double[] steps, int seeds) => steps.Length == 0 ? "not reached" : steps.Length == seeds ? Range(steps) : $"{Range(steps)}, {steps.Length} of {seeds}";

    private static double Least(double[] v) => v.Length == 0 ? double.NaN : v.Min();

    private static double Largest(double[] v) => v.Length == 0 ? double.NaN : v.Max();

    private static string Range(double[] values) => values.Length == 0 ? "-" : ShortNumbers.Range((values.Median(), values.Min(), values.Max()));
}
