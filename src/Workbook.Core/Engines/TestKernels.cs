using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>What a sample outside the training set costs: its noise projected, and two inner products. Rows are [q (m_k) | k (m_k) | anything].</summary>
internal static unsafe class TestKernels
{
    /// <summary>What a sample's noise is projected on and what becomes of it: arrays of the first sample of a block.</summary>
    public struct NoiseBlock
    {
        /// <summary>Samples, and coordinates of each.</summary>
        public int Count, S;

        /// <summary>From sample to sample in Index and Value; from column to column and from row to row: a multiple of 8.</summary>
        public int Pitch, Width;

        /// <summary>Neurons.</summary>
        public int MK;

        /// <summary>Coordinates of the noise.</summary>
        public int* Index;

        /// <summary>Noise on them, and labels.</summary>
        public double* Value, Y;

        /// <summary>Columns of W_Q and W_K, the first that of the signal, and the mean value v.</summary>
        public double* Columns, V;

        /// <summary>Eight lanes of set bits, then eight of none: read from 8 - r on it leaves the first r lanes of a vector.</summary>
        public double* Window;

        /// <summary>Receives the noise's rows, and behind them 16 numbers more; v_xi; the scores of the signal's query and of the noise's.</summary>
        public double* Rows, NoiseValue, Score0, Score1;
    }

    /// <summary>
    /// With sums over the coordinates c of a sample's noise: row = sum xi_c column c, v_xi = sum xi_c v_c; then with D = k_mu - y k_xi the
    /// scores' differences q_mu . D and y q_xi . D.
    /// </summary>
    public static void Noise(in NoiseBlock at)
    {
        if (Vector512.IsHardwareAccelerated) Strips<Vector512<double>, Lanes512<double>>(in at);
        else if (Vector256.IsHardwareAccelerated) Strips<Vector256<double>, Lanes256<double>>(in at);
        else if (Vector128.IsHardwareAccelerated) Strips<Vector128<double>, Lanes128<double>>(in at);
        else Strips<double, Lanes1<double>>(in at);
    }

