using Workbook.Core.Sweeps;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Sweeps;

/// <summary>The world stops between any two steps of writing, or in the middle of one: the next start makes the table of an undisturbed run, and no row that was on the device is lost.</summary>
public sealed class StoppedStoreTests
{
    private static readonly SweepPlan s_plan = PlanJson.Read(PlanTests.Text("""{"parameter": "sigma_p", "list": [0.5, 2]}""", """
        "set": {"d": 60, "n": 2, "s": 3, "m_k": 2, "m_v": 2, "steps": 4, "record": "every:4", "test_size": 0}, "measures": ["train_loss", "s21"], "stages": [], "claims": [], "seeds": {"from": 1, "count": 12}
        """));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static SweepProgress Run(string folder, int partRows, List<string>? said = null)
    {
        var progress = new SweepProgress();
        SweepRun.Run(new SweepStore(folder, s_plan), Shard.Whole, 1, progress, said is null ? sentence => Assert.Fail(sentence) : said.Add, partRows, cancel: Token);
        return progress;
    }

    private static byte[] Table(string folder)
    {
        string to = folder + ".parquet";
        Assert.Equal(s_plan.Rows, SweepCollect.Run([new SweepStore(folder, s_plan)], to, sentence => Assert.Fail(sentence), Token).Rows);
        return File.ReadAllBytes(to);
    }

    private static void Copy(string from, string to)
    {
        // A lock goes with its process, and may not be read before.
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(f => !Path.GetFileName(f).StartsWith("lock-", StringComparison.Ordinal)))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>Rows that a reader finds: a lower bound for what must not be lost.</summary>
    private static long Found(string folder)
    {
        var rows = new RowSet(s_plan.Rows);
        if (SweepStore.Exists(folder)) new SweepStore(folder, s_plan).Scan((row, _) => rows.Add(row), sentence => Assert.Fail(sentence));
        return rows.Count;
    }

    [Fact]
    public void Stopped_at_any_step_of_writing()
    {
        using var folder = new TemporaryFolder();
        string live = folder.File("live");
        int snapshots = 0;
        Durable.Watch.Value = () => Copy(live, folder.File($"at-{snapshots++:D3}"));
        try
        {
            Run(live, partRows: 9);
        }
        finally
        {
            Durable.Watch.Value = null;
        }
        byte[] expected = Table(live);
        // Plan twice, journal, two or three parts with a journal each, blocks.
        Assert.True(snapshots > 15, $"{snapshots} steps");
        long before = 0;
        for (int k = 0; k < snapshots; k++)
        {
            string at = folder.File($"at-{k:D3}");
            long there = Found(at);
            Assert.True(there >= before, $"step {k}: {there} rows, {before} before it");
            before = there;
            Assert.Equal(there, Run(at, partRows: 9).Found);
            Assert.Equal(expected, Table(at));
            // Half a plan.json may stay: other shards write it too.
            Assert.DoesNotContain(Directory.GetFiles(Path.Combine(at, "rows"), "*.tmp", SearchOption.AllDirectories), f => !Path.GetFileName(f).StartsWith("plan.json", StringComparison.Ordinal));
        }
        Assert.Equal(s_plan.Rows, before);
    }

