using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Sweeps;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Sweeps;

public sealed class PlanTests
{
    internal static string Text(string axes, string rest = "\"seeds\": [1]", string start = "{\"preset\": \"figure-1\"}") =>
        $"{{\"version\": 1, \"base\": {start}, \"axes\": [{axes}], {rest}}}";

    [Fact]
    public void Rows_are_the_product_first_axis_slowest_seeds_fastest()
    {
        SweepPlan plan = PlanJson.Read(Text("""{"parameter": "s", "list": [5, 7]}, {"parameter": "eta", "log": {"from": 1e-5, "to": 1e-3, "count": 3}}""", "\"seeds\": {\"from\": 4, \"count\": 2}"));
        Assert.Equal(12, plan.Rows);
        for (int k = 0; k < 12; k++)
        {
            PlanRow row = plan[k];
            Assert.Equal(k, row.Index);
            Assert.Equal(k / 6 == 0 ? 5 : 7, ((SignalNoiseSource)row.Spec.Data).Distribution.S);
            Assert.Equal((k / 2 % 3) switch { 0 => 1e-5, 1 => 1e-4, _ => 1e-3 }, row.Spec.Optimizer.Eta.Constant!.Value, 1e-18);
            Assert.Equal((ulong)(4 + k % 2), row.Spec.Seed);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => plan[12]);
    }

    [Fact]
    public void A_row_is_the_spec_that_its_values_say()
    {
        SweepPlan plan = PlanJson.Read(Text("""{"points": [{"beta1": 0.5, "optimizer": "adam", "eta": 0.002}]}""", "\"set\": {\"d\": 500, \"n\": 7, \"s\": 11, \"sigma_p\": 0.5, \"supports\": \"disjoint\", \"m_k\": 3, \"m_v\": 4, \"sigma_0\": 0.01, \"beta2\": 0.9, \"eps\": 0, \"steps\": 60, \"record\": \"log:5\", \"test\": \"every:60\", \"test_size\": 10, \"engine\": \"support\"}, \"seeds\": [9]"));
        var expected = new RunSpec
        {
            Data = new SignalNoiseSource(new SignalNoise(500, 7, 11, 0.5, SupportMode.Disjoint)),
            Model = new(3, 4, 0.01),
            Optimizer = new Adam(0.002, 0.5, 0.9, 0),
            Steps = 60,
            Seed = 9,
            Record = Schedule.Log(5),
            Test = Schedule.Every(60),
            TestSize = 10,
            Engine = Core.Engines.EngineKind.Support,
        };
        Assert.Equal(expected.Hash(), plan[0].Spec.Hash());
    }

    [Fact]
    public void A_horizon_is_measured_in_the_time_that_noise_needs()
    {
        SweepPlan plan = PlanJson.Read(Text("""{"parameter": "horizon", "list": [2.5]}, {"parameter": "sigma_p", "list": [1, 4]}"""));
        RunSpec slow = plan[0].Spec, fast = plan[1].Spec;
        Assert.Equal(Math.Ceiling(2.5 / (1e-4 * Math.Sqrt(2 / Math.PI) * 1 * 20)), slow.Steps);
        Assert.InRange((double)slow.Steps / fast.Steps, 3.99, 4.01);
    }

    [Fact]
    public void A_hypercube_has_one_point_in_every_stratum()
    {
        const int Points = 50;
        SweepPlan plan = PlanJson.Read(Text("""{"hypercube": {"count": 50, "seed": 3, "parameters": {"eta": {"log": {"from": 1e-6, "to": 1e-2}}, "sigma_p": {"linear": {"from": 1, "to": 3}}}}}"""));
        var rows = Enumerable.Range(0, Points).Select(k => plan[k].Spec).ToArray();
        Assert.Equal(Enumerable.Range(0, Points), rows.Select(r => (int)(Points * Math.Log(r.Optimizer.Eta.Constant!.Value / 1e-6) / Math.Log(1e4))).Order());
        Assert.Equal(Enumerable.Range(0, Points), rows.Select(r => (int)(Points * (((SignalNoiseSource)r.Data).Distribution.SigmaP - 1) / 2)).Order());
    }