    // A row is cut into strips of at most ten vectors, their sums in registers over all coordinates of a sample. v goes with the first strip; with
    // the last go the scores.
    private static void Strips<TVector, TLanes>(in NoiseBlock at)
        where TLanes : ILanes<TVector, double>
    {
        for (int done = 0; done < at.Width;)
        {
            int vectors = (at.Width - done) / TLanes.Count, strip = vectors >= 10 ? 10 : vectors >= 5 ? 5 : vectors >= 2 ? 2 : 1;
            bool first = done == 0, last = strip == vectors;
            switch (strip)
            {
                case 10: Strip<TVector, TLanes, Ten>(in at, done, first, last); break;
                case 5: Strip<TVector, TLanes, Five>(in at, done, first, last); break;
                case 2: Strip<TVector, TLanes, Two>(in at, done, first, last); break;
                default: Strip<TVector, TLanes, One>(in at, done, first, last); break;
            }
            done += strip * TLanes.Count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TVector, TLanes, TVectors>(in NoiseBlock at, int done, bool first, bool last)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        double unread;
        double* x = at.Columns + done, y = at.Rows + done, unheard = &unread;
        for (int i = 0; i < at.Count; i++)
        {
            nint entry = (nint)i * at.Pitch, row = (nint)i * at.Width;
            Project<TVector, TLanes, TVectors>(at.S, at.Index + entry, at.Value + entry, x, at.Width, at.V, y + row, first ? at.NoiseValue + i : unheard);
            // The sample before: its row has left the store buffer, and the work fits into the wait for this sample's columns.
            if (last && i > 0) Score<TVector, TLanes>(at.MK, at.Window, at.Columns, at.Rows + row - at.Width, at.Y[i - 1], at.Score0 + i - 1, at.Score1 + i - 1);
        }

        int end = at.Count - 1;
        if (last) Score<TVector, TLanes>(at.MK, at.Window, at.Columns, at.Rows + (nint)end * at.Width, at.Y[end], at.Score0 + end, at.Score1 + end);
    }

    // Alone in a method, the loop keeps all it needs in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Project<TVector, TLanes, TVectors>(int s, int* index, double* value, double* x, nint width, double* v, double* y, double* v_xi)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        TVector zero = TLanes.Create(0.0), s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero, s8 = zero, s9 = zero;
        double sum = 0;
        for (nint e = 0; e < s; e++)
        {
            double a = value[e];
            TVector factor = TLanes.Create(a);
            nint c = index[e];
            double* row = x + c * width;
            s0 = TLanes.MultiplyAdd(factor, TLanes.Load(row), s0);
            if (TVectors.Value > 1) s1 = TLanes.MultiplyAdd(factor, TLanes.Load(row + TLanes.Count), s1);
            if (TVectors.Value > 2) s2 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 2 * TLanes.Count), s2);
            if (TVectors.Value > 3) s3 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 3 * TLanes.Count), s3);
            if (TVectors.Value > 4) s4 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 4 * TLanes.Count), s4);
            if (TVectors.Value > 5) s5 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 5 * TLanes.Count), s5);
            if (TVectors.Value > 6) s6 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 6 * TLanes.Count), s6);
            if (TVectors.Value > 7) s7 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 7 * TLanes.Count), s7);
            if (TVectors.Value > 8) s8 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 8 * TLanes.Count), s8);
            if (TVectors.Value > 9) s9 = TLanes.MultiplyAdd(factor, TLanes.Load(row + 9 * TLanes.Count), s9);
            sum = double.MultiplyAddEstimate(a, v[c], sum);
        }

        *v_xi = sum;
        TLanes.Store(s0, y);
        if (TVectors.Value > 1) TLanes.Store(s1, y + TLanes.Count);
        if (TVectors.Value > 2) TLanes.Store(s2, y + 2 * TLanes.Count);
        if (TVectors.Value > 3) TLanes.Store(s3, y + 3 * TLanes.Count);
        if (TVectors.Value > 4) TLanes.Store(s4, y + 4 * TLanes.Count);
        if (TVectors.Value > 5) TLanes.Store(s5, y + 5 * TLanes.Count);
        if (TVectors.Value > 6) TLanes.Store(s6, y + 6 * TLanes.Count);
        if (TVectors.Value > 7) TLanes.Store(s7, y + 7 * TLanes.Count);
        if (TVectors.Value > 8) TLanes.Store(s8, y + 8 * TLanes.Count);
        if (TVectors.Value > 9) TLanes.Store(s9, y + 9 * TLanes.Count);
    }

    /// <summary>With D = k of a - y (k of b): score0 = (q of a) . D, score1 = y (q of b) . D.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TVector, TLanes>(int m_k, double* window, double* a, double* b, double y, double* score0, double* score1)
        where TLanes : ILanes<TVector, double>
    {
        // A lane is a neuron; lanes past the last are masked out, whatever lies there.
        double* keyA = a + m_k, keyB = b + m_k;
        TVector sum0 = TLanes.Create(0.0), sum1 = sum0, sign = TLanes.Create(-y);
        int r = 0;
        for (; r <= m_k - TLanes.Count; r += TLanes.Count)
        {
            TVector difference = TLanes.MultiplyAdd(sign, TLanes.Load(keyB + r), TLanes.Load(keyA + r));
            sum0 = TLanes.MultiplyAdd(TLanes.Load(a + r), difference, sum0);
            sum1 = TLanes.MultiplyAdd(TLanes.Load(b + r), difference, sum1);
        }

        if (r < m_k)
        {
            TVector mask = TLanes.Load(window + 8 - (m_k - r));
            TVector difference = TLanes.And(mask, TLanes.MultiplyAdd(sign, TLanes.Load(keyB + r), TLanes.Load(keyA + r)));
            sum0 = TLanes.MultiplyAdd(TLanes.And(mask, TLanes.Load(a + r)), difference, sum0);
            sum1 = TLanes.MultiplyAdd(TLanes.And(mask, TLanes.Load(b + r)), difference, sum1);
        }

        *score0 = TLanes.Sum(sum0);
        *score1 = y * TLanes.Sum(sum1);
    }

    /// <summary>Scores' differences of samples of any two patches, rows 2 i and 2 i + 1 those of sample i: q_0 . (k_0 - k_1) and q_1 . (k_0 - k_1).</summary>
    public static void Scores(int count, int m_k, double* window, double* rows, int width, double* score0, double* score1)
    {
        if (Vector512.IsHardwareAccelerated) Scores<Vector512<double>, Lanes512<double>>(count, m_k, window, rows, width, score0, score1);
        else if (Vector256.IsHardwareAccelerated) Scores<Vector256<double>, Lanes256<double>>(count, m_k, window, rows, width, score0, score1);
        else if (Vector128.IsHardwareAccelerated) Scores<Vector128<double>, Lanes128<double>>(count, m_k, window, rows, width, score0, score1);
        else Scores<double, Lanes1<double>>(count, m_k, window, rows, width, score0, score1);
    }

    private static void Scores<TVector, TLanes>(int count, int m_k, double* window, double* rows, nint width, double* score0, double* score1)
        where TLanes : ILanes<TVector, double>
    {
        for (int i = 0; i < count; i++) Score<TVector, TLanes>(m_k, window, rows + 2 * i * width, rows + (2 * i + 1) * width, 1, score0 + i, score1 + i);
    }

    /// <summary>sum_r x_r y_r over m_k neurons.</summary>
    public static double Dot(int m_k, double* x, double* y)
    {
        var sum = Vector256<double>.Zero;
        int r = 0;
        for (; r <= m_k - Vector256<double>.Count; r += Vector256<double>.Count) sum = Vector256.MultiplyAddEstimate(Vector256.Load(x + r), Vector256.Load(y + r), sum);
        double tail = 0;
        for (; r < m_k; r++) tail = double.MultiplyAddEstimate(x[r], y[r], tail);
        return Vector256.Sum(sum) + tail;
    }

    private readonly struct Ten : IConstant
    {
        public static int Value => 10;
    }
}
