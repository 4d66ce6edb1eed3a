using System.Runtime.InteropServices;
using Workbook.Core.Data;
using Workbook.Core.Engines.Support;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// Training on the touched columns only. A coordinate outside every patch of the training set has gradient exactly zero under
/// every rule here, so leaving it out changes nothing: exact for any data, model width and optimizer, at a cost per step of
/// O(entries of X * m_k), independent of d. Coordinates that one patch alone touches move as one column where the rule allows it
/// (<see cref="TouchedColumns"/>); then the cost falls to O((patches + shared entries) m_k).
/// </summary>
/// <remarks>
/// W_V enters through v alone: all rows of W_{V,j} have the gradient j g, so one shared displacement a moves them all
/// (W_{V,j,r} = W_{V,j,r}(0) + j a) and v = v(0) + 2 a.
/// <para>
/// One block of coordinates: [W_Q | W_K | a]. W_Q and W_K lie as <see cref="RowPanels"/>, a row per column of W; projections and coefficients
/// in the same way, a row per patch. Then a step is products of a sparse matrix with such panels (<see cref="SparseRows"/>): gradients by column, projections by patch,
/// and one pass through attention between them; under SignGD column by column in one (<see cref="ColumnSteps"/>). An update leaves the projections of the new weights behind.
/// Under SignGD on the paper's data <see cref="SignalNoiseSteps"/> does all this on rows of its own, and rows of W_Q and W_K lie by turns.
/// </para>
/// </remarks>
public sealed unsafe class SupportEngine : TrainingEngine
{
    /// <summary>Neurons of a panel under SignGD: small enough for a panel of projections and of coefficients to stay in the first-level cache. A row this long or shorter is not cut.</summary>
    internal const int SignPanel = 16, Uncut = 32;

    /// <summary>Neurons of a panel under any other rule: 8 vectors of 512 bits.</summary>
    private const int Panel = 64;

    private readonly TouchedColumns _touched;
    private readonly IAttentionPass<double> _attention;
    private readonly PairAttention? _pair;
    private readonly SignalNoiseSteps? _signalNoise;
    private readonly OptimizerState<double> _state;
    private readonly int _m_k, _keyAt, _valueAt;
    // _columns: where W_Q and W_K lie, a row per column; _patches: projections and coefficients, a row per patch (none where _signalNoise has them).
    private readonly RowPanels _columns, _patches;
    private readonly AlignedBlock<double> _w, _q, _k;
    private readonly double[] _start, _v0, _v, _u;
    private AlignedBlock<double>? _descent, _onQuery, _onKey;
    private bool _scored;
    private int[] _exponents = [];
    private Scaling? _scaling;
    private Signal? _signal;
    private double[]? _initial;

    /// <summary>Draws the touched columns of W(0) and sets up the buffers of a step.</summary>
    public SupportEngine(TrainingProblem problem) : this(problem, anyData: false) { }

    /// <param name="problem">The problem.</param>
    /// <param name="anyData">Steps as for any data, whatever the data is: to the last bit the same.</param>
    internal SupportEngine(TrainingProblem problem, bool anyData) : base(problem)
    {
        var data = Problem.Data;
        _touched = new TouchedColumns(data, Problem.Optimizer.Closure);
        _m_k = Problem.Weights.MK;
        _signalNoise = Problem.Optimizer is SignGd && !anyData ? SignalNoiseSteps.Of(data, _touched, _m_k) : null;
        int stride = Rows.Pad(_m_k), patches = data.Count * data.Length, panel = PanelOf(stride), padding = 0;
        if (_signalNoise is null)
        {
            _columns = new RowPanels(_touched.Count, stride, panel);
            _patches = new RowPanels(patches, stride, panel);
            _keyAt = _columns.Size;
            _valueAt = checked(2 * _keyAt);
        }
        else
        {
            _columns = _signalNoise.Columns;
            _keyAt = _columns.Panel;
            _valueAt = _columns.Size;
            padding = SignalNoiseSteps.Padding;
        }
        int size = checked(_valueAt + _touched.Count);
        _w = new AlignedBlock<double>(checked(size + padding));
        _q = new AlignedBlock<double>(_patches.Size);
        _k = new AlignedBlock<double>(_patches.Size);
        _u = new double[patches];
        _v0 = GC.AllocateArray<double>(_touched.Count + padding, pinned: true);
        DrawColumns();
        _v = GC.AllocateUninitializedArray<double>(_v0.Length, pinned: true);
        _v0.CopyTo(_v, 0);
        _start = _w.Span[.._valueAt].ToArray();
        _pair = data.Length == 2 ? new PairAttention(data, _patches, Problem.Weights.MV) : null;
        _attention = _pair ?? (IAttentionPass<double>)new ExactAttention(data, _m_k, stride, Problem.Weights.MV);
        // SignGD remembers nothing and is applied where the gradient is summed.
        _state = Problem.Optimizer.CreateState<double>(size);
        if (_signalNoise is not null)
        {
            _signalNoise.Begin(_w.Pointer, _w.Pointer + _valueAt, Address(_v0), Address(_v));
            return;
        }
        ProjectAll();
        SparseRows.Run(_touched.ByPatch, _v, _u);
    }

