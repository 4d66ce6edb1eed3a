using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>When to work in panels.</summary>
internal static class PanelDynamics
{
    /// <summary>From so many sums of shared coordinates on it is faster, as timed with n from 20 to 200, s = 20 and 40, 20 to 128 neurons, to keep them as integers that each step reads once.</summary>
    public static long LeastSums => (Vector512.IsHardwareAccelerated ? 8 : 64) * 1024;

    /// <summary>Whether there are so many sums, no number made of them leaves the range of a double while they are in that of an integer, and no vote is so small that <see cref="CountLanes{TVector, TLanes}"/> does not see it.</summary>
    public static bool Takes(ReducedStart start, double rate, long leastSums)
    {
        if (2L * start.SharedCount * start.Stride < leastSums) return false;
        double[] begin = start.Start, factor = start.Factor, entries = start.Shared.SampleValue;
        double most = int.MaxValue * Math.Abs(rate) * (Math.Sqrt(VectorOps.Dot(factor, factor)) + Math.Sqrt(VectorOps.Dot(entries, entries)) * entries.Length);
        return VectorOps.Dot(begin, begin) is > 1e-200 and < 1e200 && most < 1e100;
    }
}

/// <summary>
/// SignGD with a constant rate, step by step, where samples share so many coordinates that their sums fill caches: sums are 32-bit integers, and a step reads and writes each of them once, moving it
/// by its vote and adding it to the inner products of the next step. The same dynamics as <see cref="AccumulatedDynamics{TVector, TLanes}"/>.
/// </summary>
internal sealed unsafe class PanelDynamics<TVector, TLanes> : SteppedDynamics<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private readonly NativeBuffer<double> _memory;
    private readonly PanelState* _s;
    private readonly RowPanels _signal, _rows, _samples, _shared;
    private bool _backwards;

    public PanelDynamics(ReducedStart start) : base(start, stride: 0, rows: 0)
    {
        SharedCoordinates shared = start.Shared;
        int rows = 2 + 2 * start.N;
        (_signal, _rows, _samples, _shared) = (Panels(2), Panels(rows), Panels(start.N), Panels(2 * start.SharedCount));
        _memory = PanelState.Allocate(start.N, start.Stride, start.SharedCount, shared.Pairs, shared.ColumnValue.Length);
        _s = (PanelState*)_memory.Pointer;
        double[] assembled = start.Assembled();
        for (int row = 0; row < rows; row++)
        {
            _rows.Add(1, assembled.AsSpan(row * start.Stride, start.Stride), new Span<double>(_s->Start, _rows.Size), row);
            _s->Scale[row] = Rate * start.Factor[row];
        }
        for (int e = 0; e < shared.ColumnValue.Length; e++) _s->Move[e] = Rate * shared.ColumnValue[e];
        for (int j = 0; j < _rows.Count; j++) PanelRows<TVector, TLanes>.Begin(_s, j, j * _rows.Panel, _rows.Pitch(j));

        RowPanels Panels(int count) => new(count, start.Stride, PanelState.Panel(start.N, start.Stride));
    }

    public override void Dispose()
    {
        _memory.Dispose();
        base.Dispose();
    }

    public override void Moved(int step, int row, Span<double> sum)
    {
        RowPanels panels = row < _rows.Rows ? _rows : _shared;
        int* sums = row < _rows.Rows ? _s->Own : _s->Shared;
        int at = row < _rows.Rows ? row : row - _rows.Rows;
        for (int j = 0, r = 0; r < sum.Length; j++)
        {
            int* of = sums + panels.Start(j) + at * panels.Pitch(j);
            for (int k = 0; k < panels.Pitch(j) && r < sum.Length; k++, r++) sum[r] = of[k];
        }
    }

    protected override void Scores() => PanelRows<TVector, TLanes>.Fold(_s, _rows.Count, State->Score1, State->Score2);

    protected override void Step()
    {
        // To and fro: what the last step left in the cache is looked at first.
        for (int k = 0; k < _rows.Count; k++)
        {
            int j = _backwards ? _rows.Count - 1 - k : k;
            PanelRows<TVector, TLanes>.Step(_s, State, j, j * _rows.Panel, _rows.Pitch(j));
        }
        _backwards = !_backwards;
        AccumulatedRows<TVector, TLanes>.Line<SignStepOfNumbers>(State, State->ValueNoise);
    }

    protected override void ReadRows(Observation into)
    {
        int m_k = Begin.MK;
        ReadOnlySpan<double> mu = new(_s->Mu, _signal.Size), query = new(_s->Query, _samples.Size), key = new(_s->Key, _samples.Size);
        _signal.Read(mu, 0, into.QuerySignal.AsSpan(0, m_k));
        _signal.Read(mu, 1, into.KeySignal.AsSpan(0, m_k));
        for (int i = 0; i < Begin.N; i++)
        {
            _samples.Read(query, i, into.QueryNoise.AsSpan(i * m_k, m_k));
            _samples.Read(key, i, into.KeyNoise.AsSpan(i * m_k, m_k));
        }
    }
}
