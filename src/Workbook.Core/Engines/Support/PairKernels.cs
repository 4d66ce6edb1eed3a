using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>Where the numbers of samples lie that <see cref="PairKernels"/> reads and writes: one array each, padded with zeros to a multiple of 8.</summary>
/// <remarks>
/// A0, A1: z_a0 - z_a1 of query a = 0, 1. U0, U1: u of patch 0, 1. Y: label. Margin: y F. S0, S1: attention on key 0, 1, summed over both
/// queries. P0, P1: s_a0 s_a1 of query a.
/// </remarks>
internal unsafe struct PairSamples
{
    /// <summary>Arrays.</summary>
    public const int Arrays = 10;

    public int Padded;
    public double* A0, A1, U0, U1, Y, Margin, S0, S1, P0, P1;

    public PairSamples(double* memory, int padded)
    {
        Padded = padded;
        A0 = memory;
        A1 = memory + padded;
        U0 = memory + 2 * padded;
        U1 = memory + 3 * padded;
        Y = memory + 4 * padded;
        Margin = memory + 5 * padded;
        S0 = memory + 6 * padded;
        S1 = memory + 7 * padded;
        P0 = memory + 8 * padded;
        P1 = memory + 9 * padded;
    }
}

/// <summary>
/// Attention between two patches, many samples at once. A softmax over two keys is a sigmoid of the scores' difference, so with
/// D = k_0 - k_1 a sample needs two inner products, a_a = q_a . D, and three exponentials.
/// </summary>
internal static unsafe class PairKernels
{
    /// <summary>a_a += q_a . D over the <paramref name="width"/> neurons of one panel; rows 2i and 2i + 1 belong to sample i.</summary>
    public static void Scores(int n, double* q, double* k, int width, int pitch, in PairSamples at)
    {
        if (Vector512.IsHardwareAccelerated) Scores<Vector512<double>, Lanes512<double>>(n, q, k, width, pitch, at.A0, at.A1);
        else if (Vector256.IsHardwareAccelerated) Scores<Vector256<double>, Lanes256<double>>(n, q, k, width, pitch, at.A0, at.A1);
        else if (Vector128.IsHardwareAccelerated) Scores<Vector128<double>, Lanes128<double>>(n, q, k, width, pitch, at.A0, at.A1);
        else Scores<double, Lanes1<double>>(n, q, k, width, pitch, at.A0, at.A1);
    }

    // A lane is a neuron.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Scores<TVector, TLanes>(int n, double* q, double* k, int width, int pitch, double* a0, double* a1)
        where TLanes : ILanes<TVector, double>
    {
        for (int i = 0; i < n; i++, q += 2 * pitch, k += 2 * pitch)
        {
            TVector sum0 = TLanes.Create(0.0), sum1 = sum0;
            for (int r = 0; r < width; r += TLanes.Count)
            {
                TVector difference = TLanes.Subtract(TLanes.Load(k + r), TLanes.Load(k + pitch + r));
                sum0 = TLanes.MultiplyAdd(TLanes.Load(q + r), difference, sum0);
                sum1 = TLanes.MultiplyAdd(TLanes.Load(q + pitch + r), difference, sum1);
            }

            a0[i] += TLanes.Sum(sum0);
            a1[i] += TLanes.Sum(sum1);
        }
    }

    /// <summary>Softmax outputs and margins from A0, A1, U0, U1, Y.</summary>
    public static void Margins(in PairSamples at)
    {
        if (Vector512.IsHardwareAccelerated) Margins<Vector512<double>, Lanes512<double>>(at);
        else if (Vector256.IsHardwareAccelerated) Margins<Vector256<double>, Lanes256<double>>(at);
        else if (Vector128.IsHardwareAccelerated) Margins<Vector128<double>, Lanes128<double>>(at);
        else Margins<double, Lanes1<double>>(at);
    }

    // A lane is a sample; padded samples come out as 0 or 1/2 and are read by nobody.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Margins<TVector, TLanes>(PairSamples at)
        where TLanes : ILanes<TVector, double>
    {
        TVector zero = TLanes.Create(0.0), one = TLanes.Create(1.0), signBit = TLanes.Create(-0.0);
        for (int i = 0; i < at.Padded; i += TLanes.Count)
        {
            // sigma(|a|) = 1 / (1 + e^-|a|), sigma(-|a|) = e^-|a| / (1 + e^-|a|): neither loses digits.
            TVector a = TLanes.Load(at.A0 + i), e = ExpKernel.Invoke<TVector, TLanes>(TLanes.Or(a, signBit));
            TVector large = TLanes.Divide(one, TLanes.Add(one, e)), small = TLanes.Multiply(e, large);
            TVector negative = TLanes.LessThan(a, zero);
            TVector s0 = TLanes.Select(negative, small, large), s1 = TLanes.Select(negative, large, small);
            TLanes.Store(TLanes.Multiply(large, small), at.P0 + i);

            a = TLanes.Load(at.A1 + i);
            e = ExpKernel.Invoke<TVector, TLanes>(TLanes.Or(a, signBit));
            large = TLanes.Divide(one, TLanes.Add(one, e));
            small = TLanes.Multiply(e, large);
            negative = TLanes.LessThan(a, zero);
            s0 = TLanes.Add(s0, TLanes.Select(negative, small, large));
            s1 = TLanes.Add(s1, TLanes.Select(negative, large, small));
            TLanes.Store(TLanes.Multiply(large, small), at.P1 + i);

            TLanes.Store(s0, at.S0 + i);
            TLanes.Store(s1, at.S1 + i);
            TVector f = TLanes.MultiplyAdd(s1, TLanes.Load(at.U1 + i), TLanes.Multiply(s0, TLanes.Load(at.U0 + i)));
            TLanes.Store(TLanes.Multiply(TLanes.Load(at.Y + i), f), at.Margin + i);
        }
    }
}
