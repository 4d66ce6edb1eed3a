using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class RunStoreTests
{
    private static readonly RunSpec Spec = RunFolderTests.Small;

    [Fact]
    public void A_run_that_is_there_is_not_run_again()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path);
        int made = 0;
        StoredRun first = Get(store), second = Get(store), other = Get(new RunStore(folder.Path));
        Assert.Equal(1, made);
        Assert.Equal(first.Manifest.Finished, second.Manifest.Finished);
        Assert.Equal(first.Manifest.Finished, other.Manifest.Finished);
        TrajectoryFileTests.Same(first.Trajectory, other.Trajectory);
        Assert.Equal(Path.Combine(folder.Path, "runs", Spec.Hash()), store.FolderOf(Spec));
        Assert.Equal("attached", File.ReadAllText(Path.Combine(store.FolderOf(Spec), "claims.json")));
        Assert.NotEqual(first.Manifest.Finished, Get(store, force: true).Manifest.Finished);
        Assert.Equal(2, made);
        Assert.Equal([Spec.Hash()], Directory.GetFileSystemEntries(folder.File("runs")).Select(Path.GetFileName));

        StoredRun Get(RunStore from, bool force = false) => from.GetOrRun(Spec, force: force, warn: m => Assert.Fail(m), attach: (_, _) =>
        {
            made++;
            return new Dictionary<string, string> { ["claims.json"] = "attached" };
        }, cancel: TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("spec.json")]
    [InlineData("trajectory.parquet")]
    [InlineData("manifest.json")]
    public void A_damaged_run_is_named_and_run_again(string name)
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path);
        StoredRun first = store.GetOrRun(Spec, cancel: TestContext.Current.CancellationToken);
        string path = Path.Combine(store.FolderOf(Spec), name);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..20]);
        var warnings = new List<string>();
        StoredRun again = store.GetOrRun(Spec, warn: warnings.Add, cancel: TestContext.Current.CancellationToken);
        string warning = Assert.Single(warnings);
        Assert.Contains(name, warning, StringComparison.Ordinal);
        Assert.EndsWith("It is run again.", warning, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', warning);
        TrajectoryFileTests.Same(first.Trajectory, again.Trajectory);
        TrajectoryFileTests.Same(first.Trajectory, RunFolder.Read(store.FolderOf(Spec)).Trajectory);
    }

    [Fact]
    public void The_run_of_another_spec_in_its_place_is_not_taken_for_it()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path);
        RunSpec other = Spec with { Seed = 8 };
        StoredRun wanted = store.GetOrRun(other, cancel: TestContext.Current.CancellationToken);
        store.GetOrRun(Spec, cancel: TestContext.Current.CancellationToken);
        Directory.Delete(store.FolderOf(other), recursive: true);
        Directory.Move(store.FolderOf(Spec), store.FolderOf(other));
        var warnings = new List<string>();
        StoredRun found = store.GetOrRun(other, warn: warnings.Add, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(other, found.Spec);
        TrajectoryFileTests.Same(wanted.Trajectory, found.Trajectory);
        Assert.Contains("is of another spec", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_run_is_not_stored()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var store = new RunStore(folder.Path);
        Assert.Throws<OperationCanceledException>(() => store.GetOrRun(Spec, cancel: stop.Token));
        Assert.False(RunFolder.Exists(store.FolderOf(Spec)));
        // One that a command stored unfinished is run to its end.
        Run part = Training.Run(Spec, cancel: stop.Token);
        RunFolder.Write(store.FolderOf(Spec), part);
        Assert.False(RunFolder.Read(store.FolderOf(Spec)).Manifest.Complete);
        Assert.True(store.GetOrRun(Spec, cancel: TestContext.Current.CancellationToken).Manifest.Complete);
    }

    [Fact]
    public void What_dead_writers_left_is_swept_when_it_is_old()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path);
        store.GetOrRun(Spec, cancel: TestContext.Current.CancellationToken);
        string old = store.FolderOf(Spec) + ".partial-old", fresh = store.FolderOf(Spec) + ".partial-fresh";
        foreach (string left in (string[])[old, fresh])
        {
            Directory.CreateDirectory(left);
            File.WriteAllText(Path.Combine(left, "spec.json"), "{");
        }
        Directory.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        Assert.True(RunFolder.Read(new RunStore(folder.Path).FolderOf(Spec)).Manifest.Complete);
        Assert.False(Directory.Exists(old));
        Assert.True(Directory.Exists(fresh));
    }
}
