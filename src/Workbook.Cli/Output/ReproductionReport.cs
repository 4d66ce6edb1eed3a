using System.Text;
using System.Text.Json;
using Spectre.Console;
using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;

namespace Workbook.Cli.Output;

/// <summary>The reproduction's results as tables: on the terminal, as Markdown and as JSON, from the same rows.</summary>
internal sealed class ReproductionReport(IReadOnlyList<(Experiment Experiment, IReadOnlyList<RunOutcome> Outcomes, IReadOnlyList<ClaimSummary> Claims)> done)
{
    private sealed record Grid(string Title, string[] Header, IReadOnlyList<string[]> Rows);

    public bool AllHold => done.All(d => d.Claims.All(c => c.Verdict != Verdict.Fails));

    public void Print()
    {
        foreach (Grid grid in Grids())
        {
            Console.WriteLine();
            Console.WriteLine(grid.Title);
            var table = Terminal.Table(grid.Header);
            foreach (string[] row in grid.Rows) table.AddRow(Terminal.Cells(row));
            Terminal.Write(table);
        }
        var all = done.SelectMany(d => d.Claims).ToArray();
        Console.WriteLine($"{all.Count(c => c.Verdict == Verdict.Holds)} claims hold, {all.Count(c => c.Verdict == Verdict.Fails)} fail");
        foreach (ClaimSummary c in all.Where(c => c.Verdict == Verdict.Fails)) Console.WriteLine($"  fails: {c.Claim.Id}: {c.Claim.Statement}");
    }

    public string ToMarkdown(ReproductionSize size)
    {
        var text = new StringBuilder();
        text.Append("# Claims\n\nBoth sides of every claim, median [least .. largest] over seeds. A claim holds where at least nine seeds in ten hold; ");
        text.Append("`~ (xF)` reads: within a factor F of each other, `= (+-a)`: within a.\n\n");
        text.Append($"{size.Digits.Sentence}\n");
        foreach (Grid grid in Grids())
        {
            text.Append($"\n## {grid.Title}\n\n| {string.Join(" | ", grid.Header)} |\n|{string.Concat(Enumerable.Repeat("---|", grid.Header.Length))}\n");
            foreach (string[] row in grid.Rows) text.Append($"| {string.Join(" | ", row.Select(Escape))} |\n");
        }
        text.Append("\n## What each claim says\n\n| claim | statement | left | right | source |\n|---|---|---|---|---|\n");
        foreach (ClaimSummary c in done.SelectMany(d => d.Claims))
            text.Append($"| {c.Claim.Id} | {Escape(c.Claim.Statement)} | {Escape(c.Claim.LeftLabel)} | {Escape(c.Claim.RightLabel)} | {Escape(c.Claim.Source)} |\n");
        return text.ToString();
    }

    public string ToJson(ReproductionSize size)
    {
        var document = new
        {
            Machine = Machine.Current,
            size.Seeds,
            size.Quick,
            Digits = size.Digits.Sentence,
            Experiments = done.Select(d => new
            {
                d.Experiment.Id,
                d.Experiment.Title,
                Runs = d.Outcomes.Count,
                Claims = d.Claims.Select(c => new
                {
                    c.Claim.Id,
                    c.Claim.Statement,
                    c.Claim.Source,
                    c.Claim.LeftLabel,
                    Left = Side(c.Left),
                    c.Claim.Relation,
                    c.Claim.Allowance,
                    c.Claim.RightLabel,
                    Right = Side(c.Right),
                    Slack = Side(c.Slack),
                    c.Held,
                    Of = c.Results.Count,
                    c.Verdict,
                    Notes = c.Results.Select(r => r.Note).Where(n => n is not null).Distinct(),
                }),
            }),
        };
        return JsonSerializer.Serialize(document, Json.Options) + "\n";
    }

    private static object Side((double Median, double Min, double Max) side) => new { side.Median, side.Min, side.Max };

    private static string Escape(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal);

    private IEnumerable<Grid> Grids()
    {
        foreach (var (experiment, outcomes, claims) in done)
        {
            if (experiment.Id == "figure-1")
            {
                yield return StageGrid(outcomes);
                yield return OptimizerGrid("SignGD / Adam / GD at figure-1, last step, median [range] over seeds", outcomes);
            }
            if (experiment.Id == "noise-strength")
                yield return ErrorGrid("test error after 600 steps against noise strength, median [range]", "sigma_p", outcomes, o => ((SignalNoiseSource)o.Spec.Data).Distribution.SigmaP);
            if (experiment.Id == "digits")
                yield return ErrorGrid("test error on noisy digits against SNR, median [range]", "SNR", outcomes, o => ((NoisyImagesSource)o.Spec.Data).Options.Snr);
            yield return new Grid($"claims: {experiment.Title}", ["claim", "left", "", "right", "slack", "held", "verdict"],
                [.. claims.Select(c => new[]
                {
                    c.Claim.Id, Numbers.Range(c.Left), c.Claim.Sign, Numbers.Range(c.Right), Numbers.Short(c.Slack.Median), $"{c.Held}/{c.Results.Count}",
                    c.Verdict.ToString().ToLowerInvariant(),
                })]);
        }
    }

    private static Grid StageGrid(IReadOnlyList<RunOutcome> outcomes)
    {
        var optimizers = outcomes.GroupBy(o => o.Spec.Optimizer.Title).ToArray();
        StageTime[] stages = [.. outcomes.First(o => o.Spec.Optimizer is SignGd).Stages];
        return new Grid("stages at figure-1 in steps: median [range] over the seeds that reached them",
            ["stage", "predicted", .. optimizers.Select(g => g.Key), "definition"],
            [.. stages.Select(s => (string[])
            [
                s.Id.StartsWith('T') ? $"{s.Id} {s.Title}" : s.Title, s.Predicted is double p ? Numbers.Short(p) : "-",
                .. optimizers.Select(g => Times([.. g.Select(o => o.Stages.First(x => x.Id == s.Id).Step)])),
                s.Definition,
            ])]);
    }

    private static string Times(int?[] steps)
    {
        double[] reached = [.. steps.Where(t => t is not null).Select(t => (double)t!.Value)];
        if (reached.Length == 0) return "not reached";
        string range = Numbers.Range((MathNet.Numerics.Statistics.Statistics.Median(reached), reached.Min(), reached.Max()));
        return reached.Length == steps.Length ? range : $"{range}, {reached.Length} of {steps.Length}";
    }

    private static Grid OptimizerGrid(string title, IReadOnlyList<RunOutcome> outcomes)
    {
        string[] measures = ["train_loss", "test_loss", "test_error", "value_noise", "value_signal", "s11", "s21"];
        return new Grid(title, ["optimizer", .. measures],
            [.. outcomes.GroupBy(o => o.Spec.Optimizer.Title).Select(g => (string[])[g.Key, .. measures.Select(m => Range([.. g.Select(o => o[m])]))])]);
    }

    private static Grid ErrorGrid(string title, string axis, IReadOnlyList<RunOutcome> outcomes, Func<RunOutcome, double> at)
    {
        var optimizers = outcomes.Select(o => o.Spec.Optimizer.Title).Distinct().ToArray();
        return new Grid(title, [axis, .. optimizers],
            [.. outcomes.GroupBy(at).Select(g => (string[])
            [
                Numbers.Short(g.Key), .. optimizers.Select(name => Range([.. g.Where(o => o.Spec.Optimizer.Title == name).Select(o => o["test_error"])])),
            ])]);
    }

    private static string Range(double[] values) => Numbers.Range((MathNet.Numerics.Statistics.Statistics.Median(values), values.Min(), values.Max()));
}
