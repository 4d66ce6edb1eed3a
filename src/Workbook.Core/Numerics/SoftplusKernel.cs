using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// ln(1 + e^-|x|), the part that softplus and log-sigmoid share, in two stages. With t = e^-|x| in [0, 1]: where
/// 1 + t &lt; sqrt(2), f = t; elsewhere ln(1 + t) = ln 2 + ln(1 + f), f = (t - 1) / 2. Then |f| &lt;= sqrt(2) - 1 and
/// ln(1 + f) = f - s (f - z R(z)), s = f / (2 + f), z = s^2.
/// </summary>
internal static class SoftplusKernel
{
    private const double Threshold = 0.41421356237309505;

    // R in single precision, relative error 2^-28.
    private const float R0Single = 0.66666686534881591797f;
    private const float R1Single = 0.39988392591476440430f;
    private const float R2Single = 0.29595023393630981445f;
    private const float Ln2HighSingle = 0.693115234375f;
    private const float Ln2LowSingle = 3.19461833e-05f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, double> =>
        ExpKernel.NotPositive<TVector, TLanes>(TLanes.Or(x, TLanes.Create(-0.0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Log<TVector, TLanes>(TVector t)
        where TLanes : ILanes<TVector, double>
    {
        TVector small = TLanes.LessThan(t, TLanes.Create(Threshold));
        TVector f = TLanes.Select(small, t, TLanes.Multiply(TLanes.Subtract(t, TLanes.Create(1.0)), TLanes.Create(0.5)));
        TVector s = TLanes.Divide(f, TLanes.Add(f, TLanes.Create(2.0)));
        TVector z = TLanes.Multiply(s, s);
        TVector z2 = TLanes.Multiply(z, z), z4 = TLanes.Multiply(z2, z2);
        TVector r01 = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.R1), TLanes.Create(BoxMuller.R0));
        TVector r23 = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.R3), TLanes.Create(BoxMuller.R2));
        TVector r45 = TLanes.FusedMultiplyAdd(z, TLanes.Create(BoxMuller.R5), TLanes.Create(BoxMuller.R4));
        TVector r46 = TLanes.FusedMultiplyAdd(z2, TLanes.Create(BoxMuller.R6), r45);
        TVector p = TLanes.FusedMultiplyAdd(z4, r46, TLanes.FusedMultiplyAdd(z2, r23, r01));
        TVector correction = TLanes.Multiply(s, TLanes.Subtract(f, TLanes.Multiply(z, p)));
        TVector low = TLanes.Select(small, TLanes.Create(0.0), TLanes.Create(BoxMuller.Ln2Low));
        TVector high = TLanes.Select(small, TLanes.Create(0.0), TLanes.Create(BoxMuller.Ln2High));
        return TLanes.Add(high, TLanes.Add(f, TLanes.Subtract(low, correction)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ExpSingle<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, float> =>
        ExpKernel.NotPositiveSingle<TVector, TLanes>(TLanes.Or(x, TLanes.Create(-0f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LogSingle<TVector, TLanes>(TVector t)
        where TLanes : ILanes<TVector, float>
    {
        TVector small = TLanes.LessThan(t, TLanes.Create((float)Threshold));
        TVector f = TLanes.Select(small, t, TLanes.Multiply(TLanes.Subtract(t, TLanes.Create(1f)), TLanes.Create(0.5f)));
        TVector s = TLanes.Divide(f, TLanes.Add(f, TLanes.Create(2f)));
        TVector z = TLanes.Multiply(s, s);
        TVector p = TLanes.FusedMultiplyAdd(z, TLanes.Create(R2Single), TLanes.Create(R1Single));
        p = TLanes.FusedMultiplyAdd(z, p, TLanes.Create(R0Single));
        TVector correction = TLanes.Multiply(s, TLanes.Subtract(f, TLanes.Multiply(z, p)));
        TVector low = TLanes.Select(small, TLanes.Create(0f), TLanes.Create(Ln2LowSingle));
        TVector high = TLanes.Select(small, TLanes.Create(0f), TLanes.Create(Ln2HighSingle));
        return TLanes.Add(high, TLanes.Add(f, TLanes.Subtract(low, correction)));
    }
}

/// <summary>ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).</summary>
internal readonly struct Softplus : IStagedFunction<double>, IStagedFunction<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<double>.First<TVector, TLanes>(TVector x) => SoftplusKernel.Exp<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<double>.Second<TVector, TLanes>(TVector first, TVector x) =>
        TLanes.Add(TLanes.Max(TLanes.Create(0.0), x), SoftplusKernel.Log<TVector, TLanes>(first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<float>.First<TVector, TLanes>(TVector x) => SoftplusKernel.ExpSingle<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<float>.Second<TVector, TLanes>(TVector first, TVector x) =>
        TLanes.Add(TLanes.Max(TLanes.Create(0f), x), SoftplusKernel.LogSingle<TVector, TLanes>(first));
}

/// <summary>ln(1 / (1 + e^-x)) = min(x, 0) - ln(1 + e^-|x|).</summary>
internal readonly struct LogSigmoid : IStagedFunction<double>, IStagedFunction<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<double>.First<TVector, TLanes>(TVector x) => SoftplusKernel.Exp<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<double>.Second<TVector, TLanes>(TVector first, TVector x) =>
        TLanes.Subtract(TLanes.Min(TLanes.Create(0.0), x), SoftplusKernel.Log<TVector, TLanes>(first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<float>.First<TVector, TLanes>(TVector x) => SoftplusKernel.ExpSingle<TVector, TLanes>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IStagedFunction<float>.Second<TVector, TLanes>(TVector first, TVector x) =>
        TLanes.Subtract(TLanes.Min(TLanes.Create(0f), x), SoftplusKernel.LogSingle<TVector, TLanes>(first));
}
