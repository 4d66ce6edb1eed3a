using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Workbook.Cli.Tests;

/// <summary>Ctrl-C, a kill, a full disk, two writers: what is finished stays, and the next call goes on from there.</summary>
public sealed partial class InterruptionTests
{
    private const int Interrupt = 2;

    /// <summary>Hours of steps, a handful of rows.</summary>
    private const string Endless = "train --steps 2000000000 --record log:5 --test-size 0 --out run";

    [Fact]
    public void Ctrl_C_in_train_keeps_the_steps_recorded_so_far()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "sends a POSIX signal");
        using var folder = new TemporaryFolder();
        Process train = Program.Start(folder, Endless.Split(' '));
        // Past the start-up, which takes a fraction of this, and for hours to come it trains.
        WaitFor(train, () => train.TotalProcessorTime > TimeSpan.FromSeconds(1.5));
        Answer answer = Stop(train);
        Assert.True(answer.Code == 130, answer.Error + answer.Out);
        Assert.StartsWith("interrupted at step", answer.Error, StringComparison.Ordinal);
        Assert.Single(answer.Error.TrimEnd('\n').Split('\n'));
        Assert.False(JsonDocument.Parse(folder.Text("run", "manifest.json")).RootElement.GetProperty("complete").GetBoolean());
        Program.Run(folder, "export run --csv t.csv").Succeeds();
        Assert.True(File.ReadLines(folder.File("t.csv")).Count() > 2);
        Assert.Equal(["run", "t.csv"], Directory.GetFileSystemEntries(folder.Path).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void Ctrl_C_in_reproduce_keeps_the_finished_runs_for_the_next_call()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "sends a POSIX signal");
        using var folder = new TemporaryFolder();
        Process first = Program.Start(folder, ["reproduce", "--quick", "--seeds", "3", "--out", "results"]);
        string runs = folder.File("results", "runs");
        WaitFor(first, () => Directory.Exists(runs) && Directory.EnumerateFiles(runs, "manifest.json", SearchOption.AllDirectories).Count() >= 3);
        Answer answer = Stop(first);
        Assert.True(answer.Code == 130, answer.Error + answer.Out);
        Assert.StartsWith("interrupted:", answer.Error, StringComparison.Ordinal);
        Assert.Single(answer.Error.TrimEnd('\n').Split('\n'));
        Assert.False(File.Exists(folder.File("results", "claims.json")));
        Dictionary<string, DateTime> kept = ReproduceTests.Manifests(folder);
        Assert.True(kept.Count >= 3);
        Assert.All(Directory.GetDirectories(runs), run => Assert.DoesNotContain(".partial-", run, StringComparison.Ordinal));

        // One seed of figure-1 is enough to see that the next call does not run again what is there.
        Process second = Program.Start(folder, ["reproduce", "--quick", "--seeds", "3", "--out", "results"]);
        WaitFor(second, () => ReproduceTests.Manifests(folder).Count > kept.Count || second.HasExited);
        Stop(second);
        Dictionary<string, DateTime> after = ReproduceTests.Manifests(folder);
        Assert.All(kept, run => Assert.Equal(run.Value, after[run.Key]));
    }

    [Fact]
    public void A_kill_leaves_no_half_run_behind()
    {
        using var folder = new TemporaryFolder();
        string[] large = "train --steps 20000 --mk 20 --test-size 0 --out run".Split(' ');
        Process train = Program.Start(folder, large);
        // 140 MB take a while to write: kill in the middle of it.
        WaitFor(train, () => Directory.EnumerateFiles(folder.Path, "trajectory.parquet", SearchOption.AllDirectories).Any(f => new FileInfo(f).Length > 0));
        train.Kill();
        train.WaitForExit();
        train.Dispose();
        if (!Directory.Exists(folder.File("run"))) Program.Run(folder, "stages run").IsRefused("run");
        Program.RunAll(folder, large).Succeeds();
        Program.Run(folder, "stages run").Succeeds();
    }

    [Fact]
    public void Two_writers_of_one_run_leave_one_whole_run()
    {
        using var folder = new TemporaryFolder();
        string[] command = $"train {TrainTests.Small} --force --out run".Split(' ');
        for (int round = 0; round < 3; round++)
        {
            Process[] both = [.. Enumerable.Range(0, 3).Select(_ => Program.Start(folder, command))];
            foreach (Process one in both) Assert.Equal("", Program.Finish(one).Succeeds().Error);
            Program.Run(folder, "stages run").Succeeds();
            Assert.Equal(["run"], Directory.GetFileSystemEntries(folder.Path).Select(f => Path.GetFileName(f)));
        }
    }

    [Fact]
    public void A_full_disk_is_said_and_loses_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "mounts a small tmpfs");
        using var folder = new TemporaryFolder();
        string disk = Directory.CreateDirectory(folder.File("disk")).FullName;
        using (Process mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]) { RedirectStandardError = true })!)
        {
            mount.WaitForExit();
            Assert.SkipWhen(mount.ExitCode != 0, "may not mount a tmpfs here");
        }
        try
        {
            Program.Run(folder, $"train {TrainTests.Small} --out disk/run").Succeeds();
            byte[] before = File.ReadAllBytes(folder.File("disk", "run", "manifest.json"));
            Program.Run(folder, "train --out disk/run").IsRefused("disk/run", "space");
            Assert.Equal(before, File.ReadAllBytes(folder.File("disk", "run", "manifest.json")));
            Assert.Equal(["run"], TrainTests.Files(folder, "disk"));
            Program.Run(folder, "stages disk/run").Succeeds();
            Program.Run(folder, "sample --npz disk/sample.npz").IsRefused("disk/sample.npz");
            Assert.Equal(["run"], TrainTests.Files(folder, "disk"));
            Answer reproduce = Program.Run(folder, "reproduce --quick --seeds 1 --out disk/results");
            Assert.True(reproduce.Code == 2, reproduce.Error);
            Assert.Single(reproduce.Error.TrimEnd('\n').Split('\n'));
            Assert.Contains("space", reproduce.Error, StringComparison.Ordinal);
        }
        finally
        {
            using Process unmount = Process.Start("umount", [disk]);
            unmount.WaitForExit();
        }
    }

    private static Answer Stop(Process process)
    {
        Assert.Equal(0, Kill(process.Id, Interrupt));
        return Program.Finish(process);
    }

    private static void WaitFor(Process process, Func<bool> seen)
    {
        for (int k = 0; k < 6000 && !process.HasExited; k++)
        {
            if (seen()) return;
            Thread.Sleep(10);
        }
        Assert.True(seen(), "the program ended, or a minute passed, before that was seen.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
