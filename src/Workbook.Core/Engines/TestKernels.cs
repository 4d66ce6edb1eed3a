using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>What a sample outside the training set costs: its noise projected, and two inner products.</summary>
internal static unsafe class TestKernels
{
    /// <summary>Neurons of a group: what one cache line holds of a column is [k (4) | q (4)] of a group, zeros past the last neuron.</summary>
    public const int GroupNeurons = 4;

    /// <summary>Doubles of a group, and what a sample's sums take.</summary>
    public const int Line = 2 * GroupNeurons;

    /// <summary>Coordinates that are looked at ahead of the one at work, in the next sample too: so many can be read past the last sample's, whatever they are.</summary>
    public const int Ahead = 6;

    /// <summary>What a sample's noise is projected on and what becomes of it: arrays of the first sample of a block.</summary>
    public struct NoiseBlock
    {
        /// <summary>Samples, and coordinates of each.</summary>
        public int Count, S;

        /// <summary>From sample to sample in Index and Value, and the groups of a column.</summary>
        public int Pitch, Groups;

        /// <summary>Coordinates of the noise; <see cref="Ahead"/> more can be read.</summary>
        public int* Index;

        /// <summary>Noise on them, and labels.</summary>
        public double* Value, Y;

        /// <summary>Columns of W_K and W_Q in groups, the first that of the signal, and the mean value v.</summary>
        public double* Lines, V;

        /// <summary>Room for <see cref="RoomOfSample"/> numbers.</summary>
        public double* Room;

        /// <summary>Receives four parts of q_mu . D and four of q_xi . D, sample by sample; and v_xi.</summary>
        public double* Sums, NoiseValue;
    }

    /// <summary>Numbers of ten vectors, the most that are summed in registers at a time.</summary>
    public const int RoomOfSample = 10 * Line;

    /// <summary>
    /// With sums over the coordinates c of a sample's noise: k_xi = sum xi_c k_c, q_xi = sum xi_c q_c, v_xi = sum xi_c v_c; then D = k_mu - y k_xi
    /// and the products q_mu . D and q_xi . D, neuron r in part r mod 4 on every machine.
    /// </summary>
    public static void Noise(in NoiseBlock at)
    {
        if (Vector512.IsHardwareAccelerated) Strips<Vector512<double>, Lanes512<double>>(in at);
        else if (Vector256.IsHardwareAccelerated) Strips<Vector256<double>, Lanes256<double>>(in at);
        else if (Vector128.IsHardwareAccelerated) Strips<Vector128<double>, Lanes128<double>>(in at);
        else Strips<double, Lanes1<double>>(in at);
    }

    // A column is cut into strips of at most ten vectors, their sums in registers over all coordinates of a sample.
    private static void Strips<TVector, TLanes>(in NoiseBlock at)
        where TLanes : ILanes<TVector, double>
    {
        int ofGroup = Line / TLanes.Count;
        for (int done = 0; done < at.Groups;)
        {
            int vectors = Math.Min(10 / ofGroup, at.Groups - done) * ofGroup;
            switch (vectors)
            {
                case 10: Strip<TVector, TLanes, Ten>(in at, done); break;
                case 9: Strip<TVector, TLanes, Nine>(in at, done); break;
                case 8: Strip<TVector, TLanes, Eight>(in at, done); break;
                case 7: Strip<TVector, TLanes, Seven>(in at, done); break;
                case 6: Strip<TVector, TLanes, Six>(in at, done); break;
                case 5: Strip<TVector, TLanes, Five>(in at, done); break;
                case 4: Strip<TVector, TLanes, Four>(in at, done); break;
                case 3: Strip<TVector, TLanes, Three>(in at, done); break;
                case 2: Strip<TVector, TLanes, Two>(in at, done); break;
                default: Strip<TVector, TLanes, One>(in at, done); break;
            }
            done += vectors / ofGroup;
        }
    }

