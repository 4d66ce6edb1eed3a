using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// <see cref="BoxMuller.Pair"/> operation by operation, a pair of words in each lane, and the numbers then multiplied by a scale. Whoever changes one of the two
/// changes both: the bits must agree.
/// </summary>
/// <remarks>
/// In three stages, a division in the first and a root in the second: from words to numbers the chain of operations is longer than a core looks ahead.
/// Both occupy the divider for longer than anything else takes, so what the angle needs goes beside them and costs nothing.
/// </remarks>
internal readonly unsafe struct BoxMullerKernel : IPairFunction
{
    // Pairs that go from stage to stage: with what is kept of them 5 kB.
    private const int AtATime = 128;

    // 2^20 and 1/2: a 32-bit integer in the lower half of their bits is added to them in units of 2^-32 and 2^-53.
    private const ulong UnitsOf32 = 0x4130000000000000, UnitsOf53 = 0x3FE0000000000000;
    private const double BothUnits = 1048576.5;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Finish<TWords, TWordLanes, TVector, TLanes>(double* low, double* high, double scale, double* destination, int count)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        double* room = stackalloc double[5 * AtATime + PhiloxLanes.ForAligned], last = stackalloc double[2 * Elementwise.LongestVector];
        double* kept = PhiloxLanes.Aligned(room);
        TVector factor = TLanes.Create(scale);
        for (; count > 0; count -= 2 * AtATime, low += AtATime, high += AtATime, destination += 2 * AtATime)
        {
            int pairs = Math.Min((count + 1) / 2, AtATime);
            for (int i = 0; i < pairs; i += TLanes.Count) Reduce<TWords, TWordLanes, TVector, TLanes>(low + i, high + i, kept + i);
            for (int i = 0; i < pairs; i += TLanes.Count) RadiusAndCircle<TWords, TWordLanes, TVector, TLanes>(kept + i);
            for (int i = 0; i < pairs; i += TLanes.Count)
            {
                Turn<TWords, TWordLanes, TVector, TLanes>(kept + i, factor, out TVector first, out TVector second);
                PhiloxLanes.StorePairs<TWords, TWordLanes, TVector, TLanes>(first, second, destination + 2 * i, count - 2 * i, last);
            }
        }
    }

    // Of a pair kept: f, its quotient s and k of the logarithm, then radius, sine and cosine in their places; r and the rounded quarter of the angle.
    private const int F = 0, S = AtATime, K = 2 * AtATime, R = 3 * AtATime, Quarter = 4 * AtATime;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce<TWords, TWordLanes, TVector, TLanes>(double* low, double* high, double* kept)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TWords word0 = TWordLanes.LoadBlocks((ulong*)low), word1 = TWordLanes.LoadBlocks((ulong*)high);
        Quotient<TWords, TWordLanes, TVector, TLanes>(Unit<TWords, TWordLanes, TVector, TLanes>(word0, 1), out TVector f, out TVector s, out TVector k);
        TLanes.Store(f, kept + F);
        TLanes.Store(s, kept + S);
        TLanes.Store(k, kept + K);
        TVector u2 = Unit<TWords, TWordLanes, TVector, TLanes>(word1, 0);
        TVector rounded = TLanes.FusedMultiplyAdd(u2, TLanes.Create(4.0), TLanes.Create(BoxMuller.RoundToInteger));
        TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Subtract(rounded, TLanes.Create(BoxMuller.RoundToInteger)), TLanes.Create(-0.25), u2), kept + R);
        TLanes.Store(rounded, kept + Quarter);
    }

    /// <summary>(word >> 11 + plus) 2^-53: the upper 32 bits and the other 21 as numbers, whose sum is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Unit<TWords, TWordLanes, TVector, TLanes>(TWords word, ulong plus)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TWords upper = TWordLanes.Halves(TWordLanes.Upper(word), TWordLanes.Create(UnitsOf32));
        TWords lower = TWordLanes.Halves(TWordLanes.ShiftHalvesRight(word, 11), TWordLanes.Create(UnitsOf53));
        if (plus > 0) lower = TWordLanes.Add(lower, TWordLanes.Create(plus));
        return TLanes.Add(TLanes.Subtract(TWordLanes.AsNumber(upper), TLanes.Create(BothUnits)), TWordLanes.AsNumber(lower));
    }

    // Of a product the factor that is not needed again comes first: the sum takes its register, and no copy is made.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RadiusAndCircle<TWords, TWordLanes, TVector, TLanes>(double* kept)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TVector logarithm = Logarithm<TWords, TWordLanes, TVector, TLanes>(TLanes.Load(kept + F), TLanes.Load(kept + S), TLanes.Load(kept + K));
        TLanes.Store(TLanes.Sqrt(TLanes.Multiply(TLanes.Create(-2.0), logarithm)), kept + F);
        TVector r = TLanes.Load(kept + R), z = TLanes.Multiply(r, r);
        TVector p = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.S6), TLanes.Create(BoxMuller.S5));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S4));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S3));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S2));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S1));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S0));
        TVector product = TLanes.Multiply(r, TLanes.Create(BoxMuller.TwoPi));
        TVector rounding = TWordLanes.MultiplySubtract(r, TLanes.Create(BoxMuller.TwoPi), product);
        TLanes.Store(TLanes.Add(product, TLanes.FusedMultiplyAdd(r, TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.TwoPiLow)), rounding)), kept + S);
        p = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.C6), TLanes.Create(BoxMuller.C5));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C4));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C3));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C2));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C1));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C0));
        TLanes.Store(TLanes.FusedMultiplyAdd(p, z, TLanes.Create(1.0)), kept + K);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn<TWords, TWordLanes, TVector, TLanes>(double* kept, TVector scale, out TVector first, out TVector second)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TVector sine = TLanes.Load(kept + S), cosine = TLanes.Load(kept + K), radius = TLanes.Load(kept + F);
        // Bits 1 and 0 of the quarter q, moved to the top: the sine's sign is bit 1, the cosine's bit 1 of q + 1, and where q is odd they change places.
        TWords q = TWordLanes.ShiftLeft(TWordLanes.AsWords(TLanes.Load(kept + Quarter)), 62), parity = TWordLanes.Add(q, q), odd = TWordLanes.SignMask(parity);
        TWords signBit = TWordLanes.Create(1UL << 63);
        TVector signOfCosine = TWordLanes.AsNumber(TWordLanes.And(TWordLanes.Xor(q, parity), signBit)), signOfSine = TWordLanes.AsNumber(TWordLanes.And(q, signBit));
        first = TLanes.Multiply(scale, TLanes.Multiply(radius, TLanes.Xor(TWordLanes.Select(odd, sine, cosine), signOfCosine)));
        second = TLanes.Multiply(scale, TLanes.Multiply(radius, TLanes.Xor(TWordLanes.Select(odd, cosine, sine), signOfSine)));
    }

    /// <summary>x = <see cref="BoxMuller.Log"/> of x, number by number, with its conditions on x; the count is a multiple of the vector's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Logs(double* x, int count)
    {
        int i = 0;
        if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
        {
            for (; i < count; i += Vector512<double>.Count)
            {
                Log<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(Vector512.Load(x + i)).Store(x + i);
            }
        }
        else if (Avx2.IsSupported)
        {
            for (; i < count; i += Vector256<double>.Count)
            {
                Log<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(Vector256.Load(x + i)).Store(x + i);
            }
        }

        for (; i < count; i++)
        {
            x[i] = BoxMuller.Log(x[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Log<TWords, TWordLanes, TVector, TLanes>(TVector x)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        Quotient<TWords, TWordLanes, TVector, TLanes>(x, out TVector f, out TVector s, out TVector k);
        return Logarithm<TWords, TWordLanes, TVector, TLanes>(f, s, k);
    }

    /// <summary>x = 2^k (1 + f), s = f / (f + 2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quotient<TWords, TWordLanes, TVector, TLanes>(TVector x, out TVector f, out TVector s, out TVector k)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TWords bits = TWordLanes.AsWords(x);
        TWords biased = TWordLanes.Add(bits, TWordLanes.Create(BoxMuller.OneBits - BoxMuller.SqrtHalfBits));
        TWords exponent = TWordLanes.And(biased, TWordLanes.Create(BoxMuller.ExponentMask));
        TVector m = TWordLanes.AsNumber(TWordLanes.Subtract(bits, TWordLanes.Subtract(exponent, TWordLanes.Create(BoxMuller.OneBits))));
        k = TLanes.Subtract(
            TWordLanes.AsNumber(TWordLanes.Or(TWordLanes.ShiftRight(biased, 52), TWordLanes.Create(BoxMuller.TwoTo52Bits))),
            TLanes.Create(BoxMuller.TwoTo52 + BoxMuller.ExponentBias));
        f = TLanes.Subtract(m, TLanes.Create(1.0));
        s = TLanes.Divide(f, TLanes.Add(f, TLanes.Create(2.0)));
    }

    /// <summary>ln x of what <see cref="Quotient"/> made of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Logarithm<TWords, TWordLanes, TVector, TLanes>(TVector f, TVector s, TVector k)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TVector z = TLanes.Multiply(s, s);
        TVector p = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.R6), TLanes.Create(BoxMuller.R5));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.R4));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.R3));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.R2));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.R1));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.R0));
        TVector product = TLanes.Multiply(s, TWordLanes.SubtractProduct(f, z, p));
        TVector tail = TWordLanes.MultiplySubtract(k, TLanes.Create(BoxMuller.Ln2Low), product);
        return TLanes.FusedMultiplyAdd(k, TLanes.Create(BoxMuller.Ln2High), TLanes.Add(f, tail));
    }
}
