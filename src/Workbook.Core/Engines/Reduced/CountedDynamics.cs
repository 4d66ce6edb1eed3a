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
    private readonly double[] _queryWeight, _keyWeight;
    private bool _started;

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
        int most = 0;
        for (int c = 0; c < _shared; c++) most = Math.Max(most, shared.ColumnStart[c + 1] - shared.ColumnStart[c]);
        (_queryWeight, _keyWeight) = (new double[most], new double[most]);
    }

    public override void Dispose() => _memory.Dispose();

    public override double Rate => _rate;

    private double ValueSignal => Math.FusedMultiplyAdd(_rate, _factor[Begin.Rows] * _s->Time, _valueStart);

    public override void Moved(int step, int row, Span<double> sum)
    {
        double elapsed = step - _s->Since[row];
        for (int r = 0; r < sum.Length; r++) sum[r] = _s->Count[row * _stride + r] + elapsed * _s->Direction[row * _stride + r];
    }

    // Every coordinate that mu or one sample has alone moves the value up at every step.
    public override double Moved(int step, int scalar) =>
        scalar <= _n ? step : _valueCount[scalar - 1 - _n] + (step - _valueSince[scalar - 1 - _n]) * _valueDirection[scalar - 1 - _n];

    public override void Forward(int step)
    {
        _s->Time = step;
        CountedKernels<TVector, TLanes>.Scores(_s);
        CountedKernels<TVector, TLanes>.Attention(_s, ValueSignal);
    }

    public override int Advance(int step, int last, double eta)
    {
        Turn();
        return step + 1;
    }

    /// <summary>Takes the signs of all descents for directions; true where one changed.</summary>
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

    private bool TurnShared(bool scaled)
    {
        SharedCoordinates shared = Begin.Shared;
        bool moved = false;
        double* rows = _s->Row;
        fixed (int* samples = shared.ColumnSample)
        fixed (double* queryWeight = _queryWeight, keyWeight = _keyWeight)
            for (int c = 0; c < _shared; c++)
            {
                int from = shared.ColumnStart[c], count = shared.ColumnStart[c + 1] - from;
                double toValue = 0;
                if (scaled) toValue = ScaledShares(from, count);
                else
                    for (int e = 0; e < count; e++)
                    {
                        var (i, yx) = (samples[from + e], shared.ColumnValue[from + e]);
                        queryWeight[e] = -yx * _s->Beta2[i];
                        keyWeight[e] = yx;
                        toValue += yx * _s->ValueWeight[i];
                    }
                int queryRow = Begin.SharedQueryRow(c), keyRow = Begin.SharedKeyRow(c);
                bool holds = CountedKernels<TVector, TLanes>.Shared(_s, samples + from, queryWeight, keyWeight, count, rows, _s->Direction + queryRow * _stride, _s->Direction + keyRow * _stride);
                bool query = !holds && CountedKernels<TVector, TLanes>.Renew(_s, queryRow, rows, 1), key = !holds && CountedKernels<TVector, TLanes>.Renew(_s, keyRow, rows + _stride, 1);
                double direction = toValue > 0 ? 1 : toValue < 0 ? -1 : 0;
                bool value = direction != _valueDirection[c];
                if (value)
                {
                    _valueCount[c] += (_s->Time - _valueSince[c]) * _valueDirection[c];
                    (_valueDirection[c], _valueSince[c]) = (direction, _s->Time);
                }
                if (!(query | key | value)) continue;
                moved = true;
                for (int e = from; e < from + count; e++)
                {
                    int i = samples[e];
                    _queryMoved[i] |= query;
                    _keyMoved[i] |= key;
                    _valueMoved[i] |= value;
                }
            }
        return moved;
    }

    /// <summary>The weights of one shared coordinate's samples against each other.</summary>
    private double ScaledShares(int from, int count)
    {
        SharedCoordinates shared = Begin.Shared;
        double least2 = double.PositiveInfinity, leastOwn = least2, leastValue = least2, toValue = 0;
        for (int e = 0; e < count; e++)
        {
            int i = shared.ColumnSample[from + e];
            (least2, leastOwn, leastValue) = (Math.Min(least2, _s->Log2[i]), Math.Min(leastOwn, _s->LogOwn[i]), Math.Min(leastValue, _s->LogValue[i]));
        }
        for (int e = 0; e < count; e++)
        {
            var (i, yx) = (shared.ColumnSample[from + e], shared.ColumnValue[from + e]);
            _queryWeight[e] = -yx * _s->Beta2[i] * Math.Exp(least2 - _s->Log2[i]);
            _keyWeight[e] = yx * Math.Exp(leastOwn - _s->LogOwn[i]);
            toValue += yx * _s->ValueWeight[i] * Math.Exp(leastValue - _s->LogValue[i]);
        }
        return toValue;
    }

    /// <summary>New lines for the rows with a new direction.</summary>
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
