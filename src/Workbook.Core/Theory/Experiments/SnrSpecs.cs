using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>Rates, widths, horizon and seeds of a sweep over the SNR: all that does not depend on the data.</summary>
/// <param name="Eta">Rate of SignGD and Adam.</param>
/// <param name="EtaGd">Rate of GD.</param>
/// <param name="Steps">Updates.</param>
/// <param name="Every">Steps between two recorded rows; the test set is evaluated at each.</param>
/// <param name="Seeds">Seeds 1 .. Seeds.</param>
public sealed record SnrSetting(double Eta, double EtaGd, int Steps, int Every, int Seeds)
{
    /// <summary>Widths and initial scale.</summary>
    public ModelSpec Model { get; init; } = new(20, 20, 1e-3);

    /// <summary>Test samples (the most, where the data has no more).</summary>
    public int TestSize { get; init; } = 1000;

    /// <summary>
    /// Whether GD's rate at an SNR is <c>EtaGd * 2 / (1 + SNR^2)</c>: where the noise has a fixed norm, both patches together have 1 + SNR^2 times its square, by which a gradient step
    /// moves their inner products. A rate that suits SNR 1 is otherwise past stability where the signal is strong. The steps of SignGD and Adam do not grow with the data in this way.
    /// </summary>
    public bool ScaleGd { get; init; }

    /// <summary>Other recorded steps than every <c>Every</c>-th: a rule that fits in a few steps is read off wrongly at equal loss where rows are far apart.</summary>
    public Schedule? Rows { get; init; }

    /// <summary>SignGD, Adam and GD at their rates.</summary>
    /// <param name="snr">The SNR that the runs will have.</param>
    public IReadOnlyList<Optimizer> Rules(double snr) => [new SignGd(Eta), new Adam(Eta), new GradientDescent(ScaleGd ? EtaGd * 2 / (1 + snr * snr) : EtaGd)];
}

/// <summary>The runs of sweeps over the SNR: every rule on every seed at every ratio, on three kinds of data.</summary>
public static class SnrSpecs
{
    /// <summary>The theory's data: sigma_p is the knob, <c>sigma_p = 1 / (SNR sqrt(s))</c>.</summary>
    /// <param name="setting">Rates, widths, horizon, seeds.</param>
    /// <param name="snr">The ratios.</param>
    /// <param name="d">Dimension.</param>
    /// <param name="n">Training samples.</param>
    /// <param name="s">Non-zero coordinates of a noise.</param>
    public static IReadOnlyList<RunSpec> SignalNoise(SnrSetting setting, IEnumerable<double> snr, int d = 2000, int n = 20, int s = 40) =>
        All(setting, snr, ratio => new SignalNoiseSource(new SignalNoise(d, n, s, 1 / (ratio * Math.Sqrt(s)))));

    /// <summary>Noisy digits, 3 against 7, noise in every pixel of its patch.</summary>
    /// <param name="setting">Rates, widths, horizon, seeds.</param>
    /// <param name="snr">The ratios.</param>
    /// <param name="images">The digits.</param>
    /// <param name="n">Training images.</param>
    public static IReadOnlyList<RunSpec> Digits(SnrSetting setting, IEnumerable<double> snr, DigitImages images, int n = 100)
    {
        ArgumentNullException.ThrowIfNull(images);
        return All(setting, snr, ratio => new NoisyImagesSource(new NoisyImagesOptions { Snr = ratio, TrainingCount = n }, images.ImagesSha256, images.LabelsSha256));
    }

    /// <summary>Noisy text.</summary>
    /// <param name="setting">Rates, widths, horizon, seeds.</param>
    /// <param name="snr">The ratios.</param>
    /// <param name="text">The sentences.</param>
    /// <param name="options">Everything but the SNR.</param>
    public static IReadOnlyList<RunSpec> Text(SnrSetting setting, IEnumerable<double> snr, SentimentText text, NoisyTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        string digest = text.Sha256();
        return All(setting, snr, ratio => new NoisyTextSource(options with { Snr = ratio, MaxTestCount = int.MaxValue }, digest));
    }

    private static List<RunSpec> All(SnrSetting setting, IEnumerable<double> snr, Func<double, DataSpec> data)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(snr);
        return
        [
            .. from ratio in snr from rule in setting.Rules(ratio) from seed in ReproductionSize.Range(setting.Seeds)
               select new RunSpec
               {
                   Data = data(ratio),
                   Model = setting.Model,
                   Optimizer = rule,
                   Steps = setting.Steps,
                   Record = setting.Rows ?? Schedule.Every(setting.Every),
                   Test = setting.Rows ?? Schedule.Every(setting.Every),
                   TestSize = setting.TestSize,
                   Seed = seed,
               }.Validate(),
        ];
    }
}
