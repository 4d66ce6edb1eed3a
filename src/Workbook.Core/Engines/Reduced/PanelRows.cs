using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// A step of SignGD on one panel of neurons, a neuron in each lane: every sum of directions is read and written once, and what the step leaves goes into the inner products of the next.
/// </summary>
/// <remarks>
/// Neurons meet in the scores alone, which keep a partial sum per lane (<see cref="RowSums{TVector, TLanes}"/>). A row's inner product is its own coordinates' part, then that of the shared ones in
/// the order of <see cref="SharedCoordinates.Coordinates"/>.
/// </remarks>
internal static unsafe class PanelRows<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private const int Group = 8;

    /// <summary>The step of panel <paramref name="panel"/>, which has <paramref name="pitch"/> neurons from <paramref name="first"/> on.</summary>
    public static void Step(PanelState* s, AccumulatedState* weights, int panel, int first, int pitch)
    {
        int n = s->N, shared = s->SharedCount;
        double* query = s->Query + (nint)first * n, key = s->Key + (nint)first * n;
        int* onQuery = s->Shared + 2 * (nint)first * shared, onKey = onQuery + (nint)shared * pitch;
        Samples(s, weights, first, pitch);
        Votes(s, weights, weights->QueryWeight, s->Difference, onQuery, query, pitch);
        Votes(s, weights, weights->KeyWeight, s->Descent, onKey, key, pitch);
        Scores(s, panel, first, pitch);
    }

    private static void Votes(PanelState* s, AccumulatedState* weights, double* weight, double* votes, int* sum, double* next, int pitch)
    {
        for (int r = 0; r < pitch;)
        {
            int vectors = Math.Min((pitch - r) / TLanes.Count, 4);
            switch (vectors)
            {
                case 4: Votes<Four>(s, weights, weight, votes + r, sum + r, next + r, pitch); break;
                case 3: Votes<Three>(s, weights, weight, votes + r, sum + r, next + r, pitch); break;
                case 2: Votes<Two>(s, weights, weight, votes + r, sum + r, next + r, pitch); break;
                default: Votes<One>(s, weights, weight, votes + r, sum + r, next + r, pitch); break;
            }
            r += vectors * TLanes.Count;
        }
    }

    /// <summary>The inner products of step 0.</summary>
    public static void Begin(PanelState* s, int panel, int first, int pitch)
    {
        int n = s->N, rows = 2 + 2 * n;
        double* start = s->Start + (nint)first * rows;
        new ReadOnlySpan<double>(start, 2 * pitch).CopyTo(new Span<double>(s->Mu + 2 * first, 2 * pitch));
        new ReadOnlySpan<double>(start + 2 * pitch, n * pitch).CopyTo(new Span<double>(s->Query + (nint)first * n, n * pitch));
        new ReadOnlySpan<double>(start + (2 + n) * pitch, n * pitch).CopyTo(new Span<double>(s->Key + (nint)first * n, n * pitch));
        Scores(s, panel, first, pitch);
    }

    private static void Samples(PanelState* s, AccumulatedState* weights, int first, int pitch)
    {
        // Two vectors at a time: fewer would read every cache line of doubles, or of integers, more than once.
        int r = 0;
        for (; r <= pitch - 2 * TLanes.Count; r += 2 * TLanes.Count) Samples<Two>(s, weights, first, pitch, r);
        if (r < pitch) Samples<One>(s, weights, first, pitch, r);
    }

    /// <summary>
    /// q_mu: -sum beta_1 D_i; y q_xi_i: -beta_2 D_i; y k_xi_i: C_i = beta_1 q_mu + beta_2 y q_xi_i; k_mu: -sum C_i. Leaves D and C, and of the next inner products what a sample's own coordinates make.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Samples<TVectors>(PanelState* s, AccumulatedState* weights, nint first, nint pitch, nint r) where TVectors : IConstant
    {
        nint n = s->N, rows = 2 + 2 * n, toKeys = n * pitch;
        double* own1 = weights->Own1, own2 = weights->Own2, vote1 = weights->MinusVote1, beta2 = weights->MinusBeta2, weight = weights->MinusWeight, scale = s->Scale;
        int* sums = s->Own + first * rows + r, sum = sums + 2 * pitch;
        double* starts = s->Start + first * rows + r, start = starts + 2 * pitch, mu = s->Mu + 2 * first + r;
        double* query = s->Query + first * n + r, key = s->Key + first * n + r, difference = s->Difference + r, descent = s->Descent + r;
        TVector qMu0 = TLanes.Load(mu), kMu0 = TLanes.Load(mu + pitch), qMu1 = qMu0, kMu1 = kMu0, toQuery0 = TLanes.Create(0), toKey0 = toQuery0, toQuery1 = toQuery0, toKey1 = toQuery0;
        if (TVectors.Value > 1) (qMu1, kMu1) = (TLanes.Load(mu + TLanes.Count), TLanes.Load(mu + pitch + TLanes.Count));
        for (nint i = 0; i < n; i++, sum += pitch, start += pitch, query += pitch, key += pitch, difference += pitch, descent += pitch)
        {
            TVector d = TLanes.Subtract(kMu0, TLanes.Load(key)), c = Descent(own1[i], qMu0, own2[i], TLanes.Load(query));
            TLanes.Store(d, difference);
            TLanes.Store(c, descent);
            toQuery0 = TLanes.FusedMultiplyAdd(TLanes.Create(vote1[i]), d, toQuery0);
            toKey0 = TLanes.FusedMultiplyAdd(TLanes.Create(weight[i]), c, toKey0);
            TLanes.Store(Moved(sum, start, scale[2 + i], Product(beta2[i], d)), query);
            TLanes.Store(Moved(sum + toKeys, start + toKeys, scale[2 + n + i], c), key);
            if (TVectors.Value == 1) continue;
            d = TLanes.Subtract(kMu1, TLanes.Load(key + TLanes.Count));
            c = Descent(own1[i], qMu1, own2[i], TLanes.Load(query + TLanes.Count));
            TLanes.Store(d, difference + TLanes.Count);
            TLanes.Store(c, descent + TLanes.Count);
            toQuery1 = TLanes.FusedMultiplyAdd(TLanes.Create(vote1[i]), d, toQuery1);
            toKey1 = TLanes.FusedMultiplyAdd(TLanes.Create(weight[i]), c, toKey1);
            TLanes.Store(Moved(sum + TLanes.Count, start + TLanes.Count, scale[2 + i], Product(beta2[i], d)), query + TLanes.Count);
            TLanes.Store(Moved(sum + toKeys + TLanes.Count, start + toKeys + TLanes.Count, scale[2 + n + i], c), key + TLanes.Count);
        }
        TLanes.Store(Moved(sums, starts, scale[0], toQuery0), mu);
        TLanes.Store(Moved(sums + pitch, starts + pitch, scale[1], toKey0), mu + pitch);
        if (TVectors.Value == 1) return;
        TLanes.Store(Moved(sums + TLanes.Count, starts + TLanes.Count, scale[0], toQuery1), mu + TLanes.Count);
        TLanes.Store(Moved(sums + pitch + TLanes.Count, starts + pitch + TLanes.Count, scale[1], toKey1), mu + pitch + TLanes.Count);
    }

    /// <summary>a x, which is not -0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Product(double a, TVector x) => TLanes.FusedMultiplyAdd(TLanes.Create(a), x, TLanes.Create(0));

    /// <summary>beta_1 q_mu + beta_2 y q_xi, which is not -0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Descent(double beta1, TVector qMu, double beta2, TVector q) => TLanes.FusedMultiplyAdd(TLanes.Create(beta2), q, Product(beta1, qMu));

    /// <summary>start + scale a, a with the sign of a descent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Moved(int* sum, double* start, double scale, TVector descent) =>
        TLanes.FusedMultiplyAdd(TLanes.Create(scale), CountLanes<TVector, TLanes>.Follow(sum, descent), TLanes.Load(start));

    /// <summary>The shared coordinates of one matrix: a vote of the rows of each one's samples, and what its sum then is to the samples' inner products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Votes<TVectors>(PanelState* s, AccumulatedState* weights, double* weight, double* votes, int* sum, double* next, nint pitch) where TVectors : IConstant
    {
        double* move = s->Move;
        int* sample = weights->ColumnSample, starts = weights->ColumnStart;
        nint shared = s->SharedCount, pairs = s->Pairs, c = 0;
        for (; c < pairs; c++, weight += 2, move += 2, sample += 2, sum += pitch)
        {
            nint row1 = sample[0] * pitch, row2 = sample[1] * pitch;
            double* votes1 = votes + row1, votes2 = votes + row2, next1 = next + row1, next2 = next + row2;
            TVector weight1 = TLanes.Create(weight[0]), weight2 = TLanes.Create(weight[1]), move1 = TLanes.Create(move[0]), move2 = TLanes.Create(move[1]);
            Pair(0, sum, weight1, weight2, votes1, votes2, move1, move2, next1, next2);
            if (TVectors.Value > 1) Pair(TLanes.Count, sum, weight1, weight2, votes1, votes2, move1, move2, next1, next2);
            if (TVectors.Value > 2) Pair(2 * TLanes.Count, sum, weight1, weight2, votes1, votes2, move1, move2, next1, next2);
            if (TVectors.Value > 3) Pair(3 * TLanes.Count, sum, weight1, weight2, votes1, votes2, move1, move2, next1, next2);
        }
        for (; c < shared; c++, sum += pitch)
        {
            nint count = starts[c + 1] - starts[c];
            TVector v0 = TLanes.Create(0), v1 = v0, v2 = v0, v3 = v0;
            for (nint e = 0; e < count; e++)
            {
                TVector w = TLanes.Create(weight[e]);
                double* of = votes + sample[e] * pitch;
                v0 = TLanes.FusedMultiplyAdd(w, TLanes.Load(of), v0);
                if (TVectors.Value > 1) v1 = TLanes.FusedMultiplyAdd(w, TLanes.Load(of + TLanes.Count), v1);
                if (TVectors.Value > 2) v2 = TLanes.FusedMultiplyAdd(w, TLanes.Load(of + 2 * TLanes.Count), v2);
                if (TVectors.Value > 3) v3 = TLanes.FusedMultiplyAdd(w, TLanes.Load(of + 3 * TLanes.Count), v3);
            }
            v0 = CountLanes<TVector, TLanes>.Follow(sum, v0);
            if (TVectors.Value > 1) v1 = CountLanes<TVector, TLanes>.Follow(sum + TLanes.Count, v1);
            if (TVectors.Value > 2) v2 = CountLanes<TVector, TLanes>.Follow(sum + 2 * TLanes.Count, v2);
            if (TVectors.Value > 3) v3 = CountLanes<TVector, TLanes>.Follow(sum + 3 * TLanes.Count, v3);
            for (nint e = 0; e < count; e++)
            {
                TVector x = TLanes.Create(move[e]);
                double* to = next + sample[e] * pitch;
                Add(x, v0, to);
                if (TVectors.Value > 1) Add(x, v1, to + TLanes.Count);
                if (TVectors.Value > 2) Add(x, v2, to + 2 * TLanes.Count);
                if (TVectors.Value > 3) Add(x, v3, to + 3 * TLanes.Count);
            }
            weight += count;
            move += count;
            sample += count;
        }
    }

    /// <summary>A vector of neurons, from the given one on, of a coordinate of two samples.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(nint r, int* sum, TVector weight1, TVector weight2, double* votes1, double* votes2, TVector move1, TVector move2, double* next1, double* next2)
    {
        TVector a = TLanes.FusedMultiplyAdd(weight2, TLanes.Load(votes2 + r), TLanes.FusedMultiplyAdd(weight1, TLanes.Load(votes1 + r), TLanes.Create(0)));
        a = CountLanes<TVector, TLanes>.Follow(sum + r, a);
        TLanes.Store(TLanes.FusedMultiplyAdd(move1, a, TLanes.Load(next1 + r)), next1 + r);
        TLanes.Store(TLanes.FusedMultiplyAdd(move2, a, TLanes.Load(next2 + r)), next2 + r);
    }

    /// <summary>y += x a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(TVector x, TVector a, double* y) => TLanes.Store(TLanes.FusedMultiplyAdd(x, a, TLanes.Load(y)), y);

    /// <summary>A panel's part of the scores a_1 = q_mu . D_i and a_2 = y q_xi_i . D_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(PanelState* s, int panel, int first, int pitch)
    {
        nint n = s->N;
        double* mu = s->Mu + 2 * first, query = s->Query + first * n, key = s->Key + first * n, partial1 = s->Partial1, partial2 = s->Partial2;
        for (nint i = 0; i < n; i++)
        {
            TVector a1 = TLanes.Create(0), a2 = a1;
            for (nint r = 0; r < pitch; r += TLanes.Count)
            {
                TVector d = TLanes.Subtract(TLanes.Load(mu + pitch + r), TLanes.Load(key + r));
                a1 = TLanes.FusedMultiplyAdd(TLanes.Load(mu + r), d, a1);
                a2 = TLanes.FusedMultiplyAdd(TLanes.Load(query + r), d, a2);
            }
            TLanes.Store(a1, partial1 + i * RowSums<TVector, TLanes>.Apart);
            TLanes.Store(a2, partial2 + i * RowSums<TVector, TLanes>.Apart);
            query += pitch;
            key += pitch;
        }
        nint groups = (n + Group - 1) / Group * Group;
        double* score1 = s->Score1 + panel * groups, score2 = s->Score2 + panel * groups;
        for (nint i = 0; i < groups; i += Group)
        {
            RowSums<TVector, TLanes>.Eight(partial1 + i * RowSums<TVector, TLanes>.Apart, score1 + i);
            RowSums<TVector, TLanes>.Eight(partial2 + i * RowSums<TVector, TLanes>.Apart, score2 + i);
        }
    }

    /// <summary>The scores of all samples: those of the panels added in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fold(PanelState* s, int panels, double* score1, double* score2)
    {
        nint groups = (s->N + Group - 1) / Group * Group;
        for (nint i = 0; i < groups; i += TLanes.Count)
        {
            TVector a1 = TLanes.Load(s->Score1 + i), a2 = TLanes.Load(s->Score2 + i);
            for (nint j = 1; j < panels; j++)
            {
                a1 = TLanes.Add(a1, TLanes.Load(s->Score1 + j * groups + i));
                a2 = TLanes.Add(a2, TLanes.Load(s->Score2 + j * groups + i));
            }
            TLanes.Store(a1, score1 + i);
            TLanes.Store(a2, score2 + i);
        }
    }
}
