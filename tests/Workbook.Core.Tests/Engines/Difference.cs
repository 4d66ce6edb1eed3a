using Workbook.Core.Engines;
using Workbook.Core.Models;

namespace Workbook.Core.Tests.Engines;

/// <summary>
/// How far two trajectories are apart, column by column. Inner products and margins: relative to the largest of their column at
/// that step. Losses: relative. Logarithms and errors: relative, absolute below 1.
/// </summary>
internal sealed class Difference
{
    private readonly Dictionary<string, (double Worst, int Step)> _worst = new(StringComparer.Ordinal);

    public static Difference Between(List<(int Step, Observation Seen)> reference, List<(int Step, Observation Seen)> other)
    {
        if (reference.Count != other.Count) throw new ArgumentException("the trajectories have different rows.");
        var difference = new Difference();
        foreach (var ((step, a), (_, b)) in reference.Zip(other)) difference.Add(step, a, b);
        return difference;
    }

    public double Worst => _worst.Values.Max(w => w.Worst);

    public double this[string column] => _worst[column].Worst;

    /// <summary>The worst column.</summary>
    public override string ToString()
    {
        var (name, (worst, step)) = _worst.MaxBy(w => w.Value.Worst);
        return FormattableString.Invariant($"{worst:e1} ({name}, step {step})");
    }

    private void Add(int step, Observation a, Observation b)
    {
        // Below this a double has no full precision left; the logarithm is compared anyway.
        const double Tiny = 1e-290;
        if (a.TrainLoss > Tiny) Note("train_loss", step, Math.Abs(a.TrainLoss - b.TrainLoss) / a.TrainLoss);
        else if (!(b.TrainLoss <= 2 * Tiny)) Note("train_loss", step, double.PositiveInfinity);
        Note("log_train_loss", step, Log([a.LogTrainLoss], [b.LogTrainLoss]));
        Note("train_error", step, Log([a.TrainError], [b.TrainError]));
        Note("query_signal", step, Relative(a.QuerySignal, b.QuerySignal));
        Note("key_signal", step, Relative(a.KeySignal, b.KeySignal));
        Note("query_noise", step, Relative(a.QueryNoise, b.QueryNoise));
        Note("key_noise", step, Relative(a.KeyNoise, b.KeyNoise));
        Note("value_signal", step, Relative([a.ValueSignal], [b.ValueSignal]));
        Note("value_noise", step, Relative(a.ValueNoise, b.ValueNoise));
        Note("log_s11", step, Log(a.LogS11, b.LogS11));
        Note("log_s21", step, Log(a.LogS21, b.LogS21));
        Note("margin", step, Relative(a.Margin, b.Margin));
    }

    public void Note(string column, int step, double value)
    {
        // NaN on one side only has to count as the worst.
        if (double.IsNaN(value)) value = double.PositiveInfinity;
        if (!_worst.TryGetValue(column, out var before) || value > before.Worst) _worst[column] = (value, step);
    }

    public static double Relative(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double scale = 0, worst = 0;
        foreach (double x in a) scale = Math.Max(scale, Math.Abs(x));
        for (int k = 0; k < a.Length; k++)
        {
            if (a[k].Equals(b[k])) continue;
            double apart = Math.Abs(a[k] - b[k]) / scale;
            worst = double.IsNaN(apart) ? double.PositiveInfinity : Math.Max(worst, apart);
        }
        return worst;
    }

    public static double Relative(TransformerWeights a, TransformerWeights b) => Problems.Matrices.Max(m => Relative(a[m], b[m]));

    private static double Log(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double worst = 0;
        for (int k = 0; k < a.Length; k++)
        {
            if (a[k].Equals(b[k])) continue;
            double apart = Math.Abs(a[k] - b[k]) / Math.Max(1, Math.Abs(a[k]));
            worst = double.IsNaN(apart) ? double.PositiveInfinity : Math.Max(worst, apart);
        }
        return worst;
    }
}
