using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>Descent coefficients of samples of two patches, one array each, padded to a multiple of 8.</summary>
/// <remarks>
/// B0, B1: b_a as it multiplies D. C0, C1: b_a at the scale of C. V0, V1: the coefficient of W_{V,+1} along patch 0, 1. Size: no factor of them is below exp(-Size).
/// Where <see cref="PairDescent.Rescale"/> says so, the true ones are B0 2^E0, B1 2^E1, C0 and C1 times 2^max(E0, E1), V0 2^F0, V1 2^F1.
/// </remarks>
internal unsafe struct PairWeights
{
    /// <summary>Arrays.</summary>
    public const int Arrays = 11;

    public double* Size, B0, B1, C0, C1, V0, V1, E0, E1, F0, F1;

    public PairWeights(double* memory, int padded)
    {
        Size = memory;
        B0 = memory + padded;
        B1 = memory + 2 * padded;
        C0 = memory + 3 * padded;
        C1 = memory + 4 * padded;
        V0 = memory + 5 * padded;
        V1 = memory + 6 * padded;
        E0 = memory + 7 * padded;
        E1 = memory + 8 * padded;
        F0 = memory + 9 * padded;
        F1 = memory + 10 * padded;
    }
}

/// <summary>The backward half of <see cref="PairKernels"/>: from scores to the descent coefficients of a sample, and from those to the coefficients of its patches.</summary>
internal static unsafe class PairDescent
{
    /// <summary>Margins and the descent coefficients of scores and values, from A0, A1, U0, U1, Y; true where every Size is below <paramref name="largest"/>.</summary>
    /// <param name="at">The samples.</param>
    /// <param name="into">Receives the coefficients.</param>
    /// <param name="n">Samples.</param>
    /// <param name="m_v">Rows of W_{V,+1}.</param>
    /// <param name="largest">Above this a sample's coefficients may have left the range of ordinary numbers.</param>
    public static bool Weigh(in PairSamples at, in PairWeights into, int n, int m_v, double largest)
    {
        if (Vector512.IsHardwareAccelerated) return Weigh<Vector512<double>, Lanes512<double>>(at, into, n, m_v, largest);
        if (Vector256.IsHardwareAccelerated) return Weigh<Vector256<double>, Lanes256<double>>(at, into, n, m_v, largest);
        return Vector128.IsHardwareAccelerated
            ? Weigh<Vector128<double>, Lanes128<double>>(at, into, n, m_v, largest)
            : Weigh<double, Lanes1<double>>(at, into, n, m_v, largest);
    }

