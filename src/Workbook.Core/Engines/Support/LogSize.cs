namespace Workbook.Core.Engines.Support;

/// <summary>Numbers given by the logarithm of their size, as mantissa and binary exponent, so that their signs survive any size.</summary>
internal static class LogSize
{
    /// <summary>Below exp of this a coefficient carries an exponent: g^2 of Adam must not underflow either.</summary>
    public const double Unscaled = -300;

    private const double Ln2 = 0.69314718055994530942;

    /// <summary>0 where exp(log) is of ordinary size, else floor(log / ln 2), kept within the range of an int.</summary>
    public static int Exponent(double log) =>
        !(log < Unscaled) ? 0 : log < -1e9 ? (int)(-1e9 / Ln2) : (int)Math.Floor(log / Ln2);

    /// <summary>exp(log) 2^-exponent.</summary>
    public static double Mantissa(double log, int exponent) => Math.Exp(Shifted(log, exponent));

    /// <summary>log - exponent ln 2.</summary>
    public static double Shifted(double log, int exponent) => log - exponent * Ln2;
}
