using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>
/// e^x = 2^(n/16) e^r with n = round(16 x / ln 2) and |r| &lt;= ln 2 / 32; e^r = 1 + r + r^2 P(r), P minimax. In single precision the
/// power of two is a whole one and |r| &lt;= ln 2 / 2. Scaling rounds once, so results in the subnormal range are right too. Largest
/// error measured: 1.05 units in the last place, half of one from the table.
/// </summary>
internal readonly struct ExpKernel : IFunction<double>, IFunction<float>
{
    private const double InverseLn2 = 1.4426950408889634;

    // e^710 is past the largest double, e^-746 below half the smallest: further out nothing changes.
    private const double Lowest = -746.0;
    private const double Highest = 710.0;

    // e^x is a normal number for |x| up to here.
    private const double Moderate = 708.0;

    // A little more than |r| ever is.
    private const double LargestRest = 1.0 / 32;
    private const float LargestRestSingle = 0.5f;

    // What the range instruction is to do: of two numbers the one nearer to 0 (of a NaN and a number, the number), with the sign of the first or with a minus.
    private const byte NearerToZero = 0b0010;
    private const byte NearerToZeroNegative = 0b1110;

    // Relative error 2^-56.
    private const double P0 = 0.5000000000000006;
    private const double P1 = 0.16666666664417853;
    private const double P2 = 0.041666666659656064;
    private const double P3 = 0.008333471923682577;
    private const double P4 = 0.0013889128998569;

    private const float InverseLn2Single = 1.44269502f;
    private const float Ln2HighSingle = 0.693115234375f; // 14 bits: the product with k is exact.
    private const float Ln2LowSingle = 3.19461833e-05f;
    private const float LowestSingle = -104f;
    private const float HighestSingle = 89f;

    // Relative error 2^-31.
    private const float Q0 = 0.5f;
    private const float Q1 = 0.16666667163372039795f;
    private const float Q2 = 0.0416665077209472656f;
    private const float Q3 = 0.00833317730575799942f;
    private const float Q4 = 0.00139308802317827940f;
    private const float Q5 = 0.000199722737306728959f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, double> =>
        OfClamped<TVector, TLanes>(typeof(TVector) == typeof(Vector512<double>) ? x : TLanes.Min(TLanes.Create(Highest), TLanes.Max(TLanes.Create(Lowest), x)));

    /// <summary>The size of x up to which <see cref="OfModerate"/> may be taken, and is quicker; 0 on rungs without it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Bound<TVector>() => PowerOfTwo.HasNormal<TVector>() ? Moderate : 0;

    /// <summary>The same for |x| up to the bound, and for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector OfModerate<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, double>
    {
        Reduce<TVector, TLanes>(x, PowerOfTwo.RoundToSixteenthsNormal, out TVector word, out _, out TVector r);
        return PowerOfTwo.TimesNormal<TVector, TLanes>(word, Polynomial<TVector, TLanes>(r));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double IFunction<double>.Bound<TVector>() => Bound<TVector>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<double>.OfBounded<TVector, TLanes>(TVector x) => OfModerate<TVector, TLanes>(x);

    /// <summary>The same for x that is not positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NotPositive<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, double> =>
        OfClamped<TVector, TLanes>(typeof(TVector) == typeof(Vector512<double>) ? x : TLanes.Max(TLanes.Create(Lowest), x));

    /// <summary>e^-|x|; anything for a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector OfMinusMagnitude<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, double>
    {
        if (typeof(TVector) != typeof(Vector512<double>)) return NotPositive<TVector, TLanes>(TLanes.Or(x, TLanes.Create(-0.0)));
        x = Unsafe.BitCast<Vector512<double>, TVector>(Avx512DQ.Range(Unsafe.BitCast<TVector, Vector512<double>>(x), Vector512.Create(Lowest), NearerToZeroNegative));
        Reduce<TVector, TLanes>(x, PowerOfTwo.RoundToSixteenths, out TVector word, out TVector k, out TVector r);
        return PowerOfTwo.Times<TVector, TLanes>(word, k, Polynomial<TVector, TLanes>(r));
    }

    /// <summary>e^x = m 2^exponent with m between 0.97 and 1.96 and a whole exponent, for |x| up to 1e13; NaN gives NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Mantissa<TVector, TLanes>(TVector x, out TVector exponent)
        where TLanes : ILanes<TVector, double>
    {
        Reduce<TVector, TLanes>(x, PowerOfTwo.RoundToSixteenths, out TVector word, out TVector k, out TVector r);
        // A number of sixteenths, less nearly half of one, rounds to what is below it.
        TVector toInteger = TLanes.Create(PowerOfTwo.RoundToIntegerDouble);
        exponent = TLanes.Subtract(TLanes.Add(TLanes.Subtract(k, TLanes.Create(15.0 / 32)), toInteger), toInteger);
        return PowerOfTwo.Sixteenths<TVector, TLanes>(word, Polynomial<TVector, TLanes>(r));
    }

    /// <summary>
    /// e^x, x within the bounds except on the 512-bit rung: what scales there takes any k, also infinite and NaN, and only r has to be kept small, in one
    /// operation instead of two.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector OfClamped<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, double>
    {
        Reduce<TVector, TLanes>(x, PowerOfTwo.RoundToSixteenths, out TVector word, out TVector k, out TVector r);
        if (typeof(TVector) == typeof(Vector512<double>))
        {
            r = Unsafe.BitCast<Vector512<double>, TVector>(Avx512DQ.Range(Unsafe.BitCast<TVector, Vector512<double>>(r), Vector512.Create(LargestRest), NearerToZero));
        }

        return PowerOfTwo.Times<TVector, TLanes>(word, k, Polynomial<TVector, TLanes>(r));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce<TVector, TLanes>(TVector x, double toSixteenths, out TVector word, out TVector k, out TVector r)
        where TLanes : ILanes<TVector, double>
    {
        word = TLanes.FusedMultiplyAdd(x, TLanes.Create(InverseLn2), TLanes.Create(toSixteenths));
        k = TLanes.Subtract(word, TLanes.Create(toSixteenths));
        r = TLanes.FusedMultiplyAdd(k, TLanes.Create(-BoxMuller.Ln2High), x);
        r = TLanes.FusedMultiplyAdd(k, TLanes.Create(-BoxMuller.Ln2Low), r);
    }

    /// <summary>e^r - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Polynomial<TVector, TLanes>(TVector r)
        where TLanes : ILanes<TVector, double>
    {
        TVector r2 = TLanes.Multiply(r, r);
        TVector p01 = TLanes.FusedMultiplyAdd(r, TLanes.Create(P1), TLanes.Create(P0));
        TVector p23 = TLanes.FusedMultiplyAdd(r, TLanes.Create(P3), TLanes.Create(P2));
        TVector p = TLanes.FusedMultiplyAdd(r2, TLanes.FusedMultiplyAdd(r2, TLanes.Create(P4), p23), p01);
        return TLanes.FusedMultiplyAdd(r2, p, r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<float>.Invoke<TVector, TLanes>(TVector x) => InvokeSingle<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector InvokeSingle<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, float> =>
        OfClampedSingle<TVector, TLanes>(typeof(TVector) == typeof(Vector512<float>) ? x : TLanes.Min(TLanes.Create(HighestSingle), TLanes.Max(TLanes.Create(LowestSingle), x)));

    /// <summary>The same for x that is not positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NotPositiveSingle<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, float> =>
        OfClampedSingle<TVector, TLanes>(typeof(TVector) == typeof(Vector512<float>) ? x : TLanes.Max(TLanes.Create(LowestSingle), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector OfClampedSingle<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, float>
    {
        TVector toInteger = TLanes.Create(PowerOfTwo.RoundToIntegerSingle);
        TVector k = TLanes.Subtract(TLanes.FusedMultiplyAdd(x, TLanes.Create(InverseLn2Single), toInteger), toInteger);
        TVector r = TLanes.FusedMultiplyAdd(k, TLanes.Create(-Ln2HighSingle), x);
        r = TLanes.FusedMultiplyAdd(k, TLanes.Create(-Ln2LowSingle), r);
        if (typeof(TVector) == typeof(Vector512<float>))
        {
            r = Unsafe.BitCast<Vector512<float>, TVector>(Avx512DQ.Range(Unsafe.BitCast<TVector, Vector512<float>>(r), Vector512.Create(LargestRestSingle), NearerToZero));
        }

        TVector r2 = TLanes.Multiply(r, r), r4 = TLanes.Multiply(r2, r2);
        TVector q01 = TLanes.FusedMultiplyAdd(r, TLanes.Create(Q1), TLanes.Create(Q0));
        TVector q23 = TLanes.FusedMultiplyAdd(r, TLanes.Create(Q3), TLanes.Create(Q2));
        TVector q45 = TLanes.FusedMultiplyAdd(r, TLanes.Create(Q5), TLanes.Create(Q4));
        TVector p = TLanes.FusedMultiplyAdd(r4, q45, TLanes.FusedMultiplyAdd(r2, q23, q01));
        p = TLanes.FusedMultiplyAdd(r2, p, r);
        return TLanes.Scale(TLanes.Add(TLanes.Create(1f), p), k);
    }
}

/// <summary>e^x for x that is not positive (or NaN): there is no upper end to mind.</summary>
internal readonly struct ExpOfNotPositive : IFunction<double>, IFunction<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<double>.Invoke<TVector, TLanes>(TVector x) => ExpKernel.NotPositive<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double IFunction<double>.Bound<TVector>() => ExpKernel.Bound<TVector>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<double>.OfBounded<TVector, TLanes>(TVector x) => ExpKernel.OfModerate<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<float>.Invoke<TVector, TLanes>(TVector x) => ExpKernel.NotPositiveSingle<TVector, TLanes>(x);
}

/// <summary>e^-|x|; anything for a NaN.</summary>
internal readonly struct ExpOfMinusMagnitude : IFunction<double>, IFunction<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<double>.Invoke<TVector, TLanes>(TVector x) => ExpKernel.OfMinusMagnitude<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double IFunction<double>.Bound<TVector>() => ExpKernel.Bound<TVector>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<double>.OfBounded<TVector, TLanes>(TVector x) => ExpKernel.OfModerate<TVector, TLanes>(TLanes.Or(x, TLanes.Create(-0.0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFunction<float>.Invoke<TVector, TLanes>(TVector x) => ExpKernel.NotPositiveSingle<TVector, TLanes>(TLanes.Or(x, TLanes.Create(-0f)));
}
