using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Xunit;

namespace Workbook.Core.Tests.Theory;

/// <summary>Each event on a trajectory made by hand, two samples and two neurons, where it is clear when it happens.</summary>
public sealed class StagesTests
{
    private static readonly string[] Events = ["T1", "T2", "T3", "s21", "key", "query", "s11", "T4", "loss"];

    private static readonly int[] Steps = [0, 1, 2, 10, 20];

    [Fact]
    public void Nothing_is_reached_where_nothing_happens()
    {
        Stages stages = Read(Quiet());
        Assert.Equal(Events, stages.All.Select(s => s.Id));
        Assert.All(stages.All, s => Assert.Equal((null, 20), (s.Step, s.After)));
    }

    [Fact]
    public void Every_event_is_seen_in_the_row_where_its_condition_first_holds()
    {
        foreach (string id in Events)
            for (int row = 0; row < Steps.Length; row++)
            {
                Trajectory run = Quiet();
                // From this row to the end; the signs of stage IV count once s_21 has decayed.
                for (int r = row; r < Steps.Length; r++) Happen(run, r, id);
                StageTime seen = Read(run)[id];
                Assert.Equal(Steps[row], seen.Step);
                Assert.Equal(row == 0 ? null : Steps[row - 1], seen.After);
            }
    }

    [Fact]
    public void One_sample_or_neuron_that_lags_holds_an_event_up()
    {
        foreach (string id in (string[])["T1", "T2", "T3", "key", "query", "T4"])
        {
            Trajectory run = Quiet();
            for (int r = 0; r < Steps.Length; r++) Happen(run, r, id);
            // The second sample's second neuron, and the second sample's value, go the other way until the last row.
            for (int r = 0; r < Steps.Length - 1; r++)
            {
                run.KeyNoise[r * 4 + 3] *= -1;
                if (id is "query") run.QueryNoise[r * 4 + 3] *= -1;
                if (id is "T3") run.KeySignal[r * 2 + 1] = run.QuerySignal[r * 2 + 1];
                run.ValueNoise[r * 2 + 1] = run.ValueSignal[r];
            }
            Assert.Equal(20, Read(run)[id].Step);
        }
    }

    [Fact]
    public void Aligned_signs_before_the_softmax_has_decayed_are_no_event()
    {
        Trajectory run = Quiet();
        for (int r = 0; r < Steps.Length; r++)
        {
            Happen(run, r, "T4");
            if (r < 3) Fill(run.S21, r, 2, 0.5);
        }
        Assert.Equal([10, 10, 10, 10], ((string[])["s21", "key", "query", "T4"]).Select(id => Read(run)[id].Step!.Value));
    }

    [Fact]
    public void A_zero_has_no_sign_and_is_aligned_with_nothing()
    {
        Trajectory run = Quiet();
        Fill(run.QueryNoise, 0, 4, 0);
        Fill(run.KeyNoise, 0, 4, 0);
        Fill(run.QuerySignal, 0, 2, 0);
        Fill(run.KeySignal, 0, 2, 0);
        Assert.Equal(0, StageQuantities.AlignedPairs(run, 0));
        Assert.Equal(0, StageQuantities.MajorityNeurons(run, 0));
        Assert.Equal(0, StageQuantities.KeyNoiseWithSignal(run, 0));
        Assert.Equal(0, StageQuantities.QueryNoiseWithSignal(run, 0));
    }

    [Fact]
    public void Without_families_there_are_no_stages()
    {
        var run = new Trajectory(Steps, 2, 2, SampleFacts.None, "no patch is the signal.");
        Assert.Contains("no patch is the signal", Assert.Throws<InputException>(() => Read(run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Predictions_are_for_sign_descent_at_a_constant_rate()
    {
        Assert.All(Read(Quiet()).All, s => Assert.NotNull(s.Predicted));
        // Under Adam losing query noise never turns.
        Stages adam = Stages.Of(Presets.Figure1 with { Optimizer = new Adam(1e-4) }, Quiet());
        Assert.Equal(["query", "s11", "T4"], adam.All.Where(s => s.Predicted is null).Select(s => s.Id));
        Assert.All(Stages.Of(Presets.Figure1 with { Optimizer = new GradientDescent(0.5) }, Quiet()).All, s => Assert.Null(s.Predicted));
        Assert.All(Stages.Of(Presets.Figure1 with { Data = new FileSource("0") }, Quiet()).All, s => Assert.Null(s.Predicted));
    }

    internal static Trajectory Quiet()
    {
        var run = new Trajectory(Steps, 2, 2, new SampleFacts([30, 32], [60, 64], [0, 0]));
        for (int r = 0; r < Steps.Length; r++)
        {
            run.TrainLoss[r] = 0.7;
            run.LogTrainLoss[r] = Math.Log(0.7);
            run.ValueSignal[r] = 0;
            Fill(run.ValueNoise, r, 2, -1);
            Fill(run.QuerySignal, r, 2, 1);
            Fill(run.KeySignal, r, 2, 1);
            Fill(run.QueryNoise, r, 4, -1);
            Fill(run.KeyNoise, r, 4, 1);
            // Both have the wrong sign beside the query signal in one place at least.
            run.KeyNoise[r * 4] = -1;
            run.QueryNoise[r * 4] = 1;
            Fill(run.S11, r, 2, 0.5);
            Fill(run.S21, r, 2, 0.5);
        }
        return run;
    }

    private static void Happen(Trajectory run, int r, string id)
    {
        switch (id)
        {
            case "T1": Fill(run.ValueNoise, r, 2, 0.1); break;
            case "T2": run.KeyNoise.AsSpan(r * 4, 4).CopyTo(run.QueryNoise.AsSpan(r * 4)); break;
            case "T3":
                Fill(run.KeyNoise, r, 4, 1);
                Fill(run.KeySignal, r, 2, -1);
                break;
            case "s21": Fill(run.S21, r, 2, 0.009); break;
            case "s11": Fill(run.S11, r, 2, 0.09); break;
            case "loss": run.TrainLoss[r] = 0.009; break;
            case "key":
                Happen(run, r, "s21");
                Fill(run.KeyNoise, r, 4, 1);
                break;
            case "query":
                Happen(run, r, "s21");
                Fill(run.QueryNoise, r, 4, 1);
                break;
            default:
                foreach (string part in (string[])["key", "query", "T3"]) Happen(run, r, part);
                break;
        }
    }

    private static Stages Read(Trajectory run) => Stages.Of(Presets.Figure1, run);

    private static void Fill(double[] column, int row, int width, double value) => column.AsSpan(row * width, width).Fill(value);
}