    private static double* Address(double[] pinned) => (double*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private int PanelOf(int stride) =>
        Problem.Data.Length != 2 ? stride
        : Problem.Optimizer is SignGd ? (stride <= Uncut ? stride : SignPanel)
        : Math.Min(Panel, stride);

    /// <inheritdoc/>
    public override string Name => "support";

    private Span<double> Query => _w.Span[.._valueAt];

    private Span<double> Key => _w.Span[_keyAt.._valueAt];

    private Span<double> Displacement => _w.Span.Slice(_valueAt, _touched.Count);

    /// <summary>w~(0) of every column: its coordinates' initial columns, weighted.</summary>
    private void DrawColumns()
    {
        // Many at once are drawn faster; they should still be in the cache when they are added.
        const int AtATime = 128;
        InitialWeights weights = Problem.Weights;
        int most = Math.Min(AtATime, _touched.Coordinates.Length);
        double[] rows = new double[most * Math.Max(_m_k, weights.MV)], values = new double[most];
        for (int from = 0; from < _touched.Coordinates.Length; from += AtATime)
        {
            ReadOnlySpan<int> some = _touched.Coordinates.AsSpan(from, Math.Min(AtATime, _touched.Coordinates.Length - from)), column = _touched.Column.AsSpan(from, some.Length);
            ReadOnlySpan<double> share = _touched.Share.AsSpan(from, some.Length);
            weights.Columns(WeightMatrix.Query, some, rows);
            for (int j = 0; j < some.Length; j++) _columns.Add(share[j], rows.AsSpan(j * _m_k, _m_k), Query, column[j]);
            weights.Columns(WeightMatrix.Key, some, rows);
            for (int j = 0; j < some.Length; j++) _columns.Add(share[j], rows.AsSpan(j * _m_k, _m_k), Key, column[j]);
            weights.MeanValues(some, values, rows);
            for (int j = 0; j < some.Length; j++) _v0[column[j]] += share[j] * values[j];
        }
    }

    /// <summary>q (or k) of all patches for the neurons of panel j of W_Q (or W_K).</summary>
    private void Project(int j, double* w, AlignedBlock<double> into)
    {
        int pitch = _columns.Pitch(j);
        SparseRows.Run<TakeSum<double>>(_touched.ByPatch, w + _columns.Start(j), pitch, into.Pointer + _patches.Start(j), pitch, pitch, 0);
        GC.KeepAlive(this);
    }

    private void ProjectAll()
    {
        for (int j = 0; j < _columns.Count; j++)
        {
            Project(j, _w.Pointer, _q);
            Project(j, _w.Pointer + _keyAt, _k);
        }
    }

    /// <inheritdoc/>
    public override void Forward()
    {
        if (_signalNoise is not null)
        {
            _signalNoise.Weigh(_pair!);
            return;
        }
        // Panel by panel, an update leaves the scores of the new weights behind too.
        if (_scored) _pair!.Weigh(_u); else _attention.Forward(_q.Span, _k.Span, _u);
    }

    /// <inheritdoc/>
    protected override void Advance(double eta)
    {
        if (_signalNoise is not null) StepSignalNoise(_signalNoise, _pair!, eta);
        else if (_pair is not null && Problem.Optimizer is SignGd) StepPanels(_pair, eta);
        else
        {
            _attention.Backward(_q.Span, _k.Span, _u);
            FollowScales();
            if (Problem.Optimizer is SignGd) StepSigns(eta); else StepByRule(eta);
        }
    }

    private void FollowScales()
    {
        if (_attention.Scaled) (_scaling ??= new Scaling(_touched)).Follow(_attention);
    }

    /// <summary>SignGD where the data is signal and noise.</summary>
    private void StepSignalNoise(SignalNoiseSteps steps, PairAttention pair, double eta)
    {
        pair.Rescale();
        steps.Step(pair, _w.Pointer, backwards: (Step & 1) != 0, eta);
        GC.KeepAlive(this);
    }

    /// <summary>
    /// SignGD on two patches, panel by panel: from projections to coefficients, to steps of the columns, to projections and their part of the scores, all of
    /// it in the cache.
    /// </summary>
    private void StepPanels(PairAttention pair, double eta)
    {
        pair.TakeWeights();
        FollowScales();
        var by = ByColumn();
        _onQuery ??= new AlignedBlock<double>(_patches.Rows * _patches.Pitch(0));
        _onKey ??= new AlignedBlock<double>(_onQuery.Length);
        pair.BeginScores();
        for (int turn = 0; turn < _columns.Count; turn++)
        {
            // To and fro: the panels that one step leaves in the cache are the first of the next.
            int j = (Step & 1) == 0 ? turn : _columns.Count - 1 - turn;
            int pitch = _columns.Pitch(j), columns = _columns.Start(j), patches = _patches.Start(j);
            pair.TurnToDescent(j, _q.Pointer, _k.Pointer, _onQuery.Pointer, _onKey.Pointer);
            ColumnSteps.Run(_touched.ByColumn, _touched.Runs, by.Query.Value, _onQuery.Pointer, _w.Pointer + columns, _q.Pointer + patches, pitch, eta);
            ColumnSteps.Run(_touched.ByColumn, _touched.Runs, by.Key.Value, _onKey.Pointer, _w.Pointer + _keyAt + columns, _k.Pointer + patches, pitch, eta);
            pair.AddScores(j, _q.Pointer, _k.Pointer);
        }
        ColumnSteps.Value(_touched.ByColumn, by.Value.Value, pair.ValueCoefficient, _v0, Displacement, _v, _u, eta);
        _scored = true;
        GC.KeepAlive(this);
    }

    /// <summary>SignGD on any number of patches. Exponents never change a sign.</summary>
    private void StepSigns(double eta)
    {
        var by = ByColumn();
        _q.Span.Clear();
        _k.Span.Clear();
        fixed (double* onQuery = _attention.QueryCoefficient, onKey = _attention.KeyCoefficient)
        {
            ColumnSteps.Run(_touched.ByColumn, _touched.Runs, by.Query.Value, onQuery, _w.Pointer, _q.Pointer, _columns.Pitch(0), eta);
            ColumnSteps.Run(_touched.ByColumn, _touched.Runs, by.Key.Value, onKey, _w.Pointer + _keyAt, _k.Pointer, _columns.Pitch(0), eta);
        }
        ColumnSteps.Value(_touched.ByColumn, by.Value.Value, _attention.ValueCoefficient, _v0, Displacement, _v, _u, eta);
        GC.KeepAlive(this);
    }

    /// <summary>Any rule: the whole gradient, the rule's direction in its place, then the step.</summary>
    private void StepByRule(double eta)
    {
        _descent ??= new AlignedBlock<double>(_w.Length);
        var by = ByColumn();
        for (int j = 0; j < _columns.Count; j++)
        {
            Gather<TakeSum<double>>(by.Query, _attention.QueryCoefficient, j, _descent.Pointer, 0);
            Gather<TakeSum<double>>(by.Key, _attention.KeyCoefficient, j, _descent.Pointer + _keyAt, 0);
        }
        SparseRows.Run(by.Value, _attention.ValueCoefficient, _descent.Span[_valueAt..]);
        ReadOnlySpan<int> exponents = default;
        if (_attention.Scaled)
        {
            if (_exponents.Length == 0) _exponents = new int[_w.Length];
            _scaling!.Spread(_columns, _keyAt, _exponents);
            exponents = _exponents;
        }
        Problem.Optimizer.Direction(_state, _descent.Span, exponents, _descent.Span);
        VectorOps.Axpy(eta, _descent.Span, _w.Span);
        ProjectAll();
        for (int k = 0; k < _v.Length; k++) _v[k] = _v0[k] + 2 * Displacement[k];
        SparseRows.Run(_touched.ByPatch, _v, _u);
        GC.KeepAlive(this);
    }

    /// <summary>The data by column, each column's entries at the scale that its sum needs.</summary>
    private ColumnEntries ByColumn() => _attention.Scaled
        ? new(_touched.ByColumnWith(_scaling!.Query), _touched.ByColumnWith(_scaling.Key), _touched.ByColumnWith(_scaling.Value))
        : new(_touched.ByColumn, _touched.ByColumn, _touched.ByColumn);

    private void Gather<TUpdate>(SparseMatrix by, Span<double> coefficients, int j, double* into, double a)
        where TUpdate : IUpdate<double>
    {
        int pitch = _columns.Pitch(j);
        fixed (double* c = coefficients)
            SparseRows.Run<TUpdate>(by, c + _patches.Start(j), pitch, into + _columns.Start(j), pitch, pitch, a);
    }

    private readonly ref struct ColumnEntries(SparseMatrix query, SparseMatrix key, SparseMatrix value)
    {
        public readonly SparseMatrix Query = query, Key = key, Value = value;
    }

    /// <summary>Entries of the data brought to each column's scale, where coefficients carry exponents, by matrix.</summary>
    private sealed class Scaling(TouchedColumns touched)
    {
        private readonly ScaledEntries _entries = new(touched);

        public double[] Query { get; } = new double[touched.Entries];

        public double[] Key { get; } = new double[touched.Entries];

        public ReadOnlySpan<double> Value => _entries.Values;

        public void Follow(IAttentionPass<double> attention)
        {
            attention.TakeExponents(_entries.Exponents);
            _entries.Scale(touched.Count);
            _entries.Read(ScaledEntries.Query, Query);
            _entries.Read(ScaledEntries.Key, Key);
        }

        /// <summary>Writes each column's exponent to all its coordinates.</summary>
        public void Spread(RowPanels rows, int keyAt, int[] exponents)
        {
            for (int j = 0; j < rows.Count; j++)
                for (int k = 0; k < rows.Rows; k++)
                {
                    int at = rows.Start(j) + k * rows.Pitch(j);
                    exponents.AsSpan(at, rows.Pitch(j)).Fill(_entries.Top(ScaledEntries.Query, k));
                    exponents.AsSpan(keyAt + at, rows.Pitch(j)).Fill(_entries.Top(ScaledEntries.Key, k));
                }
            for (int k = 0; k < rows.Rows; k++) exponents[2 * keyAt + k] = _entries.Top(ScaledEntries.Value, k);
        }
    }

    /// <inheritdoc/>
    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        var data = Problem.Data;
        _attention.Observe(data, into);
        if (data.FamiliesRefused is not null) { into.ClearFamilies(); return; }
        _signal ??= ProjectSignal();
        _signal.Query.CopyTo(into.QuerySignal, 0);
        _signal.Key.CopyTo(into.KeySignal, 0);
        into.ValueSignal = _signal.Value;
        var row = new double[_m_k];
        foreach (var (column, x) in _signal.Columns)
        {
            _columns.Read(Query, column, row);
            for (int r = 0; r < _m_k; r++) into.QuerySignal[r] += x * row[r];
            _columns.Read(Key, column, row);
            for (int r = 0; r < _m_k; r++) into.KeySignal[r] += x * row[r];
            into.ValueSignal += x * _v[column];
        }
        for (int i = 0; i < data.Count; i++)
        {
            int noise = data.Pair(i).Noise;
            double y = data.Labels[i];
            if (_signalNoise is not null)
            {
                Span<double> query = into.QueryNoise.AsSpan(i * _m_k, _m_k), key = into.KeyNoise.AsSpan(i * _m_k, _m_k);
                into.ValueNoise[i] = y * _signalNoise.Noise(i, query, key, row, _w.Span);
                for (int r = 0; r < _m_k; r++) (query[r], key[r]) = (y * query[r], y * key[r]);
                continue;
            }
            _patches.Read(_q.Span, noise, row);
            for (int r = 0; r < _m_k; r++) into.QueryNoise[i * _m_k + r] = y * row[r];
            _patches.Read(_k.Span, noise, row);
            for (int r = 0; r < _m_k; r++) into.KeyNoise[i * _m_k + r] = y * row[r];
            into.ValueNoise[i] = y * _u[noise];
        }
        GC.KeepAlive(this);
    }

