using System.Text.Json;

namespace Workbook.Cli.Tests;

/// <summary>One run in its folder: made once, found again, replaced by another one, read by the other commands.</summary>
public sealed class TrainTests
{
    /// <summary>A run that takes no time.</summary>
    internal const string Small = "--d 50 --n 4 --s 5 --mk 3 --mv 2 --eta 1e-3 --steps 30 --test-size 100";

    [Fact]
    public void A_run_is_made_once_and_again_only_when_forced_or_changed()
    {
        using var folder = new TemporaryFolder();
        string first = Program.Run(folder, $"train {Small} --out run").Succeeds().Out;
        Assert.Contains("written to run", first, StringComparison.Ordinal);
        Assert.Equal(["claims.json", "manifest.json", "spec.json", "trajectory.parquet"], Files(folder, "run"));
        DateTime made = Finished(folder);

        Answer second = Program.Run(folder, $"train {Small} --out run").Succeeds();
        Assert.Contains("already", second.Out, StringComparison.Ordinal);
        Assert.Equal("", second.Error);
        Assert.Equal(made, Finished(folder));
        // Both print the same numbers.
        Assert.Equal(Line(first, "train loss"), Line(second.Out, "train loss"));

        Assert.Contains("written to run", Program.Run(folder, $"train {Small} --out run --force").Succeeds().Out, StringComparison.Ordinal);
        Assert.True(Finished(folder) > made);
        Assert.Contains("written to run", Program.Run(folder, $"train {Small} --out run --seed 1").Succeeds().Out, StringComparison.Ordinal);
        Assert.Contains("\"seed\": 1", folder.Text("run", "spec.json"), StringComparison.Ordinal);
        Assert.Contains("written to run", Program.Run(folder, $"train {Small} --out run --seed 1 --save-weights").Succeeds().Out, StringComparison.Ordinal);
        Assert.Contains("weights.npz", Files(folder, "run"));
        Assert.Contains("already", Program.Run(folder, $"train {Small} --out run --seed 1 --save-weights").Succeeds().Out, StringComparison.Ordinal);
        Assert.Equal(["run"], Directory.GetFileSystemEntries(folder.Path).Select(f => Path.GetFileName(f)));
    }

    [Fact]
    public void Text_is_trained_on_and_a_bad_line_of_it_is_named()
    {
        using var folder = new TemporaryFolder();
        const string Options = "--n 20 --s 5 --snr 1 --mk 3 --mv 2 --eta 1e-3 --steps 20 --test-every 20 --label-noise 0.1 --out run";
        string said = Program.Run(folder, $"train --text made {Options}").Succeeds().Out;
        Assert.Contains("support engine", said, StringComparison.Ordinal);
        Assert.Contains("no stages: the families of inner products need", said, StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"noisy-text\"", folder.Text("run", "spec.json"), StringComparison.Ordinal);
        Assert.Contains("already", Program.Run(folder, $"train --text made {Options}").Succeeds().Out, StringComparison.Ordinal);
        string data = Directory.CreateDirectory(folder.File("data", "sst2")).FullName;
        File.WriteAllText(Path.Combine(data, "train.tsv"), "fine\t1\nno label\n");
        File.WriteAllText(Path.Combine(data, "dev.tsv"), "fine\t1\n");
        Program.Run(folder, $"train --text sst2 {Options}", ("WORKBOOK_DATA", folder.File("data"))).IsRefused("train.tsv, line 2", "0 tabs");
        Program.Run(folder, $"train --text imdb {Options}", ("WORKBOOK_DATA", folder.File("data"))).IsRefused("IMDb reviews were not found", "--text made");
        Assert.Contains("already", Program.Run(folder, $"train --text made {Options}").Succeeds().Out, StringComparison.Ordinal); // nothing lost
    }

    [Fact]
    public void Stages_and_claims_read_a_stored_run()
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, "train --steps 300 --test-every 300 --out run").Succeeds();
        string table = Program.Run(folder, "stages run").Succeeds().Out;
        string json = Program.Run(folder, "stages run --json").Succeeds().Out;
        JsonElement[] stages = [.. JsonDocument.Parse(json).RootElement.EnumerateArray()];
        Assert.Equal(["T1", "T2", "T3", "s21", "key", "query", "s11", "T4", "loss"], stages.Select(s => s.GetProperty("id").GetString()!));
        foreach (JsonElement stage in stages) Assert.Contains(stage.GetProperty("title").GetString()!, table, StringComparison.Ordinal);
        Assert.InRange(stages[3].GetProperty("step").GetInt32(), 130, 170);
        Assert.Equal(JsonValueKind.Null, stages[7].GetProperty("step").ValueKind);
        Assert.Contains("not reached", table, StringComparison.Ordinal);

        string claims = Program.Run(folder, "claims run").Succeeds().Out;
        JsonElement[] all = [.. JsonDocument.Parse(Program.Run(folder, "claims run --json").Succeeds().Out).RootElement.EnumerateArray()];
        Assert.True(all.Length > 20);
        foreach (JsonElement claim in all) Assert.Contains(claim.GetProperty("id").GetString()!, claims, StringComparison.Ordinal);
        // The file that lies beside the run says the same.
        var stored = JsonDocument.Parse(folder.Text("run", "claims.json")).RootElement.GetProperty("claims").EnumerateArray();
        Assert.Equal(all.Select(c => c.GetRawText().Replace(" ", "", StringComparison.Ordinal)), stored.Select(c => c.GetRawText().Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_stage_between_recorded_steps_is_shown_as_an_interval()
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, "train --steps 300 --record-every 100 --out run").Succeeds();
        Assert.Contains("101..200", Program.Run(folder, "stages run").Succeeds().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_run_is_named_and_run_again()
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, $"train {Small} --out run").Succeeds();
        Flip(folder.File("run", "trajectory.parquet"));
        Program.Run(folder, "stages run").IsRefused("run", "damaged", "trajectory.parquet");
        Program.Run(folder, "export run --npz t.npz").IsRefused("run", "damaged", "trajectory.parquet");
        Answer again = Program.Run(folder, $"train {Small} --out run").Succeeds();
        Assert.Contains("trajectory.parquet does not have the checksum", again.Error, StringComparison.Ordinal);
        Assert.Contains("written to run", again.Out, StringComparison.Ordinal);
        Program.Run(folder, "stages run").Succeeds();
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, $"train {Small} --out a").Succeeds();
        Program.Run(folder, $"train {Small} --out b").Succeeds();
        foreach (string name in (string[])["spec.json", "trajectory.parquet", "claims.json"])
            Assert.Equal(File.ReadAllBytes(folder.File("a", name)), File.ReadAllBytes(folder.File("b", name)));
    }

    internal static string[] Files(TemporaryFolder folder, string name) =>
        [.. Directory.GetFileSystemEntries(folder.File(name)).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    /// <summary>Turns one byte in the middle of a file.</summary>
    internal static void Flip(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }

    private static DateTime Finished(TemporaryFolder folder) =>
        JsonDocument.Parse(folder.Text("run", "manifest.json")).RootElement.GetProperty("finished").GetDateTime();

    private static string Line(string text, string start) => text.Split('\n').Single(l => l.StartsWith(start, StringComparison.Ordinal));
}
