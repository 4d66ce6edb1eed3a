using Workbook.Core.Data;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory;

/// <summary>One event of a run: a definition, when it was seen, and when theory puts it.</summary>
/// <param name="Id">Stable name.</param>
/// <param name="Title">Short name for tables.</param>
/// <param name="Definition">The condition, as it is tested.</param>
/// <param name="Step">First recorded step at which the condition holds, or null where it was not reached.</param>
/// <param name="After">The recorded step before, at which it did not yet hold: the event lies in (After, Step].</param>
/// <param name="Predicted">Closed-form prediction in steps, or null where theory makes none for this run.</param>
public sealed record StageTime(string Id, string Title, string Definition, int? Step, int? After, double? Predicted);

/// <summary>
/// The stages of a run, read off its trajectory (paper, section 4; THEORY, section 6). Resolution is that of the recorded steps.
/// </summary>
public sealed class Stages
{
    /// <summary>Threshold on s_21.</summary>
    public const double NoiseSoftmaxThreshold = 0.01;

    /// <summary>Threshold on s_11.</summary>
    public const double SignalSoftmaxThreshold = 0.1;

    /// <summary>Threshold on the training loss.</summary>
    public const double LossThreshold = 0.01;

    private readonly Trajectory _run;

    private Stages(Trajectory run) => _run = run;

    /// <summary>All events in order.</summary>
    public IReadOnlyList<StageTime> All { get; private init; } = [];

    /// <summary>An event by its id.</summary>
    public StageTime this[string id] => All.First(s => s.Id == id);

    /// <summary>T1, mean value noise.</summary>
    public StageTime T1 => this["T1"];

    /// <summary>T2, sign alignment.</summary>
    public StageTime T2 => this["T2"];

    /// <summary>T3, majority voting.</summary>
    public StageTime T3 => this["T3"];

    /// <summary>T4, final alignment.</summary>
    public StageTime T4 => this["T4"];

    /// <summary>Reads the events off a trajectory.</summary>
    /// <exception cref="InputException">The families are not defined on this run's data.</exception>
    public static Stages Of(RunSpec spec, Trajectory run)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(run);
        if (run.FamiliesRefused is string why) throw new InputException("this run has no stages: " + why);
        var read = new Stages(run);
        Predictions? p = spec.Data is SignalNoiseSource source && spec.Optimizer is SignGd or SignMomentum or Adam && spec.Optimizer.Eta.Constant is double eta
            ? new Predictions(((SignalNoiseSource)spec.Data).Distribution, spec.Model, eta)
            : null;
        // Under Adam the losing query noise never turns: no prediction for what waits for it.
        Predictions? turning = spec.Optimizer is Adam { Beta2: > 0 } ? null : p;
        int n = run.Samples;
        // Fetched once: a column is found by its name.
        double[] valueNoise = run.ValueNoise, valueSignal = run.ValueSignal, s11Column = run.S11, s21Column = run.S21, trainLoss = run.TrainLoss;
        var t1 = read.First("T1", "mean value noise", "y_i v_xi_i > v_mu for every sample", p?.MeanValueNoise,
            row => AllAbove(valueNoise.AsSpan(row * n, n), valueSignal[row]));
        var t2 = read.First("T2", "sign alignment", "sgn(y_i q_xi_i) = sgn(y_i k_xi_i) for every sample and neuron", p?.SignAlignment,
            row => StageQuantities.AllPairsAligned(run, row));
        var t3 = read.First("T3", "majority voting", "sgn(q_mu) = sgn(sum_i y_i k_xi_i) and sgn(k_mu) = -sgn(q_mu) for every neuron", p?.MajorityVoting,
            row => StageQuantities.AllNeuronsMajority(run, row));
        var s21 = read.First("s21", "s_21 decayed", "median over samples of s_21 < 0.01", p?.SoftmaxBelow(NoiseSoftmaxThreshold),
            row => StageQuantities.MedianBelow(run, s21Column, row, NoiseSoftmaxThreshold));
        // The signs of stage IV are meaningful once attention has left the signal; before that agreement is a coincidence.
        int from = s21.Step ?? int.MaxValue;
        var key = read.First("key", "key noise turned", "after s_21 decayed: sgn(y_i k_xi_i) = sgn(q_mu) for every sample and neuron", p?.KeyNoiseAligned,
            row => run.Steps[row] >= from && StageQuantities.AllKeyNoiseWithSignal(run, row));
        var query = read.First("query", "query noise turned", "after s_21 decayed: sgn(y_i q_xi_i) = sgn(q_mu) for every sample and neuron", turning?.QueryNoiseAligned,
            row => run.Steps[row] >= from && StageQuantities.AllQueryNoiseWithSignal(run, row));
        var s11 = read.First("s11", "s_11 decayed", "median over samples of s_11 < 0.1", turning?.SignalSoftmaxBelow(SignalSoftmaxThreshold),
            row => StageQuantities.MedianBelow(run, s11Column, row, SignalSoftmaxThreshold));
        var t4 = read.First("T4", "final alignment", "sgn(q_xi) = sgn(k_xi) = sgn(q_mu) = -sgn(k_mu), noises times y_i, for every sample and neuron", turning?.QueryNoiseAligned,
            row => run.Steps[row] >= from && StageQuantities.AllKeyNoiseWithSignal(run, row) && StageQuantities.AllQueryNoiseWithSignal(run, row)
                && StageQuantities.AllNeuronsMajority(run, row));
        var loss = read.First("loss", "converged", "L_S < 0.01", p?.Convergence(LossThreshold), row => trainLoss[row] < LossThreshold);
        return new Stages(run) { All = [t1, t2, t3, s21, key, query, s11, t4, loss] };
    }

    private static bool AllAbove(ReadOnlySpan<double> values, double bound)
    {
        foreach (double value in values)
            if (!(value > bound)) return false;
        return true;
    }

    private StageTime First(string id, string title, string definition, double? predicted, Func<int, bool> holds)
    {
        for (int row = 0; row < _run.Rows; row++)
            if (holds(row)) return new StageTime(id, title, definition, _run.Steps[row], row > 0 ? _run.Steps[row - 1] : null, predicted);
        return new StageTime(id, title, definition, null, _run.Rows > 0 ? _run.Steps[^1] : null, predicted);
    }
}
