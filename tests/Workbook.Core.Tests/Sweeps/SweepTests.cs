using Workbook.Core.Data;
using Workbook.Core.Runs;
using Workbook.Core.Sweeps;
using Workbook.Core.Tests.Data;
using Workbook.Core.Theory;
using Xunit;

namespace Workbook.Core.Tests.Sweeps;

/// <summary>Running, being stopped, and what is found damaged: the table is always that of an undisturbed run.</summary>
public sealed class SweepTests
{
    private const string Tiny = """
        "set": {"d": 200, "n": 4, "s": 5, "m_k": 3, "m_v": 2, "steps": 30, "record": "log:5", "test_size": 20, "test": "every:30"}, "measures": "all", "claims": ["stages.in-order", "theorem.convergence"]
        """;

    private static SweepPlan Plan(int seeds = 60, string axes = """{"parameter": "sigma_p", "list": [0.5, 2]}""") =>
        PlanJson.Read(PlanTests.Text(axes, $"{Tiny}, \"seeds\": {{\"from\": 1, \"count\": {seeds}}}"));

    private static (SweepProgress Progress, List<string> Said) Run(string folder, SweepPlan plan, Shard? shard = null, int jobs = 2, int partRows = 50)
    {
        var progress = new SweepProgress();
        var said = new List<string>();
        SweepRun.Run(new SweepStore(folder, plan), shard ?? Shard.Whole, jobs, progress, said.Add, partRows, cancel: Token);
        return (progress, said);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Collected Collect(IReadOnlyList<SweepStore> stores, string to, Action<string> say) => SweepCollect.Run(stores, to, say, Token);

    private static byte[] Table(TemporaryFolder folder, string name, SweepPlan plan)
    {
        Collect([new SweepStore(folder.File(name), plan)], folder.File(name + ".parquet"), sentence => Assert.Fail(sentence));
        return File.ReadAllBytes(folder.File(name + ".parquet"));
    }

    [Fact]
    public void A_row_holds_what_reading_the_run_alone_gives()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(3);
        Run(folder.File("a"), plan);
        Table(folder, "a", plan);
        using PartFile table = PartFile.Open(folder.File("a.parquet"));
        TableRows rows = table.Read(0);
        int Column(string name) => table.Columns.ToList().FindIndex(c => c.Name == name);
        Assert.Equal(6, rows.Count);
        for (int k = 0; k < 6; k++)
        {
            RunSpec spec = plan[k].Spec;
            Run run = Training.Run(spec, null, null, Token);
            RunOutcome outcome = RunOutcome.Read(spec, run.Engine, run.Trajectory);
            Assert.Equal(k, rows.Index(k));
            Assert.Equal(spec.Hash(), rows.Text(Column("run"))[k]);
            Assert.Equal(run.Engine, rows.Text(Column("engine"))[k]);
            Assert.Equal((long)spec.Seed, rows.Whole(Column("seed"))[k]);
            foreach (string measure in plan.Measures) Assert.Equal(outcome[measure], rows.Real(Column(measure))[k]);
            foreach (StageTime stage in outcome.Stages) Assert.Equal(stage.Step, (int?)rows.Whole(Column("stage_" + stage.Id))[k]);
            foreach (string id in plan.Claims)
            {
                ClaimResult claim = outcome.Claims.First(c => c.Id == id);
                string name = SweepColumns.ClaimColumn(id);
                Assert.Equal(claim.Verdict == Verdict.NotApplicable ? null : claim.Left, rows.Real(Column(name + "_left"))[k]);
                Assert.Equal(claim.Verdict == Verdict.NotApplicable ? null : claim.Slack, rows.Real(Column(name + "_slack"))[k]);
            }
        }
    }

    [Fact]
    public void The_table_does_not_depend_on_threads_shards_or_stops()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan();
        Run(folder.File("one"), plan, jobs: 1);
        byte[] expected = Table(folder, "one", plan);

        Run(folder.File("many"), plan, jobs: 4, partRows: 7);
        Assert.Equal(expected, Table(folder, "many", plan));

        for (int k = 3; k >= 1; k--) Run(folder.File("shards"), plan, new Shard(k, 3));
        Assert.Equal(expected, Table(folder, "shards", plan));