    // No call inside: the loop over coordinates keeps all it needs in registers. A vector of 256 bits is half a cache line: its second half would be asked
    // for while the line is on its way, and both halves once more when it is there; so lines are sent for ahead. Where a vector is a line, that costs more than it gains.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TVector, TLanes, TVectors>(in NoiseBlock at, int done)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        double* lines = at.Lines + (nint)done * Line, v = at.V, value = at.Value, sums = at.Sums, labels = at.Y, noiseValue = at.NoiseValue, room = at.Room;
        int* index = at.Index;
        nint width = (nint)at.Groups * Line, s = at.S, pitch = at.Pitch;
        for (double* end = sums + at.Count * Line; sums < end; sums += Line, value += pitch, index += pitch, labels++, noiseValue++)
        {
            TVector zero = TLanes.Create(0.0), s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero, s8 = zero, s9 = zero;
            double sum = 0;
            for (nint e = 0; e < s; e++)
            {
                TVector factor = TLanes.Create(value[e]);
                nint c = index[e];
                double* row = lines + c * width;
                if (typeof(TVector) == typeof(Vector256<double>))
                {
                    double* ahead = lines + index[e + Ahead] * width;
                    Sse.Prefetch0(ahead);
                    if (TVectors.Value > 2) Sse.Prefetch0(ahead + Line);
                    if (TVectors.Value > 4) Sse.Prefetch0(ahead + 2 * Line);
                    if (TVectors.Value > 6) Sse.Prefetch0(ahead + 3 * Line);
                    if (TVectors.Value > 8) Sse.Prefetch0(ahead + 4 * Line);
                }

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
                sum = double.MultiplyAddEstimate(v[c], First(factor), sum);
            }

            *noiseValue = sum;
            // Column 0 is the signal's. What a group's products need is in registers; what is written is read after the block.
            Vector256<double> sign = Vector256.Create(-*labels), sum0 = Vector256<double>.Zero, sum1 = sum0;
            if (done > 0) (sum0, sum1) = (Vector256.Load(sums), Vector256.Load(sums + GroupNeurons));
            if (typeof(TVector) == typeof(Vector512<double>))
            {
                Add(Whole(s0), sign, lines, ref sum0, ref sum1);
                if (TVectors.Value > 1) Add(Whole(s1), sign, lines + Line, ref sum0, ref sum1);
                if (TVectors.Value > 2) Add(Whole(s2), sign, lines + 2 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 3) Add(Whole(s3), sign, lines + 3 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 4) Add(Whole(s4), sign, lines + 4 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 5) Add(Whole(s5), sign, lines + 5 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 6) Add(Whole(s6), sign, lines + 6 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 7) Add(Whole(s7), sign, lines + 7 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 8) Add(Whole(s8), sign, lines + 8 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 9) Add(Whole(s9), sign, lines + 9 * Line, ref sum0, ref sum1);
            }
            else if (typeof(TVector) == typeof(Vector256<double>))
            {
                Add(Half(s0), Half(s1), sign, lines, ref sum0, ref sum1);
                if (TVectors.Value > 2) Add(Half(s2), Half(s3), sign, lines + Line, ref sum0, ref sum1);
                if (TVectors.Value > 4) Add(Half(s4), Half(s5), sign, lines + 2 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 6) Add(Half(s6), Half(s7), sign, lines + 3 * Line, ref sum0, ref sum1);
                if (TVectors.Value > 8) Add(Half(s8), Half(s9), sign, lines + 4 * Line, ref sum0, ref sum1);
            }
            else
            {
                TLanes.Store(s0, room);
                if (TVectors.Value > 1) TLanes.Store(s1, room + TLanes.Count);
                if (TVectors.Value > 2) TLanes.Store(s2, room + 2 * TLanes.Count);
                if (TVectors.Value > 3) TLanes.Store(s3, room + 3 * TLanes.Count);
                if (TVectors.Value > 4) TLanes.Store(s4, room + 4 * TLanes.Count);
                if (TVectors.Value > 5) TLanes.Store(s5, room + 5 * TLanes.Count);
                if (TVectors.Value > 6) TLanes.Store(s6, room + 6 * TLanes.Count);
                if (TVectors.Value > 7) TLanes.Store(s7, room + 7 * TLanes.Count);
                for (int r = 0; r < TVectors.Value * TLanes.Count; r += Line)
                    Add(Vector256.Load(room + r), Vector256.Load(room + r + GroupNeurons), sign, lines + r, ref sum0, ref sum1);
            }
            sum0.Store(sums);
            sum1.Store(sums + GroupNeurons);
        }
    }

    // The number is in a register already: read again it would be loaded once and spread by the port of the shuffles, which is that of products too.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double First<TVector>(TVector x) =>
        typeof(TVector) == typeof(Vector512<double>) ? Unsafe.BitCast<TVector, Vector512<double>>(x).ToScalar()
        : typeof(TVector) == typeof(Vector256<double>) ? Unsafe.BitCast<TVector, Vector256<double>>(x).ToScalar()
        : typeof(TVector) == typeof(Vector128<double>) ? Unsafe.BitCast<TVector, Vector128<double>>(x).ToScalar()
        : Unsafe.BitCast<TVector, double>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Whole<TVector>(TVector x) => Unsafe.BitCast<TVector, Vector512<double>>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Half<TVector>(TVector x) => Unsafe.BitCast<TVector, Vector256<double>>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector512<double> group, Vector256<double> sign, double* signal, ref Vector256<double> sum0, ref Vector256<double> sum1) =>
        Add(group.GetLower(), group.GetUpper(), sign, signal, ref sum0, ref sum1);

    /// <summary>With D = k of the signal + sign key: sum0 += (q of the signal) D, sum1 += query D.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<double> key, Vector256<double> query, Vector256<double> sign, double* signal, ref Vector256<double> sum0, ref Vector256<double> sum1)
    {
        Vector256<double> difference = Vector256.MultiplyAddEstimate(sign, key, Vector256.Load(signal));
        sum0 = Vector256.MultiplyAddEstimate(difference, Vector256.Load(signal + GroupNeurons), sum0);
        sum1 = Vector256.MultiplyAddEstimate(query, difference, sum1);
    }

    /// <summary>Of four samples at a time: score0 = the parts of its first product together, score1 those of its second times y; count is rounded up to four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Together(int count, double* sums, double* y, double* score0, double* score1)
    {
        for (int i = 0; i < count; i += 4, sums += 4 * Line)
        {
            Together(sums).Store(score0 + i);
            (Vector256.Load(y + i) * Together(sums + GroupNeurons)).Store(score1 + i);
        }
    }

    // Parts 0 and 2, 1 and 3, then both: the order of a vector's sum.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Together(double* sums)
    {
        if (!Avx.IsSupported) return Vector256.Create(Vector256.Sum(Vector256.Load(sums)), Vector256.Sum(Vector256.Load(sums + Line)), Vector256.Sum(Vector256.Load(sums + 2 * Line)), Vector256.Sum(Vector256.Load(sums + 3 * Line)));
        Vector256<double> a = Vector256.Load(sums), b = Vector256.Load(sums + Line), c = Vector256.Load(sums + 2 * Line), d = Vector256.Load(sums + 3 * Line);
        Vector256<double> ac = Avx.Permute2x128(a, c, 0x20) + Avx.Permute2x128(a, c, 0x31), bd = Avx.Permute2x128(b, d, 0x20) + Avx.Permute2x128(b, d, 0x31);
        return Avx.UnpackLow(ac, bd) + Avx.UnpackHigh(ac, bd);
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
}
