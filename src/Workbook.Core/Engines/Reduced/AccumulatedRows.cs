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
    // Vectors of a strip, and rows that a long one is worked on with: as many as are folded at once.
    private const int MostVectors = 6, Group = 8;

    /// <summary>q_mu and k_mu; y q_xi and D from a sample's own coordinates and the shared ones; the scores a_1 = q_mu . D_i and a_2 = y q_xi_i . D_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(AccumulatedState* s)
    {
        nint stride = s->Stride, vectors = stride / TLanes.Count;
        double* sum = s->Sum, start = s->Start, scale = s->Scale, mu = s->MuRows;
        TVector ofQuery = TLanes.Create(scale[0]), ofKey = TLanes.Create(scale[1]);
        for (nint r = 0; r < stride; r += TLanes.Count)
        {
            TLanes.Store(Moved(ofQuery, start + r, sum + r), mu + r);
            TLanes.Store(Moved(ofKey, start + stride + r, sum + stride + r), mu + stride + r);
        }
        // Long rows are worked on a few at a time, so that memory is still read in its order.
        nint group = vectors > MostVectors ? Group : s->N;
        for (nint from = 0; from < s->N; from += group)
            for (nint first = 0, to = Math.Min(s->N, from + group); first < vectors; first += MostVectors)
            {
                nint r = first * TLanes.Count;
                switch (Math.Min(vectors - first, MostVectors))
                {
                    case 1: Strip<One>(s, from, to, r); break;
                    case 2: Strip<Two>(s, from, to, r); break;
                    case 3: Strip<Three>(s, from, to, r); break;
                    case 4: Strip<Four>(s, from, to, r); break;
                    case 5: Strip<Five>(s, from, to, r); break;
                    default: Strip<Six>(s, from, to, r); break;
                }
            }
    }

    /// <summary>Some samples' q, D and part of the scores for a strip of vectors from neuron <paramref name="first"/> on; <paramref name="from"/> is a multiple of 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TVectors>(AccumulatedState* s, nint from, nint to, nint first) where TVectors : IConstant
    {
        nint n = s->N, stride = s->Stride, ownKeys = n * stride, toKeys = s->SharedCount * stride;
        double* sum = s->Sum + (2 + from) * stride + first, start = s->Start + (2 + from) * stride + first, scale = s->Scale + 2, qMu = s->MuRows + first, kMu = qMu + stride, query = s->Query + from * stride + first, difference = s->Difference + from * stride + first;
        double* values = s->SampleValue, shared = s->Sum + (2 + 2 * n) * stride + first, partial1 = s->Partial1, partial2 = s->Partial2, score1 = s->Score1 + from, score2 = s->Score2 + from;
        int* rows = s->SampleRow, starts = s->SampleStart;
        nint e = starts[from], part = 0;
        for (nint i = from; i < to; i++)
        {
            TVector ofQuery = TLanes.Create(scale[i]), ofKey = TLanes.Create(scale[n + i]);
            TVector q0 = Moved(ofQuery, start, sum), q1 = q0, q2 = q0, q3 = q0, q4 = q0, q5 = q0;
            TVector k0 = Moved(ofKey, start + ownKeys, sum + ownKeys), k1 = k0, k2 = k0, k3 = k0, k4 = k0, k5 = k0;
            if (TVectors.Value > 1) { q1 = Moved(ofQuery, start + TLanes.Count, sum + TLanes.Count); k1 = Moved(ofKey, start + ownKeys + TLanes.Count, sum + ownKeys + TLanes.Count); }
            if (TVectors.Value > 2) { q2 = Moved(ofQuery, start + 2 * TLanes.Count, sum + 2 * TLanes.Count); k2 = Moved(ofKey, start + ownKeys + 2 * TLanes.Count, sum + ownKeys + 2 * TLanes.Count); }
            if (TVectors.Value > 3) { q3 = Moved(ofQuery, start + 3 * TLanes.Count, sum + 3 * TLanes.Count); k3 = Moved(ofKey, start + ownKeys + 3 * TLanes.Count, sum + ownKeys + 3 * TLanes.Count); }
            if (TVectors.Value > 4) { q4 = Moved(ofQuery, start + 4 * TLanes.Count, sum + 4 * TLanes.Count); k4 = Moved(ofKey, start + ownKeys + 4 * TLanes.Count, sum + ownKeys + 4 * TLanes.Count); }
            if (TVectors.Value > 5) { q5 = Moved(ofQuery, start + 5 * TLanes.Count, sum + 5 * TLanes.Count); k5 = Moved(ofKey, start + ownKeys + 5 * TLanes.Count, sum + ownKeys + 5 * TLanes.Count); }
            for (nint end = starts[i + 1]; e < end; e++)
            {
                TVector yx = TLanes.Create(values[e]);
                double* onQuery = shared + rows[e], onKey = onQuery + toKeys;
                q0 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onQuery), q0);
                k0 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onKey), k0);
                if (TVectors.Value > 1) { q1 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onQuery + TLanes.Count), q1); k1 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onKey + TLanes.Count), k1); }
                if (TVectors.Value > 2) { q2 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onQuery + 2 * TLanes.Count), q2); k2 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onKey + 2 * TLanes.Count), k2); }
                if (TVectors.Value > 3) { q3 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onQuery + 3 * TLanes.Count), q3); k3 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onKey + 3 * TLanes.Count), k3); }
                if (TVectors.Value > 4) { q4 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onQuery + 4 * TLanes.Count), q4); k4 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onKey + 4 * TLanes.Count), k4); }
                if (TVectors.Value > 5) { q5 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onQuery + 5 * TLanes.Count), q5); k5 = TLanes.FusedMultiplyAdd(yx, TLanes.Load(onKey + 5 * TLanes.Count), k5); }
            }
            TVector a1 = TLanes.Create(0), a2 = a1;
            Score(qMu, kMu, q0, k0, query, difference, ref a1, ref a2);
            if (TVectors.Value > 1) Score(qMu + TLanes.Count, kMu + TLanes.Count, q1, k1, query + TLanes.Count, difference + TLanes.Count, ref a1, ref a2);
            if (TVectors.Value > 2) Score(qMu + 2 * TLanes.Count, kMu + 2 * TLanes.Count, q2, k2, query + 2 * TLanes.Count, difference + 2 * TLanes.Count, ref a1, ref a2);
            if (TVectors.Value > 3) Score(qMu + 3 * TLanes.Count, kMu + 3 * TLanes.Count, q3, k3, query + 3 * TLanes.Count, difference + 3 * TLanes.Count, ref a1, ref a2);
            if (TVectors.Value > 4) Score(qMu + 4 * TLanes.Count, kMu + 4 * TLanes.Count, q4, k4, query + 4 * TLanes.Count, difference + 4 * TLanes.Count, ref a1, ref a2);
            if (TVectors.Value > 5) Score(qMu + 5 * TLanes.Count, kMu + 5 * TLanes.Count, q5, k5, query + 5 * TLanes.Count, difference + 5 * TLanes.Count, ref a1, ref a2);
            TLanes.Store(a1, partial1 + part * RowSums<TVector, TLanes>.Apart);
            TLanes.Store(a2, partial2 + part * RowSums<TVector, TLanes>.Apart);
            sum += stride;
            start += stride;
            query += stride;
            difference += stride;
            part++;
            if (part < Group && i < to - 1) continue;
            // A group of samples at a time; what is missing in the last one counts as 0.
            for (; part < Group; part++)
            {
                TLanes.Store(TLanes.Create(0), partial1 + part * RowSums<TVector, TLanes>.Apart);
                TLanes.Store(TLanes.Create(0), partial2 + part * RowSums<TVector, TLanes>.Apart);
            }
            Fold(partial1, score1, first > 0);
            Fold(partial2, score2, first > 0);
            score1 += Group;
            score2 += Group;
            part = 0;
        }
    }

    /// <summary>A group's sums over neurons; added to those of the strips before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(double* partial, double* score, bool add)
    {
        if (!add)
        {
            RowSums<TVector, TLanes>.Eight(partial, score);
            return;
        }
        RowSums<TVector, TLanes>.Eight(partial, partial);
        for (int i = 0; i < Group; i += TLanes.Count) TLanes.Store(TLanes.Add(TLanes.Load(score + i), TLanes.Load(partial + i)), score + i);
    }

    /// <summary>v_mu, and y v_xi: from each sample's own coordinates in lanes, then what each shared coordinate adds to its samples.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values(AccumulatedState* s)
    {
        s->Signal = Math.FusedMultiplyAdd(s->SignalScale, s->Sum[s->ValueSignal], s->SignalStart);
        double* value = s->Value, own = s->Sum + s->ValueNoise, shared = s->Sum + s->ValueShared, scale = s->ValueScale, start = s->ValueStart, entries = s->ColumnMove;
        int* samples = s->ColumnSample, starts = s->ColumnStart;
        nint padded = s->Samples, pairs = s->Pairs, all = s->SharedCount, c = 0;
        for (nint i = 0; i < padded; i += TLanes.Count)
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Load(scale + i), TLanes.Load(own + i), TLanes.Load(start + i)), value + i);
        for (; c < pairs; c++, samples += 2, entries += 2)
        {
            double moved = shared[c];
            value[samples[0]] = Math.FusedMultiplyAdd(entries[0], moved, value[samples[0]]);
            value[samples[1]] = Math.FusedMultiplyAdd(entries[1], moved, value[samples[1]]);
        }
        for (; c < all; c++)
            for (nint left = starts[c + 1] - starts[c]; left > 0; left--, samples++, entries++) value[*samples] = Math.FusedMultiplyAdd(*entries, shared[c], value[*samples]);
    }

    /// <summary>start + scale a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Moved(TVector scale, double* start, double* sum) => TLanes.FusedMultiplyAdd(scale, TLanes.Load(sum), TLanes.Load(start));

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
        if (TStep.Moves) TLanes.Store(TStep.Follow<TVector, TLanes>(TLanes.Load(sum), unit, descent), sum);
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
        nint padded = s->Samples, entries = s->Entries, pairs = s->Pairs, shared = s->SharedCount, c = 0;
        TVector signal = TLanes.Create(0);
        for (nint i = 0; i < padded; i += TLanes.Count) signal = TLanes.Add(signal, TLanes.Load(onSignal + i));
        s->Descent[s->ValueSignal] = TLanes.Sum(signal);
        for (nint e = 0; e < entries; e++) weights[e] = values[e] * beta2[samples[e]];
        for (; c < pairs; c++) onShared[c] = Math.FusedMultiplyAdd(values[2 * c + 1], noise[samples[2 * c + 1]], values[2 * c] * noise[samples[2 * c]]);
        for (; c < shared; c++)
        {
            double sum = 0;
            for (nint e = starts[c]; e < starts[c + 1]; e++) sum = Math.FusedMultiplyAdd(values[e], noise[samples[e]], sum);
            onShared[c] = sum;
        }
    }

    /// <summary>The shared coordinates of W_Q: sum -y xi_c beta_2 D_i, and of W_K: sum y xi_c C_i; <see cref="Samples"/> came before.</summary>
    public static void Shared<TStep>(AccumulatedState* s) where TStep : IStepLanes
    {
        nint vectors = s->Stride / TLanes.Count, pairs = s->Pairs, group = vectors > MostVectors ? Group : pairs;
        for (nint from = 0; from < pairs; from += group)
            for (nint first = 0, to = Math.Min(pairs, from + group); first < vectors; first += MostVectors)
            {
                nint r = first * TLanes.Count;
                switch (Math.Min(vectors - first, MostVectors))
                {
                    case 1: Pairs<TStep, One>(s, from, to, r); break;
                    case 2: Pairs<TStep, Two>(s, from, to, r); break;
                    case 3: Pairs<TStep, Three>(s, from, to, r); break;
                    case 4: Pairs<TStep, Four>(s, from, to, r); break;
                    case 5: Pairs<TStep, Five>(s, from, to, r); break;
                    default: Pairs<TStep, Six>(s, from, to, r); break;
                }
            }
        if (s->SharedCount > s->Pairs) Several<TStep>(s);
    }

    /// <summary>Some of those of two samples, a strip of vectors from neuron <paramref name="first"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pairs<TStep, TVectors>(AccumulatedState* s, nint from, nint to, nint first)
        where TStep : IStepLanes
        where TVectors : IConstant
    {
        nint stride = s->Stride, toKeys = s->SharedCount * stride;
        TVector unit = TLanes.Create(s->Unit);
        double* differences = s->Difference + first, keys = s->Query + first, queryWeight = s->QueryWeight + 2 * from, keyWeight = s->KeyWeight + 2 * from;
        double* sum = s->Sum + (2 + 2 * s->N + from) * stride + first, descent = s->Descent + (2 + 2 * s->N + from) * stride + first;
        int* rows = s->ColumnRow + 2 * from;
        for (; from < to; from++, rows += 2, queryWeight += 2, keyWeight += 2, sum += stride, descent += stride)
        {
            nint row1 = rows[0], row2 = rows[1];
            TVector weight1 = TLanes.Create(queryWeight[0]), weight2 = TLanes.Create(queryWeight[1]);
            Vote<TStep>(sum, descent, unit, weight1, weight2, differences + row1, differences + row2);
            if (TVectors.Value > 1) Vote<TStep>(sum + TLanes.Count, descent + TLanes.Count, unit, weight1, weight2, differences + row1 + TLanes.Count, differences + row2 + TLanes.Count);
            if (TVectors.Value > 2) Vote<TStep>(sum + 2 * TLanes.Count, descent + 2 * TLanes.Count, unit, weight1, weight2, differences + row1 + 2 * TLanes.Count, differences + row2 + 2 * TLanes.Count);
            if (TVectors.Value > 3) Vote<TStep>(sum + 3 * TLanes.Count, descent + 3 * TLanes.Count, unit, weight1, weight2, differences + row1 + 3 * TLanes.Count, differences + row2 + 3 * TLanes.Count);
            if (TVectors.Value > 4) Vote<TStep>(sum + 4 * TLanes.Count, descent + 4 * TLanes.Count, unit, weight1, weight2, differences + row1 + 4 * TLanes.Count, differences + row2 + 4 * TLanes.Count);
            if (TVectors.Value > 5) Vote<TStep>(sum + 5 * TLanes.Count, descent + 5 * TLanes.Count, unit, weight1, weight2, differences + row1 + 5 * TLanes.Count, differences + row2 + 5 * TLanes.Count);
            weight1 = TLanes.Create(keyWeight[0]);
            weight2 = TLanes.Create(keyWeight[1]);
            double* keySum = sum + toKeys, keyDescent = descent + toKeys;
            Vote<TStep>(keySum, keyDescent, unit, weight1, weight2, keys + row1, keys + row2);
            if (TVectors.Value > 1) Vote<TStep>(keySum + TLanes.Count, keyDescent + TLanes.Count, unit, weight1, weight2, keys + row1 + TLanes.Count, keys + row2 + TLanes.Count);
            if (TVectors.Value > 2) Vote<TStep>(keySum + 2 * TLanes.Count, keyDescent + 2 * TLanes.Count, unit, weight1, weight2, keys + row1 + 2 * TLanes.Count, keys + row2 + 2 * TLanes.Count);
            if (TVectors.Value > 3) Vote<TStep>(keySum + 3 * TLanes.Count, keyDescent + 3 * TLanes.Count, unit, weight1, weight2, keys + row1 + 3 * TLanes.Count, keys + row2 + 3 * TLanes.Count);
            if (TVectors.Value > 4) Vote<TStep>(keySum + 4 * TLanes.Count, keyDescent + 4 * TLanes.Count, unit, weight1, weight2, keys + row1 + 4 * TLanes.Count, keys + row2 + 4 * TLanes.Count);
            if (TVectors.Value > 5) Vote<TStep>(keySum + 5 * TLanes.Count, keyDescent + 5 * TLanes.Count, unit, weight1, weight2, keys + row1 + 5 * TLanes.Count, keys + row2 + 5 * TLanes.Count);
        }
    }

    /// <summary>The vote of two rows on a vector of neurons.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Vote<TStep>(double* sum, double* descent, TVector unit, TVector weight1, TVector weight2, double* row1, double* row2) where TStep : IStepLanes =>
        Move<TStep>(sum, descent, unit, TLanes.FusedMultiplyAdd(weight2, TLanes.Load(row2), TLanes.Multiply(weight1, TLanes.Load(row1))));

    /// <summary>Those of more samples.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Several<TStep>(AccumulatedState* s) where TStep : IStepLanes
    {
        nint n = s->N, stride = s->Stride, shared = s->SharedCount, pairs = s->Pairs, toKeys = shared * stride;
        TVector unit = TLanes.Create(s->Unit);
        double* differences = s->Difference, keys = s->Query, queryWeight = s->QueryWeight, keyWeight = s->KeyWeight;
        double* sum = s->Sum + (2 + 2 * n + pairs) * stride, descent = s->Descent + (2 + 2 * n + pairs) * stride;
        int* rows = s->ColumnRow, starts = s->ColumnStart;
        for (nint c = pairs; c < shared; c++)
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
