using System.Runtime.Intrinsics;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Training in the six families of inner products themselves (THEORY, section 5): the state is q_mu, k_mu [m_k], y q_xi, y k_xi
/// [n, m_k], v_mu, y v_xi [n], and explicit columns for the coordinates that two or more noises share. Exact for signal-noise
/// data under a rule that is linear or scale-invariant in the gradient; O(n m_k) per step, independent of d and s.
/// </summary>
/// <remarks>
/// A coordinate that only xi_i touches has gradient (coefficient of sample i) * xi_{i,c}, so all of them together move
/// &lt;w, xi_i&gt; by G_i times the direction of the coefficient: G_i = sum |xi_{i,c}| for a scale-invariant rule, sum xi_{i,c}^2
/// for a linear one, over those coordinates. Every quantity is therefore held as
/// <c>start + rate * G * a</c>, where a accumulates directions: under SignGD with a constant rate a is an integer, and no
/// rounding accumulates at any horizon.
/// <para>
/// With D_i = k_mu - y_i k_xi_i (a row of m_k), the score differences are a_{i,1} = q_mu . D_i and a_{i,2} = y_i q_xi_i . D_i, and
/// with C_i = beta_{i,1} q_mu + beta_{i,2} y_i q_xi_i all descent coefficients follow:
/// <code>
/// q_mu: -sum_i beta_{i,1} D_i     y_i q_xi_i: -beta_{i,2} D_i
/// k_mu: -sum_i C_i                y_i k_xi_i:  C_i
/// </code>
/// Under SignGD with a constant rate the state is counted (<see cref="CountedDynamics{TVector, TLanes}"/>) while few directions change (<see cref="SettlingDynamics{TVector, TLanes}"/>): scores are quadratics
/// between changes, a sign is looked at again when it is no longer certain to hold, and <see cref="TrainingEngine.UpdateTowards"/> jumps over steps at which nothing is due. Where samples share a coordinate with entries y xi_c of different
/// sign, the value's sign there keeps changing for as long as training lasts (the two losses stay in balance); then, and under other rules, every step is made
/// (<see cref="AccumulatedDynamics{TVector, TLanes}"/>; under SignGD with very many shared coordinates <see cref="PanelDynamics{TVector, TLanes}"/>).
/// </para>
/// </remarks>
public sealed class ReducedEngine : TrainingEngine, IDisposable
{
    private readonly ReducedStart _start;
    private readonly ReducedDynamics _dynamics;
    private double[]? _initial;

    /// <summary>Projects W(0) onto mu and the noises and sets up the state.</summary>
    /// <exception cref="InputException">The problem is not one that this engine trains exactly (<see cref="Refusal"/>).</exception>
    public ReducedEngine(TrainingProblem problem) : this(problem, null)
    {
    }

    /// <summary>The same with the state moved in a given way, where there is more than one.</summary>
    internal ReducedEngine(TrainingProblem problem, ReducedWay? way) : base(problem)
    {
        if (Refusal(problem) is string why) throw new InputException("the reduced engine is not exact here: " + why);
        _start = new ReducedStart(Problem);
        _dynamics = Dynamics(_start, way);
    }

    /// <summary>In the longest vectors there are.</summary>
    private static ReducedDynamics Dynamics(ReducedStart start, ReducedWay? way) =>
        Vector512.IsHardwareAccelerated ? Dynamics<Vector512<double>, Lanes512<double>>(start, way)
        : Vector256.IsHardwareAccelerated ? Dynamics<Vector256<double>, Lanes256<double>>(start, way)
        : Vector128.IsHardwareAccelerated ? Dynamics<Vector128<double>, Lanes128<double>>(start, way)
        : Dynamics<double, Lanes1<double>>(start, way);