        // Half in shards, the rest as a whole, then nothing is left to do.
        Run(folder.File("mixed"), plan, new Shard(2, 2));
        SweepProgress rest = Run(folder.File("mixed"), plan).Progress;
        Assert.Equal(new Shard(2, 2).Count(plan.Rows), rest.Found);
        Assert.Equal(plan.Rows, Run(folder.File("mixed"), plan).Progress.Found);
        Assert.Equal(expected, Table(folder, "mixed", plan));

        // Stopped again and again after a few rows.
        for (int k = 0; k < 1000; k++)
        {
            using var stop = new CancellationTokenSource();
            try
            {
                var progress = new SweepProgress();
                using var watch = new Timer(_ => { if (progress.Done > progress.Found) stop.Cancel(); }, null, 0, 1);
                SweepRun.Run(new SweepStore(folder.File("stopped"), plan), Shard.Whole, 2, progress, sentence => Assert.Fail(sentence), 50, cancel: stop.Token);
                break;
            }
            catch (OperationCanceledException)
            {
            }
        }
        Assert.Equal(expected, Table(folder, "stopped", plan));
    }

    [Fact]
    public void Folders_of_shards_are_merged_and_conflicts_are_named()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(20);
        Run(folder.File("all"), plan);
        byte[] expected = Table(folder, "all", plan);
        Run(folder.File("a"), plan, new Shard(1, 2));
        Run(folder.File("b"), plan, new Shard(2, 2));
        SweepStore[] stores = [.. ((string[])["a", "b", "all"]).Select(name => SweepStore.Open(folder.File(name)))];
        Collected collected = Collect(stores, folder.File("merged.parquet"), sentence => Assert.Fail(sentence));
        Assert.Equal(new Collected(40, 0, 0, 40, 0), collected);
        Assert.Equal(expected, File.ReadAllBytes(folder.File("merged.parquet")));
        Assert.Equal(16, Collect(stores[..1], folder.File("part.parquet"), sentence => Assert.Fail(sentence)).Missing);

        // The same run with another number in it.
        using (PartFile part = PartFile.Open(stores[0].Parts()[0]))
        {
            TableRows rows = part.Read(0);
            rows.Real(rows.Columns.ToList().FindIndex(c => c.Name == "train_loss"))[2] += 1e-9;
            PartFile.Write(stores[1].Folder, "part-1of2-000001", plan.Hash(), rows);
        }
        File.Delete(folder.File("merged.parquet"));
        Complaint.Of(() => Collect(stores[..2], folder.File("merged.parquet"), _ => { }), "row 2 (run ");
        Assert.False(File.Exists(folder.File("merged.parquet")));
        Complaint.Of(() => Collect([stores[0], new SweepStore(folder.File("b"), Plan(21))], folder.File("merged.parquet"), _ => { }), "only shards of one plan");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_damaged_part_is_named_set_aside_and_its_rows_run_again(bool truncated)
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan();
        foreach (int k in (int[])[1, 2]) Run(folder.File("a"), plan, new Shard(k, 2));
        byte[] expected = Table(folder, "a", plan);
        var store = new SweepStore(folder.File("a"), plan);
        string part = store.Parts()[0];
        long lost;
        using (PartFile open = PartFile.Open(part)) lost = open.Rows;
        byte[] bytes = File.ReadAllBytes(part);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(part, truncated ? bytes[..(bytes.Length / 2)] : bytes);

        var warned = new List<string>();
        Assert.Equal(lost, Collect([store], folder.File("part.parquet"), warned.Add).Missing);
        Assert.Contains(part, Assert.Single(warned), StringComparison.Ordinal);

        var (progress, said) = Run(folder.File("a"), plan);
        Assert.Contains(part, Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal(plan.Rows - lost, progress.Found);
        Assert.Single(Directory.GetFiles(folder.File(Path.Combine("a", "aside"))));
        Assert.Equal(expected, Table(folder, "a", plan));
    }

    [Fact]
    public void A_torn_or_damaged_journal_loses_the_damaged_block_only()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan();
        Run(folder.File("a"), plan);
        byte[] expected = Table(folder, "a", plan);
        var store = new SweepStore(folder.File("b"), plan);
        store.Prepare();
        string path = store.JournalOf(Shard.Whole);
        var ends = new List<long>();
        using (PartFile part = PartFile.Open(folder.File("a.parquet")))
        using (var journal = Journal.Create(path, store.PlanHash, SweepColumns.Of(plan)))
        {
            TableRows all = part.Read(0);
            for (int from = 0; from < 60; from += 20)
            {
                var block = new TableRows(all.Columns);
                for (int k = from; k < from + 20; k++) block.Add(all, k);
                journal.Append(block);
                ends.Add(journal.Length);
            }
        }
        byte[] whole = File.ReadAllBytes(path);

        // Torn at every kind of place: in the head of a block, in its rows, between blocks.
        foreach (var (length, rows) in ((long, int)[])[(ends[0], 20), (ends[1] - 1, 20), (ends[1] + 3, 40), (ends[1] + 40, 40), (ends[2], 60)])
        {
            File.WriteAllBytes(path, whole[..(int)length]);
            int seen = 0;
            Journal.Found found = Journal.Read(path, block => seen += block.Count);
            Assert.Equal(rows, seen);
            Assert.False(found.Damaged);
            Assert.Equal(!ends.Contains(length), found.Torn);
        }

        // A bit of the middle block: the one behind it is kept.
        whole[(int)ends[0] + 100] ^= 1;
        File.WriteAllBytes(path, whole);
        var (progress, said) = Run(folder.File("b"), plan);
        Assert.Contains("journal-1of1.log is damaged", Assert.Single(said), StringComparison.Ordinal);
        Assert.Contains("40 of its rows could be kept", said[0], StringComparison.Ordinal);
        Assert.Equal(40, progress.Found);
        Assert.Equal(expected, Table(folder, "b", plan));
        Assert.Empty(store.Journals());
    }

    [Fact]
    public void Rows_in_a_part_and_in_the_journal_are_there_once()
    {
        // As after a stop between writing a part and emptying the journal.
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(20);
        Run(folder.File("a"), plan, partRows: 100);
        byte[] expected = Table(folder, "a", plan);
        var store = new SweepStore(folder.File("a"), plan);
        using (PartFile part = PartFile.Open(store.Parts()[0]))
        using (var journal = Journal.Create(store.JournalOf(Shard.Whole), store.PlanHash, part.Columns)) journal.Append(part.Read(0));
        Assert.Equal(plan.Rows, Collect([store], folder.File("twice.parquet"), _ => { }).Duplicates);
        SweepProgress again = Run(folder.File("a"), plan).Progress;
        Assert.Equal((plan.Rows, plan.Rows), (again.Found, again.Done));
        Assert.Single(store.Parts());
        Assert.Empty(store.Journals());
        Assert.Equal(expected, Table(folder, "a", plan));
    }

    [Fact]
    public void After_a_change_of_the_plan_what_still_belongs_is_kept()
    {
        using var folder = new TemporaryFolder();
        SweepPlan before = Plan(30), after = Plan(40, """{"parameter": "sigma_p", "list": [2, 3]}""");
        Run(folder.File("a"), before);
        byte[] earlier = Table(folder, "a", before);
        var (progress, said) = Run(folder.File("a"), after);
        Assert.Equal(30, progress.Found);
        Assert.Contains("30 rows of this shard are taken from the 60", Assert.Single(said), StringComparison.Ordinal);
        Run(folder.File("fresh"), after);
        Assert.Equal(Table(folder, "fresh", after), Table(folder, "a", after));
        Assert.Equal(earlier, Table(folder, "a", before));
        Assert.Equal(after.Hash(), SweepStore.Open(folder.File("a")).PlanHash);
        Assert.Empty(Run(folder.File("a"), after).Said);

        // A column more: earlier rows do not have it.
        SweepPlan more = PlanJson.Read(PlanJson.Write(after).Replace("\"theorem.convergence\"", "\"theorem.convergence\", \"theorem.test-error\"", StringComparison.Ordinal));
        var (fromNothing, why) = Run(folder.File("a"), more);
        Assert.Equal(0, fromNothing.Found);
        Assert.All(why, sentence => Assert.Contains("theorem_test_error_left", sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void A_failing_run_is_recorded_and_the_rest_goes_on()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(5, """{"parameter": "s", "list": [5, 199, 200, 6]}""");
        SweepProgress progress = Run(folder.File("a"), plan).Progress;
        Assert.Equal((20, 5), (progress.Done, progress.Failed));
        Table(folder, "a", plan);
        using PartFile table = PartFile.Open(folder.File("a.parquet"));
        TableRows rows = table.Read(0);
        for (int k = 0; k < 20; k++)
            Assert.Equal(k / 5 == 2 ? "s is 200; it has to lie in 1 .. d - 1 = 199." : null, rows.Text(SweepColumns.ErrorColumn)[k]);
        SweepProgress again = Run(folder.File("a"), plan).Progress;
        Assert.Equal((20, 5), (again.Found, again.Failed));
    }

    [Fact]
    public void Failed_rows_are_final_unless_they_are_asked_for_again()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(20);
        Run(folder.File("good"), plan);
        byte[] expected = Table(folder, "good", plan);

        // As if two runs of a part and one in the journal had failed for want of memory.
        var store = new SweepStore(folder.File("a"), plan);
        store.Prepare();
        using (PartFile good = PartFile.Open(folder.File("good.parquet")))
        {
            TableRows all = good.Read(0), part = new(all.Columns), rest = new(all.Columns);
            foreach (int failed in (int[])[3, 11, 35]) all.Text(SweepColumns.ErrorColumn)[failed] = "no memory.";
            part.AddRange(all, 0, 30);
            rest.AddRange(all, 30, 10);
            PartFile.Write(store.Folder, "part-1of1-000001", store.PlanHash, part);
            using Journal journal = Journal.Create(store.JournalOf(Shard.Whole), store.PlanHash, all.Columns);
            journal.Append(rest);
        }
        SweepProgress final = Run(store.Root, plan).Progress;
        Assert.Equal((40, 3), (final.Found, final.Failed));

        var progress = new SweepProgress();
        var said = new List<string>();
        SweepRun.Run(store, Shard.Whole, 2, progress, said.Add, retryFailed: true, cancel: Token);
        Assert.Equal((37, 40, 0), (progress.Found, progress.Done, progress.Failed));
        // The rows of the journal have become a part by now.
        Assert.Equal(["2 failed rows", "1 failed rows"], said.Select(s => string.Join(' ', s.Split(' ').Take(3))));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(store.Root, "aside")).Length);
        Assert.Equal(expected, Table(folder, "a", plan));
        Assert.Equal(40, Run(store.Root, plan).Progress.Found);
    }

    [Fact]
    public void A_failed_row_of_a_journal_is_run_again_too()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(20);
        Run(folder.File("good"), plan);
        byte[] expected = Table(folder, "good", plan);
        var store = new SweepStore(folder.File("a"), plan);
        store.Prepare();
        using (PartFile good = PartFile.Open(folder.File("good.parquet")))
        using (Journal journal = Journal.Create(store.JournalOf(Shard.Whole), store.PlanHash, good.Columns))
        {
            TableRows all = good.Read(0);
            all.Text(SweepColumns.ErrorColumn)[7] = "no memory.";
            journal.Append(all);
        }
        var progress = new SweepProgress();
        SweepRun.Run(store, Shard.Whole, 2, progress, sentence => Assert.Fail(sentence), retryFailed: true, cancel: Token);
        Assert.Equal((39, 40, 0), (progress.Found, progress.Done, progress.Failed));
        Assert.Equal(expected, Table(folder, "a", plan));
    }

    [Theory]
    [InlineData("signgd", 1e-3)]
    [InlineData("gd", 0.5)]
    [InlineData("adam", 1e-3)]
    [InlineData("sign-power", 1e-3)]
    public void A_plan_of_last_values_records_two_states_and_gives_the_same_numbers(string optimizer, double eta)
    {
        using var folder = new TemporaryFolder();
        string[] measures = ["train_loss", "train_error", "test_loss", "test_error", "s11", "s21", "value_noise", "value_signal"];
        SweepPlan plan = PlanJson.Read(PlanTests.Text($$"""{"parameter": "optimizer", "list": ["{{optimizer}}"]}, {"parameter": "supports", "list": ["disjoint", "independent"]}""",
            $$"""
            "set": {"d": 200, "n": 4, "s": 5, "m_k": 3, "m_v": 2, "steps": 300, "eta": {{eta.ToString(System.Globalization.CultureInfo.InvariantCulture)}}, "record": "dense:20,7", "test_size": 20, "test": "every:10"},
            "measures": [{{string.Join(", ", measures.Select(m => $"\"{m}\""))}}], "stages": [], "claims": [], "seeds": {"from": 1, "count": 4}
            """));
        Assert.Equal(2, new RowWriter(plan).Trained(plan[0]).Record.Steps(300).Length);
        Assert.Equal("dense:20,7", new RowWriter(Plan(2)).Trained(plan[0]).Record.ToString());
        Run(folder.File("a"), plan);
        Table(folder, "a", plan);
        using PartFile table = PartFile.Open(folder.File("a.parquet"));
        TableRows rows = table.Read(0);
        int Column(string name) => table.Columns.ToList().FindIndex(c => c.Name == name);
        for (int k = 0; k < plan.Rows; k++)
        {
            RunSpec spec = plan[k].Spec;
            Run run = Training.Run(spec, null, null, Token);
            RunOutcome outcome = RunOutcome.Read(spec, run.Engine, run.Trajectory);
            Assert.Equal((spec.Hash(), "dense:20,7"), (rows.Text(Column("run"))[k], rows.Text(Column("record"))[k]));
            foreach (string measure in measures) Assert.Equal(outcome[measure], rows.Real(Column(measure))[k]);
        }
    }

    [Fact]
    public void A_shard_has_one_owner()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(5);
        var store = new SweepStore(folder.File("a"), plan);
        store.Prepare();
        using (ShardLock.Take(store.Folder, new Shard(1, 2)))
        {
            Complaint.Of(() => Run(folder.File("a"), plan, new Shard(1, 2)), $"shard 1/2 of this plan is being run already (process {Environment.ProcessId}");
            Complaint.Of(() => Run(folder.File("a"), plan), "divide the plan in one way at a time");
            Run(folder.File("a"), plan, new Shard(2, 2));
        }
        Run(folder.File("a"), plan);
    }

    [Fact]
    public void A_count_that_moves_on_another_machine_is_an_owner_and_one_that_stands_is_none()
    {
        using var folder = new TemporaryFolder();
        string owner = folder.File("owner-1of1.json");
        TimeSpan beat = TimeSpan.FromMilliseconds(100);
        File.WriteAllText(owner, """{"Host": "elsewhere", "Process": 7, "Count": 12}""");
        // Times of files say nothing: years ahead or behind.
        foreach (int years in (int[])[-30, 30])
        {
            File.SetLastWriteTimeUtc(owner, DateTime.UtcNow.AddYears(years));
            using (ShardLock.Take(folder.Path, Shard.Whole, beat))
            {
            }
            File.WriteAllText(owner, """{"Host": "elsewhere", "Process": 7, "Count": 12}""");
        }
        // A thread of its own, and files renamed into place: the owner elsewhere is neither late nor half written.
        bool stop = false;
        var moving = new Thread(() =>
        {
            for (int count = 13; !Volatile.Read(ref stop); count++)
            {
                File.WriteAllText(owner + ".new", $$"""{"Host": "elsewhere", "Process": 7, "Count": {{count}}}""");
                File.Move(owner + ".new", owner, overwrite: true);
                Thread.Sleep(5);
            }
        });
        moving.Start();
        try
        {
            Complaint.Of(() => ShardLock.Take(folder.Path, Shard.Whole, 5 * beat), "being run already");
        }
        finally
        {
            Volatile.Write(ref stop, true);
            moving.Join();
        }
    }

    [Fact]
    public void Times_of_files_decide_nothing()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = Plan(20);
        Run(folder.File("a"), plan, new Shard(1, 2));
        foreach (string file in Directory.GetFiles(folder.File("a"), "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddYears(file.Length % 2 == 0 ? 20 : -20));
        SweepProgress progress = Run(folder.File("a"), plan).Progress;
        Assert.Equal(new Shard(1, 2).Count(plan.Rows), progress.Found);
        // No clock of the wall in the code at all; one file compares marks, times of change among them, for being the same.
        string sources = Path.Combine(DataFolder.ProjectRoot()!, "src", "Workbook.Core", "Sweeps");
        Assert.All(Directory.GetFiles(sources, "*.cs").Where(f => Path.GetFileName(f) != "CheckedParts.cs"), source => Assert.DoesNotMatch("DateTime|LastWrite|CreationTime", File.ReadAllText(source)));
    }
}
