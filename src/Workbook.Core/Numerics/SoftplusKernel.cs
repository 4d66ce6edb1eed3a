using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// ln(1 + e^-|x|), the part that softplus and log-sigmoid share, in three stages: t, f, the polynomial. With t = e^-|x| in [0, 1] and c from a table, near
/// 1 / (1 + j/15) for j = round(15 t): ln(1 + t) = -ln c + ln(1 + f), f = c t + (c - 1), |f| &lt;= 1/30; ln(1 + f) = f + f^2 P(f), P minimax.
/// </summary>
/// <remarks>
/// Largest error of log-sigmoid measured: 1.77 units in the last place. For j = 0, c = 1: f is t itself, and nothing of a small t is lost. The other c are chosen so that ln c is a double almost exactly. In single
/// precision: where 1 + t &lt; sqrt(2), f = t; elsewhere ln(1 + t) = ln 2 + ln(1 + f), f = (t - 1) / 2. Then |f| &lt;= sqrt(2) - 1 and
/// ln(1 + f) = f - s (f - z R(z)), s = f / (2 + f), z = s^2.
/// </remarks>
internal static class SoftplusKernel
{
    private const float ThresholdSingle = 0.41421357f;
    private const double Steps = 15.0;

    // Relative error of f + f^2 P(f) for |f| <= 1/30: 2^-55.
    private const double P0 = -0.4999999999999947;
    private const double P1 = 0.33333333333331544;
    private const double P2 = -0.2500000000640491;
    private const double P3 = 0.20000000012656974;
    private const double P4 = -0.16666645852724196;
    private const double P5 = 0.14285685020267813;
    private const double P6 = -0.1252500832671447;
    private const double P7 = 0.11138613940594537;

    // R in single precision, relative error 2^-28.
    private const float R0Single = 0.66666686534881591797f;
    private const float R1Single = 0.39988392591476440430f;
    private const float R2Single = 0.29595023393630981445f;
    private const float Ln2HighSingle = 0.693115234375f;
    private const float Ln2LowSingle = 3.19461833e-05f;

    private static ReadOnlySpan<double> Inverses =>
    [
        1.0, 0.9375000000000284, 0.882352941155204, 0.8333333333333192, 0.7894736841892243, 0.7499999999999929, 0.7142857142857214, 0.6818181817968797,
        0.652173913022162, 0.6249999999786979, 0.5999999999786837, 0.5769230769017606, 0.5555555555342464, 0.5357142856930049, 0.5172413793103093, 0.5,
    ];

    // -ln c, at most 0.21 units in the last place from it.
    private static ReadOnlySpan<double> Logarithms =>
    [
        0.0, 0.06453852113754086, 0.12516314297810813, 0.18232155679397163, 0.236388778091213, 0.2876820724517904, 0.33647223662120296, 0.3829922522873489,
        0.4274440148596246, 0.47000362927981887, 0.5108256238015179, 0.5500463369562203, 0.5877866649404755, 0.624154309112718, 0.6592456288843326, 0.6931471805599453,
    ];

    /// <summary>ln(1 + t) = logarithm + ln(1 + f).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reduce<TVector, TLanes>(TVector t, out TVector f, out TVector logarithm)
        where TLanes : ILanes<TVector, double>
    {
        TVector word = TLanes.FusedMultiplyAdd(t, TLanes.Create(Steps), TLanes.Create(PowerOfTwo.RoundToIntegerDouble));
        TVector c = TLanes.Entry(Inverses, word);
        f = TLanes.FusedMultiplyAdd(c, t, TLanes.Subtract(c, TLanes.Create(1.0)));
        logarithm = TLanes.Entry(Logarithms, word);
    }