    // A lane is a sample; what padded samples come out as is read by nobody.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Weigh<TVector, TLanes>(PairSamples at, PairWeights into, int n, int m_v, double largest)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        // In stages, as AccumulatedAttention.
        TVector limit = TLanes.Create(AttentionLanes<TVector, TLanes>.MostExponent);
        for (int i = 0; i < at.Padded; i += TLanes.Count)
        {
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(TLanes.Load(at.A0 + i)), limit), into.B0 + i);
            TLanes.Store(AttentionLanes<TVector, TLanes>.ExpMinus(TLanes.Abs(TLanes.Load(at.A1 + i)), limit), into.B1 + i);
        }

        TVector zero = TLanes.Create(0.0), bound = TLanes.Create(largest), below = TLanes.EqualTo(zero, zero);
        for (int i = 0; i < at.Padded; i += TLanes.Count)
        {
            TVector a0 = TLanes.Load(at.A0 + i), a1 = TLanes.Load(at.A1 + i);
            AttentionLanes<TVector, TLanes>.Softmax(a0, a1, TLanes.Load(into.B0 + i), TLanes.Load(into.B1 + i), out TVector large0, out TVector large1, out TVector small0, out TVector small1, out TVector s0, out TVector s1);
            TVector margin = TLanes.Multiply(TLanes.Load(at.Y + i), TLanes.MultiplyAdd(s1, TLanes.Load(at.U1 + i), TLanes.Multiply(s0, TLanes.Load(at.U0 + i))));
            TVector size = TLanes.Add(TLanes.Max(zero, margin), TLanes.Max(TLanes.Abs(a0), TLanes.Abs(a1)));
            below = TLanes.And(below, TLanes.LessThan(size, bound));
            TLanes.Store(margin, at.Margin + i);
            TLanes.Store(size, into.Size + i);
            TLanes.Store(TLanes.Multiply(large0, small0), into.B0 + i);
            TLanes.Store(TLanes.Multiply(large1, small1), into.B1 + i);
            TLanes.Store(s0, into.V0 + i);
            TLanes.Store(s1, into.V1 + i);
        }

        TVector share = TLanes.Create(1.0 / n), perRow = TLanes.Create(1.0 / m_v);
        for (int i = 0; i < at.Padded; i += TLanes.Count)
        {
            TVector factor = TLanes.Multiply(TLanes.Multiply(TLanes.Load(at.Y + i), share), AttentionLanes<TVector, TLanes>.Slope(TLanes.Load(at.Margin + i), limit));
            TVector onScores = TLanes.Multiply(factor, TLanes.Subtract(TLanes.Load(at.U0 + i), TLanes.Load(at.U1 + i))), onValue = TLanes.Multiply(factor, perRow);
            TVector b0 = TLanes.Multiply(onScores, TLanes.Load(into.B0 + i)), b1 = TLanes.Multiply(onScores, TLanes.Load(into.B1 + i));
            TLanes.Store(b0, into.B0 + i);
            TLanes.Store(b1, into.B1 + i);
            TLanes.Store(b0, into.C0 + i);
            TLanes.Store(b1, into.C1 + i);
            TLanes.Store(TLanes.Multiply(onValue, TLanes.Load(into.V0 + i)), into.V0 + i);
            TLanes.Store(TLanes.Multiply(onValue, TLanes.Load(into.V1 + i)), into.V1 + i);
        }

        // A NaN is not below anything: it goes the long way too.
        return LaneTests.AllPositive(TLanes.And(below, TLanes.Create(1.0)));
    }

    /// <summary>
    /// The coefficients of samples of a Size above <paramref name="largest"/> once more, as mantissas with exponents; those of all others are left as they are, with exponents 0. True where
    /// some sample has exponents. <see cref="Weigh(in PairSamples, in PairWeights, int, int, double)"/> came before.
    /// </summary>
    public static bool Rescale(in PairSamples at, in PairWeights into, int n, int m_v, double largest)
    {
        if (Vector512.IsHardwareAccelerated) return Rescale<Vector512<double>, Lanes512<double>>(at, into, n, m_v, largest);
        if (Vector256.IsHardwareAccelerated) return Rescale<Vector256<double>, Lanes256<double>>(at, into, n, m_v, largest);
        return Vector128.IsHardwareAccelerated
            ? Rescale<Vector128<double>, Lanes128<double>>(at, into, n, m_v, largest)
            : Rescale<double, Lanes1<double>>(at, into, n, m_v, largest);
    }

    // A lane is a sample. One that is not a number has no Size above anything: its weights are no numbers already.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Rescale<TVector, TLanes>(PairSamples at, PairWeights into, int n, int m_v, double largest)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        TVector bound = TLanes.Create(largest), share = TLanes.Create(1.0 / n), perRow = TLanes.Create(1.0 / m_v), any = TLanes.Create(0);
        for (int i = 0; i < at.Padded; i += TLanes.Count)
        {
            TVector above = TLanes.LessThan(bound, TLanes.Load(into.Size + i));
            any = TLanes.Or(any, above);
            ScaledAttentionLanes<TVector, TLanes>.Weights(
                TLanes.Load(at.A0 + i), TLanes.Load(at.A1 + i), TLanes.Load(at.Margin + i), out TVector b0, out TVector e0, out TVector b1, out TVector e1,
                out TVector v0, out TVector f0, out TVector v1, out TVector f1);
            TVector factor = TLanes.Multiply(TLanes.Load(at.Y + i), share), onScores = TLanes.Multiply(factor, TLanes.Subtract(TLanes.Load(at.U0 + i), TLanes.Load(at.U1 + i)));
            TVector onValue = TLanes.Multiply(factor, perRow), top = TLanes.Max(e0, e1);
            b0 = TLanes.Multiply(onScores, b0);
            b1 = TLanes.Multiply(onScores, b1);
            Replace(above, b0, into.B0 + i);
            Replace(above, b1, into.B1 + i);
            Replace(above, PowerOfTwo.TimesPower<TVector, TLanes>(b0, TLanes.Subtract(e0, top)), into.C0 + i);
            Replace(above, PowerOfTwo.TimesPower<TVector, TLanes>(b1, TLanes.Subtract(e1, top)), into.C1 + i);
            Replace(above, TLanes.Multiply(onValue, v0), into.V0 + i);
            Replace(above, TLanes.Multiply(onValue, v1), into.V1 + i);
            TLanes.Store(TLanes.And(above, e0), into.E0 + i);
            TLanes.Store(TLanes.And(above, e1), into.E1 + i);
            TLanes.Store(TLanes.And(above, f0), into.F0 + i);
            TLanes.Store(TLanes.And(above, f1), into.F1 + i);
        }

        return LaneTests.AnyBit(any);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Replace(TVector mask, TVector value, double* to) => TLanes.Store(TLanes.Select(mask, value, TLanes.Load(to)), to);
    }

    /// <summary>
    /// The descent coefficients of one panel: of W_Q along patch a, b_a D; of W_K along patch 0, C = c_0 q_0 + c_1 q_1, along patch 1, -C.
    /// </summary>
    /// <param name="n">Samples.</param>
    /// <param name="q">Projections of the panel, two rows a sample.</param>
    /// <param name="k">As <paramref name="q"/>.</param>
    /// <param name="pitch">Neurons in the panel.</param>
    /// <param name="b">B0, B1, C0, C1.</param>
    /// <param name="onQuery">Receives the coefficients of W_Q, laid out as <paramref name="q"/>.</param>
    /// <param name="onKey">Receives the coefficients of W_K.</param>
    /// <param name="clear">Whether q and k become zero.</param>
    public static void Coefficients(int n, double* q, double* k, int pitch, in PairWeights b, double* onQuery, double* onKey, bool clear)
    {
        if (Vector512.IsHardwareAccelerated) Coefficients<Vector512<double>, Lanes512<double>>(n, q, k, pitch, b, onQuery, onKey, clear);
        else if (Vector256.IsHardwareAccelerated) Coefficients<Vector256<double>, Lanes256<double>>(n, q, k, pitch, b, onQuery, onKey, clear);
        else if (Vector128.IsHardwareAccelerated) Coefficients<Vector128<double>, Lanes128<double>>(n, q, k, pitch, b, onQuery, onKey, clear);
        else Coefficients<double, Lanes1<double>>(n, q, k, pitch, b, onQuery, onKey, clear);
    }

    // A lane is a neuron.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Coefficients<TVector, TLanes>(int n, double* q, double* k, nint pitch, in PairWeights b, double* onQuery, double* onKey, bool clear)
        where TLanes : ILanes<TVector, double>
    {
        TVector zero = TLanes.Create(0.0);
        double* b0At = b.B0, b1At = b.B1, c0At = b.C0, c1At = b.C1;
        for (int i = 0; i < n; i++, q += 2 * pitch, k += 2 * pitch, onQuery += 2 * pitch, onKey += 2 * pitch)
        {
            TVector b0 = TLanes.Create(b0At[i]), b1 = TLanes.Create(b1At[i]), c0 = TLanes.Create(c0At[i]), c1 = TLanes.Create(c1At[i]);
            for (nint r = 0; r < pitch; r += TLanes.Count)
            {
                TVector difference = TLanes.Subtract(TLanes.Load(k + r), TLanes.Load(k + pitch + r));
                TLanes.Store(TLanes.Multiply(b0, difference), onQuery + r);
                TLanes.Store(TLanes.Multiply(b1, difference), onQuery + pitch + r);
                TVector c = TLanes.MultiplyAdd(c0, TLanes.Load(q + r), TLanes.Multiply(c1, TLanes.Load(q + pitch + r)));
                TLanes.Store(c, onKey + r);
                TLanes.Store(TLanes.Subtract(zero, c), onKey + pitch + r);
                if (!clear) continue;
                TLanes.Store(zero, q + r);
                TLanes.Store(zero, q + pitch + r);
                TLanes.Store(zero, k + r);
                TLanes.Store(zero, k + pitch + r);
            }
        }
    }
}
