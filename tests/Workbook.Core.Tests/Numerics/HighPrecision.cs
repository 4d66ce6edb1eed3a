using System.Numerics;

namespace Workbook.Core.Tests.Numerics;

/// <summary>
/// The oracle for elementary functions: fixed-point arithmetic on big integers, textbook series only, written
/// independently of the kernels. A number v is held as the integer v * 2^bits.
/// </summary>
internal sealed class HighPrecision
{
    /// <summary>Enough for arguments and results above 2^-120 or so.</summary>
    public static readonly HighPrecision Short = new(256);

    /// <summary>Enough for the smallest subnormal result, with 300 bits to spare; slow.</summary>
    public static readonly HighPrecision Long = new(1400);

    private readonly int bits;
    private readonly BigInteger one;
    private readonly BigInteger ln2;
    private readonly BigInteger pi;

    public HighPrecision(int bits)
    {
        this.bits = bits;
        one = BigInteger.One << bits;
        ln2 = 2 * InverseTangent(one / 3, sign: 1);
        pi = 4 * (4 * InverseTangent(one / 5, sign: -1) - InverseTangent(one / 239, sign: -1));
    }

    public BigInteger FromDouble(double x)
    {
        (BigInteger mantissa, int exponent) = Split(x);
        return Shift(mantissa, exponent + bits);
    }

    public BigInteger Exp(BigInteger x)
    {
        int k = (int)BigInteger.Divide(x, ln2);
        BigInteger r = x - k * ln2;
        BigInteger term = one, sum = one;
        for (int n = 1; !term.IsZero; n++)
        {
            term = Multiply(term, r) / n;
            sum += term;
        }

        return Shift(sum, k);
    }

    /// <summary>ln x for positive x.</summary>
    public BigInteger Log(BigInteger x)
    {
        int k = (int)x.GetBitLength() - 1 - bits;
        BigInteger m = Shift(x, -k);
        return k * ln2 + 2 * InverseTangent(((m - one) << bits) / (m + one), sign: 1);
    }

    /// <summary>Newton's iteration from above, for x at least 2^-bits.</summary>
    public BigInteger Sqrt(BigInteger x)
    {
        BigInteger scaled = x << bits;
        BigInteger root = BigInteger.One << ((int)scaled.GetBitLength() / 2 + 1);
        for (BigInteger next = (root + scaled / root) / 2; next < root; next = (root + scaled / root) / 2)
        {
            root = next;
        }

        return root;
    }

    public BigInteger LogSigmoid(BigInteger x) => -Log(one + Exp(-x));

    public BigInteger SinOfTurns(BigInteger u) => SinOrCos(u, first: Multiply(2 * pi, u), start: 1);

    public BigInteger CosOfTurns(BigInteger u) => SinOrCos(u, first: one, start: 0);

    /// <summary>|actual - exact| in units of the last place of a number of the exact value's size.</summary>
    public double UlpsDouble(double actual, BigInteger exact) => Ulps(actual, exact, mantissaBits: 53, smallestExponent: -1074);

    /// <summary>The same in single precision.</summary>
    public double UlpsSingle(float actual, BigInteger exact) => Ulps(actual, exact, mantissaBits: 24, smallestExponent: -149);

    private double Ulps(double actual, BigInteger exact, int mantissaBits, int smallestExponent)
    {
        if (!double.IsFinite(actual))
        {
            return double.PositiveInfinity;
        }

        int ulpExponent = Math.Max((int)BigInteger.Abs(exact).GetBitLength() - bits - mantissaBits, smallestExponent);
        BigInteger difference = BigInteger.Abs(FromDouble(actual) - exact);
        int dropped = Math.Max(0, (int)difference.GetBitLength() - 1000);
        return Math.ScaleB((double)(difference >> dropped), dropped - bits - ulpExponent);
    }

    private BigInteger SinOrCos(BigInteger u, BigInteger first, int start)
    {
        BigInteger angle = Multiply(2 * pi, u);
        BigInteger square = Multiply(angle, angle);
        BigInteger term = first, sum = first;
        for (int n = start; !term.IsZero; n += 2)
        {
            term = -Multiply(term, square) / ((n + 1) * (n + 2));
            sum += term;
        }

        return sum;
    }

    /// <summary>sum of sign^j y^(2j+1) / (2j+1): artanh y for sign = 1, arctan y for sign = -1.</summary>
    private BigInteger InverseTangent(BigInteger y, int sign)
    {
        BigInteger square = Multiply(y, y);
        BigInteger power = y, sum = y;
        for (int n = 3; !power.IsZero; n += 2)
        {
            power = sign * Multiply(power, square);
            sum += power / n;
        }

        return sum;
    }

    /// <summary>a b, rounded towards zero, so that shrinking terms reach zero from either side.</summary>
    public BigInteger Multiply(BigInteger a, BigInteger b) => BigInteger.Divide(a * b, one);

    private static BigInteger Shift(BigInteger value, int left) => left >= 0 ? value << left : value >> -left;

    private static (BigInteger Mantissa, int Exponent) Split(double x)
    {
        long raw = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)((raw >> 52) & 0x7FF);
        long mantissa = raw & 0xFFFFFFFFFFFFF;
        mantissa = exponent == 0 ? mantissa : mantissa | (1L << 52);
        return (raw < 0 ? -mantissa : mantissa, Math.Max(exponent, 1) - 1075);
    }
}
