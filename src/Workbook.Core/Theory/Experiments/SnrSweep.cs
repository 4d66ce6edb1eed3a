using Workbook.Core.Data;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>Where a curve over the SNR comes down to a level.</summary>
public enum SnrBound
{
    /// <summary>Between two points of the sweep: the SNR is interpolated.</summary>
    Inside,

    /// <summary>It is there at the smallest SNR already: the SNR is an upper bound.</summary>
    Below,

    /// <summary>It is not there at the largest SNR: the SNR is a lower bound.</summary>
    Above,
}

/// <summary>The SNR at which a test error is reached.</summary>
/// <param name="Snr">The SNR, or the end of the sweep that bounds it; NaN where no point has a value.</param>
/// <param name="Bound">Which of the two.</param>
public readonly record struct EquivalentSnr(double Snr, SnrBound Bound)
{
    /// <summary>
    /// Reads the level off a curve. The curve is first made non-increasing by the least-squares fit of that kind (pool adjacent violators), since a single seed's errors jitter;
    /// between two points it is linear in log SNR. Points without a value are left out.
    /// </summary>
    /// <param name="snr">SNRs, increasing.</param>
    /// <param name="error">Errors, one per SNR.</param>
    /// <param name="level">The error to be reached.</param>
    public static EquivalentSnr Of(IReadOnlyList<double> snr, IReadOnlyList<double> error, double level)
    {
        ArgumentNullException.ThrowIfNull(snr);
        ArgumentNullException.ThrowIfNull(error);
        int[] there = [.. Enumerable.Range(0, snr.Count).Where(k => !double.IsNaN(error[k]))];
        if (there.Length == 0) return new EquivalentSnr(double.NaN, SnrBound.Above);
        double[] x = [.. there.Select(k => snr[k])], fit = NonIncreasing([.. there.Select(k => error[k])]);
        int at = Array.FindIndex(fit, e => e <= level);
        if (at < 0) return new EquivalentSnr(x[^1], SnrBound.Above);
        if (at == 0) return new EquivalentSnr(x[0], SnrBound.Below);
        double part = (fit[at - 1] - level) / (fit[at - 1] - fit[at]);
        return new EquivalentSnr(x[at - 1] * Math.Pow(x[at] / x[at - 1], part), SnrBound.Inside);
    }

    /// <summary>The non-increasing sequence nearest to the values in least squares.</summary>
    public static double[] NonIncreasing(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var pools = new List<(double Sum, int Count)>();
        foreach (double value in values)
        {
            pools.Add((value, 1));
            while (pools.Count > 1 && pools[^2].Sum * pools[^1].Count < pools[^1].Sum * pools[^2].Count)
            {
                var (last, before) = (pools[^1], pools[^2]);
                pools.RemoveRange(pools.Count - 2, 2);
                pools.Add((last.Sum + before.Sum, last.Count + before.Count));
            }
        }

        return [.. pools.SelectMany(pool => Enumerable.Repeat(pool.Sum / pool.Count, pool.Count))];
    }
}

/// <summary>How many times the SNR of a reference a rule needs for the same test error, over seeds.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Reference">What it is compared with.</param>
/// <param name="Level">The test error.</param>
/// <param name="PerSeed">SNR of the rule over SNR of the reference on the same seed; seeds on which the two together say nothing (both out of the sweep on one side) are left out.</param>
/// <param name="AtLeast">Seeds on which the ratio is a lower bound: the rule does not get there within the sweep, or the reference is there at its first point.</param>
/// <param name="AtMost">Seeds on which it is an upper bound.</param>
public sealed record SnrFactor(string Rule, string Reference, double Level, IReadOnlyList<double> PerSeed, int AtLeast, int AtMost)
{
    /// <summary>Median over seeds; NaN where there is none.</summary>
    public double Median => PerSeed.Count == 0 ? double.NaN : MathNet.Numerics.Statistics.Statistics.Median(PerSeed);

    /// <summary>Least over seeds.</summary>
    public double Low => PerSeed.Count == 0 ? double.NaN : PerSeed.Min();

    /// <summary>Largest over seeds.</summary>
    public double High => PerSeed.Count == 0 ? double.NaN : PerSeed.Max();