    /// <summary>mu over the columns that move, and what of q_mu, k_mu and v_mu never moves.</summary>
    private sealed record Signal((int Column, double X)[] Columns, double[] Query, double[] Key, double Value);

    private Signal ProjectSignal()
    {
        // Columns of mu that no patch touches (a mu from a file need not be a patch) stay at W(0); one that is merged has w_c(0) - f_c w~(0) for good.
        double[] mu = Problem.Data.Mu!, onColumn = new double[_touched.Count], query = new double[_m_k], key = new double[_m_k];
        var (row, scratch) = (new double[_m_k], new double[Problem.Weights.MV]);
        double value = 0;
        int next = 0;
        for (int c = 0; c < mu.Length; c++)
        {
            bool touched = next < _touched.Coordinates.Length && _touched.Coordinates[next] == c;
            int j = touched ? next++ : -1;
            if (mu[c] == 0) continue;
            if (touched) onColumn[_touched.Column[j]] += mu[c] * _touched.Factor[j];
            if (touched && !IsMerged(j)) continue;
            Problem.Weights.Column(WeightMatrix.Query, c, row);
            for (int r = 0; r < _m_k; r++) query[r] += mu[c] * row[r];
            Problem.Weights.Column(WeightMatrix.Key, c, row);
            for (int r = 0; r < _m_k; r++) key[r] += mu[c] * row[r];
            value += mu[c] * Problem.Weights.MeanValue(c, scratch);
            if (!touched) continue;
            var (k, x) = (_touched.Column[j], mu[c] * _touched.Factor[j]);
            _columns.Read(_start, k, row);
            for (int r = 0; r < _m_k; r++) query[r] -= x * row[r];
            _columns.Read(_start.AsSpan(_keyAt), k, row);
            for (int r = 0; r < _m_k; r++) key[r] -= x * row[r];
            value -= x * _v0[k];
        }
        return new([.. onColumn.Index().Where(x => x.Item != 0)], query, key, value);
    }

