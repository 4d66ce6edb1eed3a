using System.Text.Json;
using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Results;
using Workbook.Core;
using Xunit;

namespace Workbook.Benchmarks.Tests;

/// <summary>The table, from JSON as `compare` writes it.</summary>
public sealed class TableTests
{
    private const string Written = """
        {
          "machine": { "cpu": "A processor", "cores": 2, "instruction_set": "", "system": "A system", "runtime": ".NET 10", "workbook": "0.1.0", "commit": "abc" },
          "command": "the command",
          "rows": [
            { "id": "matrix.f64.peak/256.nn", "instructions": "avx512", "what": "256", "value": { "median": 0.934, "min": 0.9, "max": 0.95, "turns": 7 }, "quick": false, "measured": "2026-01-02T03:04:05Z", "commit": "abc" },
            { "id": "matrix.f64.peak/512.nn", "instructions": "avx512", "what": "512", "value": { "median": 0.72, "min": 0.7, "max": 0.75, "turns": 7 }, "quick": false, "measured": "2026-01-02T03:04:05Z", "commit": "abc" },
            { "id": "matrix.f64.peak/256.nn", "instructions": "avx2", "what": "256", "value": { "median": 0.91, "min": 0.9, "max": 0.95, "turns": 3 }, "quick": true, "measured": "2026-01-03T03:04:05Z", "commit": "abc" },
            { "id": "reduced.figure-1/whole", "instructions": "avx512", "what": "900 steps", "value": { "median": 1250, "min": 1000, "max": 1304, "turns": 5 }, "peer": "PyTorch 9", "quick": false, "measured": "2026-01-02T03:04:05Z", "commit": "abc" },
            { "id": "reduced.figure-1/whole", "instructions": "avx2", "what": "900 steps", "note": "not compared: no torch.", "quick": false, "measured": "2026-01-02T03:04:05Z", "commit": "abc" },
            { "id": "rows/exp", "instructions": "avx512", "what": "exp", "value": { "median": 0.5, "min": 0.5, "max": 0.5, "turns": 7 }, "quick": false, "measured": "2026-01-02T03:04:05Z", "commit": "abc" }
          ],
          "skipped": []
        }
        """;

    private static Comparison Sample => JsonSerializer.Deserialize<Comparison>(Written, Json.Options)!;

    private static string[] Line(string markdown, string begin) =>
        [.. markdown.Split('\n').Single(line => line.StartsWith("| " + begin, StringComparison.Ordinal)).Trim('|').Split('|').Select(cell => cell.Trim())];

    [Fact]
    public void Of_several_sizes_the_worst_decides()
    {
        string[] cells = Line(GoalTable.Markdown(Sample), "matrix product, float64");
        Assert.Equal(["72.0 % .. 93.4 %", ">= 90.0 %", "no, 25 % more needed"], cells[1..4]);
        Assert.Equal(["91.0 % [90.0 % .. 95.0 %] *", ">= 90.0 %", "yes"], cells[4..7]);
    }

    [Fact]
    public void A_row_has_its_range_and_one_that_was_not_measured_says_why()
    {
        string markdown = GoalTable.Markdown(Sample);
        string[] cells = Line(markdown, "figure-1, 900 steps, one run");
        Assert.Equal(["1,250x [1,000x .. 1,300x]", ">= 2,500x", "no, by a factor 2.00", "-", ">= 2,500x", "not measured"], cells[1..]);
        Assert.Contains("reduced engine, against PyTorch (AVX2): not compared: no torch.", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void Turns_that_were_taken_again_are_told_and_so_are_disturbed_ones_that_were_kept()
    {
        Assert.DoesNotContain("taken again", GoalTable.Markdown(Sample), StringComparison.Ordinal);
        Comparison shared = Sample with { Rows = [.. Sample.Rows.Select(row => row.Id == "matrix.f64.peak/512.nn" ? row with { Taken = 28, Disturbed = 2 } : row.Value is null ? row : row with { Taken = row.Value.Turns })] };
        Assert.Contains("as a probe beside it saw: 21 turns of 50; where quiet ones were not to be had, disturbed ones were kept: 2, in 1 row. A turn that fills two rows counts in both.\n", GoalTable.Markdown(shared), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cost_is_over_its_goal()
    {
        Assert.Equal(["0.50 ns [0.50 ns .. 0.50 ns]", "<= 0.34 ns", "no, 47 % over", "-", "<= 0.68 ns", "not measured"], Line(GoalTable.Markdown(Sample), "softmax rows")[1..]);
    }

    [Fact]
    public void Machine_versions_dates_and_the_command_stand_under_the_table()
    {
        string markdown = GoalTable.Markdown(Sample);
        Assert.Contains("A processor, 2 cores, A system, .NET 10; PyTorch 9; measured 2026-01-02 to 2026-01-03. Made by `the command`.", markdown, StringComparison.Ordinal);
        Assert.Contains("from few turns", markdown, StringComparison.Ordinal);
        Assert.DoesNotContain(Line(markdown, "matrix product, float64")[0], "float32", StringComparison.Ordinal);
        Assert.DoesNotContain("test evaluation", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_measured_again_replaces_itself_alone()
    {
        Comparison before = Sample;
        Row again = before.Rows[1] with { Value = new Spread(0.95, 0.94, 0.96, 7) };
        Comparison after = before.With(again);
        Assert.Equal(before.Rows.Count, after.Rows.Count);
        Assert.Equal(again, after.Rows.Single(row => row.Id == again.Id && row.Instructions == again.Instructions));
        Assert.All(before.Rows.Where((_, k) => k != 1), row => Assert.Contains(row, after.Rows));
        Assert.Equal("93.4 % .. 95.0 %", Line(GoalTable.Markdown(after), "matrix product, float64")[1]);
        string json = JsonSerializer.Serialize(after, Json.Options);
        Assert.Equal(GoalTable.Markdown(after), GoalTable.Markdown(JsonSerializer.Deserialize<Comparison>(json, Json.Options)!));
    }

    [Fact]
    public void Only_what_stands_between_the_markers_is_rewritten()
    {
        string before = "# Title\r\nwords | \u00e9\n", after = "\ntail without a line end";
        string once = GoalTable.Replace(before + GoalTable.Begin + "anything\nold" + GoalTable.End + after, Sample, "README.md");
        Assert.Equal($"{before}{GoalTable.Begin}\n{GoalTable.Markdown(Sample)}{GoalTable.End}{after}", once);
        Assert.Equal(once, GoalTable.Replace(once, Sample, "README.md"));
    }

    [Theory]
    [InlineData("no markers")]
    [InlineData("<!-- benchmarks --> only the first")]
    [InlineData("<!-- /benchmarks --> turned round <!-- benchmarks -->")]
    [InlineData("<!-- benchmarks --><!-- benchmarks --><!-- /benchmarks -->")]
    [InlineData("<!-- benchmarks --><!-- /benchmarks --> <!-- /benchmarks -->")]
    public void Markers_that_are_not_there_once_each_are_named(string text) =>
        Assert.Contains("README.md has to hold '<!-- benchmarks -->'", Assert.Throws<InputException>(() => GoalTable.Replace(text, Sample, "README.md")).Message, StringComparison.Ordinal);
}
