using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>The statements of THEORY, section 6: the four stages (paper, section 4 and Lemmas of stages I to IV).</summary>
public static class StageClaims
{
    private const string Section = "THEORY section 6";

    /// <summary>Stage claims in order.</summary>
    public static IReadOnlyList<RunClaim> All { get; } =
    [
        new(new Claim
        {
            Id = "stage1.value-noise-linear",
            Statement = "Mean value noise grows linearly from the first step: y v_xi(t) = y v_xi(0) + 2 eta ||xi||_1 t. Only coordinates shared with another sample may deviate, by at most twice their part of ||xi||_1.",
            Source = Section + ", stage I",
            LeftLabel = "largest |deviation| / (2 eta ||xi_i||_1 t) minus the bound of its sample",
            RightLabel = "rounding",
            Relation = Relation.AtMost,
        }, RunClaim.SignGdOnly, ValueNoiseLinear),
        new(new Claim
        {
            Id = "stage1.noise-outgrows-signal",
            Statement = "Value noise grows sqrt(2/pi) sigma_p s times faster than value signal: the factor ||xi||_1 against ||mu||_1.",
            Source = Section + ", stage I",
            LeftLabel = "growth of value noise / growth of value signal up to T2",
            RightLabel = "sqrt(2/pi) sigma_p s",
            Relation = Relation.WithinFactor,
            Allowance = 1.25,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "T2"), NoiseOverSignal),
        new(new Claim
        {
            Id = "stage1.ends-first",
            Statement = "Stage I takes 1 to 2 steps: value noise is in order long before query and key noise have aligned.",
            Source = Section + ", stage I",
            LeftLabel = "T1 in steps",
            RightLabel = "T2 / 2 in steps",
            Relation = Relation.AtMost,
        }, run => RunClaim.Needs(run, RunClaim.SignOrAdam, "T1", "T2"), run => (run.Stages.T1.Step!.Value, run.Stages.T2.Step!.Value / 2.0)),
        new(new Claim
        {
            Id = "stage1.query-key-still",
            Statement = "When stage I ends, query and key noise are still of their initial size.",
            Source = Section + ", stage I",
            LeftLabel = "rms of query and key noise at T1 / at 0",
            RightLabel = "factor",
            Relation = Relation.AtMost,
        }, run => RunClaim.Needs(run, RunClaim.SignOrAdam, "T1"), QueryKeyStill),
        new(new Claim
        {
            Id = "stage2.sign-alignment",
            Statement = "In stage II query and key noise take the same sign in every sample and neuron.",
            Source = Section + ", stage II",
            LeftLabel = "largest share of pairs with sgn(q_xi) = sgn(k_xi) before s_21 decays",
            RightLabel = "share",
            Relation = Relation.AtLeast,
        }, RunClaim.SignOrAdam, run => (Largest(run, StageQuantities.AlignedPairs), 1)),
        new(new Claim
        {
            Id = "stage2.time",
            Statement = "Sign alignment takes about sigma_0 z_max / (eta sqrt(s)) sqrt(pi/2) steps.",
            Source = Section + ", stage II",
            LeftLabel = "T2 in steps",
            RightLabel = "predicted order in steps",
            Relation = Relation.WithinFactor,
            Allowance = 4,
        }, RunClaim.SignOrAdam, run => RunClaim.Time(run, "T2")),
        new(new Claim
        {
            Id = "stage2.linear-growth",
            Statement = "After alignment query and key noise grow linearly at eta ||xi||_1 per step (until s_21 decays).",
            Source = Section + ", stage II",
            LeftLabel = "median growth of |q_xi| and |k_xi| per step / (eta ||xi_i||_1)",
            RightLabel = "1",
            Relation = Relation.WithinTolerance,
            Allowance = 0.05,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "T2", "s21"), LinearGrowth),
        new(new Claim
        {
            Id = "stage3.majority-vote",
            Statement = "In stage III nearly every neuron's query signal takes the sign of the majority of its key noise, and its key signal the opposite sign; the rest are close votes.",
            Source = Section + ", stage III",
            LeftLabel = "share of neurons when s_21 has decayed",
            RightLabel = "share",
            Relation = Relation.AtLeast,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "s21"), run => (StageQuantities.MajorityNeurons(run.Trajectory, Row(run, "s21")), 0.9)),
        new(new Claim
        {
            Id = "stage3.time",
            Statement = "Majority voting is complete, close votes included, about sigma_0 z_max / eta steps after alignment.",
            Source = Section + ", stage III",
            LeftLabel = "T3 in steps",
            RightLabel = "predicted order in steps",
            Relation = Relation.WithinFactor,
            Allowance = 4,
        }, RunClaim.SignOnly, run => RunClaim.Time(run, "T3")),
        new(new Claim
        {
            Id = "stage4.softmax-decay",
            Statement = "s_21 < 0.01 near t = sqrt(ln 99 / m_k) / (eta ell).",
            Source = Section + ", stage IV",
            LeftLabel = "step at which the median s_21 < 0.01",
            RightLabel = "predicted step",
            Relation = Relation.WithinFactor,
            Allowance = 1.3,
        }, RunClaim.SignOrAdam, run => RunClaim.Time(run, "s21")),
        new(new Claim
        {
            Id = "stage4.gaussian-decay",
            Statement = "log s_21 ~ -m_k (eta ||xi_i||_1 t)^2 in every sample, up to the step where s_21 has decayed.",
            Source = Section + ", stage IV",
            LeftLabel = "median over samples of -log(s_21 / s_22) / (m_k (eta ||xi_i||_1 t)^2)",
            RightLabel = "1",
            Relation = Relation.WithinFactor,
            Allowance = 1.3,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "s21"), GaussianDecay),
        new(new Claim
        {
            Id = "stage4.signal-attention-waits",
            Statement = "When s_21 has decayed, s_11 is still near one half.",
            Source = Section + ", stage IV",
            LeftLabel = "mean s_11 at that step",
            RightLabel = "1/2",
            Relation = Relation.WithinTolerance,
            Allowance = 0.1,
        }, run => RunClaim.Needs(run, RunClaim.SignOrAdam, "s21"), run => (run.Trajectory.Mean(run.Trajectory.S11, Row(run, "s21")), 0.5)),
        new(new Claim
        {
            Id = "stage4.key-noise-turns",
            Statement = "(a) Key noise of the losing sign turns and all key noise takes the sign of the query signal.",
            Source = Section + ", stage IV (a)",
            LeftLabel = "step",
            RightLabel = "predicted: 2 sqrt(ln(4 ell_min) / m_k) / (eta ell_min)",
            Relation = Relation.WithinFactor,
            Allowance = 1.6,
        }, RunClaim.SignOnly, run => RunClaim.Time(run, "key")),
        new(new Claim
        {
            Id = "stage4.query-noise-turns",
            Statement = "(b) Query noise of the losing sign follows, and all query noise takes the sign of the query signal.",
            Source = Section + ", stage IV (b)",
            LeftLabel = "step",
            RightLabel = "predicted: 4 sqrt(ln(4 ell_min) / m_k) / (eta ell_min)",
            Relation = Relation.WithinFactor,
            Allowance = 1.6,
        }, run => Horizon(run, p => p.QueryNoiseAligned), run => RunClaim.Time(run, "query")),
        new(new Claim
        {
            Id = "stage4.s11-decays",
            Statement = "(c) s_11 -> 0: the signal patch, too, attends to the noise.",
            Source = Section + ", stage IV (c)",
            LeftLabel = "step at which the median s_11 < 0.1",
            RightLabel = "predicted step",
            Relation = Relation.WithinFactor,
            Allowance = 1.3,
        }, run => Horizon(run, p => p.SignalSoftmaxBelow(Stages.SignalSoftmaxThreshold)), run => RunClaim.Time(run, "s11")),
        new(new Claim
        {
            Id = "stage4.final-alignment",
            Statement = "At the end sgn q_xi = sgn k_xi = sgn q_mu = -sgn k_mu for every sample and neuron.",
            Source = Section + ", stage IV",
            LeftLabel = "least share of aligned signs at the last step",
            RightLabel = "share",
            Relation = Relation.AtLeast,
        }, run => Horizon(run, p => p.QueryNoiseAligned), run => (FinalShare(run), 1)),
        new(new Claim
        {
            Id = "stages.in-order",
            Statement = "The stages follow one another: T1 < T2 <= key noise turned <= query noise turned, with s_21 decayed in between.",
            Source = Section,
            LeftLabel = "smallest gap between successive events in steps",
            RightLabel = "steps",
            Relation = Relation.AtLeast,
        }, run => RunClaim.Needs(run, RunClaim.SignOnly, "T1", "T2", "s21", "key"), run => (SmallestGap(run), 0)),
    ];

