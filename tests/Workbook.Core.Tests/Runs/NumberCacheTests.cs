using System.Diagnostics;
using CsCheck;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class NumberCacheTests
{
    private static NumberRecord One(double x) => new(new Dictionary<string, double> { ["x"] = x });

    [Fact]
    public void Every_double_comes_back_as_it_was()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("sub/numbers.jsonl");
        double[] awkward = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, double.Epsilon, double.MaxValue, 0.1, 1e-300, 1 / 3.0];
        var record = new NumberRecord(awkward.Select((v, k) => (v, k)).ToDictionary(p => $"name \"{p.k}\"\n\u03c3", p => p.v),
            new Dictionary<string, double[]> { ["all"] = awkward, ["none"] = [] });
        new NumberCache(file).Add("key", record);
        Assert.True(new NumberCache(file).TryGet("key", out NumberRecord read));
        Assert.Equal(record.Values.Keys.Order(), read.Values.Keys.Order());
        foreach (string name in record.Values.Keys) Assert.Equal(BitConverter.DoubleToInt64Bits(record[name]), BitConverter.DoubleToInt64Bits(read[name]));
        Assert.Equal(awkward.Select(BitConverter.DoubleToInt64Bits), read.Series!["all"].Select(BitConverter.DoubleToInt64Bits));
        Assert.Empty(read.Series["none"]);
        Gen.Double.Array[1, 20].Sample(values =>
        {
            var cache = new NumberCache(file);
            cache.Add("any", new NumberRecord(new Dictionary<string, double>(), new Dictionary<string, double[]> { ["v"] = values }));
            Assert.True(new NumberCache(file).TryGet("any", out NumberRecord back));
            Assert.Equal(values, back.Series!["v"]);
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void A_record_is_computed_once_also_by_many_threads()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("numbers.jsonl");
        var cache = new NumberCache(file);
        int made = 0;
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, k =>
            // Ten requests for a key follow each other, so that several threads have it at a time.
            Assert.Equal(k / 10, cache.GetOrAdd($"key {k / 10}", () => { Interlocked.Increment(ref made); Thread.Sleep(2); return One(k / 10); })["x"]));
        Assert.Equal((40, 40, 0), (made, cache.Count, cache.Damaged));
        var again = new NumberCache(file);
        for (int k = 0; k < 40; k++) Assert.Equal(k, again.GetOrAdd($"key {k}", () => throw new InvalidOperationException("it is there"))["x"]);
        Assert.False(again.TryGet("key 40", out _));
    }

    [Fact]
    public void A_computation_that_fails_is_tried_again()
    {
        using var folder = new TemporaryFolder();
        var cache = new NumberCache(folder.File("numbers.jsonl"));
        Assert.Throws<InputException>(() => cache.GetOrAdd("key", () => throw new InputException("no.")));
        Assert.Equal(2, cache.GetOrAdd("key", () => One(2))["x"]);
    }

    [Fact]
    public void Whatever_happens_to_a_file_only_damaged_records_are_lost()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("numbers.jsonl");
        var first = new NumberCache(file);
        for (int k = 0; k < 5; k++) first.Add($"key {k}", One(k));
        byte[] whole = File.ReadAllBytes(file);
        int[] ends = [.. whole.Select((b, at) => (b, at)).Where(p => p.b == '\n').Select(p => p.at)];

        // Torn anywhere: every record before the tear is there, the torn one is computed again and what follows it is whole.
        Gen.Int[0, whole.Length].Sample(cut =>
        {
            File.WriteAllBytes(file, whole[..cut]);
            var torn = new NumberCache(file);
            int intact = ends.Count(end => end < cut);
            for (int k = 0; k < 5; k++) Assert.Equal(k < intact, torn.TryGet($"key {k}", out _));
            for (int k = 0; k < 5; k++) torn.GetOrAdd($"key {k}", () => One(k));
            var mended = new NumberCache(file);
            Assert.Equal((5, intact == 5 || cut == 0 || whole[cut - 1] == '\n' ? 0 : cut == ends.FirstOrDefault(e => e == cut, -1) ? 0 : 1), (mended.Count, mended.Damaged));
        }, iter: 60, threads: 1);

        // One byte changed anywhere: no wrong number is ever read.
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
        {
            byte[] bytes = [.. whole];
            bytes[at] ^= change;
            File.WriteAllBytes(file, bytes);
            var damaged = new NumberCache(file);
            for (int k = 0; k < 5; k++)
                if (damaged.TryGet($"key {k}", out NumberRecord read)) Assert.Equal(k, read["x"]);
            Assert.InRange(damaged.Count, 3, 5);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void What_another_writer_appends_is_seen_and_no_line_is_torn()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("numbers.jsonl");
        // Objects of their own, as two processes have them: they share nothing but the file's lock.
        NumberCache[] writers = [.. Enumerable.Range(0, 4).Select(_ => new NumberCache(file))];
        var series = new Dictionary<string, double[]> { ["v"] = [.. Enumerable.Range(0, 300).Select(k => k / 7.0)] };
        using var together = new Barrier(4);
        Thread[] threads = [.. writers.Select((writer, w) => new Thread(() =>
        {
            for (int k = 0; k < 50; k++)
            {
                together.SignalAndWait();
                writer.Add($"{w} {k}", new NumberRecord(One(w * 100 + k).Values, series));
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        foreach (NumberCache writer in writers)
            for (int k = 0; k < 200; k++)
            {
                Assert.True(writer.TryGet($"{k / 50} {k % 50}", out NumberRecord read));
                Assert.Equal(k / 50 * 100 + k % 50, read["x"]);
            }
        var all = new NumberCache(file);
        Assert.Equal((200, 0), (all.Count, all.Damaged));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("taken"), "");
        string file = Path.Combine(folder.File("taken"), "numbers.jsonl");
        var cache = new NumberCache(file);
        Assert.Contains("cannot be written", Assert.Throws<InputException>(() => cache.Add("key", One(1))).Message, StringComparison.Ordinal);
        Assert.Equal(1, cache.GetOrAdd("key", () => throw new UnreachableException())["x"]);
    }
}
