using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// Normals of scattered blocks of one stream, the bits of <see cref="GaussianFill"/>: short columns far apart fill every lane, where each alone
/// would leave a third of them empty.
/// </summary>
internal static unsafe class GaussianColumns
{
    /// <summary>
    /// destination[k rows + r] = normal number columns[k] rows + r, for even rows; false (and nothing written) where the machine has no vectors
    /// for it or rows is odd.
    /// </summary>
    public static bool Run(ulong key, ulong counterHigh, ReadOnlySpan<int> columns, int rows, Span<double> destination)
    {
        if ((rows & 1) != 0) return false;
        fixed (double* start = destination)
        {
            if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
                Gather<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(key, counterHigh, columns, rows, start);
            else if (Avx2.IsSupported)
                Gather<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(key, counterHigh, columns, rows, start);
            else return false;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Gather<TWords, TWordLanes, TVector, TLanes>(ulong key, ulong counterHigh, ReadOnlySpan<int> columns, int rows, double* destination)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        const int Chunk = 512;
        int lanes = TLanes.Count, half = rows / 2, filled = 0;
        ulong* blocks = stackalloc ulong[Chunk + Elementwise.LongestVector];
        // Which block a lane holds, so that pairs are stored in order.
        ulong* order = stackalloc ulong[Elementwise.LongestVector];
        TLanes.Store(TWordLanes.AsNumber(TWordLanes.Blocks(0)), (double*)order);
        int* place = stackalloc int[Elementwise.LongestVector];
        for (int lane = 0; lane < lanes; lane++) place[order[lane]] = lane;
        foreach (int column in columns)
            for (int k = 0; k < half; k++)
            {
                blocks[filled / lanes * lanes + place[filled % lanes]] = (ulong)column * (ulong)half + (ulong)k;
                if (++filled < Chunk) continue;
                Loop<TWords, TWordLanes, TVector, TLanes>(key, counterHigh, blocks, filled, destination);
                destination += 2 * filled;
                filled = 0;
            }
        if (filled == 0) return;
        // The last vectors are drawn in whole and kept in part.
        int whole = (filled + 2 * lanes - 1) / (2 * lanes) * (2 * lanes);
        for (int k = filled; k < whole; k++) blocks[k / lanes * lanes + place[k % lanes]] = 0;
        double* last = stackalloc double[2 * (Chunk + Elementwise.LongestVector)];
        Loop<TWords, TWordLanes, TVector, TLanes>(key, counterHigh, blocks, whole, last);
        new Span<double>(last, 2 * filled).CopyTo(new Span<double>(destination, 2 * filled));
    }

    /// <summary>Pairs of all blocks; their number is a multiple of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Loop<TWords, TWordLanes, TVector, TLanes>(ulong key, ulong counterHigh, ulong* blocks, int count, double* destination)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>
    {
        int lanes = TLanes.Count;
        ulong* keys = stackalloc ulong[2 * Philox.Rounds];
        uint key0 = (uint)key, key1 = (uint)(key >> 32);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            keys[2 * round] = key0;
            keys[2 * round + 1] = key1;
            key0 += Philox.KeyStep0;
            key1 += Philox.KeyStep1;
        }

        TWords low = TWordLanes.Create(uint.MaxValue);
        TWords multiplier0 = TWordLanes.Create(Philox.Multiplier0), multiplier1 = TWordLanes.Create(Philox.Multiplier1);
        for (int start = 0; start < count; start += 2 * lanes)
        {
            TWords a0 = TWordLanes.AsWords(TLanes.Load((double*)(blocks + start))), a1 = TWordLanes.ShiftRight(a0, 32);
            TWords a2 = TWordLanes.Create(counterHigh), a3 = TWordLanes.Create(counterHigh >> 32);
            TWords b0 = TWordLanes.AsWords(TLanes.Load((double*)(blocks + start + lanes))), b1 = TWordLanes.ShiftRight(b0, 32), b2 = a2, b3 = a3;
            for (int round = 0; round < Philox.Rounds; round++)
            {
                TWords k0 = TWordLanes.Create(keys[2 * round]), k1 = TWordLanes.Create(keys[2 * round + 1]);
                TWords productA0 = TWordLanes.Multiply32(multiplier0, a0), productA1 = TWordLanes.Multiply32(multiplier1, a2);
                TWords productB0 = TWordLanes.Multiply32(multiplier0, b0), productB1 = TWordLanes.Multiply32(multiplier1, b2);
                a0 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productA1, 32), a1), k0);
                b0 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productB1, 32), b1), k0);
                a2 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productA0, 32), a3), k1);
                b2 = TWordLanes.Xor(TWordLanes.Xor(TWordLanes.ShiftRight(productB0, 32), b3), k1);
                (a1, a3, b1, b3) = (productA1, productA0, productB1, productB0);
            }

            TWords word0 = TWordLanes.Or(TWordLanes.And(a0, low), TWordLanes.ShiftLeft(a1, 32));
            TWords word1 = TWordLanes.Or(TWordLanes.And(a2, low), TWordLanes.ShiftLeft(a3, 32));
            for (int i = start; i < start + 2 * lanes; i += lanes)
            {
                // Box-Muller.
                TVector ulp = TLanes.Create(BoxMuller.UnitInLastPlace);
                TVector u1 = TLanes.Multiply(TWordLanes.ToNumber(TWordLanes.Add(TWordLanes.ShiftRight(word0, 11), TWordLanes.Create(1))), ulp);
                TVector u2 = TLanes.Multiply(TWordLanes.ToNumber(TWordLanes.ShiftRight(word1, 11)), ulp);
                TVector radius = TLanes.Sqrt(TLanes.Multiply(TLanes.Create(-2.0), Log<TWords, TWordLanes, TVector, TLanes>(u1)));

                TVector rounded = TLanes.FusedMultiplyAdd(u2, TLanes.Create(4.0), TLanes.Create(BoxMuller.RoundToInteger));
                TVector r = TLanes.FusedMultiplyAdd(TLanes.Subtract(rounded, TLanes.Create(BoxMuller.RoundToInteger)), TLanes.Create(-0.25), u2);
                TVector z = TLanes.Multiply(r, r);
                TVector p = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.S6), TLanes.Create(BoxMuller.S5));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.S4));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.S3));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.S2));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.S1));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.S0));
                TVector product = TLanes.Multiply(r, TLanes.Create(BoxMuller.TwoPi));
                TVector rounding = TLanes.FusedMultiplyAdd(r, TLanes.Create(BoxMuller.TwoPi), TLanes.Xor(product, TLanes.Create(-0.0)));
                TVector sine = TLanes.Add(product, TLanes.FusedMultiplyAdd(r, TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.TwoPiLow)), rounding));
                p = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.C6), TLanes.Create(BoxMuller.C5));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.C4));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.C3));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.C2));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.C1));
                p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.C0));
                TVector cosine = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(1.0));

                // All bits set in lanes where the quarter q is odd; signs are bit 1 of q + 1 and of q, moved to the top.
                TWords q = TWordLanes.AsWords(rounded), one = TWordLanes.Create(1), two = TWordLanes.Create(2);
                TWords odd = TWordLanes.Subtract(TWordLanes.Create(0), TWordLanes.And(q, one));
                TWords signOfCosine = TWordLanes.ShiftLeft(TWordLanes.And(TWordLanes.Add(q, one), two), 62);
                TWords signOfSine = TWordLanes.ShiftLeft(TWordLanes.And(q, two), 62);
                TVector first = TLanes.Multiply(radius, TLanes.Xor(TWordLanes.Select(odd, sine, cosine), TWordLanes.AsNumber(signOfCosine)));
                TVector second = TLanes.Multiply(radius, TLanes.Xor(TWordLanes.Select(odd, cosine, sine), TWordLanes.AsNumber(signOfSine)));

                TWordLanes.StorePairs(first, second, destination + 2 * i);
                word0 = TWordLanes.Or(TWordLanes.And(b0, low), TWordLanes.ShiftLeft(b1, 32));
                word1 = TWordLanes.Or(TWordLanes.And(b2, low), TWordLanes.ShiftLeft(b3, 32));
            }
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
        p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.R4));
        p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.R3));
        p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.R2));
        p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.R1));
        p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(BoxMuller.R0));
        TVector sign = TLanes.Create(-0.0);
        TVector product = TLanes.Multiply(s, TLanes.FusedMultiplyAdd(TLanes.Xor(z, sign), p, f));
        TVector tail = TLanes.FusedMultiplyAdd(k, TLanes.Create(BoxMuller.Ln2Low), TLanes.Xor(product, sign));
        return TLanes.FusedMultiplyAdd(k, TLanes.Create(BoxMuller.Ln2High), TLanes.Add(f, tail));
    }
}
