using System.Runtime.CompilerServices;
using Workbook.Core.Models;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The reduced dynamics of SignGD with a constant rate. Directions are -1, 0 or 1, their sums are integers, and between two changes of
/// direction every inner product is a line in t.
/// </summary>
/// <remarks>
/// With a_r the integer sum of directions of the coordinates that a sample has alone (all of them turn together), a_c that of a shared one, and G_i = sum |xi_i|:
/// <code>
/// y q_xi_i(t) = start + eta (G_i a_i + sum_c y xi_c a_c)        the same for y k_xi_i and, at twice the rate, y v_xi_i
///             = base + eta (t - t') slope                       from the last change at t' on
/// </code>
/// Base and slope are computed from the integers whenever one of the row's directions changes, so no rounding accumulates at any horizon, and a state depends on
/// when directions changed but not on which steps in between were looked at.
/// </remarks>
internal sealed unsafe class CountedDynamics<TVector, TLanes> : ReducedDynamics
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private readonly NativeBuffer<double> _memory;
    private readonly CountedState* _s;
    private readonly int _n, _stride, _shared;
    private readonly double[] _factor;
    private readonly double _valueStart, _rate;
    // The value noise at step 0; a shared coordinate's direction, sum of directions and since when.
    private readonly double[] _noiseStart, _valueDirection, _valueCount, _valueSince;
    private readonly bool[] _queryMoved, _keyMoved, _valueMoved;
    private readonly double[] _queryWeight, _keyWeight, _toValue;
    private readonly bool[] _holds;
    // Whether the entries of every shared coordinate have one sign.
    private readonly bool _agreeing = true;
    private bool _started;
    private int _evaluated;

    public CountedDynamics(ReducedStart start, double rate) : base(start)
    {
        (_n, _stride, _shared, _factor, _rate) = (start.N, start.Stride, start.SharedCount, start.Factor, rate);
        _memory = CountedState.Allocate(_n, _stride, start.Rows, _shared, TLanes.Count);
        _s = (CountedState*)_memory.Pointer;
        _s->Rate = rate;
        for (int r = start.MK; r < _stride; r++) _s->Padding[r] = 1;
        int assembled = (2 + 2 * _n) * _stride;
        start.Start.AsSpan(0, assembled).CopyTo(new Span<double>(_s->Start, assembled));
        _valueStart = start.Start[start.Scalars];
        _noiseStart = start.Start.AsSpan(start.Scalars + 1, _n).ToArray();
        SharedCoordinates shared = start.Shared;
        for (int i = 0; i < _n; i++)
            for (int e = shared.SampleStart[i]; e < shared.SampleStart[i + 1]; e++)
            {
                var (column, yx) = (shared.SampleColumn[e], shared.SampleValue[e]);
                Rows.Add(yx, start.Row(start.SharedQueryRow(column)), new Span<double>(_s->Start + ReducedStart.QueryRow(i) * _stride, _stride));
                Rows.Add(yx, start.Row(start.SharedKeyRow(column)), new Span<double>(_s->Start + start.KeyRow(i) * _stride, _stride));
                _noiseStart[i] += yx * start.Start[start.Scalars + 1 + _n + column];
            }
        new Span<double>(_s->Start, assembled).CopyTo(new Span<double>(_s->Base, assembled));
        _noiseStart.CopyTo(new Span<double>(_s->ValueBase, _n));
        (_valueDirection, _valueCount, _valueSince) = (new double[_shared], new double[_shared], new double[_shared]);
        (_queryMoved, _keyMoved, _valueMoved) = (new bool[_n], new bool[_n], new bool[_n]);
        (_queryWeight, _keyWeight, _toValue, _holds) = (new double[shared.ColumnSample.Length], new double[shared.ColumnSample.Length], new double[_shared], new bool[_shared]);
        for (int c = 0; c < _shared; c++)
        {
            var entries = shared.ColumnValue.AsSpan(shared.ColumnStart[c]..shared.ColumnStart[c + 1]);
            foreach (double yx in entries) _agreeing &= yx > 0 == entries[0] > 0;
        }
    }

    public override void Dispose() => _memory.Dispose();

    public override double Rate => _rate;

    public override int Evaluated => _evaluated;

    private double ValueSignal => Math.FusedMultiplyAdd(_rate, _factor[Begin.Rows] * _s->Time, _valueStart);

    public override void Moved(int step, int row, Span<double> sum)
    {
        double elapsed = step - _s->Since[row];
        for (int r = 0; r < sum.Length; r++) sum[r] = _s->Count[row * _stride + r] + elapsed * _s->Direction[row * _stride + r];
    }

    // Every coordinate that mu or one sample has alone moves the value up at every step.
    public override double Moved(int step, int scalar) =>
        scalar <= _n ? step : _valueCount[scalar - 1 - _n] + (step - _valueSince[scalar - 1 - _n]) * _valueDirection[scalar - 1 - _n];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int step)
    {
        _s->Time = step;
        CountedKernels<TVector, TLanes>.Scores(_s);
        CountedKernels<TVector, TLanes>.Attention(_s, ValueSignal);
    }

    public override int Advance(int step, int last, double eta)
    {
        bool moved = Turn();
        _evaluated++;
        if (moved || !_agreeing || last <= step + 1) return step + 1;
        // Directions hold at every step up to step + safe, so the state is known one further.
        double safe = Safe();
        return safe < 0 ? step + 1 : (int)Math.Min(last, step + 1 + Math.Floor(Math.Min(safe, int.MaxValue)));
    }

    /// <summary>For how long no direction can change, or -1 where nothing is known.</summary>
    /// <remarks>
    /// Where all samples move one way (<see cref="CountedKernels{TVector, TLanes}.Unanimous"/>), so does a coordinate that they share with entries y xi_c of one sign.
    /// Where the signs differ the answer hangs on the weights, which are exponentials: then every step is looked at.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Safe()
    {
        double side = _s->MinusSide[0], limit = double.PositiveInfinity, signal = ValueSignal, signalSlope = _factor[Begin.Rows];
        double signalSize = Math.Abs(_valueStart) + Math.Abs(signal);
        if (side == 0) return -1;
        for (int i = 0; i < _n; i++)
        {
            double slope = _s->ValueSlope[i], size = signalSize + Math.Abs(_s->ValueBase[i]) + Math.Abs(_s->Value[i]);
            double above = -side * (_s->Value[i] - signal) - CountedKernels<TVector, TLanes>.Slack * size;
            if (!(above > 0)) return -1;
            double falls = _rate * (CountedKernels<TVector, TLanes>.Slack * (signalSlope + Math.Abs(slope)) + side * (slope - signalSlope));
            if (falls > 0) limit = Math.Min(limit, above / falls);
        }
        double rows = CountedKernels<TVector, TLanes>.Unanimous(_s);
        return rows < 0 ? -1 : Math.Min(limit, rows);
    }

    /// <summary>Takes the signs of all descents for directions; true where one changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Turn()
    {
        bool scaled = !CountedKernels<TVector, TLanes>.Weights(_s, ValueSignal);
        if (scaled) CountedKernels<TVector, TLanes>.ScaledWeights(_s, ValueSignal);
        bool moved = !_started;
        if (!CountedKernels<TVector, TLanes>.Votes(_s))
            for (int i = 0; i < _n; i++)
            {
                moved |= _queryMoved[i] = CountedKernels<TVector, TLanes>.Renew(_s, ReducedStart.QueryRow(i), _s->Difference + i * _stride, _s->MinusSide[i]);
                moved |= _keyMoved[i] = CountedKernels<TVector, TLanes>.Renew(_s, Begin.KeyRow(i), _s->Key + i * _stride, 1);
            }
        for (int row = 0; row < 2; row++)
            if (!CountedKernels<TVector, TLanes>.Holds(_s, _s->Votes + row * _stride, row) && CountedKernels<TVector, TLanes>.Renew(_s, row, _s->Votes + row * _stride, 1))
            {
                moved = true;
                CountedKernels<TVector, TLanes>.Assemble(_s, row, _factor[row], 0, null, null, 0);
            }
        if (_shared > 0) moved |= TurnShared(scaled);
        if (moved) Assemble();
        return moved;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TurnShared(bool scaled)
    {
        SharedCoordinates shared = Begin.Shared;
        int[] start = shared.ColumnStart, sample = shared.ColumnSample;
        double[] value = shared.ColumnValue, toValue = _toValue, valueDirection = _valueDirection;
        if (scaled)
            for (int c = 0; c < toValue.Length; c++) toValue[c] = ScaledShares(start[c], start[c + 1]);
        else
        {
            for (int e = 0; e < sample.Length; e++) _queryWeight[e] = -value[e] * _s->Beta2[sample[e]];
            for (int c = 0; c < toValue.Length; c++)
            {
                double sum = 0;
                for (int e = start[c]; e < start[c + 1]; e++) sum += value[e] * _s->ValueWeight[sample[e]];
                toValue[c] = sum;
            }
        }
        bool all;
        fixed (int* starts = start, samples = sample)
        fixed (double* queryWeight = _queryWeight, keyWeight = scaled ? _keyWeight : value)
        fixed (bool* holds = _holds)
            all = CountedKernels<TVector, TLanes>.Shared(_s, starts, samples, queryWeight, keyWeight, holds);
        bool moved = false;
        int queryRow = Begin.SharedQueryRow(0), keyRow = Begin.SharedKeyRow(0);
        for (int c = 0; c < toValue.Length; c++)
        {
            double direction = toValue[c] > 0 ? 1 : toValue[c] < 0 ? -1 : 0;
            bool turned = direction != valueDirection[c], query = false, key = false;
            if (!turned && (all || _holds[c])) continue;
            if (!_holds[c])
            {
                double* descent = _s->SharedDescent + 2 * c * _stride;
                query = CountedKernels<TVector, TLanes>.Renew(_s, queryRow + c, descent, 1);
                key = CountedKernels<TVector, TLanes>.Renew(_s, keyRow + c, descent + _stride, 1);
            }
            if (turned)
            {
                _valueCount[c] += (_s->Time - _valueSince[c]) * valueDirection[c];
                (valueDirection[c], _valueSince[c]) = (direction, _s->Time);
            }
            if (!(query | key | turned)) continue;
            moved = true;
            for (int e = start[c]; e < start[c + 1]; e++)
            {
                int i = sample[e];
                _queryMoved[i] |= query;
                _keyMoved[i] |= key;
                _valueMoved[i] |= turned;
            }
        }
        return moved;
    }

    /// <summary>The weights of one shared coordinate's samples against each other, and the value's descent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double ScaledShares(int from, int to)
    {
        SharedCoordinates shared = Begin.Shared;
        double least2 = double.PositiveInfinity, leastOwn = least2, leastValue = least2, toValue = 0;
        for (int e = from; e < to; e++)
        {
            int i = shared.ColumnSample[e];
            (least2, leastOwn, leastValue) = (Math.Min(least2, _s->Log2[i]), Math.Min(leastOwn, _s->LogOwn[i]), Math.Min(leastValue, _s->LogValue[i]));
        }
        for (int e = from; e < to; e++)
        {
            var (i, yx) = (shared.ColumnSample[e], shared.ColumnValue[e]);
            _queryWeight[e] = -yx * _s->Beta2[i] * Math.Exp(least2 - _s->Log2[i]);
            _keyWeight[e] = yx * Math.Exp(leastOwn - _s->LogOwn[i]);
            toValue += yx * _s->ValueWeight[i] * Math.Exp(leastValue - _s->LogValue[i]);
        }
        return toValue;
    }

    /// <summary>New lines for the rows with a new direction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Assemble()
    {
        SharedCoordinates shared = Begin.Shared;
        fixed (int* columns = shared.SampleColumn)
        fixed (double* values = shared.SampleValue)
            for (int i = 0; i < _n; i++)
            {
                int from = shared.SampleStart[i], count = shared.SampleStart[i + 1] - from;
                if (_queryMoved[i]) CountedKernels<TVector, TLanes>.Assemble(_s, ReducedStart.QueryRow(i), _factor[ReducedStart.QueryRow(i)], Begin.SharedQueryRow(0), columns + from, values + from, count);
                if (_keyMoved[i]) CountedKernels<TVector, TLanes>.Assemble(_s, Begin.KeyRow(i), _factor[Begin.KeyRow(i)], Begin.SharedKeyRow(0), columns + from, values + from, count);
                if (_valueMoved[i] || !_started) AssembleValue(i);
                _queryMoved[i] = _keyMoved[i] = _valueMoved[i] = false;
            }
        _started = true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AssembleValue(int i)
    {
        SharedCoordinates shared = Begin.Shared;
        double slope = _factor[Begin.Rows + 1 + i], sum = slope * _s->Time;
        for (int e = shared.SampleStart[i]; e < shared.SampleStart[i + 1]; e++)
        {
            var (c, twice) = (shared.SampleColumn[e], 2 * shared.SampleValue[e]);
            slope += twice * _valueDirection[c];
            sum += twice * (_valueCount[c] + (_s->Time - _valueSince[c]) * _valueDirection[c]);
        }
        _s->ValueSlope[i] = slope;
        _s->ValueBase[i] = Math.FusedMultiplyAdd(_rate, sum, _noiseStart[i]);
        _s->ValueTime[i] = _s->Time;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Observe(Observation into)
    {
        new Span<double>(_s->Margin, _n).CopyTo(into.Margin);
        into.SummariseMargins();
        into.ValueSignal = ValueSignal;
        new Span<double>(_s->Value, _n).CopyTo(into.ValueNoise);
        int m_k = Begin.MK;
        new Span<double>(_s->Signal, m_k).CopyTo(into.QuerySignal);
        var keySignal = new Span<double>(_s->Signal + _stride, m_k);
        keySignal.CopyTo(into.KeySignal);
        for (int i = 0; i < _n; i++)
        {
            new Span<double>(_s->Query + i * _stride, m_k).CopyTo(into.QueryNoise.AsSpan(i * m_k));
            // From the line itself: k_mu - D would round twice.
            double* line = _s->Base + Begin.KeyRow(i) * _stride, slope = _s->Slope + Begin.KeyRow(i) * _stride;
            double moved = _s->X[Begin.KeyRow(i)];
            var noise = into.KeyNoise.AsSpan(i * m_k, m_k);
            for (int r = 0; r < noise.Length; r++) noise[r] = Math.FusedMultiplyAdd(moved, slope[r], line[r]);
            into.LogS11[i] = LogisticLoss.LogSigmoid(_s->Score1[i]);
            into.LogS21[i] = LogisticLoss.LogSigmoid(_s->Score2[i]);
        }
    }
}