    [Fact]
    public void Blocks_follow_each_other_and_stand_above_the_common_values()
    {
        SweepPlan plan = PlanJson.Read("""
            {"version": 1, "base": {"preset": "figure-1"}, "set": {"s": 5, "steps": 10},
             "blocks": [{"name": "a", "axes": [{"parameter": "m_k", "list": [2, 3]}]}, {"name": "b", "set": {"s": 6}, "axes": []}], "seeds": [1, 2]}
            """);
        Assert.Equal(["a", "a", "a", "a", "b", "b"], Enumerable.Range(0, 6).Select(k => plan[k].Block));
        Assert.Equal([5, 5, 5, 5, 6, 6], Enumerable.Range(0, 6).Select(k => ((SignalNoiseSource)plan[k].Spec.Data).Distribution.S));
        Assert.Equal([2, 2, 3, 3, 20, 20], Enumerable.Range(0, 6).Select(k => plan[k].Spec.Model.MK));
    }

    [Fact]
    public void The_canonical_form_reads_back_and_keeps_hash_and_rows()
    {
        foreach (var (name, _) in SweepPresets.All)
        {
            SweepPlan plan = SweepPresets.Get(name);
            SweepPlan back = PlanJson.Read(PlanJson.Write(plan));
            Assert.Equal(PlanJson.Write(plan), PlanJson.Write(back));
            Assert.Equal(plan.Hash(), back.Hash());
            Assert.Equal(plan.Rows, back.Rows);
            for (int k = 0; k < 20; k++) Assert.Equal(plan[k * (plan.Rows - 1) / 19].Spec.Hash(), back[k * (plan.Rows - 1) / 19].Spec.Hash());
        }
    }

    [Fact]
    public void Every_row_of_a_preset_can_be_run()
    {
        foreach (var (name, _) in SweepPresets.All)
        {
            SweepPlan plan = SweepPresets.Get(name);
            for (long k = 0; k < plan.Rows; k += Math.Max(1, plan.Rows / 500)) plan[k].Spec.Validate();
        }
    }

    [Fact]
    public void A_hash_tells_plans_apart_and_not_their_layout()
    {
        string axes = """{"parameter": "s", "list": [5, 7]}""";
        string hash = PlanJson.Read(Text(axes)).Hash();
        Assert.Equal(hash, PlanJson.Read(Text(axes, "\"stages\": \"all\", \"seeds\": {\"from\": 1, \"count\": 1}").Replace(", ", ",\n   ", StringComparison.Ordinal)).Hash());
        Assert.NotEqual(hash, PlanJson.Read(Text(axes, "\"seeds\": [2]")).Hash());
        Assert.NotEqual(hash, PlanJson.Read(Text(axes, "\"seeds\": [1], \"claims\": [\"stages.in-order\"]")).Hash());
        Assert.NotEqual(hash, PlanJson.Read(Text("""{"parameter": "s", "list": [5, 8]}""")).Hash());
    }

