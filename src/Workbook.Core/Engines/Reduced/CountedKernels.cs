using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// One step of the counted dynamics in loops without calls, written once for every width of vector. Lanes are neurons in rows and samples in columns.
/// </summary>
/// <remarks>
/// A sum over neurons keeps one partial sum per lane, which are added in pairs, (0 + 1) + (2 + 3) and so on; a sum over samples runs in their order.
/// </remarks>
internal static unsafe class CountedKernels<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Past this the smallest weight is near the end of the range of a double: weights then carry logarithms.</summary>
    public const double UnscaledRange = 600;

    private static TVector Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Create(0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Abs(TVector x) => TLanes.And(x, TLanes.Create(BitConverter.Int64BitsToDouble(long.MaxValue)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ExpMinus(TVector x) => ExpKernel.Invoke<TVector, TLanes>(TLanes.Subtract(TLanes.Create(0), x));

    /// <summary>The rows at the current time, and the scores a_1 = q_mu . D_i, a_2 = y q_xi_i . D_i with D_i = k_mu - y k_xi_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Scores(CountedState* s)
    {
        int n = s->N, stride = s->Stride, assembled = 2 + 2 * n;
        TVector rate = TLanes.Create(s->Rate), time = TLanes.Create(s->Time);
        double* x = s->X, baseTime = s->BaseTime;
        // The block is laid out in whole cache lines, so the last vector may run over the last row.
        for (int k = 0; k < assembled; k += TLanes.Count)
            TLanes.Store(TLanes.Multiply(rate, TLanes.Subtract(time, TLanes.Load(baseTime + k))), x + k);
        double* signal = s->Signal, b = s->Base, slope = s->Slope, difference = s->Difference, query = s->Query, partial = s->Partial;
        for (int row = 0; row < 2; row++)
        {
            TVector moved = TLanes.Create(x[row]);
            for (int r = row * stride; r < (row + 1) * stride; r += TLanes.Count)
                TLanes.Store(TLanes.FusedMultiplyAdd(moved, TLanes.Load(slope + r), TLanes.Load(b + r)), signal + r);
        }
        double* baseQuery = b + 2 * stride, slopeQuery = slope + 2 * stride, baseKey = baseQuery + n * stride, slopeKey = slopeQuery + n * stride;
        for (int i = 0; i < n; i++)
        {
            TVector movedQuery = TLanes.Create(x[2 + i]), movedKey = TLanes.Create(x[2 + n + i]), sum1 = Zero, sum2 = Zero;
            for (int r = 0; r < stride; r += TLanes.Count)
            {
                int at = i * stride + r;
                TVector key = TLanes.FusedMultiplyAdd(movedKey, TLanes.Load(slopeKey + at), TLanes.Load(baseKey + at));
                TVector d = TLanes.Subtract(TLanes.Load(signal + stride + r), key);
                TVector q = TLanes.FusedMultiplyAdd(movedQuery, TLanes.Load(slopeQuery + at), TLanes.Load(baseQuery + at));
                TLanes.Store(d, difference + at);
                TLanes.Store(q, query + at);
                sum1 = TLanes.FusedMultiplyAdd(TLanes.Load(signal + r), d, sum1);
                sum2 = TLanes.FusedMultiplyAdd(q, d, sum2);
            }
            TLanes.Store(sum1, partial + 8 * i);
            TLanes.Store(sum2, partial + 8 * (s->Samples + i));
        }
        SumLanes(partial, s->Score1, s->Samples);
        SumLanes(partial + 8 * s->Samples, s->Score2, s->Samples);
    }

    /// <summary>sum[i] = the sum of the lanes of vector i; 512-bit vectors eight at a time, folded in pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumLanes(double* partial, double* sum, int count)
    {
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported)
        {
            for (int i = 0; i < count; i += 8)
            {
                double* p = partial + 8 * i;
                Vector512<double> a = Fold(Pairs(p), Pairs(p + 16)), b = Fold(Pairs(p + 32), Pairs(p + 48));
                // 128-bit blocks of a: (0 1 of lanes 0..3), (0 1 of lanes 4..7), (2 3 of 0..3), (2 3 of 4..7); b likewise with 4 5 and 6 7.
                Fold(a, b).Store(sum + i);
            }
            return;
        }
        for (int i = 0; i < count; i++) sum[i] = TLanes.Sum(TLanes.Load(partial + 8 * i));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Pairs(double* p)
    {
        Vector512<double> x = Vector512.Load(p), y = Vector512.Load(p + 8);
        return Avx512F.UnpackLow(x, y) + Avx512F.UnpackHigh(x, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Fold(Vector512<double> x, Vector512<double> y) =>
        Avx512F.Shuffle4x128(x, y, 0b10_00_10_00) + Avx512F.Shuffle4x128(x, y, 0b11_01_11_01);

    /// <summary>Softmax outputs and margins from the scores. The value signal is given, the value noise is a line in t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Attention(CountedState* s, double valueSignal)
    {
        TVector one = TLanes.Create(1), rate = TLanes.Create(s->Rate), time = TLanes.Create(s->Time), vMu = TLanes.Create(valueSignal);
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector moved = TLanes.Multiply(rate, TLanes.Subtract(time, TLanes.Load(s->ValueTime + i)));
            TVector v = TLanes.FusedMultiplyAdd(moved, TLanes.Load(s->ValueSlope + i), TLanes.Load(s->ValueBase + i));
            TVector a1 = TLanes.Load(s->Score1 + i), a2 = TLanes.Load(s->Score2 + i);
            TVector e1 = ExpMinus(Abs(a1)), e2 = ExpMinus(Abs(a2));
            TVector below1 = TLanes.Add(one, e1), below2 = TLanes.Add(one, e2);
            // One division for both.
            TVector inverse = TLanes.Divide(one, TLanes.Multiply(below1, below2));
            TVector large1 = TLanes.Multiply(inverse, below2), large2 = TLanes.Multiply(inverse, below1);
            TVector small1 = TLanes.Multiply(e1, large1), small2 = TLanes.Multiply(e2, large2);
            TVector to1 = TLanes.LessThan(a1, Zero), to2 = TLanes.LessThan(a2, Zero);
            TVector onSignal = TLanes.Add(TLanes.Select(to1, small1, large1), TLanes.Select(to2, small2, large2));
            TVector onNoise = TLanes.Add(TLanes.Select(to1, large1, small1), TLanes.Select(to2, large2, small2));
            TLanes.Store(v, s->Value + i);
            TLanes.Store(e1, s->Small1 + i);
            TLanes.Store(e2, s->Small2 + i);
            TLanes.Store(large1, s->Large1 + i);
            TLanes.Store(large2, s->Large2 + i);
            TLanes.Store(onNoise, s->OnNoise + i);
            TLanes.Store(TLanes.FusedMultiplyAdd(onSignal, vMu, TLanes.Multiply(onNoise, v)), s->Margin + i);
        }
    }

    /// <summary>
    /// beta_1, beta_2 and the value's weight of every sample, up to one positive factor; false where they have left the range of a double.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Weights(CountedState* s, double valueSignal)
    {
        TVector one = TLanes.Create(1), vMu = TLanes.Create(valueSignal), most = Zero;
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector margin = TLanes.Load(s->Margin + i), delta = TLanes.Subtract(TLanes.Load(s->Value + i), vMu);
            TVector em = ExpMinus(Abs(margin)), up = TLanes.Divide(one, TLanes.Add(one, em));
            TVector slope = TLanes.Select(TLanes.LessThan(margin, Zero), up, TLanes.Multiply(em, up));
            TVector large1 = TLanes.Load(s->Large1 + i), large2 = TLanes.Load(s->Large2 + i);
            TVector common = TLanes.Multiply(slope, delta);
            TVector beta1 = TLanes.Multiply(TLanes.Multiply(common, large1), TLanes.Multiply(large1, TLanes.Load(s->Small1 + i)));
            TVector beta2 = TLanes.Multiply(TLanes.Multiply(common, large2), TLanes.Multiply(large2, TLanes.Load(s->Small2 + i)));
            TVector side = TLanes.Subtract(TLanes.And(TLanes.LessThan(delta, Zero), one), TLanes.And(TLanes.LessThan(Zero, delta), one));
            TLanes.Store(beta1, s->Vote1 + i);
            TLanes.Store(beta2, s->Beta2 + i);
            TLanes.Store(beta1, s->Own1 + i);
            TLanes.Store(beta2, s->Own2 + i);
            TLanes.Store(one, s->Weight + i);
            TLanes.Store(side, s->MinusSide + i);
            TLanes.Store(TLanes.Multiply(slope, TLanes.Load(s->OnNoise + i)), s->ValueWeight + i);
            TVector top = TLanes.Max(Abs(TLanes.Load(s->Score1 + i)), Abs(TLanes.Load(s->Score2 + i)));
            most = TLanes.Max(most, TLanes.Add(top, TLanes.Max(margin, Zero)));
        }
        return LaneTests.AllPositive(TLanes.Subtract(TLanes.Create(UnscaledRange), most));
    }

    /// <summary>
    /// The same past the range: each weight is divided by the exponential of its logarithm, or of the largest that it is compared with. With
    /// x_a = |a_a| + max(margin, 0): beta_a = Delta / (1 + e^-|a_a|)^2 / (1 + e^-|margin|) e^-x_a.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaledWeights(CountedState* s, double valueSignal)
    {
        TVector one = TLanes.Create(1), vMu = TLanes.Create(valueSignal);
        double least1 = double.PositiveInfinity, leastOwn = double.PositiveInfinity;
        for (int i = 0; i < s->N; i++)
        {
            double up = Math.Max(s->Margin[i], 0), x1 = Math.Abs(s->Score1[i]) + up, x2 = Math.Abs(s->Score2[i]) + up;
            least1 = Math.Min(least1, x1);
            leastOwn = Math.Min(leastOwn, Math.Min(x1, x2));
        }
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector margin = TLanes.Load(s->Margin + i), positive = TLanes.Max(margin, Zero), common = TLanes.Divide(TLanes.Subtract(TLanes.Load(s->Value + i), vMu), TLanes.Add(one, ExpMinus(Abs(margin))));
            TVector a1 = TLanes.Load(s->Score1 + i), a2 = TLanes.Load(s->Score2 + i), large1 = TLanes.Load(s->Large1 + i), large2 = TLanes.Load(s->Large2 + i);
            TVector c1 = TLanes.Multiply(common, TLanes.Multiply(large1, large1)), c2 = TLanes.Multiply(common, TLanes.Multiply(large2, large2));
            TVector x1 = TLanes.Add(Abs(a1), positive), x2 = TLanes.Add(Abs(a2), positive), own = TLanes.Min(x1, x2);
            TLanes.Store(TLanes.Multiply(c1, ExpMinus(TLanes.Subtract(x1, TLanes.Create(least1)))), s->Vote1 + i);
            TLanes.Store(c2, s->Beta2 + i);
            TLanes.Store(TLanes.Multiply(c1, ExpMinus(TLanes.Subtract(x1, own))), s->Own1 + i);
            TLanes.Store(TLanes.Multiply(c2, ExpMinus(TLanes.Subtract(x2, own))), s->Own2 + i);
            TLanes.Store(ExpMinus(TLanes.Subtract(own, TLanes.Create(leastOwn))), s->Weight + i);
            TVector noiseScale = TLanes.Max(Zero, TLanes.Min(a1, a2));
            TVector to1 = TLanes.Multiply(large1, ExpMinus(TLanes.Subtract(TLanes.Max(a1, Zero), noiseScale)));
            TVector to2 = TLanes.Multiply(large2, ExpMinus(TLanes.Subtract(TLanes.Max(a2, Zero), noiseScale)));
            TLanes.Store(TLanes.Divide(TLanes.Add(to1, to2), TLanes.Add(one, ExpMinus(Abs(margin)))), s->ValueWeight + i);
            TLanes.Store(x2, s->Log2 + i);
            TLanes.Store(own, s->LogOwn + i);
            TLanes.Store(TLanes.Add(positive, noiseScale), s->LogValue + i);
        }
    }

    /// <summary>
    /// The descent of q_mu, -sum beta_1 D_i, of k_mu, -sum C_i, and whether every sign of a sample's row is still its direction:
    /// y q_xi_i: -beta_2 D_i, y k_xi_i: C_i = beta_1 q_mu + beta_2 y q_xi_i.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Votes(CountedState* s)
    {
        int n = s->N, stride = s->Stride;
        double* queryDirection = s->Direction + 2 * stride, keyDirection = queryDirection + n * stride;
        double* vote1 = s->Vote1, own1 = s->Own1, own2 = s->Own2, weight = s->Weight, minusSide = s->MinusSide;
        TVector least = TLanes.Create(double.PositiveInfinity);
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            TVector q = TLanes.Load(s->Signal + r), padding = TLanes.Load(s->Padding + r), toQuery = Zero, toKey = Zero;
            double* difference = s->Difference + r, query = s->Query + r, key = s->Key + r, onQuery = queryDirection + r, onKey = keyDirection + r;
            for (int i = 0; i < n; i++)
            {
                TVector d = TLanes.Load(difference);
                toQuery = TLanes.FusedMultiplyAdd(TLanes.Create(vote1[i]), d, toQuery);
                TVector c = TLanes.FusedMultiplyAdd(TLanes.Create(own2[i]), TLanes.Load(query), TLanes.Multiply(TLanes.Create(own1[i]), q));
                toKey = TLanes.FusedMultiplyAdd(TLanes.Create(weight[i]), c, toKey);
                TLanes.Store(c, key);
                least = TLanes.Min(least, TLanes.FusedMultiplyAdd(TLanes.Multiply(d, TLanes.Load(onQuery)), TLanes.Create(minusSide[i]), padding));
                least = TLanes.Min(least, TLanes.FusedMultiplyAdd(c, TLanes.Load(onKey), padding));
                difference += stride;
                query += stride;
                key += stride;
                onQuery += stride;
                onKey += stride;
            }
            TLanes.Store(TLanes.Subtract(Zero, toQuery), s->Votes + r);
            TLanes.Store(TLanes.Subtract(Zero, toKey), s->Votes + stride + r);
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
    /// The descents of the shared coordinates of W_Q and W_K, sum over a coordinate's samples of y xi (-beta_2 D_i) and y xi C_i, into rows [shared, 2];
    /// per coordinate whether both keep their directions; true where all do.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Shared(CountedState* s, int* start, int* sample, double* queryWeight, double* keyWeight, bool* holds)
    {
        int stride = s->Stride, shared = s->SharedCount;
        double* queryDirection = s->Direction + (2 + 2 * s->N) * stride, keyDirection = queryDirection + shared * stride, descent = s->SharedDescent;
        bool all = true;
        for (int c = 0; c < shared; c++)
        {
            TVector least = TLanes.Create(double.PositiveInfinity);
            int from = start[c], to = start[c + 1];
            for (int r = 0; r < stride; r += TLanes.Count)
            {
                double* d = s->Difference + r, k = s->Key + r;
                // Two samples at least share a coordinate, and mostly just two.
                int first = sample[from] * stride, second = sample[from + 1] * stride;
                TVector toQuery = TLanes.Multiply(TLanes.Create(queryWeight[from]), TLanes.Load(d + first));
                TVector toKey = TLanes.Multiply(TLanes.Create(keyWeight[from]), TLanes.Load(k + first));
                toQuery = TLanes.FusedMultiplyAdd(TLanes.Create(queryWeight[from + 1]), TLanes.Load(d + second), toQuery);
                toKey = TLanes.FusedMultiplyAdd(TLanes.Create(keyWeight[from + 1]), TLanes.Load(k + second), toKey);
                for (int e = from + 2; e < to; e++)
                {
                    int at = sample[e] * stride;
                    toQuery = TLanes.FusedMultiplyAdd(TLanes.Create(queryWeight[e]), TLanes.Load(d + at), toQuery);
                    toKey = TLanes.FusedMultiplyAdd(TLanes.Create(keyWeight[e]), TLanes.Load(k + at), toKey);
                }
                TVector padding = TLanes.Load(s->Padding + r);
                TLanes.Store(toQuery, descent + r);
                TLanes.Store(toKey, descent + stride + r);
                least = TLanes.Min(least, TLanes.FusedMultiplyAdd(toQuery, TLanes.Load(queryDirection + r), padding));
                least = TLanes.Min(least, TLanes.FusedMultiplyAdd(toKey, TLanes.Load(keyDirection + r), padding));
            }
            all &= holds[c] = LaneTests.AllPositive(least);
            descent += 2 * stride;
            queryDirection += stride;
            keyDirection += stride;
        }
        return all;
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
    /// For how long no sign in the rows can change, all samples having the same sign of Delta: real tau &gt;= 0 such that over [t, t + tau] every y q_xi_i,r keeps
    /// the sign of q_mu,r and every D_i,r that of D_1,r; -1 where this is not so now. Then C_i,r has the sign of Delta q_mu,r and all votes are unanimous,
    /// whatever the weights, and a sum of terms of one sign cannot round to another.
    /// </summary>
    /// <remarks>
    /// A line f has f(t) &gt;= slack for tau &lt;= (f_0 - Slack size_0) / (Slack size' - f'), where size bounds the terms that f is computed from: what is computed
    /// differs from the line by a few units in the last place of size, Slack is hundreds of them.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Unanimous(CountedState* s)
    {
        int n = s->N, stride = s->Stride;
        TVector slack = TLanes.Create(Slack), rate = TLanes.Create(s->Rate), limit = TLanes.Create(double.PositiveInfinity), signBit = TLanes.Create(-0.0);
        double* queryBase = s->Base + 2 * stride, querySlope = s->Slope + 2 * stride, keyBase = queryBase + n * stride, keySlope = querySlope + n * stride, x = s->X;
        for (int r = 0; r < stride; r += TLanes.Count)
        {
            TVector padding = TLanes.Load(s->Padding + r), least = TLanes.Create(double.PositiveInfinity);
            TVector q = TLanes.Load(s->Signal + r), slope = TLanes.Load(s->Slope + r), sideQuery = TLanes.And(q, signBit);
            TVector size = TLanes.FusedMultiplyAdd(TLanes.Create(x[0]), Abs(slope), Abs(TLanes.Load(s->Base + r)));
            Line(q, slope, size, Abs(slope), sideQuery, padding, slack, rate, ref least, ref limit);
            TVector signalSlope = TLanes.Load(s->Slope + stride + r);
            TVector signalSize = TLanes.FusedMultiplyAdd(TLanes.Create(x[1]), Abs(signalSlope), Abs(TLanes.Load(s->Base + stride + r)));
            TVector sideDifference = TLanes.And(TLanes.Load(s->Difference + r), signBit);
            for (int i = 0; i < n; i++)
            {
                int at = i * stride + r;
                slope = TLanes.Load(querySlope + at);
                size = TLanes.FusedMultiplyAdd(TLanes.Create(x[2 + i]), Abs(slope), Abs(TLanes.Load(queryBase + at)));
                Line(TLanes.Load(s->Query + at), slope, size, Abs(slope), sideQuery, padding, slack, rate, ref least, ref limit);
                slope = TLanes.Load(keySlope + at);
                size = TLanes.FusedMultiplyAdd(TLanes.Create(x[2 + n + i]), Abs(slope), TLanes.Add(signalSize, Abs(TLanes.Load(keyBase + at))));
                Line(TLanes.Load(s->Difference + at), TLanes.Subtract(signalSlope, slope), size, TLanes.Add(Abs(signalSlope), Abs(slope)), sideDifference, padding, slack, rate, ref least, ref limit);
            }
            if (!LaneTests.AllPositive(least)) return -1;
        }
        double* lanes = stackalloc double[TLanes.Count];
        TLanes.Store(limit, lanes);
        double shortest = double.PositiveInfinity;
        for (int lane = 0; lane < TLanes.Count; lane++) shortest = Math.Min(shortest, lanes[lane]);
        return shortest;
    }

    /// <summary>Rounding that a sign has to be clear of, relative to the size of what is summed.</summary>
    public const double Slack = 1e-13;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(TVector now, TVector slope, TVector size, TVector sizeSlope, TVector side, TVector padding, TVector slack, TVector rate, ref TVector least, ref TVector limit)
    {
        TVector above = TLanes.Add(padding, TLanes.Subtract(TLanes.Xor(now, side), TLanes.Multiply(slack, size)));
        TVector falls = TLanes.Multiply(rate, TLanes.Subtract(TLanes.Multiply(slack, sizeSlope), TLanes.Xor(slope, side)));
        least = TLanes.Min(least, above);
        limit = TLanes.Select(TLanes.LessThan(Zero, falls), TLanes.Min(limit, TLanes.Divide(above, falls)), limit);
    }

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