    private static int Row(RunView run, string stage) => run.Trajectory.RowOf(run.Stages[stage].Step!.Value);

    /// <summary>Late statements need a run that is long enough for them.</summary>
    private static string? Horizon(RunView run, Func<Predictions, double> predicted)
    {
        if (RunClaim.SignOnly(run) is string why) return why;
        double needed = 1.6 * predicted(new Predictions(RunClaim.Distribution(run), run.Spec.Model, RunClaim.Eta(run)));
        return run.Spec.Steps >= needed ? null : FormattableString.Invariant($"the run has {run.Spec.Steps} steps; the statement is tested from {needed:F0} on (1.6 times the prediction).");
    }

    private static (double, double) ValueNoiseLinear(RunView run)
    {
        Trajectory t = run.Trajectory;
        double worst = double.NegativeInfinity, eta = RunClaim.Eta(run);
        double[] noise = t.ValueNoise;
        for (int row = 1; row < t.Rows; row++)
            for (int i = 0; i < t.Samples; i++)
            {
                double expected = 2 * eta * t.Facts.Norm1[i] * t.Steps[row];
                double deviation = Math.Abs(noise[row * t.Samples + i] - noise[i] - expected) / expected;
                worst = Math.Max(worst, deviation - 2 * t.Facts.SharedNorm1[i] / t.Facts.Norm1[i]);
            }
        return (worst, 1e-9);
    }