    /// <summary>A coordinate that is a column by itself is that column; others follow theirs.</summary>
    private bool IsMerged(int j) => _touched.Share[j] != 1 || _touched.Factor[j] != 1;

    /// <summary>w~(t) - w~(0) of a column.</summary>
    private void Moved(Span<double> matrix, int at, int column, double[] row, double[] start)
    {
        _columns.Read(matrix, column, row);
        _columns.Read(_start.AsSpan(at), column, start);
        for (int r = 0; r < _m_k; r++) row[r] -= start[r];
    }

    /// <inheritdoc/>
    public override TransformerWeights CurrentWeights()
    {
        var weights = Problem.Weights.Materialise();
        int d = weights.D;
        var (row, start) = (new double[_m_k], new double[_m_k]);
        for (int j = 0; j < _touched.Coordinates.Length; j++)
        {
            var (c, k, f) = (_touched.Coordinates[j], _touched.Column[j], _touched.Factor[j]);
            foreach (var (matrix, w, at) in ((WeightMatrix, double[], int)[])[(WeightMatrix.Query, weights.Query, 0), (WeightMatrix.Key, weights.Key, _keyAt)])
            {
                var now = matrix == WeightMatrix.Query ? Query : Key;
                if (!IsMerged(j))
                {
                    _columns.Read(now, k, row);
                    for (int r = 0; r < _m_k; r++) w[r * d + c] = row[r];
                    continue;
                }
                Moved(now, at, k, row, start);
                for (int r = 0; r < _m_k; r++) w[r * d + c] += f * row[r];
            }
            double a = f * Displacement[k];
            for (int r = 0; r < weights.MV; r++)
            {
                weights.ValuePositive[r * d + c] += a;
                weights.ValueNegative[r * d + c] -= a;
            }
        }
        GC.KeepAlive(this);
        return weights;
    }

