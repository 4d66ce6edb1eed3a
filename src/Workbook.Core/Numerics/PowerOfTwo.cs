using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>Powers of two from their bits: the constants, and 2^(n/16) with its table.</summary>
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

    /// <summary>
    /// 1.5 * 2^48 + 2 * 1023: adding it rounds to a multiple k = n/16 and leaves n + 16 * 2046 in the low bits of the sum, a
    /// positive number of 16 bits for |k| &lt; 2046 and congruent to n modulo 16.
    /// </summary>
    internal const double RoundToSixteenths = 422212465065984.0 + 2 * BiasDouble;

    /// <summary>The same with n + 16 * 1023, whose upper bits are the exponent field of 2^floor(k).</summary>
    internal const double RoundToSixteenthsNormal = 422212465065984.0 + BiasDouble;

    private const double LeastPower = -900;

    private const long ExponentMask = 0x7FF0000000000000;

    // 2^(j/16), rounded: 0.48 units in the last place from it at most.
    private static ReadOnlySpan<double> SixteenthPowers =>
    [
        1.0, 1.0442737824274138, 1.0905077326652577, 1.1387886347566916, 1.189207115002721, 1.241857812073484, 1.2968395546510096, 1.3542555469368927,
        1.4142135623730951, 1.4768261459394993, 1.5422108254079407, 1.6104903319492543, 1.681792830507429, 1.7562521603732995, 1.8340080864093424, 1.9152065613971474,
    ];

    // Bits of 2^(j/16) less j << 48 and the exponent field of 1.0: what has to be added to the word of RoundToSixteenths << 48.
    private static ReadOnlySpan<ulong> SixteenthBits =>
    [
        0x0000000000000000, 0xFFFFB5586CF9890F, 0xFFFF72B83C7D517B, 0xFFFF387A6E756238,
        0xFFFF06FE0A31B715, 0xFFFEDEA64C123422, 0xFFFEBFDAD5362A27, 0xFFFEAB07DD485429,
        0xFFFEA09E667F3BCD, 0xFFFEA11473EB0187, 0xFFFEACE5422AA0DB, 0xFFFEC49182A3F090,
        0xFFFEE89F995AD3AD, 0xFFFF199BDD85529C, 0xFFFF5818DCFBA487, 0xFFFFA4AFA2A490DA,
    ];

    /// <summary>Whether <see cref="TimesNormal"/> is there, and quicker: on the rungs that cannot scale by a power of two in one operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasNormal<TVector>() => typeof(TVector) == typeof(Vector256<double>) || typeof(TVector) == typeof(Vector128<double>);

    /// <summary>As <see cref="Times"/>, for results that are normal numbers: the whole power goes into the exponent of T.</summary>
    /// <param name="word">A number plus <see cref="RoundToSixteenthsNormal"/>.</param>
    /// <param name="p">A small number.</param>
    /// <returns>The product, with the bits of <see cref="Times"/>; NaN if p is.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector TimesNormal<TVector, TLanes>(TVector word, TVector p)
        where TLanes : ILanes<TVector, double>
    {
        TVector t = TLanes.Entry(MemoryMarshal.Cast<ulong, double>(SixteenthBits), word);
        t = typeof(TVector) == typeof(Vector256<double>)
            ? Unsafe.BitCast<Vector256<double>, TVector>((Unsafe.BitCast<TVector, Vector256<double>>(t).AsInt64() + Vector256.ShiftLeft(Unsafe.BitCast<TVector, Vector256<double>>(word).AsInt64(), 48)).AsDouble())
            : Unsafe.BitCast<Vector128<double>, TVector>((Unsafe.BitCast<TVector, Vector128<double>>(t).AsInt64() + Vector128.ShiftLeft(Unsafe.BitCast<TVector, Vector128<double>>(word).AsInt64(), 48)).AsDouble());
        return TLanes.FusedMultiplyAdd(t, p, t);
    }

    /// <summary>
    /// a 2^k for whole k up to 1000 as a term of a sum whose largest is of ordinary size; below 2^-900, where nothing is left of it in such a sum, it is a 2^-900: subnormal numbers would
    /// be slow, and it keeps its sign where larger terms are 0. NaN if a is.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector TimesPower<TVector, TLanes>(TVector a, TVector k)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        k = TLanes.Max(TLanes.Create(LeastPower), k);
        // The whole power goes into one exponent field.
        TVector word = TLanes.Add(k, TLanes.Create(RoundToIntegerDouble + BiasDouble));
        if (typeof(TVector) == typeof(Vector256<double>)) return TLanes.Multiply(a, Unsafe.BitCast<Vector256<long>, TVector>(Vector256.ShiftLeft(Unsafe.BitCast<TVector, Vector256<long>>(word), 52)));
        if (typeof(TVector) == typeof(Vector128<double>)) return TLanes.Multiply(a, Unsafe.BitCast<Vector128<long>, TVector>(Vector128.ShiftLeft(Unsafe.BitCast<TVector, Vector128<long>>(word), 52)));
        return TLanes.Scale(a, k);
    }

    /// <summary>2^(n/16) (1 + p) without the whole power of two: T + T p, T between 1 and 2 from the table; NaN if p is.</summary>
    /// <param name="word">A number plus <see cref="RoundToSixteenths"/>.</param>
    /// <param name="p">A small number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Sixteenths<TVector, TLanes>(TVector word, TVector p)
        where TLanes : ILanes<TVector, double>
    {
        TVector t = TLanes.Entry(SixteenthPowers, word);
        return TLanes.FusedMultiplyAdd(t, p, t);
    }

    /// <summary>
    /// 2^(n/16) (1 + p) as T + T p with T from the table, times the whole power of two: two roundings, and a third one where the result is subnormal.
    /// </summary>
    /// <param name="word">A number plus <see cref="RoundToSixteenths"/>.</param>
    /// <param name="k">word - <see cref="RoundToSixteenths"/> = n/16, between -1080 and 1080; on the 512-bit rung anything.</param>
    /// <param name="p">A small number.</param>
    /// <returns>The product; NaN if p is.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Times<TVector, TLanes>(TVector word, TVector k, TVector p)
        where TLanes : ILanes<TVector, double>
    {
        if (typeof(TVector) == typeof(Vector512<double>))
        {
            // The instruction takes the integer part of k, as the table does.
            TVector t = TLanes.Entry(SixteenthPowers, word);
            return TLanes.Scale(TLanes.FusedMultiplyAdd(t, p, t), k);
        }

        if (typeof(TVector) == typeof(Vector256<double>))
        {
            // Two factors, each in range: 2^low with low = floor(k) >> 1, and the rest in the exponent of T.
            Vector256<long> bits = Unsafe.BitCast<TVector, Vector256<double>>(word).AsInt64();
            Vector256<long> entry = Unsafe.BitCast<TVector, Vector256<double>>(TLanes.Entry(MemoryMarshal.Cast<ulong, double>(SixteenthBits), word)).AsInt64();
            Vector256<long> low = Vector256.ShiftLeft(bits, 47) & Vector256.Create(ExponentMask);
            var t = Unsafe.BitCast<Vector256<double>, TVector>((entry + Vector256.ShiftLeft(bits, 48) - low).AsDouble());
            return TLanes.Multiply(TLanes.FusedMultiplyAdd(t, p, t), Unsafe.BitCast<Vector256<double>, TVector>(low.AsDouble()));
        }

        if (typeof(TVector) == typeof(Vector128<double>))
        {
            Vector128<long> bits = Unsafe.BitCast<TVector, Vector128<double>>(word).AsInt64();
            Vector128<long> entry = Unsafe.BitCast<TVector, Vector128<double>>(TLanes.Entry(MemoryMarshal.Cast<ulong, double>(SixteenthBits), word)).AsInt64();
            Vector128<long> low = Vector128.ShiftLeft(bits, 47) & Vector128.Create(ExponentMask);
            var t = Unsafe.BitCast<Vector128<double>, TVector>((entry + Vector128.ShiftLeft(bits, 48) - low).AsDouble());
            return TLanes.Multiply(TLanes.FusedMultiplyAdd(t, p, t), Unsafe.BitCast<Vector128<double>, TVector>(low.AsDouble()));
        }
        else
        {
            TVector t = TLanes.Entry(SixteenthPowers, word);
            double scaled = Math.ScaleB(Unsafe.BitCast<TVector, double>(TLanes.FusedMultiplyAdd(t, p, t)), (int)Math.Floor(Unsafe.BitCast<TVector, double>(k)));
            return Unsafe.BitCast<double, TVector>(scaled);
        }
    }
}
