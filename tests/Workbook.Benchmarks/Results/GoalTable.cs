using System.Globalization;
using System.Text;
using Workbook.Benchmarks.Measuring;

namespace Workbook.Benchmarks.Results;

/// <summary>The table of goals, as README and report show it: a line for each goal, both instruction sets, and where the numbers are from.</summary>
internal static class GoalTable
{
    public const string Begin = "<!-- benchmarks -->", End = "<!-- /benchmarks -->";

    /// <summary>Table and footnotes.</summary>
    public static string Markdown(Comparison comparison)
    {
        var text = new StringBuilder("| what | AVX-512 | goal | reached | AVX2 | goal | reached |\n|---|---|---|---|---|---|---|\n");
        foreach (Goal goal in Goals.All)
        {
            if (comparison.Rows.All(row => row.GoalId != goal.Id)) continue;
            text.Append("| ").Append(goal.Title);
            foreach (string set in Instructions.All)
            {
                Row[] rows = [.. comparison.Rows.Where(row => row.GoalId == goal.Id && row.Instructions == set)];
                text.Append(CultureInfo.InvariantCulture, $" | {Words.Group(goal, rows)}{(rows.Any(row => row.Quick && row.Value is not null) ? " *" : "")} | {Words.Bound(goal, set)} | {Words.Verdict(goal, rows, set)}");
            }
            text.Append(" |\n");
        }
        return text.Append('\n').Append(Footnotes(comparison)).ToString();
    }

    /// <summary>A text with what stands between its markers replaced by the table.</summary>
    /// <exception cref="Core.InputException">The markers are not there, once each and in order.</exception>
    public static string Replace(string text, Comparison comparison, string name)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        bool once = begin >= 0 && end > begin && text.LastIndexOf(Begin, StringComparison.Ordinal) == begin && text.LastIndexOf(End, StringComparison.Ordinal) == end;
        if (!once) throw new Core.InputException($"{name} has to hold '{Begin}' and after it '{End}', once each; the table goes between them.");
        return $"{text[..(begin + Begin.Length)]}\n{Markdown(comparison)}{text[end..]}";
    }

    private static string Footnotes(Comparison comparison)
    {
        Row[] measured = [.. comparison.Rows.Where(row => row.Value is not null)];
        var text = new StringBuilder();
        var machine = comparison.Machine;
        text.Append(CultureInfo.InvariantCulture, $"{machine.Cpu}, {machine.Cores} core{(machine.Cores == 1 ? "" : "s")}, {machine.System}, {machine.Runtime}");
        if (measured.Length > 0)
        {
            string[] peers = [.. measured.Select(row => row.Peer).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
            if (peers.Length > 0) text.Append("; ").AppendJoin("; ", peers);
            DateTime first = measured.Min(row => row.Measured), last = measured.Max(row => row.Measured);
            text.Append(CultureInfo.InvariantCulture, $"; measured {first:yyyy-MM-dd}{(first.Date == last.Date ? "" : $" to {last:yyyy-MM-dd}")}");
        }
        text.Append(CultureInfo.InvariantCulture, $". Made by `{comparison.Command}`.\n");
        text.Append("One thread unless said; both sides take turns in one run. A single number is the median with the smallest and the largest turn; of several sizes the worst and the best median are shown, and the worst decides.\n");
        if (Disturbed(measured) is string disturbed) text.Append(disturbed).Append('\n');
        if (measured.Any(row => row.Quick)) text.Append("\\* from few turns (`--quick`).\n");
        string[] unmeasured = [.. comparison.Rows.Where(row => row.Value is null && row.Note is not null).Select(row => Sentence($"{Goals.Get(row.GoalId).Title} ({Instructions.Title(row.Instructions)}): {row.Note}")).Distinct()];
        foreach (string sentence in comparison.Skipped.Concat(unmeasured)) text.Append("* ").Append(sentence).Append('\n');
        return text.ToString();
    }

    /// <summary>What a shared machine did to the turns; null where it left them alone.</summary>
    private static string? Disturbed(Row[] measured)
    {
        int again = measured.Sum(row => Math.Max(0, row.Taken - row.Value!.Turns)), kept = measured.Sum(row => row.Disturbed), rows = measured.Count(row => row.Disturbed > 0);
        if (again + kept == 0) return null;
        return FormattableString.Invariant($"A turn is taken again where a core was shared or slowed down meanwhile, as a probe beside it saw: {Count(again, "turn")} of {measured.Sum(row => row.Taken)}; where quiet ones were not to be had, disturbed ones were kept: {kept}, in {Count(rows, "row")}. A turn that fills two rows counts in both.");
    }

    private static string Count(int number, string what) => FormattableString.Invariant($"{number} {what}{(number == 1 ? "" : "s")}");

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
