namespace Workbook.Cli.Tests;

/// <summary>Submitting and asking where there is no Slurm; with one: tests/slurm/run.sh.</summary>
public sealed class SweepSubmitTests
{
    private static readonly (string, string?) NoSlurm = ("PATH", "/nowhere");

    private static void Write(TemporaryFolder folder) => File.WriteAllText(folder.File("sweep.json"), """
        {"version": 1, "name": "t", "base": {"preset": "figure-1"}, "set": {"d": 200, "n": 4, "s": 5, "m_k": 3, "steps": 5, "test_size": 0},
         "axes": [{"parameter": "eta", "list": [1e-4, 1e-3]}], "seeds": {"from": 1, "count": 40}, "measures": "all"}
        """);

    [Fact]
    public void Only_missing_shards_are_in_the_script_and_status_says_which()
    {
        using var folder = new TemporaryFolder();
        Write(folder);
        Assert.Contains("#SBATCH --array=1-5\n", Program.Run(folder, "sweep submit sweep.json --slurm --out s --dry-run", NoSlurm).Succeeds().Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("s")));
        Program.Run(folder, "sweep run sweep.json --shard 2/5 --out s").Succeeds();
        Assert.Contains("#SBATCH --array=1,3-5\n", Program.Run(folder, "sweep submit sweep.json --slurm --out s --dry-run", NoSlurm).Succeeds().Out, StringComparison.Ordinal);
        string status = Program.Run(folder, "sweep status s", NoSlurm).Succeeds().Out;
        foreach (string part in (string[])["16 of 80 done (0 of them failed), 64 missing", "5: 1 done, 0 running, 0 queued, 0 stopped, 4 missing", "3/5"]) Assert.Contains(part, status, StringComparison.Ordinal);
        Assert.DoesNotContain("2/5", status, StringComparison.Ordinal);
        Program.Run(folder, "sweep run sweep.json --out s").Succeeds();
        Assert.Equal("", Program.Run(folder, "sweep submit sweep.json --slurm --out s --dry-run", NoSlurm).Succeeds().Out);
    }

    [Theory]
    [InlineData("sweep submit sweep.json --slurm", "sbatch is not installed")]
    [InlineData("sweep submit sweep.json", "--slurm")]
    [InlineData("sweep submit sweep.json --slurm --dry-run --array-size 6", "--array-size is 6", "1 .. 5")]
    [InlineData("sweep submit sweep.json --slurm --dry-run --mem 2GB", "--mem is '2GB'")]
    [InlineData("sweep submit sweep.json --slurm --dry-run --partition a;b", "--partition is 'a;b'")]
    [InlineData("sweep submit sweep.json --slurm --dry-run --cpus 0", "--cpus is 0")]
    [InlineData("sweep status nothing", "nothing cannot be read")]
    [InlineData("sweep status", "is not the folder of a sweep")]
    public void What_is_wrong_is_said_in_one_sentence(string command, params string[] parts)
    {
        using var folder = new TemporaryFolder();
        Write(folder);
        Program.Run(folder, command, NoSlurm).IsRefused(parts);
    }
}
