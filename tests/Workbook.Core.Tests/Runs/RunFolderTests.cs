using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class RunFolderTests
{
    internal static SignalNoise Distribution { get; } = new(30, 4, 3, 2);

    internal static RunSpec Small { get; } = new()
    {
        Data = new SignalNoiseSource(Distribution),
        Model = new ModelSpec(3, 2, 1e-2),
        Optimizer = new SignGd(1e-2),
        Steps = 50,
        Seed = 7,
        TestSize = 100,
    };

    private static Run Train(RunSpec spec) => Training.Run(spec, cancel: TestContext.Current.CancellationToken);

    private static readonly Dictionary<string, string> Claims = new() { ["claims.json"] = "{ \"verdict\": true }\n" };

    [Fact]
    public void A_run_reads_back()
    {
        using var folder = new TemporaryFolder();
        Run run = Train(Small);
        string place = folder.File("deep/er/run");
        Directory.CreateDirectory(folder.File("deep/er"));
        RunFolder.Write(place, run, Claims, saveWeights: true, new Dictionary<string, string> { ["data"] = "/somewhere" });
        StoredRun stored = RunFolder.Read(place);
        Assert.Equal(Small, stored.Spec);
        TrajectoryFileTests.Same(run.Trajectory, stored.Trajectory);
        Assert.Equal((Small.Hash(), 7UL, "reduced", true), (stored.Manifest.SpecHash, stored.Manifest.Seed, stored.Manifest.Engine, stored.Manifest.Complete));
        Assert.Equal("/somewhere", stored.Manifest.Inputs["data"]);
        Assert.Equal(["claims.json", "spec.json", "trajectory.parquet", "weights.npz"], stored.Manifest.Files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(run.FinalWeights.Value.Query, NpzFormats.ReadWeights(Path.Combine(place, "weights.npz")).Query);
        Assert.True(RunFolder.Exists(place) && RunFolder.HasWeights(place));
        Assert.Equal(["run"], Directory.GetFileSystemEntries(folder.File("deep/er")).Select(Path.GetFileName));
        Assert.Equal(Claims["claims.json"], File.ReadAllText(Path.Combine(place, "claims.json")));
    }

    public static TheoryData<string> Files => ["spec.json", "trajectory.parquet", "claims.json", "weights.npz"];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_damaged_file_is_named(string name)
    {
        using var folder = new TemporaryFolder();
        string place = folder.File("run"), path = Path.Combine(place, name);
        RunFolder.Write(place, Train(Small), Claims, saveWeights: true);
        byte[] good = File.ReadAllBytes(path);
        File.Delete(path);
        Complaint.Of(() => RunFolder.Read(place), $"the run in {place} is damaged: {name} is missing");
        foreach (byte[] bad in (byte[][])[[], good[..^1], [.. good, 0], .. Enumerable.Range(0, 20).Select(k => Flip(good, k * (good.Length - 1) / 19, 1 << (k % 8)))])
        {
            File.WriteAllBytes(path, bad);
            Complaint.Of(() => RunFolder.Read(place), $"the run in {place} is damaged: {name} does not have the checksum of its manifest");
        }
        File.WriteAllBytes(path, good);
        RunFolder.Read(place);
    }

    [Fact]
    public void A_damaged_manifest_is_named_or_harmless()
    {
        using var folder = new TemporaryFolder();
        string place = folder.File("run"), path = Path.Combine(place, "manifest.json");
        RunFolder.Write(place, Train(Small));
        byte[] good = File.ReadAllBytes(path);
        File.Delete(path);
        Complaint.Of(() => RunFolder.Read(place), $"{place} is not a run: it has no manifest.json");
        foreach (byte[] bad in (byte[][])[[], good[..^3], good[..50], "null"u8.ToArray(), "[]"u8.ToArray(), "{}"u8.ToArray()])
        {
            File.WriteAllBytes(path, bad);
            Complaint.Of(() => RunFolder.Read(place), "manifest");
            Complaint.Of(() => RunFolder.Read(place), place);
        }
        string text = File.ReadAllText(folder.File("run/spec.json"));
        for (int at = 0; at < good.Length; at++)
        {
            // Any byte: either one sentence, or the manifest of this very run with another remark (a time, a name of a processor) in it.
            File.WriteAllBytes(path, Flip(good, at, 1));
            try
            {
                Assert.Equal(Small, RunFolder.Read(place).Spec);
            }
            catch (InputException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }
        Assert.Equal(text, File.ReadAllText(folder.File("run/spec.json")));
    }

    [Fact]
    public void A_manifest_of_another_spec_is_not_believed()
    {
        using var folder = new TemporaryFolder();
        string place = folder.File("run"), path = Path.Combine(place, "manifest.json");
        RunFolder.Write(place, Train(Small));
        File.WriteAllText(path, File.ReadAllText(path).Replace($"\"spec_hash\": \"{Small.Hash()}", $"\"spec_hash\": \"{(Small with { Seed = 8 }).Hash()}", StringComparison.Ordinal));
        Complaint.Of(() => RunFolder.Read(place), $"the run in {place} is damaged: its manifest.json and its spec.json are of different runs");
        string manifest = File.ReadAllText(path);
        File.WriteAllText(path, manifest[..manifest.IndexOf("\"files\"", StringComparison.Ordinal)] + "\"files\": null }");
        Complaint.Of(() => RunFolder.Read(place), "manifest");
    }

    [Fact]
    public void A_folder_with_other_things_in_it_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        Run run = Train(Small);
        Directory.CreateDirectory(folder.File("mine"));
        File.WriteAllText(folder.File("mine/thesis.tex"), "years of work");
        Complaint.Of(() => RunFolder.Write(folder.File("mine"), run), "holds files that are not a run; choose a new or empty folder");
        Assert.Equal("years of work", File.ReadAllText(folder.File("mine/thesis.tex")));
        Complaint.Of(() => RunFolder.Write(folder.File("mine/thesis.tex"), run), "is a file; a run needs a folder");
        Complaint.Of(() => RunFolder.Read(folder.File("mine")), "is not a run: it has no manifest.json");
        Complaint.Of(() => RunFolder.Read(folder.File("absent")), "there is no folder");
        Assert.Equal(["mine"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
        // An empty folder, and an earlier run, are fair game.
        Directory.CreateDirectory(folder.File("empty"));
        RunFolder.Write(folder.File("empty"), run);
        RunFolder.Write(folder.File("empty"), Train(Small with { Seed = 8 }));
        Assert.Equal(8UL, RunFolder.Read(folder.File("empty")).Spec.Seed);
        Assert.Equal(["empty", "mine"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_one_sentence()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        Complaint.Of(() => RunFolder.Write(folder.File("file/run"), Train(Small)), $"the run cannot be written to {folder.File("file/run")}");
        Complaint.Of(() => RunFolder.Write("/proc/run", Train(Small)), "the run cannot be written to /proc/run");
    }

    private static byte[] Flip(byte[] bytes, int at, int bits)
    {
        byte[] copy = [.. bytes];
        copy[at] ^= (byte)bits;
        return copy;
    }
}