    /// <summary>In words, such as <c>2.9 (2.7 to 3.4)</c>, <c>at least 31 (28 to 33)</c>, or <c>not to be said</c>.</summary>
    public override string ToString() => PerSeed.Count == 0 ? "not to be said"
        : FormattableString.Invariant($"{(AtLeast > 0 && AtMost > 0 ? "about " : AtLeast > 0 ? "at least " : AtMost > 0 ? "at most " : "")}{Median:G2} ({Low:G2} to {High:G2})");
}

/// <summary>One number of every run of a sweep over SNR, rule and seed.</summary>
public sealed class SnrSweep
{
    private readonly Dictionary<string, double[,]> _values;

    private SnrSweep(double[] snr, ulong[] seeds, Dictionary<string, double[,]> values) => (Snr, Seeds, _values) = (snr, seeds, values);

    /// <summary>SNRs, increasing.</summary>
    public double[] Snr { get; }

    /// <summary>Seeds, increasing.</summary>
    public ulong[] Seeds { get; }

    /// <summary>Rules by title, in the order in which they came.</summary>
    public IReadOnlyCollection<string> Rules => _values.Keys;

    /// <summary>The numbers of a rule, [seeds, SNRs]; NaN where there is no such run.</summary>
    public double[,] this[string rule] => _values[rule];

    /// <summary>Reads one number off every curve.</summary>
    /// <param name="curves">The runs.</param>
    /// <param name="read">The number, for instance <c>c =&gt; c.TestError[^1]</c>.</param>
    public static SnrSweep Of(IEnumerable<LearningCurve> curves, Func<LearningCurve, double> read)
    {
        ArgumentNullException.ThrowIfNull(curves);
        ArgumentNullException.ThrowIfNull(read);
        LearningCurve[] all = [.. curves];
        double[] snr = [.. all.Select(c => Ratio(c.Spec)).Distinct().Order()];
        ulong[] seeds = [.. all.Select(c => c.Spec.Seed).Distinct().Order()];
        var values = new Dictionary<string, double[,]>(StringComparer.Ordinal);
        foreach (LearningCurve curve in all)
        {
            if (!values.TryGetValue(curve.Spec.Optimizer.Title, out double[,]? of))
            {
                values[curve.Spec.Optimizer.Title] = of = new double[seeds.Length, snr.Length];
                System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref of[0, 0], of.Length).Fill(double.NaN);
            }

            of[Array.IndexOf(seeds, curve.Spec.Seed), Array.IndexOf(snr, Ratio(curve.Spec))] = read(curve);
        }

        return new SnrSweep(snr, seeds, values);
    }

    /// <summary>SNR of a run: <c>1 / (sigma_p sqrt(s))</c> of the theory's data, the ratio of the norms that images and text are scaled to.</summary>
    /// <exception cref="ArgumentException">The data has no SNR.</exception>
    public static double Ratio(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Data switch
        {
            SignalNoiseSource { Distribution: var law } => 1 / (law.SigmaP * Math.Sqrt(law.S)),
            NoisyImagesSource images => images.Options.Snr,
            NoisyTextSource text => text.Options.Snr,
            _ => throw new ArgumentException($"{spec.Data.GetType().Name} has no SNR.", nameof(spec)),
        };
    }

    /// <summary>Where each seed's curve of a rule comes down to a level.</summary>
    public EquivalentSnr[] Reaching(string rule, double level) =>
        [.. Enumerable.Range(0, Seeds.Length).Select(row => EquivalentSnr.Of(Snr, [.. Enumerable.Range(0, Snr.Length).Select(k => this[rule][row, k])], level))];

    /// <summary>The SNR of a rule over that of a reference at one level, seed by seed.</summary>
    public SnrFactor Factor(string rule, string reference, double level)
    {
        var (ratios, atLeast, atMost) = (new List<double>(), 0, 0);
        foreach (var (mine, other) in Reaching(rule, level).Zip(Reaching(reference, level)))
        {
            bool least = mine.Bound == SnrBound.Above || other.Bound == SnrBound.Below, most = mine.Bound == SnrBound.Below || other.Bound == SnrBound.Above;
            if ((least && most) || double.IsNaN(mine.Snr / other.Snr)) continue;
            ratios.Add(mine.Snr / other.Snr);
            if (least) atLeast++;
            if (most) atMost++;
        }

        return new SnrFactor(rule, reference, level, ratios, atLeast, atMost);
    }
}
