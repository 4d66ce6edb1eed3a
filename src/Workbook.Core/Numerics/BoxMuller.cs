using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// The Box-Muller transform of two 64-bit random words into two independent standard normals, the same bits on every
/// platform. Only operations that IEEE 754 rounds exactly are used (+, -, *, /, sqrt, fused multiply-add) and integer
/// operations, in one fixed order that every vector width repeats; the platform's log, sin and cos are not.
/// </summary>
public static class BoxMuller
{
    internal const double UnitInLastPlace = 1.0 / (1L << 53);

    // 2^52 and 1.5 * 2^52: adding the one places an integer below 2^52 in the mantissa, adding the other rounds to it.
    internal const double TwoTo52 = 4503599627370496.0;
    internal const double RoundToInteger = 6755399441055744.0;
    internal const ulong TwoTo52Bits = 0x4330000000000000;

    // Bits of sqrt(1/2). Subtracting them (plus a bias that keeps the difference positive) leaves the exponent of the
    // multiple of two that brings the argument into [sqrt(1/2), sqrt(2)).
    internal const ulong SqrtHalfBits = 0x3FE6A09E667F3BCD;
    internal const int ExponentBias = 1023;
    internal const ulong OneBits = 0x3FF0000000000000;
    internal const ulong ExponentMask = 0x7FF0000000000000;

    // ln 2 = High + Low; High has 32 bits, so that its product with an exponent is exact.
    internal const double Ln2High = 0.69314718036912382;
    internal const double Ln2Low = 1.9082149292705877e-10;

    // log((1 + s)/(1 - s)) = 2 s + s z R(z), z = s^2, |s| <= 3 - 2 sqrt(2): minimax, relative error 2^-57.
    internal const double R0 = 0.66666666666666696;
    internal const double R1 = 0.39999999999895203;
    internal const double R2 = 0.28571428628410301;
    internal const double R3 = 0.22222210708556590;
    internal const double R4 = 0.18182921123544925;
    internal const double R5 = 0.15330642945337192;
    internal const double R6 = 0.14629867550752060;

    // sin(2 pi r) = r (TwoPi + TwoPiLow + z S(z)), z = r^2, |r| <= 1/8: minimax, relative error 2^-57.
    internal const double TwoPi = 6.2831853071795862;
    internal const double TwoPiLow = 2.4492935982947064e-16;
    internal const double S0 = -41.341702240399762;
    internal const double S1 = 81.605249276083399;
    internal const double S2 = -76.705859759285488;
    internal const double S3 = 42.058695642195751;
    internal const double S4 = -15.094851623689962;
    internal const double S5 = 3.8317955929244602;
    internal const double S6 = -0.96766561950259850;

    // cos(2 pi r) = 1 + z C(z): minimax, absolute error 2^-59.
    internal const double C0 = -19.739208802178716;
    internal const double C1 = 64.939394022666008;
    internal const double C2 = -85.456817205498822;
    internal const double C3 = 60.244641101381356;
    internal const double C4 = -26.426226464557839;
    internal const double C5 = 7.9018340613828106;
    internal const double C6 = -1.6719988376898449;

    /// <summary>
    /// <c>u1 = (word0 >> 11 + 1) 2^-53</c> in (0, 1], <c>u2 = (word1 >> 11) 2^-53</c> in [0, 1),
    /// <c>r = sqrt(-2 ln u1)</c>; the pair is <c>(r cos 2 pi u2, r sin 2 pi u2)</c>. Its largest magnitude is 8.58.
    /// </summary>
    /// <param name="word0">The word that gives the radius.</param>
    /// <param name="word1">The word that gives the angle.</param>
    /// <returns>Two independent standard normals if the words are independent and uniform.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (double Cosine, double Sine) Pair(ulong word0, ulong word1)
    {
        double u1 = (double)((long)(word0 >> 11) + 1) * UnitInLastPlace;
        double u2 = (double)(long)(word1 >> 11) * UnitInLastPlace;
        double radius = Math.Sqrt(-2.0 * Log(u1));
        (double cosine, double sine) = CosSinOfTurns(u2);
        return (radius * cosine, radius * sine);
    }

