using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Workbook.Cli.Tests;

/// <summary>Plans, sweeps and queries through the built program.</summary>
public sealed partial class SweepTests
{
    private static void Write(TemporaryFolder folder, string name, int seeds, string set = "\"steps\": 20") => File.WriteAllText(folder.File(name), $$"""
        {"version": 1, "name": "t", "base": {"preset": "figure-1"}, "set": {"d": 200, "n": 4, "s": 5, "m_k": 3, "record": "log:5", "test_size": 0, {{set}}},
         "axes": [{"parameter": "eta", "list": [1e-4, 1e-3]}], "seeds": {"from": 1, "count": {{seeds}}}, "measures": "all"}
        """);

    private static JsonElement Last(Answer answer) => JsonDocument.Parse(answer.Succeeds().Out.TrimEnd('\n').Split('\n')[^1]).RootElement;

    [Fact]
    public void A_plan_is_shown_run_collected_and_asked()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "sweep.json", 30);
        string plan = Program.Run(folder, "sweep plan sweep.json").Succeeds().Out;
        foreach (string word in (string[])["rows     60", "eta (2) x seeds (30)", "time", "disk"]) Assert.Contains(word, plan, StringComparison.Ordinal);

        Assert.Equal(32, Last(Program.Run(folder, "sweep run sweep.json --shard 1/2 --out s")).GetProperty("done").GetInt64());
        Assert.Equal(28, Last(Program.Run(folder, "sweep run sweep.json --shard 2/2 --jobs 1 --out s")).GetProperty("done").GetInt64());
        JsonElement again = Last(Program.Run(folder, "sweep run sweep.json --out s"));
        Assert.Equal((60, 60), (again.GetProperty("found").GetInt32(), again.GetProperty("done").GetInt32()));
        Assert.StartsWith("60 rows in all.parquet: 0 of the plan are missing", Program.Run(folder, "sweep collect s --out all.parquet").Succeeds().Out, StringComparison.Ordinal);

        string csv = Program.RunAll(folder, ["query", "SELECT eta, count(*) AS n, min(seed) AS low FROM sweep GROUP BY ALL ORDER BY eta", "--store", "s"]).Succeeds().Out;
        Assert.Equal(["eta,n,low", "0.0001,30,1", "0.001,30,1"], csv.TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r')));
        JsonElement json = JsonDocument.Parse(Program.RunAll(folder, ["query", "FROM rows ORDER BY \"row\" LIMIT 2", "--store", "s", "--format", "json"]).Succeeds().Out).RootElement;
        Assert.Equal([0, 1], json.EnumerateArray().Select(r => r.GetProperty("row").GetInt32()));
        Assert.Equal(JsonValueKind.Null, json[0].GetProperty("test_error").ValueKind);
    }

    [Fact]
    public void A_query_reads_the_recorded_steps_of_single_runs()
    {
        using var folder = new TemporaryFolder();
        const string Setting = "--d 60 --n 3 --s 4 --mk 2 --mv 2 --steps 20 --test-size 0";
        foreach (int seed in (int[])[1, 2]) Program.Run(folder, $"train {Setting} --seed {seed} --record-every 10 --out s/runs/run{seed}").Succeeds();
        string[] Ask(string sql) => Program.RunAll(folder, ["query", sql, "--store", "s", "--format", "csv"]).Succeeds().Out.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.Equal(["run,steps,last", "run1,3,20", "run2,3,20"], Ask("SELECT run, count(*) AS steps, max(t) AS last FROM trajectories GROUP BY run ORDER BY run"));
        // The numbers are those of the file.
        Program.Run(folder, "export s/runs/run2 --csv run2.csv").Succeeds();
        string[] csv = File.ReadAllLines(folder.File("run2.csv"));
        int column = Array.IndexOf(csv[0].Split(','), "train_loss");
        Assert.Equal(csv.Skip(1).Select(line => line.Split(',')[column]), Ask("SELECT train_loss FROM trajectories WHERE run = 'run2' ORDER BY t").Skip(1));
        // Beside a sweep both are there.
        Write(folder, "sweep.json", 3);
        Program.Run(folder, "sweep run sweep.json --out s").Succeeds();
        Assert.Equal(["a,b", "6,6"], Ask("SELECT (SELECT count(*) FROM sweep) AS a, (SELECT count(*) FROM trajectories) AS b"));
        Program.RunAll(folder, ["query", "SELECT * FROM sweep", "--store", "empty"]).IsRefused("empty");
    }

    [Fact]
    public void Two_processes_that_start_on_the_same_shard_leave_every_row_once()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "sweep.json", 2000);
        Process[] both = [.. Enumerable.Range(0, 2).Select(_ => Program.Start(folder, ["sweep", "run", "sweep.json", "--jobs", "1", "--out", "s"]))];
        Answer[] answers = [.. both.Select(Program.Finish)];
        Assert.Contains(answers, a => a.Code == 0);
        foreach (Answer turned in answers.Where(a => a.Code != 0)) Assert.Contains("shard 1/1 of this plan is being run already", turned.Error, StringComparison.Ordinal);
        Program.Run(folder, "sweep run sweep.json --out alone").Succeeds();
        Assert.EndsWith(" 0 were there twice", Program.Run(folder, "sweep collect s --out both.parquet").Succeeds().Out.TrimEnd(), StringComparison.Ordinal);
        Program.Run(folder, "sweep collect alone --out alone.parquet").Succeeds();
        Assert.Equal(File.ReadAllBytes(folder.File("alone.parquet")), File.ReadAllBytes(folder.File("both.parquet")));
    }

    [Fact]
    public void A_query_only_reads()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "sweep.json", 3);
        Program.Run(folder, "sweep run sweep.json --out s").Succeeds();
        string[] before = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories);
        foreach (var (sql, sentence) in ((string, string)[])[
            ("SELEC 1", "syntax error"), ("SELECT nope FROM sweep", "\"nope\" not found"), ("SELECT 1; SELECT 2", "2 statements"),
            ("COPY sweep TO 's/x.csv'", "only read"), ("CREATE TABLE t (a INT)", "only read"), ("ATTACH 's/x.db'", "only read"), ("SELECT * FROM read_text('/etc/hostname')", "disabled")])
            Program.RunAll(folder, ["query", sql, "--store", "s"]).IsRefused(sentence);
        Program.RunAll(folder, ["query", "SELECT 1", "--store", "nowhere"]).IsRefused("nowhere", "sweep.json");
        Assert.Equal(before, Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("sweep plan", "no plan")]
    [InlineData("sweep plan nothing.json", "nothing.json cannot be read")]
    [InlineData("sweep plan --preset nope", "there is no sweep named 'nope'")]
    [InlineData("sweep plan sweep.json --preset phase", "give one of them")]
    [InlineData("sweep run sweep.json --shard 3/2", "the shard is '3/2'")]
    [InlineData("sweep run sweep.json --jobs 0", "--jobs is 0")]
    [InlineData("sweep run sweep.json --out sweep.json", "sweep.json cannot be written")]
    [InlineData("sweep run wrong.json", "wrong.json: axes[0].log.from is -1")]
    [InlineData("sweep collect s --out all.parquet", "s is not the folder of a sweep")]
    public void What_is_wrong_is_said_in_one_sentence(string command, string sentence)
    {
        using var folder = new TemporaryFolder();
        Write(folder, "sweep.json", 1);
        File.WriteAllText(folder.File("wrong.json"), """{"version": 1, "base": {"preset": "figure-1"}, "axes": [{"parameter": "eta", "log": {"from": -1, "to": 1, "count": 2}}], "seeds": [1]}""");
        Program.Run(folder, command).IsRefused(sentence);
    }

    [Fact]
    public void Ctrl_C_keeps_what_is_finished_and_a_second_process_is_turned_away()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "sends a POSIX signal");
        using var folder = new TemporaryFolder();
        Write(folder, "sweep.json", 1_000_000);
        Process first = Program.Start(folder, ["sweep", "run", "sweep.json", "--out", "s"]);
        long Journal() => Directory.Exists(folder.File("s")) ? Directory.GetFiles(folder.File("s"), "journal-*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) : 0;
        for (int k = 0; k < 6000 && !first.HasExited && Journal() < 20_000; k++) Thread.Sleep(10);
        Program.Run(folder, "sweep run sweep.json --out s").IsRefused("shard 1/1", "being run already", $"process {first.Id}");
        Assert.Equal(0, Kill(first.Id, 2));
        Answer answer = Program.Finish(first);
        Assert.True(answer.Code == 130, answer.Error + answer.Out);
        Assert.StartsWith("interrupted:", answer.Error, StringComparison.Ordinal);
        string count = Program.RunAll(folder, ["query", "SELECT count(*) > 50 AS enough FROM sweep", "--store", "s", "--format", "csv"]).Succeeds().Out;
        Assert.Contains("true", count.ToLowerInvariant(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_said_and_the_sweep_goes_on_when_there_is_room()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "mounts a small tmpfs");
        using var folder = new TemporaryFolder();
        Write(folder, "sweep.json", 1500);
        string disk = Directory.CreateDirectory(folder.File("disk")).FullName;
        using (Process mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", disk]) { RedirectStandardError = true })!)
        {
            mount.WaitForExit();
            Assert.SkipWhen(mount.ExitCode != 0, "may not mount a tmpfs here");
        }
        try
        {
            Answer full = Program.Run(folder, "sweep run sweep.json --out disk/s");
            Assert.True(full.Code == 2, full.Error);
            Assert.Single(full.Error.TrimEnd('\n').Split('\n'));
            Assert.Contains("space", full.Error, StringComparison.Ordinal);
            using (Process grow = Process.Start("mount", ["-o", "remount,size=20m", disk])) grow.WaitForExit();
            JsonElement rest = Last(Program.Run(folder, "sweep run sweep.json --out disk/s"));
            Assert.True(rest.GetProperty("found").GetInt32() > 200, rest.ToString());
            Assert.Equal(3000, rest.GetProperty("done").GetInt32());
            Program.Run(folder, "sweep run sweep.json --out s").Succeeds();
            Program.Run(folder, "sweep collect s --out whole.parquet").Succeeds();
            Program.Run(folder, "sweep collect disk/s --out full.parquet").Succeeds();
            Assert.Equal(File.ReadAllBytes(folder.File("whole.parquet")), File.ReadAllBytes(folder.File("full.parquet")));
        }
        finally
        {
            using Process unmount = Process.Start("umount", [disk]);
            unmount.WaitForExit();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
