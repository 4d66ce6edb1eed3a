using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Benchmarks.Measuring;

/// <summary>
/// The most floating-point operations a second that one core gives here and now: fused multiply-adds on registers alone, so many
/// chains at once that neither their latency nor memory can be the limit.
/// </summary>
/// <remarks>
/// Twelve chains, because a core starts two such instructions a cycle and each takes four or five; with one or two constants they fit in the
/// 16 registers of AVX2. A chain is a &lt;- a x + y with x just below 1, so the numbers stay near y / (1 - x) and are never subnormal.
/// </remarks>
internal static class FmaPeak
{
    private const int Chains = 12;

    // Some microseconds: long beside reading the clock, short beside a stretch.
    private const int Rounds = 5000;

    /// <summary>
    /// Operations per second (a multiply-add counts two) in the fastest of five stretches that fill <paramref name="turn"/> seconds: the rule by which
    /// everything else is timed, so that a busy machine slows the limit and what is held against it alike.
    /// </summary>
    /// <typeparam name="T">double or float.</typeparam>
    public static double Measure<T>(double turn) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int lanes = Vector512.IsHardwareAccelerated ? Vector512<T>.Count : Vector256.IsHardwareAccelerated ? Vector256<T>.Count : Vector128<T>.Count;
        double best = 0;
        for (int stretch = 0; stretch < Timing.Stretches; stretch++)
        {
            long start = Stopwatch.GetTimestamp();
            long rounds = 0;
            double seconds;
            do
            {
                Loop<T>(Rounds);
                rounds += Rounds;
                seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            while (seconds < turn / Timing.Stretches);
            best = Math.Max(best, rounds / seconds);
        }
        return 2.0 * Chains * lanes * best;
    }

    private static T Loop<T>(int rounds) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Vector512.IsHardwareAccelerated ? Loop512(rounds, T.CreateChecked(0.999), T.CreateChecked(0.001))
        : Vector256.IsHardwareAccelerated ? Loop256(rounds, T.CreateChecked(0.999), T.CreateChecked(0.001))
        : Loop128(rounds, T.CreateChecked(0.999), T.CreateChecked(0.001));

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static T Loop512<T>(int rounds, T factor, T term) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector512<T> x = Vector512.Create(factor), y = Vector512.Create(term);
        Vector512<T> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (int r = 0; r < rounds; r++)
        {
            a = Step(a, x, y); b = Step(b, x, y); c = Step(c, x, y); d = Step(d, x, y); e = Step(e, x, y); f = Step(f, x, y);
            g = Step(g, x, y); h = Step(h, x, y); i = Step(i, x, y); j = Step(j, x, y); k = Step(k, x, y); l = Step(l, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static T Loop256<T>(int rounds, T factor, T term) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector256<T> x = Vector256.Create(factor), y = Vector256.Create(term);
        Vector256<T> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (int r = 0; r < rounds; r++)
        {
            a = Step(a, x, y); b = Step(b, x, y); c = Step(c, x, y); d = Step(d, x, y); e = Step(e, x, y); f = Step(f, x, y);
            g = Step(g, x, y); h = Step(h, x, y); i = Step(i, x, y); j = Step(j, x, y); k = Step(k, x, y); l = Step(l, x, y);
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static T Loop128<T>(int rounds, T factor, T term) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector128<T> x = Vector128.Create(factor), y = Vector128.Create(term);
        Vector128<T> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (int r = 0; r < rounds; r++)
        {
            a = Step(a, x, y); b = Step(b, x, y); c = Step(c, x, y); d = Step(d, x, y); e = Step(e, x, y); f = Step(f, x, y);
            g = Step(g, x, y); h = Step(h, x, y); i = Step(i, x, y); j = Step(j, x, y); k = Step(k, x, y); l = Step(l, x, y);
        }
        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Step<T>(Vector512<T> a, Vector512<T> x, Vector512<T> y) where T : unmanaged =>
        typeof(T) == typeof(double)
            ? Vector512.FusedMultiplyAdd(a.AsDouble(), x.AsDouble(), y.AsDouble()).As<double, T>()
            : Vector512.FusedMultiplyAdd(a.AsSingle(), x.AsSingle(), y.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Step<T>(Vector256<T> a, Vector256<T> x, Vector256<T> y) where T : unmanaged =>
        typeof(T) == typeof(double)
            ? Vector256.FusedMultiplyAdd(a.AsDouble(), x.AsDouble(), y.AsDouble()).As<double, T>()
            : Vector256.FusedMultiplyAdd(a.AsSingle(), x.AsSingle(), y.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Step<T>(Vector128<T> a, Vector128<T> x, Vector128<T> y) where T : unmanaged =>
        typeof(T) == typeof(double)
            ? Vector128.FusedMultiplyAdd(a.AsDouble(), x.AsDouble(), y.AsDouble()).As<double, T>()
            : Vector128.FusedMultiplyAdd(a.AsSingle(), x.AsSingle(), y.AsSingle()).As<float, T>();
}
