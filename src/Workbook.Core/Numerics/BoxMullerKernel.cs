using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// <see cref="BoxMuller.Pair"/> operation by operation, a pair of words in each lane, and the numbers then multiplied by a scale. Whoever changes one of the two
/// changes both: the bits must agree.
/// </summary>
internal readonly unsafe struct BoxMullerKernel : IPairFunction
{
    // Of a product the factor that is not needed again comes first: the sum takes its register, and no copy is made.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Invoke<TWords, TWordLanes, TVector, TLanes>(TWords word0, TWords word1, TVector scale, out TVector first, out TVector second)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        TVector ulp = TLanes.Create(BoxMuller.UnitInLastPlace);
        TVector u1 = TLanes.Multiply(TWordLanes.ToNumber(TWordLanes.Add(TWordLanes.ShiftRight(word0, 11), TWordLanes.Create(1))), ulp);
        TVector u2 = TLanes.Multiply(TWordLanes.ToNumber(TWordLanes.ShiftRight(word1, 11)), ulp);
        TVector radius = TLanes.Sqrt(TLanes.Multiply(TLanes.Create(-2.0), Log<TWords, TWordLanes, TVector, TLanes>(u1)));

        TVector rounded = TLanes.FusedMultiplyAdd(u2, TLanes.Create(4.0), TLanes.Create(BoxMuller.RoundToInteger));
        TVector r = TLanes.FusedMultiplyAdd(TLanes.Subtract(rounded, TLanes.Create(BoxMuller.RoundToInteger)), TLanes.Create(-0.25), u2);
        TVector z = TLanes.Multiply(r, r);
        TVector p = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.S6), TLanes.Create(BoxMuller.S5));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S4));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S3));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S2));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S1));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.S0));
        TVector product = TLanes.Multiply(r, TLanes.Create(BoxMuller.TwoPi));
        TVector rounding = TWordLanes.MultiplySubtract(r, TLanes.Create(BoxMuller.TwoPi), product);
        TVector sine = TLanes.Add(product, TLanes.FusedMultiplyAdd(r, TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.TwoPiLow)), rounding));
        p = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.C6), TLanes.Create(BoxMuller.C5));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C4));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C3));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C2));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C1));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(BoxMuller.C0));
        TVector cosine = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(1.0));

        // Bits 1 and 0 of the quarter q, moved to the top: the sine's sign is bit 1, the cosine's bit 1 of q + 1, and where q is odd they change places.
        TWords q = TWordLanes.ShiftLeft(TWordLanes.AsWords(rounded), 62), parity = TWordLanes.Add(q, q), odd = TWordLanes.SignMask(parity);
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
        TWords bits = TWordLanes.AsWords(x);
        TWords biased = TWordLanes.Add(bits, TWordLanes.Create(BoxMuller.OneBits - BoxMuller.SqrtHalfBits));
        TWords exponent = TWordLanes.And(biased, TWordLanes.Create(BoxMuller.ExponentMask));
        TVector m = TWordLanes.AsNumber(TWordLanes.Subtract(bits, TWordLanes.Subtract(exponent, TWordLanes.Create(BoxMuller.OneBits))));
        TVector k = TLanes.Subtract(
            TWordLanes.AsNumber(TWordLanes.Or(TWordLanes.ShiftRight(biased, 52), TWordLanes.Create(BoxMuller.TwoTo52Bits))),
            TLanes.Create(BoxMuller.TwoTo52 + BoxMuller.ExponentBias));

        TVector f = TLanes.Subtract(m, TLanes.Create(1.0));
        TVector s = TLanes.Divide(f, TLanes.Add(f, TLanes.Create(2.0)));
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
