using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Workbook.Core.Theory.Experiments;
using Xunit;

namespace Workbook.Core.Tests.Theory;

public class SnrSweepTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly double[] Ratios = [0.1, 0.2, 0.4, 0.8, 1.6];

    [Fact]
    public void A_curve_that_is_linear_in_log_SNR_is_read_back_exactly() => Gen.Select(Gen.Double[0.05, 0.3], Gen.Double[0.31, 0.5], Gen.Double[0.0, 1]).Sample((low, high, part) =>
    {
        double[] error = [.. Ratios.Select(x => high + (low - high) * Math.Log(x / 0.1) / Math.Log(16))];
        double level = high + (low - high) * (0.01 + 0.98 * part);
        EquivalentSnr at = EquivalentSnr.Of(Ratios, error, level);
        Assert.Equal(SnrBound.Inside, at.Bound);
        Assert.Equal(0.1 * Math.Pow(16, 0.01 + 0.98 * part), at.Snr, 1e-9);
    });

    [Fact]
    public void Outside_the_sweep_an_end_is_a_bound()
    {
        Assert.Equal(new EquivalentSnr(1.6, SnrBound.Above), EquivalentSnr.Of(Ratios, [0.5, 0.5, 0.4, 0.4, 0.3], 0.2));
        Assert.Equal(new EquivalentSnr(0.1, SnrBound.Below), EquivalentSnr.Of(Ratios, [0.1, 0.1, 0.1, 0, 0], 0.2));
        Assert.Equal(new EquivalentSnr(0.2, SnrBound.Below), EquivalentSnr.Of(Ratios, [double.NaN, 0.1, 0.1, 0, 0], 0.2));
        Assert.True(double.IsNaN(EquivalentSnr.Of([0.1], [double.NaN], 0.2).Snr));
    }

    [Fact]
    public void The_monotone_fit_is_the_nearest_of_all() => Gen.Double[0, 1].Array[1, 12].Sample(values =>
    {
        double[] fit = EquivalentSnr.NonIncreasing(values);
        Assert.Equal(values.Length, fit.Length);
        for (int k = 1; k < fit.Length; k++) Assert.True(fit[k] <= fit[k - 1]);
        Assert.Equal(values.Sum(), fit.Sum(), 1e-9);
        // The projection onto a cone: no residual along the fit itself, and none along any step function that would keep it in the cone.
        Assert.Equal(0, values.Zip(fit, (v, f) => (v - f) * f).Sum(), 1e-9);
        for (int k = 1; k <= fit.Length; k++) Assert.True(values.Take(k).Sum() - fit.Take(k).Sum() <= 1e-9);
    });

    [Fact]
    public void A_factor_is_taken_seed_by_seed_and_says_when_it_is_a_bound()
    {
        // GD falls through 0.2 at SNR 0.2 on both seeds; SignGD at 0.8, and never.
        LearningCurve Curve(Optimizer rule, ulong seed, double snr, double error) => new(
            new RunSpec { Data = new NoisyTextSource(new NoisyTextOptions { Snr = snr }, ""), Model = new ModelSpec(1, 1, 1), Optimizer = rule, Steps = 1, Seed = seed }, [0, 1], [0.7, 0.1], [0.7, 0.7], [0.5, error], [0.5, 0.5]);
        var curves = Ratios.SelectMany(snr => new[] { 1UL, 2UL }.SelectMany(seed => new[]
        {
            Curve(new GradientDescent(1), seed, snr, snr >= 0.2 ? 0.2 : 0.4),
            Curve(new SignGd(1), seed, snr, snr >= 0.8 && seed == 1 ? 0.2 : 0.4),
        }));
        SnrSweep sweep = SnrSweep.Of(curves, c => c.TestError[^1]);
        Assert.Equal(["GD", "SignGD"], sweep.Rules.Order());
        SnrFactor factor = sweep.Factor("SignGD", "GD", 0.2);
        Assert.Equal(4, factor.PerSeed[0], 1e-9);
        Assert.Equal(8, factor.PerSeed[1], 1e-9);
        Assert.Equal((1, 0), (factor.AtLeast, factor.AtMost));
        Assert.StartsWith("at least 6", factor.ToString(), StringComparison.Ordinal);
        Assert.Equal("not to be said", sweep.Factor("SignGD", "GD", 0.1).ToString());
    }

    [Fact]
    public void A_curve_is_read_at_equal_loss_between_its_rows()
    {
        var curve = new LearningCurve(Presets.Figure1, [0, 10, 20], [1, 0.1, 0], [1, 2, 3], [0.5, 0.3, 0.2], [0.5, 0.6, double.NaN]);
        Assert.Equal(0.4, curve.AtTrainLoss(Math.Sqrt(0.1), c => c.TestError), 1e-12); // half way in log loss
        Assert.Equal(10, curve.AtTrainLoss(0.1, c => c.Steps), 1e-12);
        Assert.Equal(0.3, curve.AtTrainLoss(1e-9, c => c.TestError), 1e-12); // the next loss is 0
        Assert.Equal(0.5, curve.AtTrainLoss(2, c => c.TestError));
        Assert.True(double.IsNaN((curve with { TrainLoss = [1, 0.5, 0.4] }).AtTrainLoss(0.1, c => c.TestError)));
        Assert.Equal(0.2, curve.LeastTestError);
        Assert.Equal(0.6, curve.At(99, c => c.NoiseAttention));
        Assert.Equal(0.35, curve.At(7.5, c => c.TestError), 1e-12);
        Assert.True(double.IsNaN(curve.At(-1, c => c.TestError)));
    }

    [Fact]
    public void Kept_numbers_are_the_runs_and_are_not_run_again()
    {
        using var folder = new TemporaryFolder();
        var setting = new SnrSetting(1e-2, 0.5, 6, 3, 2) { Model = new ModelSpec(3, 3, 1e-2), TestSize = 20 };
        var specs = SnrSpecs.SignalNoise(setting, [0.2, 1], d: 60, n: 5, s: 4);
        Assert.Equal(2 * 3 * 2, specs.Count);
        Assert.All(specs, spec => Assert.True(Math.Abs(SnrSweep.Ratio(spec) - 0.2) < 1e-12 || Math.Abs(SnrSweep.Ratio(spec) - 1) < 1e-12));
        var fresh = LearningCurve.RunAll(specs, cancel: Cancel);
        string file = folder.File("numbers.jsonl");
        var first = LearningCurve.RunAll(specs, numbers: new NumberCache(file), cancel: Cancel);
        long length = new FileInfo(file).Length;
        var second = LearningCurve.RunAll(specs, numbers: new NumberCache(file), cancel: Cancel);
        Assert.Equal(length, new FileInfo(file).Length);
        for (int k = 0; k < specs.Count; k++)
        {
            Assert.Equal(fresh[k].TestError, first[k].TestError);
            Assert.Equal(fresh[k].TrainLoss, second[k].TrainLoss);
            Assert.Equal(fresh[k].NoiseAttention, second[k].NoiseAttention);
        }
    }

    [Theory]
    [InlineData(0.6, 0.27, 0)] // strong enough for SignGD to err
    [InlineData(2, 0.41, 0.215)] // and for GD
    public void The_closed_forms_are_the_errors_of_one_even_step(double sigmaP, double signNear, double gdNear)
    {
        // v drawn from its definition, fresh noise from the distribution: Monte Carlo against the closed form.
        var law = new SignalNoise(400, 10, 20, sigmaP);
        Assert.Equal((signNear, gdNear), (EvenAttention.SignDescent(law), EvenAttention.GradientDescent(law)), (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.1 && Math.Abs(a.Item2 - b.Item2) < 0.05); // neither trivial
        var (sign, gd, trials) = (0.0, 0.0, 0);
        for (ulong seed = 1; seed <= 30; seed++)
        {
            Dataset train = law.DrawTraining(seed), test = law.DrawTest(seed, 0, 200);
            var v = new double[law.D];
            for (int i = 0; i < train.Count; i++)
                for (int l = 0; l < 2; l++)
                    for (int e = 0; e < train.Coordinates(2 * i + l).Length; e++) v[train.Coordinates(2 * i + l)[e]] += train.Labels[i] * train.Values(2 * i + l)[e] / law.N;
            double[] sgn = [.. v.Select(x => (double)Math.Sign(x))];
            for (int j = 0; j < test.Count; j++, trials++)
            {
                double Margin(double[] w) => Enumerable.Range(0, 2).Sum(l => Enumerable.Range(0, test.Coordinates(2 * j + l).Length).Sum(e => test.Labels[j] * test.Values(2 * j + l)[e] * w[test.Coordinates(2 * j + l)[e]]));
                if (Margin(sgn) <= 0) sign++;
                if (Margin(v) <= 0) gd++;
            }
        }

        Assert.Equal(EvenAttention.SignDescent(law), sign / trials, 0.02);
        Assert.Equal(EvenAttention.GradientDescent(law), gd / trials, 0.03); // takes the sum over samples for Gaussian
    }
}
