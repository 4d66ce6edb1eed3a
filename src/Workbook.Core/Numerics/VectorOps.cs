using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>Sums and updates of vectors, the same bits on every platform and instruction set.</summary>
/// <remarks>
/// Order of summation: with L = 32 partial sums for doubles and 64 for floats, partial sum <c>j</c> adds the terms
/// <c>i = j (mod L)</c> in ascending order, every product rounded first; then <c>j</c> and <c>j + L/2</c> are added,
/// <c>j</c> and <c>j + L/4</c>, and so on. An empty sum is +0. A NaN anywhere gives a NaN.
/// </remarks>
public static class VectorOps
{
    /// <summary><c>sum_i x_i y_i</c>.</summary>
    /// <param name="x">One vector.</param>
    /// <param name="y">The other, equally long; may overlap.</param>
    /// <returns>The inner product.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Sums.Run<double, ProductTerm<double>>(x, y, 0);

    /// <inheritdoc cref="Dot(ReadOnlySpan{double}, ReadOnlySpan{double})"/>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y) => Sums.Run<float, ProductTerm<float>>(x, y, 0);

    /// <summary><c>sum_i |x_i|</c>.</summary>
    /// <param name="x">The vector.</param>
    /// <returns>The 1-norm.</returns>
    public static double SumAbs(ReadOnlySpan<double> x) => Sums.Run<double, MagnitudeTerm<double>>(x, x, 0);

    /// <inheritdoc cref="SumAbs(ReadOnlySpan{double})"/>
    public static float SumAbs(ReadOnlySpan<float> x) => Sums.Run<float, MagnitudeTerm<float>>(x, x, 0);

    /// <summary><c>sum_i x_i^2</c>, the same as <c>Dot(x, x)</c>.</summary>
    /// <param name="x">The vector.</param>
    /// <returns>The square of the 2-norm.</returns>
    public static double SumSquares(ReadOnlySpan<double> x) => Sums.Run<double, ProductTerm<double>>(x, x, 0);

    /// <inheritdoc cref="SumSquares(ReadOnlySpan{double})"/>
    public static float SumSquares(ReadOnlySpan<float> x) => Sums.Run<float, ProductTerm<float>>(x, x, 0);

    /// <summary><c>y += a x</c>, the product rounded before it is added.</summary>
    /// <param name="a">The factor.</param>
    /// <param name="x">The vector added.</param>
    /// <param name="y">The vector updated: as long as <paramref name="x"/>; the same memory or disjoint.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the spans overlap without being the same.</exception>
    public static void Axpy(double a, ReadOnlySpan<double> x, Span<double> y) => Update.Run<double, AxpyUpdate<double>>(y, a, x);

    /// <inheritdoc cref="Axpy(double, ReadOnlySpan{double}, Span{double})"/>
    public static void Axpy(float a, ReadOnlySpan<float> x, Span<float> y) => Update.Run<float, AxpyUpdate<float>>(y, a, x);
}

/// <summary>x y.</summary>
internal readonly struct ProductTerm<T> : ITerm<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Padding => T.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector x, TVector y, TVector a)
        where TLanes : ILanes<TVector, T> =>
        TLanes.Multiply(x, y);
}

/// <summary>|x|: the sign bit set, then flipped.</summary>
internal readonly struct MagnitudeTerm<T> : ITerm<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Padding => T.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector x, TVector y, TVector a)
        where TLanes : ILanes<TVector, T> =>
        TLanes.Xor(TLanes.Or(x, TLanes.Create(T.NegativeZero)), TLanes.Create(T.NegativeZero));
}

/// <summary>y + a x.</summary>
internal readonly struct AxpyUpdate<T> : IUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector y, TVector a, TVector x)
        where TLanes : ILanes<TVector, T> =>
        TLanes.Add(y, TLanes.Multiply(a, x));
}
