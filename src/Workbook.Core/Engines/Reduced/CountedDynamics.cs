using System.Runtime.CompilerServices;
using Workbook.Core.Models;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The reduced dynamics of SignGD with a constant rate. Directions are -1, 0 or 1, their sums are integers, and between two changes of
/// direction every inner product is a line in t and every score a quadratic.
/// </summary>
/// <remarks>
/// With a_r the integer sum of directions of the coordinates that a sample has alone (all of them turn together), a_c that of a shared one, and G_i = sum |xi_i|:
/// <code>
/// y q_xi_i(t) = start + eta (G_i a_i + sum_c y xi_c a_c)        the same for y k_xi_i and, at twice the rate, y v_xi_i
///             = base + eta (t - t') slope                       from the last change at t' on
/// </code>
/// Base and slope are computed from the integers whenever one of the row's directions changes, so no rounding accumulates at any horizon, and a state depends on
/// when directions changed but not on which steps in between were looked at.
/// <para>
/// Each sample's rows and each of the two votes is looked at when it is due, that is when its signs are no longer certain (<see cref="CountedBounds{TVector, TLanes}"/>); a step at which
/// nothing is due is not visited. Where samples share a coordinate, their entries y xi_c there have one sign (<see cref="SharedCoordinates.Contested"/>): the value then grows at a constant speed.
/// </para>
/// </remarks>
internal sealed unsafe class CountedDynamics<TVector, TLanes> : ReducedDynamics
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    // So many steps are looked at before the caller may be asked whether to go on.
    private const int MostLooks = 4096;

    private readonly NativeBuffer<double> _memory;
    private readonly CountedState* _s;
    private readonly int _n, _stride, _shared;
    private readonly double[] _factor;
    private readonly double _valueStart, _rate;
    // A shared coordinate's direction in the value.
    private readonly double[] _valueDirection;
    // Per sample, which of its lines have a new direction.
    private readonly byte[] _moved;
    private const byte QueryMoved = 1, KeyMoved = 2;
    private bool _scaled;
    private int _evaluated;

    public CountedDynamics(ReducedStart start, double rate) : base(start)
    {
        (_n, _stride, _shared, _factor, _rate) = (start.N, start.Stride, start.SharedCount, start.Factor, rate);
        _memory = CountedState.Allocate(_n, _stride, start.Rows, _shared, TLanes.Count);
        _s = (CountedState*)_memory.Pointer;
        (_s->Rate, _s->Neurons) = (rate, start.MK);
        for (int r = start.MK; r < _stride; r++) _s->Padding[r] = double.MaxValue / 4;
        double[] assembled = start.Assembled();
        assembled.CopyTo(new Span<double>(_s->Start, assembled.Length));
        assembled.CopyTo(new Span<double>(_s->Base, assembled.Length));
        _valueStart = start.Start[start.Scalars];
        start.Start.AsSpan(start.Scalars + 1, _n).CopyTo(new Span<double>(_s->ValueBase, _n));
        SharedCoordinates shared = start.Shared;
        _valueDirection = new double[_shared];
        for (int c = 0; c < _shared; c++) _valueDirection[c] = Math.Sign(shared.ColumnValue[shared.ColumnStart[c]]);
        for (int i = 0; i < _n; i++)
        {
            double slope = _factor[start.Rows + 1 + i];
            for (int e = shared.SampleStart[i]; e < shared.SampleStart[i + 1]; e++)
            {
                var (column, yx) = (shared.SampleColumn[e], shared.SampleValue[e]);
                _s->ValueBase[i] += yx * start.Start[start.Scalars + 1 + _n + column];
                slope += 2 * yx * _valueDirection[column];
            }
            _s->ValueSlope[i] = slope;
        }
        _moved = new byte[_n];
        for (int i = 0; i < _n; i++) _s->Everybody[i] = i;
        SetSpeeds();
        CountedRows<TVector, TLanes>.Signal(_s);
        for (int i = 0; i < _n; i++) CountedRows<TVector, TLanes>.Expand(_s, i);
    }

    /// <summary>Goes on from sums of directions at a step; which way rows go then is not known yet.</summary>
    public void GoOn(int step, ReadOnlySpan<double> sums)
    {
        _s->Time = step;
        sums.CopyTo(new Span<double>(_s->Count, sums.Length));
        new Span<double>(_s->Since, Begin.Rows).Fill(step);
        for (int row = 0; row < 2; row++) CountedRows<TVector, TLanes>.Assemble(_s, row, _factor[row], 0, null, null, 0);
        CountedRows<TVector, TLanes>.Signal(_s);
        Array.Fill(_moved, (byte)(QueryMoved | KeyMoved));
        Assemble(signalMoved: true);
    }

    /// <summary>How fast each row can move, a little more than that, and how large it is at step 0.</summary>
    private void SetSpeeds()
    {
        SharedCoordinates shared = Begin.Shared;
        _s->SignalSpeed = Faster(_factor[0]);
        _s->SignalSize = Math.Max(Math.Abs(_valueStart) / 2, Largest(0, 2));
        for (int i = 0; i < _n; i++)
        {
            double norm = _factor[ReducedStart.QueryRow(i)];
            for (int e = shared.SampleStart[i]; e < shared.SampleStart[i + 1]; e++) norm += Math.Abs(shared.SampleValue[e]);
            _s->Speed[i] = Faster(norm);
            _s->Size[i] = Math.Max(Math.Abs(_s->ValueBase[i]) / 2, Math.Max(Largest(ReducedStart.QueryRow(i), 1), Largest(Begin.KeyRow(i), 1)));
        }

        double Faster(double factor) => _rate * factor * (1 + 1e-9);

        double Largest(int row, int rows)
        {
            double most = 0;
            foreach (double x in new ReadOnlySpan<double>(_s->Start + row * _stride, rows * _stride)) most = Math.Max(most, Math.Abs(x));
            return most;
        }
    }

    public override void Dispose() => _memory.Dispose();

    public override double Rate => _rate;

    public override int Evaluated => _evaluated;

    public override void Moved(int step, int row, Span<double> sum)
    {
        double elapsed = step - _s->Since[row];
        for (int r = 0; r < sum.Length; r++) sum[r] = _s->Count[row * _stride + r] + elapsed * _s->Direction[row * _stride + r];
    }

    // Every coordinate that mu or one sample has alone moves the value up at every step.
    public override double Moved(int step, int scalar) => scalar <= _n ? step : step * _valueDirection[scalar - 1 - _n];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int step)
    {
        _s->Time = step;
        _s->ValueSignal = Math.FusedMultiplyAdd(_rate, _factor[Begin.Rows] * _s->Time, _valueStart);
        _scaled = !CountedAttention<TVector, TLanes>.Forward(_s);
    }

    public override void Advance(int step, double eta)
    {
        Turn(everything: true);
        _evaluated++;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override int AdvanceTowards(int step, int last, double eta)
    {
        for (int looks = 1; ; looks++)
        {
            double due = Turn(everything: false);
            _evaluated++;
            if (due >= last) return last;
            step = (int)due;
            if (looks == MostLooks) return step;
            Forward(step);
        }
    }

    /// <summary>Takes the signs of what is due for directions; returns the step at which something is due again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Turn(bool everything)
    {
        if (_scaled) CountedAttention<TVector, TLanes>.ScaledWeights(_s);
        CountedRows<TVector, TLanes>.Signal(_s);
        // Half a window early, so that what was certain to its end can be found certain for longer.
        if (2 * _s->Time >= _s->WindowStart + _s->WindowEnd) CountedBounds<TVector, TLanes>.Window(_s);
        bool moved = TurnSamples(everything), signalMoved = TurnSignal(everything);
        if (_shared > 0) moved |= TurnShared(everything);
        if (moved | signalMoved) Assemble(signalMoved);
        return CountedRows<TVector, TLanes>.Least(_s->Due, _n + 2 + 2 * _shared);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TurnSamples(bool everything)
    {
        bool moved = false;
        for (int i = 0; i < _n; i++)
        {
            if (!everything && _s->Due[i] > _s->Time) continue;
            if (!CountedRows<TVector, TLanes>.Sample(_s, i))
            {
                if (CountedRows<TVector, TLanes>.Renew(_s, ReducedStart.QueryRow(i), _s->Difference + i * _stride, _s->MinusSide[i])) _moved[i] |= QueryMoved;
                if (CountedRows<TVector, TLanes>.Renew(_s, Begin.KeyRow(i), _s->Key + i * _stride, 1)) _moved[i] |= KeyMoved;
                moved |= _moved[i] != 0;
            }
            double steps = Longest(i);
            while (steps >= 1 && !CountedBounds<TVector, TLanes>.SampleHolds(_s, i, steps)) steps = Math.Floor(steps / 4);
            Certain(i, steps);
        }
        return moved;
    }

    /// <summary>Twice as long as the last time: what moves at a constant speed is certain for as long again as it has moved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Longest(int k)
    {
        double twice = 2 * _s->Length[k] + 1, most = _s->WindowEnd - _s->Time;
        return twice < most ? twice : most;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Certain(int k, double steps)
    {
        _s->Length[k] = steps;
        _s->Due[k] = _s->Time + steps + 1;
    }

    /// <summary>The votes on q_mu and k_mu: minus the sum of beta_1 D_i, minus the sum of C_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TurnSignal(bool everything)
    {
        bool moved = false;
        double* weights = _s->Weights;
        if (everything || _s->Due[_n] <= _s->Time)
        {
            for (int i = 0; i < _n; i++) weights[i] = -_s->Vote1[i];
            if (VoteQuery(0, _n, _n, _s->Everybody, 1, _s->LargestRate1))
            {
                CountedRows<TVector, TLanes>.Assemble(_s, 0, _factor[0], 0, null, null, 0);
                moved = true;
            }
        }
        if (everything || _s->Due[_n + 1] <= _s->Time)
        {
            for (int i = 0; i < _n; i++) weights[i] = -_s->Weight[i];
            if (VoteKey(1, _n + 1, _n, _s->Everybody, -1))
            {
                CountedRows<TVector, TLanes>.Assemble(_s, 1, _factor[1], 0, null, null, 0);
                moved = true;
            }
        }
        return moved;
    }

    /// <summary>
    /// A vote on a row of W_Q with the number <paramref name="k"/> of its due; true where a direction changed. <paramref name="side"/>: the sign by which each sample's own direction enters.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool VoteQuery(int row, int k, int count, int* sample, double side, double rate)
    {
        if (Unanimous(k, count, sample, ReducedStart.QueryRow(sample[0]), row, side, out bool moved)) return moved;
        double* weight = _s->Weights;
        CountedBallots<TVector, TLanes>.Query(_s, count, sample, weight);
        moved = !CountedRows<TVector, TLanes>.Holds(_s, _s->Ballot, row) && CountedRows<TVector, TLanes>.Renew(_s, row, _s->Ballot, 1);
        double size = 0, speed = 0, slack = 0;
        if (sample == _s->Everybody) CountedBallots<TVector, TLanes>.QuerySizes(_s, weight, out size, out speed, out slack);
        else
        {
            for (int e = 0; e < count; e++)
            {
                int i = sample[e];
                double w = Math.Abs(weight[e]);
                size += w;
                speed += w * _s->Speed[i];
                slack += w * _s->Rounding[i];
            }
        }
        speed += size * _s->SignalSpeed;
        slack += size * _s->SignalRounding;
        double steps = Longest(k);
        while (steps >= 1 && !CountedBallots<TVector, TLanes>.QueryHolds(_s, CountedBounds<TVector, TLanes>.ExpBound(rate * steps + _s->LargestRoundingLog), steps * speed + slack)) steps = Math.Floor(steps / 4);
        Certain(k, steps);
        return moved;
    }

    /// <summary>The same on a row of W_K, the weights being those of the samples' C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool VoteKey(int row, int k, int count, int* sample, double side)
    {
        if (Unanimous(k, count, sample, Begin.KeyRow(sample[0]), row, side, out bool moved)) return moved;
        double* weight = _s->Weights;
        double signal = 0, size = 0, speed2 = 0, slack2 = 0;
        if (sample == _s->Everybody) CountedBallots<TVector, TLanes>.KeySizes(_s, weight, out signal, out size, out speed2, out slack2);
        else
        {
            for (int e = 0; e < count; e++)
            {
                int i = sample[e];
                double term = weight[e] * _s->Own1[i], w = Math.Abs(weight[e] * _s->Own2[i]);
                signal += term;
                size += Math.Abs(term);
                speed2 += w * _s->Speed[i];
                slack2 += w * _s->Rounding[i];
            }
        }
        CountedBallots<TVector, TLanes>.Key(_s, count, sample, weight, signal);
        moved = !CountedRows<TVector, TLanes>.Holds(_s, _s->Ballot, row) && CountedRows<TVector, TLanes>.Renew(_s, row, _s->Ballot, 1);
        double steps = Longest(k);
        for (; steps >= 1; steps = Math.Floor(steps / 4))
        {
            double growth1 = CountedBounds<TVector, TLanes>.ExpBound(_s->LargestRate1 * steps + _s->LargestRoundingLog), growth2 = CountedBounds<TVector, TLanes>.ExpBound(_s->LargestRate2 * steps + _s->LargestRoundingLog);
            if (Math.Max(growth1, growth2) >= CountedBounds<TVector, TLanes>.Unbounded) continue;
            double reach = growth1 * size * (steps * _s->SignalSpeed + _s->SignalRounding) + growth2 * (steps * speed2 + slack2);
            if (CountedBallots<TVector, TLanes>.KeyHolds(_s, signal, size, growth1, growth2, reach)) break;
        }
        Certain(k, steps);
        return moved;
    }

    /// <summary>Where all samples agree, they do so until the first of them is due, and the vote needs no counting.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Unanimous(int k, int count, int* sample, int firstRow, int row, double side, out bool moved)
    {
        moved = false;
        double until = double.PositiveInfinity;
        for (int e = 0; e < count; e++)
            if (_s->Due[sample[e]] < until) until = _s->Due[sample[e]];
        double* first = _s->Direction + firstRow * _stride;
        if (until <= _s->Time + 1 || !CountedBallots<TVector, TLanes>.Agree(_s, count, sample, first)) return false;
        moved = CountedRows<TVector, TLanes>.Renew(_s, row, first, side);
        _s->Due[k] = until;
        return true;
    }

    /// <summary>The votes on the shared coordinates of W_Q and W_K: the sums of -y xi_c beta_2 D_i and of y xi_c C_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TurnShared(bool everything)
    {
        bool moved = false;
        SharedCoordinates shared = Begin.Shared;
        double* weights = _s->Weights;
        fixed (int* starts = shared.ColumnStart, samples = shared.ColumnSample)
        fixed (double* values = shared.ColumnValue)
            for (int c = 0; c < _shared; c++)
            {
                int from = starts[c], count = starts[c + 1] - from, query = _n + 2 + c, key = query + _shared;
                // All entries y xi_c have one sign.
                double side = _valueDirection[c];
                if (everything || _s->Due[query] <= _s->Time)
                {
                    double least = _scaled ? Least(_s->Log2, samples + from, count) : 0;
                    for (int e = 0; e < count; e++)
                    {
                        int i = samples[from + e];
                        weights[e] = -values[from + e] * _s->Beta2[i];
                        if (_scaled) weights[e] *= Math.Exp(least - _s->Log2[i]);
                    }
                    if (VoteQuery(Begin.SharedQueryRow(c), query, count, samples + from, side, _s->LargestRate2))
                    {
                        moved = true;
                        for (int e = 0; e < count; e++) _moved[samples[from + e]] |= QueryMoved;
                    }
                }
                if (everything || _s->Due[key] <= _s->Time)
                {
                    double least = _scaled ? Least(_s->LogOwn, samples + from, count) : 0;
                    for (int e = 0; e < count; e++) weights[e] = _scaled ? values[from + e] * Math.Exp(least - _s->LogOwn[samples[from + e]]) : values[from + e];
                    if (VoteKey(Begin.SharedKeyRow(c), key, count, samples + from, side))
                    {
                        moved = true;
                        for (int e = 0; e < count; e++) _moved[samples[from + e]] |= KeyMoved;
                    }
                }
            }
        return moved;
    }

    private static double Least(double* x, int* sample, int count)
    {
        double least = double.PositiveInfinity;
        for (int e = 0; e < count; e++)
            if (x[sample[e]] < least) least = x[sample[e]];
        return least;
    }

    /// <summary>New lines for the rows with a new direction, and new quadratics for their samples.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Assemble(bool signalMoved)
    {
        SharedCoordinates shared = Begin.Shared;
        fixed (int* columns = shared.SampleColumn)
        fixed (double* values = shared.SampleValue)
            for (int i = 0; i < _n; i++)
            {
                int moved = _moved[i];
                if (moved == 0 && !signalMoved) continue;
                int from = shared.SampleStart[i], count = shared.SampleStart[i + 1] - from;
                if ((moved & QueryMoved) != 0) CountedRows<TVector, TLanes>.Assemble(_s, ReducedStart.QueryRow(i), _factor[ReducedStart.QueryRow(i)], Begin.SharedQueryRow(0), columns + from, values + from, count);
                if ((moved & KeyMoved) != 0) CountedRows<TVector, TLanes>.Assemble(_s, Begin.KeyRow(i), _factor[Begin.KeyRow(i)], Begin.SharedKeyRow(0), columns + from, values + from, count);
                if (signalMoved || (moved & (QueryMoved | KeyMoved)) != 0) CountedRows<TVector, TLanes>.Expand(_s, i);
                _moved[i] = 0;
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Observe(Observation into)
    {
        new Span<double>(_s->Margin, _n).CopyTo(into.Margin);
        into.SummariseMargins();
        into.ValueSignal = _s->ValueSignal;
        new Span<double>(_s->Value, _n).CopyTo(into.ValueNoise);
        int m_k = Begin.MK;
        Line(0, into.QuerySignal);
        Line(1, into.KeySignal);
        for (int i = 0; i < _n; i++)
        {
            Line(ReducedStart.QueryRow(i), into.QueryNoise.AsSpan(i * m_k, m_k));
            Line(Begin.KeyRow(i), into.KeyNoise.AsSpan(i * m_k, m_k));
            into.LogS11[i] = LogisticLoss.LogSigmoid(_s->Score1[i]);
            into.LogS21[i] = LogisticLoss.LogSigmoid(_s->Score2[i]);
        }

        void Line(int row, Span<double> now)
        {
            double moved = _rate * (_s->Time - _s->BaseTime[row]);
            double* line = _s->Base + row * _stride, slope = _s->Slope + row * _stride;
            for (int r = 0; r < now.Length; r++) now[r] = Math.FusedMultiplyAdd(moved, slope[r], line[r]);
        }
    }
}