    private static ReducedDynamics Dynamics<TVector, TLanes>(ReducedStart start, ReducedWay? way)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        if (start.Problem.Optimizer is not SignGd { Eta.Constant: double rate }) return new AccumulatedDynamics<TVector, TLanes>(start);
        return (way ?? Fastest(start, rate)) switch
        {
            ReducedWay.Counted when !start.Shared.Contested => new CountedDynamics<TVector, TLanes>(start, rate),
            ReducedWay.Settling when !start.Shared.Contested => new SettlingDynamics<TVector, TLanes>(start, rate),
            ReducedWay.Panels => new PanelDynamics<TVector, TLanes>(start),
            _ => new AccumulatedDynamics<TVector, TLanes>(start),
        };
    }

    /// <summary>SignGD with a constant rate is counted where most steps change no sign.</summary>
    private static ReducedWay Fastest(ReducedStart start, double rate) =>
        !start.Shared.Contested ? ReducedWay.Settling : PanelDynamics.Takes(start, rate, PanelDynamics.LeastSums) ? ReducedWay.Panels : ReducedWay.Accumulated;

    /// <inheritdoc/>
    public override string Name => "reduced";

    /// <summary>Coordinates that two or more noises share, which this engine carries one by one.</summary>
    public int SharedCount => _start.SharedCount;

    /// <summary>Why this engine is not exact for a problem (one sentence), or null where it is.</summary>
    public static string? Refusal(TrainingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var data = problem.Data;
        if (problem.Optimizer.Closure == Closure.None)
            return "Adam with eps > 0 moves each coordinate by an amount that depends on |xi_c|; use eps = 0, or the support engine.";
        if (data.FamiliesRefused is string families) return families;
        int signalColumn = OnlyCoordinate(data.Mu!);
        if (signalColumn < 0) return "mu has to lie along one coordinate.";
        for (int i = 0; i < data.Count; i++)
        {
            var (signal, noise) = data.Pair(i);
            var at = data.Coordinates(signal);
            if (at.Length != 1 || at[0] != signalColumn || data.Values(signal)[0] != data.Labels[i] * data.Mu![signalColumn])
                return $"the signal patch of sample {i} is not y mu.";
            if (data.Coordinates(noise).Contains(signalColumn)) return $"the noise of sample {i} is not orthogonal to mu.";
        }
        return null;
    }

    /// <summary>Where the one entry of a vector is that is not 0; -1 where there is none or more than one.</summary>
    private static int OnlyCoordinate(double[] x)
    {
        int at = -1;
        for (int c = 0; c < x.Length; c++)
        {
            if (x[c] == 0) continue;
            if (at >= 0) return -1;
            at = c;
        }
        return at;
    }

    /// <summary>Frees the state at once; without it the collector does.</summary>
    public void Dispose() => _dynamics.Dispose();

    /// <inheritdoc/>
    public override void Forward() => _dynamics.Forward(Step);

    /// <inheritdoc/>
    protected override void Advance(double eta) => _dynamics.Advance(Step, eta);

    private protected override int AdvanceTowards(int last, double eta) => _dynamics.AdvanceTowards(Step, last, eta);

    /// <summary>Steps that were visited; under SignGD with a constant rate no sign could change at the others (<see cref="TrainingEngine.UpdateTowards"/>).</summary>
    public int Evaluated => _dynamics.Evaluated;

    /// <inheritdoc/>
    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        _dynamics.Observe(into);
    }

    /// <inheritdoc/>
    public override TransformerWeights CurrentWeights()
    {
        var weights = Problem.Weights.Materialise();
        int d = weights.D;
        var (query, key) = (new double[weights.MK], new double[weights.MK]);
        _start.ForEachColumn((c, queryRow, keyRow, scalar, factor) =>
        {
            double unit = _dynamics.Rate * factor, value = unit * _dynamics.Moved(Step, scalar);
            _dynamics.Moved(Step, queryRow, query);
            _dynamics.Moved(Step, keyRow, key);
            for (int r = 0; r < weights.MK; r++)
            {
                weights.Query[r * d + c] += unit * query[r];
                weights.Key[r * d + c] += unit * key[r];
            }
            for (int r = 0; r < weights.MV; r++)
            {
                weights.ValuePositive[r * d + c] += value;
                weights.ValueNegative[r * d + c] -= value;
            }
        });
        return weights;
    }

    private protected override void WriteColumns(ColumnWeights columns)
    {
        int m_k = _start.MK, at = 0;
        bool first = _initial is null;
        // W(0) of the coordinates that move, [query | key | value] of each, from columns that nothing was written to yet.
        _initial ??= new double[checked(Problem.Data.Index.Length * (2 * m_k + 1))];
        double[] initial = _initial, movedQuery = new double[m_k], movedKey = new double[m_k];
        int row = -1;
        _start.ForEachColumn((c, queryRow, keyRow, scalar, factor) =>
        {
            double unit = _dynamics.Rate * factor;
            Span<double> query = columns.Query(c), key = columns.Key(c), start = initial.AsSpan(at, 2 * m_k + 1);
            at += start.Length;
            if (first)
            {
                query.CopyTo(start);
                key.CopyTo(start[m_k..]);
                start[2 * m_k] = columns.Value[c];
            }
            // Coordinates of one sample come one after the other.
            if (queryRow != row)
            {
                row = queryRow;
                _dynamics.Moved(Step, queryRow, movedQuery);
                _dynamics.Moved(Step, keyRow, movedKey);
            }
            Combine(start[..m_k], unit, movedQuery, query);
            Combine(start.Slice(m_k, m_k), unit, movedKey, key);
            columns.Value[c] = start[2 * m_k] + 2 * unit * _dynamics.Moved(Step, scalar);
        });
    }

    /// <summary>z = x + a y, for rows without padding.</summary>
    private static void Combine(ReadOnlySpan<double> x, double a, ReadOnlySpan<double> y, Span<double> z)
    {
        int r = 0;
        for (var factor = Vector256.Create(a); r <= z.Length - 4; r += 4) Vector256.FusedMultiplyAdd(factor, Vector256.Create(y[r..]), Vector256.Create(x[r..])).CopyTo(z[r..]);
        for (; r < z.Length; r++) z[r] = Math.FusedMultiplyAdd(a, y[r], x[r]);
    }
}
