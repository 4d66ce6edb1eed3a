using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

/// <summary>Writers that meet, die or run out of room; readers that come at the wrong moment.</summary>
public sealed class RunFolderStressTests(ITestOutputHelper output)
{
    // Set in a child to the folder that it writes a run to, again and again, until it is killed.
    private const string Variable = "WORKBOOK_TESTS_WRITE_TO";

    private static Run Train(RunSpec spec) => Training.Run(spec, cancel: TestContext.Current.CancellationToken);

    [Fact]
    public async Task Writers_that_meet_leave_one_whole_run_and_readers_see_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string place = folder.File("run");
        // Two different runs: a mixture of their files would not pass its checksums.
        Run[] runs = [Train(RunFolderTests.Small), Train(RunFolderTests.Small with { Seed = 8, Steps = 40 })];
        RunFolder.Write(place, runs[0]);
        using var stop = new CancellationTokenSource();
        int reads = 0;
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                StoredRun seen = RunFolder.Read(place);
                Run source = runs.Single(r => r.Spec == seen.Spec);
                TrajectoryFileTests.Same(source.Trajectory, seen.Trajectory);
                Interlocked.Increment(ref reads);
            }
        }))];
        Task[] writers = [.. Enumerable.Range(0, 4).Select(w => Task.Run(() =>
        {
            for (int k = 0; k < 12; k++) RunFolder.Write(place, runs[w % 2]);
        }))];
        await Task.WhenAll(writers);
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        output.WriteLine($"{reads} reads during 48 writes");
        RunFolder.Read(place);
        Assert.Equal(["run"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Two_that_want_the_same_run_at_once_both_get_it()
    {
        using var folder = new TemporaryFolder();
        StoredRun[] got = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => new RunStore(folder.Path).GetOrRun(RunFolderTests.Small, warn: m => Assert.Fail(m)))));
        foreach (StoredRun run in got) TrajectoryFileTests.Same(got[0].Trajectory, run.Trajectory);
        Assert.Equal([RunFolderTests.Small.Hash()], Directory.GetFileSystemEntries(folder.File("runs")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_writer_killed_at_any_moment_leaves_a_whole_run()
    {
        const int Children = 10;
        if (Environment.GetEnvironmentVariable(Variable) is string shared)
        {
            WriteInALoop(shared);
            return;
        }
        using var folder = new TemporaryFolder();
        string place = folder.File("run");
        RunFolder.Write(place, Train(RunFolderTests.Small), saveWeights: true);
        int reads = 0, written = 0;
        for (int at = 0; at < Children; at += 5)
        {
            Process[] children = [.. Enumerable.Range(0, 5).Select(_ => Start(place))];
            try
            {
                DateTime before = RunFolder.Read(place).Manifest.Finished;
                // Until the first writes are seen, then one kill after a different delay each.
                for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(60) && RunFolder.Read(place).Manifest.Finished == before; reads++)
                    await Task.Delay(5, TestContext.Current.CancellationToken);
                foreach (Process child in children)
                {
                    await Task.Delay(3 + 11 * at, TestContext.Current.CancellationToken);
                    child.Kill();
                    await child.WaitForExitAsync(TestContext.Current.CancellationToken);
                    DateTime now = RunFolder.Read(place).Manifest.Finished;
                    reads++;
                    if (now != before) written++;
                    before = now;
                }
            }
            finally
            {
                foreach (Process child in children)
                {
                    if (!child.HasExited) child.Kill();
                    child.Dispose();
                }
            }
        }
        string[] left = [.. Directory.GetFileSystemEntries(folder.Path).Select(f => Path.GetFileName(f)!)];
        output.WriteLine($"{Children} writers killed, {reads} whole runs read, {written} new ones after a kill, {left.Length - 1} partial folders left beside it");
        Assert.True(written > 0, "no child ever wrote");
        Assert.All(left, name => Assert.True(name == "run" || name.StartsWith("run.partial-", StringComparison.Ordinal), name));

        // The child process that is to be killed runs this very test.
        static void WriteInALoop(string place)
        {
            Run run = Train(RunFolderTests.Small);
            // A parent that died must not leave this running.
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(1);) RunFolder.Write(place, run, saveWeights: true);
        }

        static Process Start(string place)
        {
            string test = typeof(RunFolderStressTests).FullName + "." + nameof(A_writer_killed_at_any_moment_leaves_a_whole_run);
            ProcessStartInfo info = new("dotnet", [Assembly.GetExecutingAssembly().Location, "-method", test, "-noColor"]) { Environment = { [Variable] = place }, RedirectStandardOutput = true };
            return Process.Start(info)!;
        }
    }

    [Fact]
    public void A_full_disk_is_one_sentence_and_the_earlier_run_stays()
    {
        using var folder = new TemporaryFolder();
        string disk = folder.File("disk");
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(OperatingSystem.IsLinux() && Mount("mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", disk), "A small tmpfs cannot be mounted here (it takes root).");
        try
        {
            string place = Path.Combine(disk, "run");
            Run small = Train(RunFolderTests.Small with { Record = Schedule.Every(10) });
            RunFolder.Write(place, small);
            Run large = Train(RunFolderTests.Small with { Steps = 2000 });
            foreach (int room in (int[])[0, 8192, 40000])
            {
                // Less and less room: whichever file it is that does not fit.
                string filler = Path.Combine(disk, "filler");
                if (room > 0) File.WriteAllBytes(filler, new byte[room]);
                Complaint.Of(() => RunFolder.Write(place, large), $"the run cannot be written to {place}");
                Complaint.Of(() => RunFolder.Write(Path.Combine(disk, "new"), large), "the run cannot be written to");
                TrajectoryFileTests.Same(small.Trajectory, RunFolder.Read(place).Trajectory);
                File.Delete(filler);
                Assert.Equal(["run"], Directory.GetFileSystemEntries(disk).Select(Path.GetFileName));
            }
        }
        finally
        {
            Mount("umount", disk);
        }
    }

    private static bool Mount(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