    [Fact]
    public void A_journal_that_ends_at_any_byte_keeps_its_whole_blocks()
    {
        using var folder = new TemporaryFolder();
        Run(folder.File("whole"), partRows: 100);
        byte[] expected = Table(folder.File("whole"));
        var store = new SweepStore(folder.File("a"), s_plan);
        store.Prepare();
        string path = store.JournalOf(Shard.Whole);
        List<long> ends = [];
        using (PartFile part = PartFile.Open(folder.File("whole.parquet")))
        using (Journal journal = Journal.Create(path, store.PlanHash, SweepColumns.Of(s_plan)))
        {
            ends.Add(journal.Length);
            for (int from = 0; from < 24; from += 8)
            {
                var block = new TableRows(part.Columns);
                block.AddRange(part.Read(0), from, 8);
                journal.Append(block);
                ends.Add(journal.Length);
            }
        }
        byte[] bytes = File.ReadAllBytes(path);
        for (int length = 0; length <= bytes.Length; length++)
        {
            int blocks = ends.FindLastIndex(end => end <= length);
            long rows = 8 * Math.Max(0, blocks);
            // A start from a few bytes on either side of every end, and from some in between.
            bool run = length % 211 == 0 || ends.Exists(end => Math.Abs(end - length) < 2);
            foreach (bool zeros in (bool[])[false, true])
            {
                // Some file systems give a file its new length before its bytes.
                byte[] torn = zeros ? [.. bytes[..length], .. new byte[bytes.Length - length]] : bytes[..length];
                File.WriteAllBytes(path, torn);
                int seen = 0;
                Journal.Found found = Journal.Read(path, block => seen += block.Count);
                Assert.Equal((rows, false), (seen, found.Damaged));
                Assert.Equal(blocks < 0 ? 0 : ends[blocks], found.GoodLength);
                if (!run) continue;
                var said = new List<string>();
                Assert.Equal(rows, Run(store.Root, 100, said).Found);
                // Only a journal whose head is gone is worth a sentence.
                Assert.Equal(blocks < 0, said.Count > 0);
                Assert.Equal(expected, Table(store.Root));
                Directory.Delete(store.Root, recursive: true);
                store.Prepare();
            }
        }
    }

    [Fact]
    public void A_part_that_ends_at_any_byte_is_set_aside_and_made_again()
    {
        using var folder = new TemporaryFolder();
        Run(folder.File("whole"), partRows: 12);
        byte[] expected = Table(folder.File("whole"));
        string part = new SweepStore(folder.File("whole"), s_plan).Parts()[0];
        byte[] bytes = File.ReadAllBytes(part);
        long lost;
        using (PartFile open = PartFile.Open(part)) lost = open.Rows;
        for (int length = 0; length < bytes.Length; length++)
        {
            string cut = folder.File(Path.GetFileName(part));
            File.WriteAllBytes(cut, bytes[..length]);
            Assert.False(PartFile.Verify(cut));
            if (length % 499 != 0 && length != bytes.Length - 1) continue;
            string at = folder.File($"at-{length}");
            Copy(folder.File("whole"), at);
            string own = new SweepStore(at, s_plan).Parts()[0];
            File.WriteAllBytes(own, bytes[..length]);
            var said = new List<string>();
            Assert.Equal(s_plan.Rows - lost, Run(at, 12, said).Found);
            Assert.Contains(own, Assert.Single(said), StringComparison.Ordinal);
            Assert.Equal(expected, Table(at));
        }
    }

    [Fact]
    public void What_is_kept_of_a_journal_is_there_before_the_old_one_goes()
    {
        // A damaged block: the journal is written anew with the others.
        using var folder = new TemporaryFolder();
        Run(folder.File("whole"), partRows: 100);
        var store = new SweepStore(folder.File("a"), s_plan);
        store.Prepare();
        string path = store.JournalOf(Shard.Whole);
        long end;
        using (PartFile part = PartFile.Open(folder.File("whole.parquet") is var all && File.Exists(all) ? all : Made(folder.File("whole"))))
        using (Journal journal = Journal.Create(path, store.PlanHash, SweepColumns.Of(s_plan)))
        {
            end = journal.Length;
            for (int from = 0; from < 24; from += 8)
            {
                var block = new TableRows(part.Columns);
                block.AddRange(part.Read(0), from, 8);
                journal.Append(block);
            }
        }
        byte[] bytes = File.ReadAllBytes(path);
        bytes[(int)end + 30] ^= 1;
        File.WriteAllBytes(path, bytes);
        long least = long.MaxValue;
        Durable.Watch.Value = () => least = Math.Min(least, Found(store.Root));
        try
        {
            Assert.Equal(16, Run(store.Root, 100, []).Found);
        }
        finally
        {
            Durable.Watch.Value = null;
        }
        Assert.Equal(16, least);

        static string Made(string whole)
        {
            Table(whole);
            return whole + ".parquet";
        }
    }
}
