using System.Text;
using System.Text.Json;
using Spectre.Console;
using Workbook.Core.Data;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Workbook.Notebooks;
using Workbook.Report.Writing;

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
            var result = new ExperimentResult(experiment, outcomes, claims);
            if (experiment.Id == "figure-1")
            {
                yield return Of("stages at figure-1 in steps: median [range] over the seeds that reached them", ReportTables.Stages(result));
                yield return Of("SignGD / Adam / GD at figure-1, last step, median [range] over seeds", ReportTables.LastStep(result));
            }
            if (experiment.Id == "noise-strength")
                yield return Of("test error after 600 steps against noise strength, median [range]",
                    ReportTables.Errors(experiment.Id, "", "sigma_p", outcomes, o => ((SignalNoiseSource)o.Spec.Data).Distribution.SigmaP));
            if (experiment.Id == "digits")
                yield return Of("test error on noisy digits against SNR, median [range]", ReportTables.Errors(experiment.Id, "", "SNR", outcomes, o => ((NoisyImagesSource)o.Spec.Data).Options.Snr));
            yield return Of($"claims: {experiment.Title}", ReportTables.Claims(experiment.Id, "", claims));
        }
    }

    private static Grid Of(string title, Report.Writing.Grid grid) => new(title, [.. grid.Shown.Columns.Select(c => c.Name)],
        [.. Enumerable.Range(0, (int)grid.Shown.RowCount).Select(row => grid.Shown.Columns.Select(c => (string)c[row]!).ToArray())]);
}
