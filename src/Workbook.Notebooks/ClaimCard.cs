using System.Globalization;
using Workbook.Core.Theory;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>
/// A claim of the paper and what was measured: both sides, the slack between them, and only then the verdict.
/// </summary>
/// <param name="Id">The id by which prose, tables and captions name the claim.</param>
/// <param name="Statement">The claim in words and formulas.</param>
/// <param name="Left">Name of the measured side, for example <c>max s_{21}</c>.</param>
/// <param name="LeftValue">Its value.</param>
/// <param name="Relation">The relation, for example <c>\le</c>.</param>
/// <param name="Right">Name of the other side.</param>
/// <param name="RightValue">Its value.</param>
/// <param name="Slack">How far the relation is from failing; negative where it fails.</param>
/// <param name="Verdict">Holds, fails, or says nothing here.</param>
public sealed record ClaimCard(string Id, string Statement, string Left, double LeftValue, string Relation, string Right, double RightValue, double Slack, Verdict Verdict) : View
{
    private const int Digits = 4;

    /// <summary>The measured side for each seed; empty for a single run.</summary>
    public IReadOnlyList<double> PerSeed { get; init; } = [];

    /// <summary>Anything a reader must know to judge the verdict: preconditions, constants chosen.</summary>
    public string Remark { get; init; } = "";

    /// <summary>Median over the seeds; NaN without seeds.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. PerSeed.Order()];
            return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <inheritdoc/>
    public override string ToHtml()
    {
        string color = Verdict switch { Verdict.Holds => "#009E73", Verdict.Fails => "#D55E00", _ => "#808080" };
        string Row(string name, string value) => $"<tr><td style=\"text-align:left;padding:0.1em 1em 0.1em 0\">{name}</td><td style=\"text-align:right;padding:0.1em 0\">{value}</td></tr>";
        string Number(double value) => Html(Numbers.Label(value, Digits));
        string seeds = PerSeed.Count == 0 ? "" : Row($"{Html(Left)} over {PerSeed.Count.ToString(CultureInfo.InvariantCulture)} seeds", $"median {Number(Median)}, {Number(PerSeed.Min())} to {Number(PerSeed.Max())}");
        string remark = Remark.Length == 0 ? "" : $"<div style=\"font-size:90%\">{Html(Remark)}</div>";
        // The word says it; the coloured edge only repeats it.
        return $"<div style=\"border-left:4px solid {color};padding:0.2em 0.9em;margin:0.4em 0;max-width:46em\">"
            + $"<div><b>{Escape.Html(Id)}</b> <b>{VerdictText}</b></div><div>{Html(Statement)}</div>"
            + $"<table style=\"border-collapse:collapse;margin:0.3em 0\">{Row(Html(Left), Number(LeftValue))}{Row(Html(Relation + " " + Right), Number(RightValue))}{Row("slack", Number(Slack))}{seeds}</table>{remark}</div>";
    }

    /// <inheritdoc/>
    public override string ToText()
    {
        var lines = new List<string>
        {
            $"{Id}: {VerdictText}",
            "  " + Plain(Statement),
            $"  {Plain(Left)} = {Numbers.Plain(LeftValue)} {Plain(Relation)} {Plain(Right)} = {Numbers.Plain(RightValue)}, slack {Numbers.Plain(Slack)}",
        };
        if (PerSeed.Count > 0)
        {
            lines.Add($"  over {PerSeed.Count.ToString(CultureInfo.InvariantCulture)} seeds: median {Numbers.Plain(Median)}, {Numbers.Plain(PerSeed.Min())} to {Numbers.Plain(PerSeed.Max())}");
        }
        if (Remark.Length > 0)
        {
            lines.Add("  " + Plain(Remark));
        }
        return string.Join('\n', lines);
    }

    /// <summary>The claim as a Markdown list item with its numbers.</summary>
    public string ToMarkdown()
    {
        string[] lines = ToText().Split('\n');
        return $"**{Escape.Markdown(Id)}: {VerdictText}**  \n" + string.Join("  \n", lines.Skip(1).Select(line => Escape.Markdown(line.Trim()))) + "\n";
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object>
    {
        ["text/html"] = ToHtml(),
        ["text/markdown"] = ToMarkdown(),
        ["text/plain"] = ToText(),
    };

    private string VerdictText => Verdict switch { Verdict.Holds => "holds", Verdict.Fails => "FAILS", _ => "not applicable" };

    private static string Html(string label) => RichLabel.Parse(label).ToHtml();

    private static string Plain(string label) => RichLabel.Parse(label).ToUnicode();
}
