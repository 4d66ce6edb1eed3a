namespace Workbook.Core.Numerics;

/// <summary>
/// Elementary functions of whole spans, the same bits on every platform and instruction set, at most 2 units in the
/// last place from the true value (subnormal results included).
/// </summary>
/// <remarks>
/// For all of them: <c>y</c> has the length of <c>x</c> and is <c>x</c> itself or does not overlap it
/// (<see cref="ArgumentException"/> otherwise); a NaN gives a NaN; <c>y[i]</c> depends on <c>x[i]</c> alone.
/// </remarks>
public static class Elementary
{
    /// <summary><c>y = e^x</c>; <c>e^-inf = 0</c>, <c>e^inf = inf</c>.</summary>
    /// <param name="x">The arguments.</param>
    /// <param name="y">The results.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the spans overlap without being the same.</exception>
    public static void Exp(ReadOnlySpan<double> x, Span<double> y) => Elementwise.Map<double, ExpKernel>(x, y);

    /// <inheritdoc cref="Exp(ReadOnlySpan{double}, Span{double})"/>
    public static void Exp(ReadOnlySpan<float> x, Span<float> y) => Elementwise.Map<float, ExpKernel>(x, y);

    /// <summary><c>y = ln(1 + e^x)</c>, without overflow or loss; <c>-inf</c> gives 0, <c>inf</c> gives <c>inf</c>.</summary>
    /// <param name="x">The arguments.</param>
    /// <param name="y">The results.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the spans overlap without being the same.</exception>
    public static void LogOnePlusExp(ReadOnlySpan<double> x, Span<double> y) => Elementwise.MapStaged<double, ExpOfMinusMagnitude, Softplus>(x, y);

    /// <inheritdoc cref="LogOnePlusExp(ReadOnlySpan{double}, Span{double})"/>
    public static void LogOnePlusExp(ReadOnlySpan<float> x, Span<float> y) => Elementwise.MapStaged<float, ExpOfMinusMagnitude, Softplus>(x, y);

    /// <summary><c>y = ln(1 / (1 + e^-x)) = -LogOnePlusExp(-x)</c>; <c>-inf</c> gives <c>-inf</c>, <c>inf</c> gives 0.</summary>
    /// <param name="x">The arguments.</param>
    /// <param name="y">The results.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the spans overlap without being the same.</exception>
    public static void LogSigmoid(ReadOnlySpan<double> x, Span<double> y) => Elementwise.MapStaged<double, ExpOfMinusMagnitude, LogSigmoid>(x, y);

    /// <inheritdoc cref="LogSigmoid(ReadOnlySpan{double}, Span{double})"/>
    public static void LogSigmoid(ReadOnlySpan<float> x, Span<float> y) => Elementwise.MapStaged<float, ExpOfMinusMagnitude, LogSigmoid>(x, y);
}
