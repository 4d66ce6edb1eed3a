namespace Workbook.Core.Numerics;

/// <summary>The constants of building 2^k from its bits.</summary>
internal static class PowerOfTwo
{
    /// <summary>1.5 * 2^52: adding it rounds to an integer and leaves that integer in the low bits of the sum.</summary>
    internal const double RoundToIntegerDouble = 6755399441055744.0;

    /// <summary>1.5 * 2^23.</summary>
    internal const float RoundToIntegerSingle = 12582912f;

    /// <summary>The exponent field of 1.0.</summary>
    internal const int BiasDouble = 1023;

    /// <summary>The exponent field of 1.0f.</summary>
    internal const int BiasSingle = 127;
}
