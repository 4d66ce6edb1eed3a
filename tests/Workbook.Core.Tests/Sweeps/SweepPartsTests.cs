using Workbook.Core.Sweeps;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Sweeps;

/// <summary>Which parts a reader has to read before it can answer, and how many are open at once.</summary>
public sealed class SweepPartsTests
{
    private static readonly SweepPlan s_plan = PlanJson.Read(PlanTests.Text("""{"parameter": "sigma_p", "list": [0.5, 2]}""", """
        "set": {"d": 60, "n": 2, "s": 3, "m_k": 2, "m_v": 2, "steps": 4, "record": "every:4", "test_size": 0}, "measures": ["train_loss"], "stages": [], "claims": [], "seeds": {"from": 1, "count": 80}
        """));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static SweepStore Run(string folder, int shards, int partRows, List<string>? said = null)
    {
        var store = new SweepStore(folder, s_plan);
        for (int k = 1; k <= shards; k++) SweepRun.Run(store, new Shard(k, shards), 1, new SweepProgress(), said is null ? sentence => Assert.Fail(sentence) : said.Add, partRows, cancel: Token);
        return store;
    }

    /// <summary>The parts, and that together they have every row once.</summary>
    private static SweepParts Parts(SweepStore store, TemporaryFolder folder, List<string>? said = null)
    {
        string scratch = Directory.CreateDirectory(folder.File(Path.GetRandomFileName())).FullName;
        SweepParts parts = SweepParts.Of(store, scratch, said is null ? sentence => Assert.Fail(sentence) : said.Add);
        if (parts.Overlap || said is { Count: > 0 }) return parts;
        var rows = new List<long>();
        foreach (string file in parts.Files)
        {
            using PartFile part = PartFile.Open(file);
            for (int g = 0; g < part.Groups; g++) rows.AddRange(part.Read(g, "row").Whole(0).Select(r => r!.Value));
        }
        Assert.Equal(Enumerable.Range(0, (int)s_plan.Rows).Select(r => (long)r), rows.Order());
        return parts;
    }

    [Fact]
    public void Parts_that_their_writers_vouch_for_are_not_read()
    {
        using var folder = new TemporaryFolder();
        SweepStore store = Run(folder.File("a"), 3, 20);
        Assert.True(store.Parts().Count >= 6);
        Assert.Equal(0, Parts(store, folder).Read);

        // Another time of change, whichever way the clock went: read again, and nothing is wrong. The next start vouches for it anew.
        File.SetLastWriteTimeUtc(store.Parts()[1], DateTime.UtcNow.AddYears(-20));
        Assert.Equal(store.Parts().Count, Parts(store, folder).Read);
        Run(store.Root, 3, 20);
        Assert.Equal(0, Parts(store, folder).Read);

        // The lists are no part of the rows.
        foreach (string list in Directory.GetFiles(store.Folder, "checked-*.txt")) File.WriteAllText(list, "nonsense\n\n x y z\n");
        Assert.Equal(store.Parts().Count, Parts(store, folder).Read);
    }

    [Fact]
    public void A_part_that_was_changed_is_not_vouched_for()
    {
        using var folder = new TemporaryFolder();
        SweepStore store = Run(folder.File("a"), 1, 40);
        string part = store.Parts()[1];
        byte[] bytes = File.ReadAllBytes(part);
        File.WriteAllBytes(part, bytes[..^1]);
        var said = new List<string>();
        SweepParts parts = Parts(store, folder, said);
        Assert.Contains(part, Assert.Single(said), StringComparison.Ordinal);
        Assert.DoesNotContain(part, parts.Files);
        said.Clear();
        store.Scan((_, _) => { }, said.Add);
        Assert.Contains(part, Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_with_a_row_in_common_are_never_vouched_for()
    {
        // As where a lock did not hold: two processes wrote the same shard.
        using var folder = new TemporaryFolder();
        SweepStore store = Run(folder.File("a"), 1, 40);
        using (PartFile part = PartFile.Open(store.Parts()[0])) PartFile.Write(store.Folder, "part-1of1-000009", store.PlanHash, part.Read(0));
        Assert.True(Parts(store, folder).Overlap);
        Run(store.Root, 1, 40);
        Assert.True(Parts(store, folder).Overlap);
    }

    [Fact]
    public void Rows_in_the_last_part_and_in_the_journal_count_once()
    {
        using var folder = new TemporaryFolder();
        SweepStore store = Run(folder.File("a"), 2, 30);
        string last = store.Parts().Where(p => SweepStore.ShardOf(p) == new Shard(2, 2)).Max(StringComparer.Ordinal)!;
        using (PartFile part = PartFile.Open(last))
        using (Journal journal = Journal.Create(store.JournalOf(new Shard(2, 2)), store.PlanHash, part.Columns)) journal.Append(part.Read(0));
        SweepParts parts = Parts(store, folder);
        Assert.Equal((0, false), (parts.Read, parts.Overlap));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void A_merge_in_rounds_gives_the_same_bytes(int fanIn)
    {
        using var folder = new TemporaryFolder();
        SweepStore store = Run(folder.File("a"), 9, 7), whole = Run(folder.File("b"), 1, 1000);
        // One shard is still in its journal, and a part of it, too.
        string last = store.Parts().Where(p => SweepStore.ShardOf(p) == new Shard(4, 9)).Max(StringComparer.Ordinal)!;
        using (PartFile part = PartFile.Open(last))
        using (Journal journal = Journal.Create(store.JournalOf(new Shard(4, 9)), store.PlanHash, part.Columns)) journal.Append(part.Read(0));
        Collected at = SweepCollect.Run([store], folder.File("a.parquet"), sentence => Assert.Fail(sentence), fanIn, Token);
        SweepCollect.Run([whole], folder.File("b.parquet"), sentence => Assert.Fail(sentence), Token);
        Assert.True(at.Duplicates > 0);
        Assert.Equal(new Collected(s_plan.Rows, 0, 0, at.Duplicates, 0), at);
        Assert.Equal(File.ReadAllBytes(folder.File("b.parquet")), File.ReadAllBytes(folder.File("a.parquet")));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
        Assert.Equal(2, Directory.GetDirectories(folder.Path).Length);

        // A conflict is found in every round, and nothing is left behind.
        using (PartFile part = PartFile.Open(whole.Parts()[0]))
        {
            TableRows rows = part.Read(0);
            rows.Real(SweepColumns.Of(s_plan).ToList().FindIndex(c => c.Name == "train_loss"))[17] += 1e-9;
            PartFile.Write(store.Folder, "part-1of9-000099", s_plan.Hash(), rows);
        }
        Complaint.Of(() => SweepCollect.Run([store], folder.File("c.parquet"), _ => { }, fanIn, Token), "row 17 (run ");
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
        Assert.Equal(2, Directory.GetDirectories(folder.Path).Length);
    }
}