    /// <summary>
    /// <c>ln x</c>, at most 2 units in the last place from the true value, for normal positive finite <c>x</c> (other
    /// arguments give meaningless numbers: the transform never makes them). <c>ln 1 = 0</c> exactly.
    /// </summary>
    /// <param name="x">A positive normal number.</param>
    /// <returns>The natural logarithm.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Log(double x)
    {
        // x = 2^k m with m in [sqrt(1/2), sqrt(2)); biased = k + 1023 >= 0.
        ulong bits = BitConverter.DoubleToUInt64Bits(x);
        ulong biased = bits + (OneBits - SqrtHalfBits);
        double m = BitConverter.UInt64BitsToDouble(bits - ((biased & ExponentMask) - OneBits));
        double k = BitConverter.UInt64BitsToDouble((biased >> 52) | TwoTo52Bits) - (TwoTo52 + ExponentBias);

        double f = m - 1.0;
        double s = f / (f + 2.0);
        double z = s * s;
        double p = Math.FusedMultiplyAdd(z, R6, R5);
        p = Math.FusedMultiplyAdd(z, p, R4);
        p = Math.FusedMultiplyAdd(z, p, R3);
        p = Math.FusedMultiplyAdd(z, p, R2);
        p = Math.FusedMultiplyAdd(z, p, R1);
        p = Math.FusedMultiplyAdd(z, p, R0);

        // ln(1 + f) = f - s (f - z R(z)): the leading term is exact, what is subtracted is a fifth of it at most.
        double tail = Math.FusedMultiplyAdd(k, Ln2Low, -(s * Math.FusedMultiplyAdd(-z, p, f)));
        return Math.FusedMultiplyAdd(k, Ln2High, f + tail);
    }

    /// <summary>
    /// <c>(cos 2 pi u, sin 2 pi u)</c>, each at most 2 units in the last place from the true value; exact at
    /// multiples of a quarter turn.
    /// </summary>
    /// <param name="u">An angle in turns, a multiple of <c>2^-53</c> in [0, 1).</param>
    /// <returns>Cosine and sine.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (double Cosine, double Sine) CosSinOfTurns(double u)
    {
        // u = q/4 + r, |r| <= 1/8, both exact; q sits in the low bits of the rounded sum.
        double rounded = Math.FusedMultiplyAdd(u, 4.0, RoundToInteger);
        long q = BitConverter.DoubleToInt64Bits(rounded);
        double r = Math.FusedMultiplyAdd(rounded - RoundToInteger, -0.25, u);

        double z = r * r;
        double p = Math.FusedMultiplyAdd(z, S6, S5);
        p = Math.FusedMultiplyAdd(z, p, S4);
        p = Math.FusedMultiplyAdd(z, p, S3);
        p = Math.FusedMultiplyAdd(z, p, S2);
        p = Math.FusedMultiplyAdd(z, p, S1);
        p = Math.FusedMultiplyAdd(z, p, S0);
        double product = r * TwoPi;
        double rounding = Math.FusedMultiplyAdd(r, TwoPi, -product);
        double sine = product + Math.FusedMultiplyAdd(r, Math.FusedMultiplyAdd(z, p, TwoPiLow), rounding);

        p = Math.FusedMultiplyAdd(z, C6, C5);
        p = Math.FusedMultiplyAdd(z, p, C4);
        p = Math.FusedMultiplyAdd(z, p, C3);
        p = Math.FusedMultiplyAdd(z, p, C2);
        p = Math.FusedMultiplyAdd(z, p, C1);
        p = Math.FusedMultiplyAdd(z, p, C0);
        double cosine = Math.FusedMultiplyAdd(z, p, 1.0);

        // Quarter turns: q = 1 gives (-sin, cos), q = 2 (-cos, -sin), q = 3 (sin, -cos).
        (double c, double s) = (q & 1) == 0 ? (cosine, sine) : (sine, cosine);
        long signOfCosine = ((q + 1) & 2) << 62;
        long signOfSine = (q & 2) << 62;
        return (
            BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(c) ^ signOfCosine),
            BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(s) ^ signOfSine));
    }
}