    private protected override void WriteColumns(ColumnWeights columns)
    {
        _initial ??= InitialColumns(columns);
        int width = 2 * _m_k + 1, at = 0;
        var (row, start) = (new double[_m_k], new double[_m_k]);
        for (int j = 0; j < _touched.Coordinates.Length; j++)
        {
            var (c, k, f) = (_touched.Coordinates[j], _touched.Column[j], _touched.Factor[j]);
            if (!IsMerged(j))
            {
                _columns.Read(Query, k, columns.Query(c)[.._m_k]);
                _columns.Read(Key, k, columns.Key(c)[.._m_k]);
                columns.Value[c] = _v[k];
                continue;
            }
            Moved(Query, 0, k, row, start);
            Span<double> query = columns.Query(c), key = columns.Key(c);
            for (int r = 0; r < _m_k; r++) query[r] = _initial[at + r] + f * row[r];
            Moved(Key, _keyAt, k, row, start);
            for (int r = 0; r < _m_k; r++) key[r] = _initial[at + _m_k + r] + f * row[r];
            columns.Value[c] = _initial[at + 2 * _m_k] + 2 * f * Displacement[k];
            at += width;
        }
        GC.KeepAlive(this);
    }

    /// <summary>W(0) of the merged coordinates, from columns that nothing was written to yet: [query | key | value] of each.</summary>
    private double[] InitialColumns(ColumnWeights columns)
    {
        var initial = new List<double>();
        for (int j = 0; j < _touched.Coordinates.Length; j++)
        {
            if (!IsMerged(j)) continue;
            int c = _touched.Coordinates[j];
            initial.AddRange(columns.Query(c)[.._m_k]);
            initial.AddRange(columns.Key(c)[.._m_k]);
            initial.Add(columns.Value[c]);
        }
        return [.. initial];
    }
}
