using System.Text.Json;

namespace Workbook.Cli.Tests;

/// <summary>The main job at its smallest: everything written, everything reused, damage repaired.</summary>
public sealed class ReproduceTests
{
    private static readonly string[] Command = ["reproduce", "--quick", "--seeds", "1", "--out", "results"];

    [Fact]
    public void A_second_call_reuses_every_run_and_repairs_a_damaged_one()
    {
        using var folder = new TemporaryFolder();
        // Two at once share the work or do it twice, and spoil nothing of each other's.
        var (one, other) = (Program.Start(folder, Command), Program.Start(folder, Command));
        Answer first = Program.Finish(one).Succeeds();
        Assert.Equal("", first.Error);
        Assert.Equal("", Program.Finish(other).Succeeds().Error);
        Assert.DoesNotContain('\u001b', first.Out);
        Assert.Contains("claims hold", first.Out, StringComparison.Ordinal);

        var experiments = JsonDocument.Parse(folder.Text("results", "claims.json")).RootElement.GetProperty("experiments").EnumerateArray().ToArray();
        Assert.True(experiments.Length >= 5);
        string markdown = folder.Text("results", "claims.md");
        string[] ids = [.. experiments.SelectMany(e => e.GetProperty("claims").EnumerateArray()).Select(c => c.GetProperty("id").GetString()!)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        // Once with its two sides and once with what it says.
        foreach (string id in ids) Assert.Equal(2, markdown.Split('\n').Count(l => l.StartsWith($"| {id} |", StringComparison.Ordinal)));
        foreach (JsonElement e in experiments) Assert.True(File.Exists(folder.File("results", e.GetProperty("id").GetString() + ".json")));
        Assert.DoesNotContain(".partial", string.Join(' ', TrainTests.Files(folder, "results")), StringComparison.Ordinal);

        Dictionary<string, DateTime> made = Manifests(folder);
        Assert.NotEmpty(made);
        // Strict ends with 1 exactly where a claim fails.
        Answer strict = Program.RunAll(folder, [.. Command, "--strict"]);
        bool fails = experiments.SelectMany(e => e.GetProperty("claims").EnumerateArray()).Any(c => c.GetProperty("verdict").GetString() == "fails");
        Assert.Equal((fails ? 1 : 0, ""), (strict.Code, strict.Error));
        Assert.Equal(made, Manifests(folder));
        Assert.Equal(markdown, folder.Text("results", "claims.md"));

        string damaged = made.Keys.First();
        TrainTests.Flip(folder.File("results", "runs", damaged, "trajectory.parquet"));
        Answer third = Program.RunAll(folder, Command).Succeeds();
        Assert.Contains(damaged, Assert.Single(third.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.Contains("trajectory.parquet", third.Error, StringComparison.Ordinal);
        Dictionary<string, DateTime> repaired = Manifests(folder);
        Assert.Equal([damaged], made.Keys.Where(k => made[k] != repaired[k]));
        Assert.Equal(markdown, folder.Text("results", "claims.md"));
    }

    /// <summary>Every stored run and when it was finished.</summary>
    internal static Dictionary<string, DateTime> Manifests(TemporaryFolder folder) =>
        Directory.GetDirectories(folder.File("results", "runs")).Where(d => !d.Contains(".partial-", StringComparison.Ordinal)).ToDictionary(
            d => Path.GetFileName(d), d => JsonDocument.Parse(File.ReadAllText(Path.Combine(d, "manifest.json"))).RootElement.GetProperty("finished").GetDateTime());
}
