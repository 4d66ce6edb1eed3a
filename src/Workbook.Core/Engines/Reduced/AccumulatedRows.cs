using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>What every step of the accumulated dynamics does to rows of neurons, a neuron in each lane.</summary>
/// <remarks>
/// A sum over neurons keeps one partial sum per lane (<see cref="RowSums{TVector, TLanes}"/>); a sum over samples runs in their order. Rows are whole vectors (<see cref="ReducedStart.Stride"/>).
/// </remarks>
internal static unsafe class AccumulatedRows<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>q_mu, k_mu and v_mu; y q_xi, y v_xi and D from a sample's own coordinates and the shared ones; the scores a_1 = q_mu . D_i and a_2 = y q_xi_i . D_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(AccumulatedState* s)
    {
        nint n = s->N, stride = s->Stride, toKeys = s->SharedCount * stride;
        double* sum = s->Sum, start = s->Start, scale = s->Scale, qMu = s->MuRows, kMu = qMu + stride;
        for (nint r = 0; r < stride; r += TLanes.Count)
        {
            TLanes.Store(Product(scale, start + r, sum + r), qMu + r);
            TLanes.Store(Product(scale + 1, start + stride + r, sum + stride + r), kMu + r);
        }
        double* query = s->Query, difference = s->Difference, values = s->SampleValue, partial1 = s->Partial1, partial2 = s->Partial2, sharedQuery = sum + (2 + 2 * n) * stride;
        int* rows = s->SampleRow, starts = s->SampleStart;
        nint e = 0, ownKeys = n * stride;
        sum += 2 * stride;
        start += 2 * stride;
        scale += 2;
        for (nint i = 0; i < n; i++)
        {
            nint from = e, to = starts[i + 1], r = 0;
            TVector a1 = TLanes.Create(0), a2 = a1;
            // Three vectors of a row at a time, so that an entry is fetched once for them.
            for (; r <= stride - 3 * TLanes.Count; r += 3 * TLanes.Count)
            {
                TVector q0 = Product(scale, start, sum), k0 = Product(scale + n, start + ownKeys, sum + ownKeys);
                TVector q1 = Product(scale, start + TLanes.Count, sum + TLanes.Count), k1 = Product(scale + n, start + ownKeys + TLanes.Count, sum + ownKeys + TLanes.Count);
                TVector q2 = Product(scale, start + 2 * TLanes.Count, sum + 2 * TLanes.Count), k2 = Product(scale + n, start + ownKeys + 2 * TLanes.Count, sum + ownKeys + 2 * TLanes.Count);
                for (e = from; e < to; e++)
                {
                    TVector yx = TLanes.Create(values[e]);
                    double* entryQuery = sharedQuery + r + rows[e], entryKey = entryQuery + toKeys;
                    q0 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryQuery), q0);
                    k0 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryKey), k0);
                    q1 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryQuery + TLanes.Count), q1);
                    k1 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryKey + TLanes.Count), k1);
                    q2 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryQuery + 2 * TLanes.Count), q2);
                    k2 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryKey + 2 * TLanes.Count), k2);
                }
                Score(qMu + r, kMu + r, q0, k0, query, difference, ref a1, ref a2);
                Score(qMu + r + TLanes.Count, kMu + r + TLanes.Count, q1, k1, query + TLanes.Count, difference + TLanes.Count, ref a1, ref a2);
                Score(qMu + r + 2 * TLanes.Count, kMu + r + 2 * TLanes.Count, q2, k2, query + 2 * TLanes.Count, difference + 2 * TLanes.Count, ref a1, ref a2);
                sum += 3 * TLanes.Count;
                start += 3 * TLanes.Count;
                query += 3 * TLanes.Count;
                difference += 3 * TLanes.Count;
            }
            for (; r < stride; r += TLanes.Count)
            {
                TVector q = Product(scale, start, sum), k = Product(scale + n, start + ownKeys, sum + ownKeys);
                for (e = from; e < to; e++)
                {
                    TVector yx = TLanes.Create(values[e]);
                    double* entryQuery = sharedQuery + r + rows[e];
                    q = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryQuery), q);
                    k = TLanes.FusedMultiplyAdd(yx, TLanes.Load(entryQuery + toKeys), k);
                }
                Score(qMu + r, kMu + r, q, k, query, difference, ref a1, ref a2);
                sum += TLanes.Count;
                start += TLanes.Count;
                query += TLanes.Count;
                difference += TLanes.Count;
            }
            scale++;
            TLanes.Store(a1, partial1);
            TLanes.Store(a2, partial2);
            partial1 += RowSums<TVector, TLanes>.Apart;
            partial2 += RowSums<TVector, TLanes>.Apart;
        }
        partial1 = s->Partial1;
        partial2 = s->Partial2;
        double* score1 = s->Score1, score2 = s->Score2;
        for (nint i = 0; i < n; i += 8)
        {
            RowSums<TVector, TLanes>.Eight(partial1 + RowSums<TVector, TLanes>.Apart * i, score1 + i);
            RowSums<TVector, TLanes>.Eight(partial2 + RowSums<TVector, TLanes>.Apart * i, score2 + i);
        }
        s->Signal = Math.FusedMultiplyAdd(s->SignalScale, s->Sum[s->ValueSignal], s->SignalStart);
        double* value = s->Value, own = s->Sum + s->ValueNoise, shared = s->Sum + s->ValueShared, valueScale = s->ValueScale, valueStart = s->ValueStart;
        int* columns = s->SampleColumn;
        e = 0;
        for (nint i = 0; i < n; i++)
        {
            // v moves at twice the speed of a row of W_V.
            double moved = 0;
            for (nint to = starts[i + 1]; e < to; e++) moved = Math.FusedMultiplyAdd(values[e], shared[columns[e]], moved);
            value[i] = Math.FusedMultiplyAdd(2, moved, Math.FusedMultiplyAdd(valueScale[i], own[i], valueStart[i]));
        }
    }

    /// <summary>start + scale a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Product(double* scale, double* start, double* sum) => TLanes.FusedMultiplyAdd(TLanes.Create(*scale), TLanes.Load(sum), TLanes.Load(start));

    /// <summary>Keeps y q_xi and D of a vector of neurons and adds their part of the scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Score(double* qMu, double* kMu, TVector q, TVector k, double* query, double* difference, ref TVector a1, ref TVector a2)
    {
        TVector d = TLanes.Subtract(TLanes.Load(kMu), k);
        TLanes.Store(q, query);
        TLanes.Store(d, difference);
        a1 = TLanes.FusedMultiplyAdd(TLanes.Load(qMu), d, a1);
        a2 = TLanes.FusedMultiplyAdd(q, d, a2);
    }

    /// <summary>y k_xi_i, [m_k], as <see cref="Scores"/> had it.</summary>
    public static void KeyNoise(AccumulatedState* s, int i, Span<double> into)
    {
        int row = 2 + s->N + i;
        double* sum = s->Sum + row * s->Stride, start = s->Start + row * s->Stride, shared = s->Sum + (2 + 2 * s->N + s->SharedCount) * s->Stride;
        for (int r = 0; r < into.Length; r++)
        {
            double k = Math.FusedMultiplyAdd(s->Scale[row], sum[r], start[r]);
            for (int e = s->SampleStart[i]; e < s->SampleStart[i + 1]; e++) k = Math.FusedMultiplyAdd(s->SampleValue[e], shared[s->SampleRow[e] + r], k);
            into[r] = k;
        }
    }

    /// <summary>Adds a direction to a sum, or keeps the descent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move<TStep>(double* sum, double* descents, TVector unit, TVector descent) where TStep : IStepLanes
    {
        if (TStep.Moves) TLanes.Store(TLanes.FusedMultiplyAdd(TStep.Direction<TVector, TLanes>(descent), unit, TLanes.Load(sum)), sum);
        else TLanes.Store(descent, descents);
    }

    /// <summary>q_mu: -sum beta_1 D_i; y q_xi_i: -beta_2 D_i; y k_xi_i: C_i = beta_1 q_mu + beta_2 y q_xi_i; k_mu: -sum C_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Samples<TStep>(AccumulatedState* s) where TStep : IStepLanes
    {
        nint n = s->N, stride = s->Stride, toKeys = n * stride, first = 2 * stride;
        TVector unit = TLanes.Create(s->Unit);
        double* own1 = s->Own1, own2 = s->Own2, vote1 = s->MinusVote1, beta2 = s->MinusBeta2, weight = s->MinusWeight;
        double* sums = s->Sum, descents = s->Descent, queries = s->Query, differences = s->Difference, mu = s->MuRows;
        for (nint r = 0; r < stride; r += TLanes.Count)
        {
            TVector qMu = TLanes.Load(mu + r), toQuery = TLanes.Create(0), toKey = toQuery;
            double* sum = sums + first + r, descent = descents + first + r, query = queries + r, difference = differences + r;
            for (nint i = 0; i < n; i++)
            {
                TVector d = TLanes.Load(difference), c = TLanes.FusedMultiplyAdd(TLanes.Create(own2[i]), TLanes.Load(query), TLanes.Multiply(TLanes.Create(own1[i]), qMu));
                TLanes.Store(c, query);
                toQuery = TLanes.FusedMultiplyAdd(TLanes.Create(vote1[i]), d, toQuery);
                toKey = TLanes.FusedMultiplyAdd(TLanes.Create(weight[i]), c, toKey);
                Move<TStep>(sum, descent, unit, TLanes.Multiply(TLanes.Create(beta2[i]), d));
                Move<TStep>(sum + toKeys, descent + toKeys, unit, c);
                sum += stride;
                descent += stride;
                query += stride;
                difference += stride;
            }
            Move<TStep>(sums + r, descents + r, unit, toQuery);
            Move<TStep>(sums + stride + r, descents + stride + r, unit, toKey);
        }
    }

    /// <summary>Of shared coordinates the weights of D_i, -y xi_c beta_2, and the value's descents, sum y xi_c times a sample's; the descent of v_mu.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights(AccumulatedState* s)
    {
        double* onSignal = s->OnSignal, noise = s->Descent + s->ValueNoise, onShared = s->Descent + s->ValueShared, beta2 = s->MinusBeta2, values = s->ColumnValue, weights = s->QueryWeight;
        int* samples = s->ColumnSample, starts = s->ColumnStart;
        nint n = s->N, entries = s->Entries, pairs = s->Pairs, shared = s->SharedCount, c = 0;
        double signal = 0;
        for (nint i = 0; i < n; i++) signal += onSignal[i];
        s->Descent[s->ValueSignal] = signal;
        for (nint e = 0; e < entries; e++) weights[e] = values[e] * beta2[samples[e]];
        for (; c < pairs; c++) onShared[c] = Math.FusedMultiplyAdd(values[2 * c + 1], noise[samples[2 * c + 1]], values[2 * c] * noise[samples[2 * c]]);
        for (; c < shared; c++)
        {
            double sum = 0;
            for (nint e = starts[c]; e < starts[c + 1]; e++) sum = Math.FusedMultiplyAdd(values[e], noise[samples[e]], sum);
            onShared[c] = sum;
        }
    }

    /// <summary>The same where weights are mantissas with exponents: each vote's, mu's too, at the scale of its largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaledWeights(AccumulatedState* s)
    {
        double* noise = s->Descent + s->ValueNoise, onShared = s->Descent + s->ValueShared, beta2 = s->MinusBeta2, values = s->ColumnValue, queryWeights = s->QueryWeight, keyWeights = s->KeyWeight;
        double* exponent1 = s->Exponent1, exponent2 = s->Exponent2, exponentOwn = s->ExponentOwn, exponentSignal = s->ExponentSignal, exponentNoise = s->ExponentNoise;
        int* samples = s->ColumnSample, starts = s->ColumnStart;
        int n = s->N, shared = s->SharedCount;
        double top1 = Top(exponent1, n), topOwn = Top(exponentOwn, n), topSignal = Top(exponentSignal, n), signal = 0;
        for (int i = 0; i < n; i++)
        {
            s->MinusVote1[i] *= -Below(exponent1[i] - top1);
            s->MinusWeight[i] = -Below(exponentOwn[i] - topOwn);
            signal = Math.FusedMultiplyAdd(s->OnSignal[i], Below(exponentSignal[i] - topSignal), signal);
        }
        s->Descent[s->ValueSignal] = signal;
        for (int c = 0; c < shared; c++)
        {
            int from = starts[c], to = starts[c + 1];
            double topQuery = Top(exponent2, samples, from, to), topKey = Top(exponentOwn, samples, from, to), topNoise = Top(exponentNoise, samples, from, to), sum = 0;
            for (int e = from; e < to; e++)
            {
                int i = samples[e];
                queryWeights[e] = values[e] * beta2[i] * Below(exponent2[i] - topQuery);
                keyWeights[e] = values[e] * Below(exponentOwn[i] - topKey);
                sum = Math.FusedMultiplyAdd(values[e] * noise[i], Below(exponentNoise[i] - topNoise), sum);
            }
            onShared[c] = sum;
        }
    }

    /// <summary>2^k for an integer k that is not positive; below 2^-1000 nothing counts beside a 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Below(double k) => BitConverter.Int64BitsToDouble((PowerOfTwo.BiasDouble + (long)(k > -1000 ? k : -1000)) << 52);

    /// <summary>The largest of some exponents.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Top(double* exponent, int count)
    {
        double top = double.NegativeInfinity;
        for (int i = 0; i < count; i++) top = exponent[i] > top ? exponent[i] : top;
        return top;
    }

    /// <summary>The largest exponent of the samples of some entries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Top(double* exponent, int* samples, int from, int to)
    {
        double top = exponent[samples[from]];
        for (int e = from + 1; e < to; e++) top = exponent[samples[e]] > top ? exponent[samples[e]] : top;
        return top;
    }

    /// <summary>The shared coordinates of W_Q: sum -y xi_c beta_2 D_i, and of W_K: sum y xi_c C_i; <see cref="Samples"/> came before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Shared<TStep>(AccumulatedState* s) where TStep : IStepLanes
    {
        nint n = s->N, stride = s->Stride, shared = s->SharedCount, pairs = s->Pairs, toKeys = shared * stride, c = 0;
        TVector unit = TLanes.Create(s->Unit);
        double* differences = s->Difference, keys = s->Query, queryWeight = s->QueryWeight, keyWeight = s->KeyWeight;
        double* sum = s->Sum + (2 + 2 * n) * stride, descent = s->Descent + (2 + 2 * n) * stride;
        int* rows = s->ColumnRow, starts = s->ColumnStart;
        for (; c < pairs; c++)
        {
            double* difference1 = differences + rows[2 * c], difference2 = differences + rows[2 * c + 1], key1 = keys + rows[2 * c], key2 = keys + rows[2 * c + 1];
            TVector query1 = TLanes.Create(queryWeight[2 * c]), query2 = TLanes.Create(queryWeight[2 * c + 1]), weight1 = TLanes.Create(keyWeight[2 * c]), weight2 = TLanes.Create(keyWeight[2 * c + 1]);
            for (nint r = 0; r < stride; r += TLanes.Count)
            {
                Move<TStep>(sum, descent, unit, TLanes.FusedMultiplyAdd(query2, TLanes.Load(difference2 + r), TLanes.Multiply(query1, TLanes.Load(difference1 + r))));
                Move<TStep>(sum + toKeys, descent + toKeys, unit, TLanes.FusedMultiplyAdd(weight2, TLanes.Load(key2 + r), TLanes.Multiply(weight1, TLanes.Load(key1 + r))));
                sum += TLanes.Count;
                descent += TLanes.Count;
            }
        }
        for (; c < shared; c++)
        {
            nint from = starts[c], to = starts[c + 1];
            for (nint r = 0; r < stride; r += TLanes.Count)
            {
                TVector toQuery = TLanes.Create(0), toKey = toQuery;
                for (nint e = from; e < to; e++)
                {
                    toQuery = TLanes.FusedMultiplyAdd(TLanes.Create(queryWeight[e]), TLanes.Load(differences + r + rows[e]), toQuery);
                    toKey = TLanes.FusedMultiplyAdd(TLanes.Create(keyWeight[e]), TLanes.Load(keys + r + rows[e]), toKey);
                }
                Move<TStep>(sum, descent, unit, toQuery);
                Move<TStep>(sum + toKeys, descent + toKeys, unit, toKey);
                sum += TLanes.Count;
                descent += TLanes.Count;
            }
        }
    }

    /// <summary>Moves scalars of the value, or everything, by directions that are made of what lies in <see cref="AccumulatedState.Descent"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Line<TStep>(AccumulatedState* s, int first) where TStep : IStepLanes
    {
        TVector unit = TLanes.Create(s->Unit);
        double* sum = s->Sum, descent = s->Descent;
        nint length = s->Length;
        for (nint k = first; k < length; k += TLanes.Count) Move<TStep>(sum + k, descent + k, unit, TLanes.Load(descent + k));
    }
}