    /// <summary>logarithm + ln(1 + f).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Log<TVector, TLanes>(TVector f, TVector logarithm)
        where TLanes : ILanes<TVector, double>
    {
        TVector f2 = TLanes.Multiply(f, f);
        TVector p01 = TLanes.FusedMultiplyAdd(f, TLanes.Create(P1), TLanes.Create(P0));
        TVector p23 = TLanes.FusedMultiplyAdd(f, TLanes.Create(P3), TLanes.Create(P2));
        TVector p45 = TLanes.FusedMultiplyAdd(f, TLanes.Create(P5), TLanes.Create(P4));
        TVector p67 = TLanes.FusedMultiplyAdd(f, TLanes.Create(P7), TLanes.Create(P6));
        TVector p = TLanes.FusedMultiplyAdd(f2, p67, p45);
        p = TLanes.FusedMultiplyAdd(f2, TLanes.FusedMultiplyAdd(f2, p, p23), p01);
        return TLanes.Add(logarithm, TLanes.FusedMultiplyAdd(f2, p, f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReduceSingle<TVector, TLanes>(TVector t, out TVector f, out TVector logarithm)
        where TLanes : ILanes<TVector, float>
    {
        TVector small = TLanes.LessThan(t, TLanes.Create(ThresholdSingle));
        f = TLanes.Select(small, t, TLanes.Multiply(TLanes.Subtract(t, TLanes.Create(1f)), TLanes.Create(0.5f)));
        logarithm = TLanes.Select(small, TLanes.Create(0f), TLanes.Create(Ln2HighSingle));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LogSingle<TVector, TLanes>(TVector f, TVector logarithm)
        where TLanes : ILanes<TVector, float>
    {
        TVector s = TLanes.Divide(f, TLanes.Add(f, TLanes.Create(2f)));
        TVector z = TLanes.Multiply(s, s);
        TVector p = TLanes.FusedMultiplyAdd(z, TLanes.Create(R2Single), TLanes.Create(R1Single));
        p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(R0Single));
        TVector correction = TLanes.Multiply(s, TLanes.Subtract(f, TLanes.Multiply(z, p)));
        TVector low = TLanes.And(TLanes.LessThan(TLanes.Create(0f), logarithm), TLanes.Create(Ln2LowSingle));
        return TLanes.Add(logarithm, TLanes.Add(f, TLanes.Subtract(low, correction)));
    }
}

/// <summary>ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).</summary>
internal readonly struct Softplus : IStagedFunction<double>, IStagedFunction<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IStagedFunction<double>.Second<TVector, TLanes>(TVector first, out TVector second, out TVector beside) => SoftplusKernel.Reduce<TVector, TLanes>(first, out second, out beside);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<double>.Last<TVector, TLanes>(TVector second, TVector beside, TVector x) =>
        TLanes.Add(TLanes.Max(TLanes.Create(0.0), x), SoftplusKernel.Log<TVector, TLanes>(second, beside));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IStagedFunction<float>.Second<TVector, TLanes>(TVector first, out TVector second, out TVector beside) => SoftplusKernel.ReduceSingle<TVector, TLanes>(first, out second, out beside);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<float>.Last<TVector, TLanes>(TVector second, TVector beside, TVector x) =>
        TLanes.Add(TLanes.Max(TLanes.Create(0f), x), SoftplusKernel.LogSingle<TVector, TLanes>(second, beside));
}

/// <summary>ln(1 / (1 + e^-x)) = min(x, 0) - ln(1 + e^-|x|).</summary>
internal readonly struct LogSigmoid : IStagedFunction<double>, IStagedFunction<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IStagedFunction<double>.Second<TVector, TLanes>(TVector first, out TVector second, out TVector beside) => SoftplusKernel.Reduce<TVector, TLanes>(first, out second, out beside);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<double>.Last<TVector, TLanes>(TVector second, TVector beside, TVector x) =>
        TLanes.Subtract(TLanes.Min(TLanes.Create(0.0), x), SoftplusKernel.Log<TVector, TLanes>(second, beside));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IStagedFunction<float>.Second<TVector, TLanes>(TVector first, out TVector second, out TVector beside) => SoftplusKernel.ReduceSingle<TVector, TLanes>(first, out second, out beside);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<float>.Last<TVector, TLanes>(TVector second, TVector beside, TVector x) =>
        TLanes.Subtract(TLanes.Min(TLanes.Create(0f), x), SoftplusKernel.LogSingle<TVector, TLanes>(second, beside));
}
