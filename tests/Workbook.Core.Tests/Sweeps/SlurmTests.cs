using CsCheck;
using Workbook.Core.Sweeps;
using Xunit;

namespace Workbook.Core.Tests.Sweeps;

/// <summary>Scripts, task numbers and what Slurm's programs print.</summary>
public sealed class SlurmTests
{
    private static SweepPlan Plan() => PlanJson.Read(PlanTests.Text("""{"parameter": "sigma_p", "list": [0.5, 2]}""", """
        "set": {"d": 200, "n": 4, "s": 5, "m_k": 3, "steps": 5, "test_size": 0}, "seeds": {"from": 1, "count": 40}
        """));

    [Fact]
    public void Ranges_come_back()
    {
        Gen.Int[1, 60].HashSet[1, 40].Sample(numbers => Assert.Equal(numbers.Order(), SlurmRanges.Read(SlurmRanges.Write(numbers))!));
        Assert.Equal("1-3,7,9-10", SlurmRanges.Write([9, 3, 2, 1, 10, 7]));
        Assert.Equal([3, 4, 9], SlurmRanges.Read("3-4,9%2")!);
        foreach (string wrong in (string[])["", "x", "4-3", "1-2-3", "-1", "N/A"]) Assert.Null(SlurmRanges.Read(wrong));
    }

    [Fact]
    public void Every_row_is_in_the_shard_that_is_named()
    {
        Gen.Select(Gen.Long[0, 1_000_000], Gen.Int[1, 50]).Sample((row, of) => Assert.True(new Shard(Shard.NumberOf(row, of), of).Has(row)));
        foreach (long rows in (long[])[1, 16, 17, 160, 161])
        {
            int most = Shard.MostOf(rows);
            Assert.True(new Shard(most, most).Count(rows) > 0);
            Assert.Equal(0, new Shard(most + 1, most + 1).Count(rows));
        }
    }

    [Theory]
    [InlineData("p;rm -rf x", null, null)]
    [InlineData("a\n#SBATCH --uid=0", null, null)]
    [InlineData("-p", null, null)]
    [InlineData("", null, null)]
    [InlineData(null, "1:00 x", null)]
    [InlineData(null, "1:00\n", null)]
    [InlineData(null, "1-", null)]
    [InlineData(null, null, "2GB")]
    [InlineData(null, null, "-1")]
    [InlineData(null, null, "$(id)")]
    public void A_value_that_is_not_plainly_Slurms_is_refused(string? partition, string? time, string? memory)
    {
        InputException error = Assert.Throws<InputException>(() => new SlurmRequest(partition, time, memory, 1).Validate());
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void What_Slurm_takes_is_taken()
    {
        foreach (string time in (string[])["5", "5:30", "1:02:03", "1-2", "1-2:03", "1-02:03:04"]) new SlurmRequest("a_b-1.c,d", time, "2G", 2).Validate();
    }

    [Fact]
    public void A_path_stays_one_word()
    {
        Assert.Equal(@"'a'\''b $(c) `d` é'", SlurmScript.Quote("a'b $(c) `d` é"));
        Assert.Throws<InputException>(() => SlurmScript.Quote("a\nb"));
        string script = SlurmScript.Write(new SweepStore("/x/it's $HOME", Plan()), 5, [1, 2, 5], new SlurmRequest("short", null, "50M", 2), ["/opt/a b/workbook"]);
        Assert.Contains("\n#SBATCH --array=1-2,5\n", script, StringComparison.Ordinal);
        Assert.Contains("\nout='/x/it'\\''s $HOME'\n", script, StringComparison.Ordinal);
        Assert.Contains("exec '/opt/a b/workbook' sweep run", script, StringComparison.Ordinal);
        Assert.DoesNotContain("--time", script, StringComparison.Ordinal);
        Assert.All(script.Split('\n').Where(l => l.StartsWith("#SBATCH", StringComparison.Ordinal)), line => Assert.DoesNotContain("$", line, StringComparison.Ordinal));
    }

    [Fact]
    public void What_Slurm_prints_is_read()
    {
        Assert.Equal(
            [new SlurmTask(7, 3, "RUNNING", "node1"), new SlurmTask(7, 4, "PENDING", "Resources")],
            SlurmTask.FromQueue("7|3|RUNNING|node1\n7|4|PENDING|(Resources)\n9|N/A|RUNNING|x\n\n"));
        Assert.Equal(
            [new SlurmTask(7, 1, "CANCELLED", "None"), new SlurmTask(7, 5, "PENDING", ""), new SlurmTask(7, 6, "PENDING", "")],
            SlurmTask.FromAccounting("7_1|CANCELLED by 1000|None\n7_1.batch|CANCELLED|n\n7_[5-6%2]|PENDING|\n8|FAILED|n\n"));
    }

    [Fact]
    public void A_shard_is_what_store_and_Slurm_say_together()
    {
        var store = new SweepStore("nowhere", Plan());
        ShardStatus At(int k, long done, string? by = null) => new(new Shard(k, 5), 16, done, 0, by);
        var status = new SweepStatus(store, [At(1, 16), At(2, 3), At(3, 3), At(4, 0), At(5, 0, "process 1")]);
        SlurmJob[] jobs = [new(7, 5, "1-5"), new(8, 5, "2-3"), new(9, 4, "1-4")];
        SlurmTask[] tasks =
        [
            new(7, 1, "RUNNING", ""), new(7, 2, "CANCELLED", ""), new(8, 2, "PENDING", ""), new(7, 3, "COMPLETED", ""), new(8, 3, "NODE_FAIL", ""), new(9, 4, "RUNNING", ""), new(6, 4, "RUNNING", ""),
        ];
        IReadOnlyList<ShardState> states = ShardState.Of(status, jobs, tasks);
        Assert.Equal(["done", "queued", "stopped", "missing", "running"], states.Select(s => s.State));
        Assert.Equal([false, true, false, false, true], states.Select(s => s.Busy));
        Assert.Equal("NODE_FAIL", states[2].Task!.State);
    }
}