    [Fact]
    public void A_hundred_million_rows_take_no_memory()
    {
        SweepPlan plan = PlanJson.Read(Text("""{"parameter": "eta", "log": {"from": 1e-6, "to": 1e-2, "count": 10000}}""", "\"seeds\": {\"count\": 10000}"));
        // All that this thread allocates, kept or not: other tests run beside this one.
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(100_000_000, plan.Rows);
        Assert.Equal(9_999UL, plan[99_999_999].Spec.Seed);
        Assert.Equal(1e-2, plan[99_999_999].Spec.Optimizer.Eta.Constant);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { Text("""{"parameter": "s", "list": [5]}, {"parameter": "n", "list": [5]}, {"parameter": "eta", "log": {"from": -1, "to": 1, "count": 3}}"""), "axes[2].log.from is -1; on a logarithmic axis it has to be positive" },
        { Text("""{"parameter": "s", "list": [5, 0]}"""), "axes[0].list[1] is 0; s has to be a whole number in 1 .." },
        { Text("""{"parameter": "s", "list": [2.5]}"""), "axes[0].list[0] is 2.5; s has to be a whole number" },
        { Text("""{"parameter": "s", "list": []}"""), "axes[0].list holds 0 values" },
        { Text("""{"parameter": "q", "list": [1]}"""), "axes[0].parameter names no parameter ('q')" },
        { Text("""{"parameter": "s", "list": [1], "note": 3}"""), "axes[0].note is not a field" },
        { Text("""{"parameter": "s", "list": [1], "log": {}}"""), "axes[0] has to have one of list, linear, log" },
        { Text("""{"parameter": "s", "list": [1]}, {"points": [{"s": 1}]}"""), "axes[1] gives values to 's', which axes[0] does already" },
        { Text("""{"points": [{"s": 1}, {"n": 1}]}"""), "axes[0].points[1] gives values to other parameters" },
        { Text("""{"parameter": "s", "linear": {"from": 1, "to": 3, "count": 9}}"""), "axes[0].linear.count is 9, but only 3 whole numbers" },
        { Text("""{"parameter": "optimizer", "list": ["sgd"]}"""), "axes[0].list[0] is 'sgd'; optimizer has to be one of signgd" },
        { Text("""{"parameter": "optimizer", "log": {"from": 1, "to": 2, "count": 2}}"""), "axes[0].log cannot be: 'optimizer' has no numbers" },
        { Text("""{"hypercube": {"count": 0, "parameters": {"s": {"log": {"from": 1, "to": 2}}}}}"""), "axes[0].hypercube.count is 0" },
        { Text("""{"hypercube": {"count": 3, "parameters": {"s": {"log": {"from": 1, "to": -2}}}}}"""), "axes[0].hypercube.parameters.s.log.to is -2" },
        { Text("", "\"seeds\": []"), "seeds is empty" },
        { Text("", "\"seeds\": [1, 1]"), "seeds[1] is 1, which is there already" },
        { Text("", "\"seeds\": [1], \"seeds\": [2]"), "seeds is written twice" },
        { Text("", "\"seeds\": [1], \"claims\": [\"nope\"]"), "claims[0] is 'nope'; there are" },
        { Text("", "\"seeds\": [1], \"measures\": 3"), "measures is 3; it has to be a list" },
        { Text("", "\"seeds\": [1], \"set\": {\"record\": \"often\"}"), "set.record is 'often'; record has to be every:K" },
        { Text("", "\"seeds\": [1], \"set\": {\"steps\": 5, \"horizon\": 2}"), "both steps and horizon" },
        { Text("", "\"seeds\": [1]", "{\"preset\": \"figure-9\"}"), "base.preset: there is no preset 'figure-9'" },
        { Text("", "\"seeds\": [1]", "{\"spec\": {\"version\": 1}}"), "base.spec: the spec has no" },
        { Text("""{"parameter": "eta", "log": {"from": 1e-6, "to": 1, "count": 1000000}}""", "\"seeds\": {\"count\": 1000000}"), "has 1000000000000 rows; at most 1000000000" },
        { Text("""{"parameter": "eta", "log": {"from": 1e-6, "to": 1, "count": 9999999}}, {"parameter": "n", "linear": {"from": 1, "to": 9999999, "count": 9999999}}, {"parameter": "s", "linear": {"from": 1, "to": 9999999, "count": 9999999}}"""), "more than 1000000000 rows" },
        { "{\"version\": 2}", "version is 2; this program reads version 1" },
        { "{\"version\": 1}", "the plan has no 'base'" },
        { "[]", "the plan is a list" },
        { "{\"version\": 1,\n \"base\": }", "line 2 is not JSON" },
        { "", "line 1 is not JSON" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_named_with_its_path(string text, string sentence) => Complaint.Of(() => PlanJson.Read(text), sentence);

    [Fact]
    public void Shards_divide_the_rows()
    {
        Gen.Select(Gen.Long[0, 5000], Gen.Int[1, 40]).Sample((rows, of) =>
        {
            var seen = new RowSet(rows);
            for (int k = 1; k <= of; k++)
            {
                var shard = new Shard(k, of);
                long count = 0;
                for (long row = shard.Next(0); row < rows; row = shard.Next(row + 1))
                {
                    Assert.True(shard.Has(row));
                    Assert.True(seen.Add(row));
                    count++;
                }
                Assert.Equal(shard.Count(rows), count);
            }
            Assert.Equal(rows, seen.Count);
        }, iter: 200);
        foreach (string wrong in (string[])["0/3", "4/3", "3", "a/b", "1/0", "-1/2", "1/2/3"]) Complaint.Of(() => Shard.Parse(wrong), $"the shard is '{wrong}'");
        Assert.Equal(new Shard(3, 16), Shard.Parse("3/16"));
    }
}
