using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>What a step of the counted dynamics asks of rows of neurons, a neuron in each lane: descents, whether directions are still their signs, and new lines where they are not.</summary>
/// <remarks>
/// With D_i = k_mu - y k_xi_i the descents are q_mu: -sum beta_1 D_i, y q_xi_i: -beta_2 D_i, y k_xi_i: C_i = beta_1 q_mu + beta_2 y q_xi_i, k_mu: -sum C_i.
/// A sum over neurons keeps one partial sum per lane, which are added in pairs, (0 + 1) + (2 + 3) and so on; a sum over samples runs in their order.
/// </remarks>
internal static unsafe class CountedRows<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private static TVector Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Create(0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Line(TVector moved, double* slope, double* start) => TLanes.FusedMultiplyAdd(moved, TLanes.Load(slope), TLanes.Load(start));

    /// <summary>How far every line has come, q_mu, k_mu and the sum of |q_mu| now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Signal(CountedState* s)
    {
        int stride = s->Stride, assembled = 2 + 2 * s->N;
        TVector rate = TLanes.Create(s->Rate), time = TLanes.Create(s->Time);
        // The block is laid out in whole cache lines, so the last vector may run over the last row.
        for (int k = 0; k < assembled; k += TLanes.Count) TLanes.Store(TLanes.Multiply(rate, TLanes.Subtract(time, TLanes.Load(s->BaseTime + k))), s->Moved + k);
        TVector query = TLanes.Create(s->Moved[0]), key = TLanes.Create(s->Moved[1]), norm = Zero;
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            TVector q = Line(query, s->Slope + r, s->Base + r);
            TLanes.Store(q, s->Signal + r);
            TLanes.Store(Line(key, s->Slope + stride + r, s->Base + stride + r), s->Signal + stride + r);
            norm = TLanes.Add(norm, TLanes.Abs(q));
        }
        s->SignalNorm = TLanes.Sum(norm);
    }

    /// <summary>The least of some numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static double Least(double* x, int count)
    {
        TVector lanes = TLanes.Create(double.PositiveInfinity);
        int k = 0;
        for (; k <= count - TLanes.Count; k += TLanes.Count) lanes = TLanes.Min(lanes, TLanes.Load(x + k));
        double* each = stackalloc double[Elementwise.LongestVector];
        TLanes.Store(lanes, each);
        double least = double.PositiveInfinity;
        for (int lane = 0; lane < TLanes.Count; lane++)
            if (each[lane] < least) least = each[lane];
        for (; k < count; k++)
            if (x[k] < least) least = x[k];
        return least;
    }

    /// <summary>The scores of sample i as quadratics from now on, and the sizes of its rows; <see cref="Signal"/> came before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(CountedState* s, int i)
    {
        int stride = s->Stride, n = s->N, samples = s->Samples;
        double* query = s->Base + (2 + i) * stride, querySlope = s->Slope + (2 + i) * stride, key = query + n * stride, keySlope = querySlope + n * stride;
        double* signal = s->Signal, signalSlope = s->Slope;
        TVector movedQuery = TLanes.Create(s->Rate * (s->Time - s->BaseTime[2 + i])), movedKey = TLanes.Create(s->Rate * (s->Time - s->BaseTime[2 + n + i]));
        TVector a0 = Zero, a1 = Zero, a2 = Zero, b0 = Zero, b1 = Zero, b2 = Zero, sizeD = Zero, sizeQ = Zero;
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            TVector sk = TLanes.Load(keySlope + r), sq = TLanes.Load(querySlope + r), s0 = TLanes.Load(signalSlope + r);
            TVector d = TLanes.Subtract(TLanes.Load(signal + stride + r), TLanes.FusedMultiplyAdd(movedKey, sk, TLanes.Load(key + r)));
            TVector sd = TLanes.Subtract(TLanes.Load(signalSlope + stride + r), sk);
            TVector q = TLanes.FusedMultiplyAdd(movedQuery, sq, TLanes.Load(query + r)), q0 = TLanes.Load(signal + r);
            a0 = TLanes.FusedMultiplyAdd(q0, d, a0);
            a1 = TLanes.FusedMultiplyAdd(q0, sd, TLanes.FusedMultiplyAdd(s0, d, a1));
            a2 = TLanes.FusedMultiplyAdd(s0, sd, a2);
            b0 = TLanes.FusedMultiplyAdd(q, d, b0);
            b1 = TLanes.FusedMultiplyAdd(q, sd, TLanes.FusedMultiplyAdd(sq, d, b1));
            b2 = TLanes.FusedMultiplyAdd(sq, sd, b2);
            sizeD = TLanes.Add(sizeD, TLanes.Abs(d));
            sizeQ = TLanes.Add(sizeQ, TLanes.Abs(q));
        }
        double* partial = s->Partial, to = s->Expansion + i;
        TLanes.Store(a0, partial);
        TLanes.Store(a1, partial + 8);
        TLanes.Store(a2, partial + 16);
        TLanes.Store(b0, partial + 24);
        TLanes.Store(b1, partial + 32);
        TLanes.Store(b2, partial + 40);
        TLanes.Store(sizeD, partial + 48);
        TLanes.Store(sizeQ, partial + 56);
        RowSums<TVector, TLanes>.Eight(partial, partial);
        for (int k = 0; k < 8; k++) to[k * samples] = partial[k];
        s->Anchor[i] = s->Time;
    }

    /// <summary>D_i, y q_xi_i and C_i now, and whether their signs are the directions of the coordinates that sample i has alone; <see cref="Signal"/> came before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Sample(CountedState* s, int i)
    {
        int stride = s->Stride, n = s->N, at = (2 + i) * stride;
        double* query = s->Base + at, querySlope = s->Slope + at, queryDirection = s->Direction + at;
        double* key = query + n * stride, keySlope = querySlope + n * stride, keyDirection = queryDirection + n * stride;
        double* difference = s->Difference + i * stride, queryNow = s->Query, descent = s->Key + i * stride, signal = s->Signal, padding = s->Padding;
        TVector movedQuery = TLanes.Create(s->Moved[2 + i]), movedKey = TLanes.Create(s->Moved[2 + n + i]), own1 = TLanes.Create(s->Own1[i]), own2 = TLanes.Create(s->Own2[i]), side = TLanes.Create(s->MinusSide[i]);
        TVector least = TLanes.Create(double.PositiveInfinity);
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            TVector d = TLanes.Subtract(TLanes.Load(signal + stride + r), Line(movedKey, keySlope + r, key + r)), q = Line(movedQuery, querySlope + r, query + r);
            TVector c = TLanes.FusedMultiplyAdd(own2, q, TLanes.Multiply(own1, TLanes.Load(signal + r)));
            TLanes.Store(d, difference + r);
            TLanes.Store(q, queryNow + r);
            TLanes.Store(c, descent + r);
            least = TLanes.Min(least, TLanes.FusedMultiplyAdd(TLanes.Multiply(d, TLanes.Load(queryDirection + r)), side, TLanes.Load(padding + r)));
            least = TLanes.Min(least, TLanes.FusedMultiplyAdd(c, TLanes.Load(keyDirection + r), TLanes.Load(padding + r)));
        }
        return LaneTests.AllPositive(least);
    }

    /// <summary>Whether every sign of a row of descents is the row's direction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(CountedState* s, double* descent, int row)
    {
        double* direction = s->Direction + row * s->Stride;
        for (int r = 0; r < s->Stride; r += TLanes.Count)
            if (!LaneTests.AllPositive(TLanes.FusedMultiplyAdd(TLanes.Load(descent + r), TLanes.Load(direction + r), TLanes.Load(s->Padding + r)))) return false;
        return true;
    }

    /// <summary>
    /// Takes the signs of a row of descents (times <paramref name="factor"/>) for its directions; true where one changed. The count is then brought up to now.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Renew(CountedState* s, int row, double* descent, double factor)
    {
        int stride = s->Stride;
        double* direction = s->Direction + row * stride, count = s->Count + row * stride;
        TVector one = TLanes.Create(1), elapsed = TLanes.Create(s->Time - s->Since[row]), times = TLanes.Create(factor), changed = Zero;
        for (int r = 0; r < stride; r += TLanes.Count)
            changed = TLanes.Or(changed, TLanes.Xor(Sign(TLanes.Multiply(times, TLanes.Load(descent + r)), one), TLanes.Load(direction + r)));
        if (!LaneTests.AnyBit(changed)) return false;
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            TLanes.Store(TLanes.FusedMultiplyAdd(elapsed, TLanes.Load(direction + r), TLanes.Load(count + r)), count + r);
            TLanes.Store(Sign(TLanes.Multiply(times, TLanes.Load(descent + r)), one), direction + r);
        }
        s->Since[row] = s->Time;
        return true;
    }

    /// <summary>1, -1, and +0 for both zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sign(TVector x, TVector one) =>
        TLanes.Subtract(TLanes.And(TLanes.LessThan(Zero, x), one), TLanes.And(TLanes.LessThan(x, Zero), one));

    /// <summary>
    /// Base and slope of an assembled row from the integer counts: base = start + rate (G a + sum_c y xi_c a_c), slope likewise with directions.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Assemble(CountedState* s, int row, double factor, int sharedRow, int* column, double* value, int count)
    {
        int stride = s->Stride;
        TVector own = TLanes.Create(factor), rate = TLanes.Create(s->Rate), elapsed = TLanes.Create(s->Time - s->Since[row]);
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            TVector d = TLanes.Load(s->Direction + row * stride + r);
            TVector slope = TLanes.Multiply(own, d);
            TVector sum = TLanes.Multiply(own, TLanes.FusedMultiplyAdd(elapsed, d, TLanes.Load(s->Count + row * stride + r)));
            for (int e = 0; e < count; e++)
            {
                int shared = sharedRow + column[e], at = shared * stride + r;
                TVector x = TLanes.Create(value[e]), dc = TLanes.Load(s->Direction + at);
                slope = TLanes.FusedMultiplyAdd(x, dc, slope);
                sum = TLanes.FusedMultiplyAdd(x, TLanes.FusedMultiplyAdd(TLanes.Create(s->Time - s->Since[shared]), dc, TLanes.Load(s->Count + at)), sum);
            }
            TLanes.Store(slope, s->Slope + row * stride + r);
            TLanes.Store(TLanes.FusedMultiplyAdd(rate, sum, TLanes.Load(s->Start + row * stride + r)), s->Base + row * stride + r);
        }
        s->BaseTime[row] = s->Time;
    }
}