    private static (double, double) NoiseOverSignal(RunView run)
    {
        Trajectory t = run.Trajectory;
        int row = Row(run, "T2");
        double noise = t.Mean(t.ValueNoise, row) - t.Mean(t.ValueNoise, 0), signal = t.ValueSignal[row] - t.ValueSignal[0];
        return (noise / signal, RunClaim.Distribution(run).MeanNorm1);
    }

    private static (double, double) QueryKeyStill(RunView run)
    {
        Trajectory t = run.Trajectory;
        int row = Row(run, "T1"), width = t.Samples * t.Neurons;
        double Rms(int at) => Math.Sqrt((SumSquares(t.QueryNoise, at * width, width) + SumSquares(t.KeyNoise, at * width, width)) / (2 * width));
        return (Rms(row) / Rms(0), 2);
    }

    private static double SumSquares(double[] x, int from, int count)
    {
        double sum = 0;
        for (int k = from; k < from + count; k++) sum += x[k] * x[k];
        return sum;
    }

    private static double Largest(RunView run, Func<Trajectory, int, double> share)
    {
        int end = run.Stages["s21"].Step is int step ? run.Trajectory.RowOf(step) : run.Last;
        double largest = 0;
        // A share cannot exceed 1.
        for (int row = 0; row <= end && largest < 1; row++) largest = Math.Max(largest, share(run.Trajectory, row));
        return largest;
    }

    private static (double, double) LinearGrowth(RunView run)
    {
        Trajectory t = run.Trajectory;
        int from = Row(run, "T2"), to = Row(run, "s21"), width = t.Samples * t.Neurons;
        double steps = t.Steps[to] - t.Steps[from], eta = RunClaim.Eta(run);
        var growth = new List<double>(2 * width);
        foreach (double[] family in (double[][])[t.QueryNoise, t.KeyNoise])
            for (int k = 0; k < width; k++)
                growth.Add((Math.Abs(family[to * width + k]) - Math.Abs(family[from * width + k])) / (steps * eta * t.Facts.Norm1[k / t.Neurons]));
        return (MathNet.Numerics.Statistics.Statistics.Median(growth), 1);
    }

    private static (double, double) GaussianDecay(RunView run)
    {
        Trajectory t = run.Trajectory;
        int row = Row(run, "s21");
        var ratio = new double[t.Samples];
        for (int i = 0; i < t.Samples; i++)
        {
            double reach = RunClaim.Eta(run) * t.Facts.Norm1[i] * t.Steps[row], s21 = t.S21[row * t.Samples + i];
            ratio[i] = -(t.LogS21[row * t.Samples + i] - Math.Log(1 - s21)) / (t.Neurons * reach * reach);
        }
        return (MathNet.Numerics.Statistics.Statistics.Median(ratio), 1);
    }

    private static double FinalShare(RunView run) => Math.Min(StageQuantities.MajorityNeurons(run.Trajectory, run.Last),
        Math.Min(StageQuantities.KeyNoiseWithSignal(run.Trajectory, run.Last), StageQuantities.QueryNoiseWithSignal(run.Trajectory, run.Last)));

    private static double SmallestGap(RunView run)
    {
        double gap = double.PositiveInfinity;
        int? previous = null;
        foreach (string id in (string[])["T1", "T2", "s21", "key", "query"])
        {
            if (run.Stages[id].Step is not int step) continue;
            if (previous is int before) gap = Math.Min(gap, step - before);
            previous = step;
        }
        return gap;
    }
}
