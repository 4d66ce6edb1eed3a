using System.Numerics;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

public abstract class VectorKernelTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly T[] Special =
    [
        T.Zero, T.NegativeZero, T.One, -T.One, T.Epsilon, -T.Epsilon, T.NaN, T.PositiveInfinity, T.NegativeInfinity, T.CreateChecked(3.5), T.CreateChecked(-0.1),
    ];

    // What the unit roundoff of T is: bounds of sums are multiples of it.
    private static readonly double Roundoff = typeof(T) == typeof(double) ? Math.ScaleB(1, -53) : Math.ScaleB(1, -24);

    protected abstract void Sgn(ReadOnlySpan<T> x, Span<T> y);

    protected abstract void SignStep(Span<T> w, T eta, ReadOnlySpan<T> g);

    protected abstract void Axpy(T a, ReadOnlySpan<T> x, Span<T> y);

    protected abstract T Dot(ReadOnlySpan<T> x, ReadOnlySpan<T> y);

    protected abstract T SumAbs(ReadOnlySpan<T> x);

    protected abstract T SumSquares(ReadOnlySpan<T> x);

    [Fact]
    public void Sign_is_the_plain_definition_at_every_length_and_offset()
    {
        ForEveryLengthAndOffset((length, offset) =>
        {
            Guarded<T> x = new(length, offset, SpecialOrRandom);
            Guarded<T> y = new(length, offset / 2, _ => T.CreateChecked(9));
            T[] expected = x.Span.ToArray().Select(PlainSign).ToArray();
            Sgn(x.Span, y.Span);
            Bits.AssertEqual<T>(expected, y.Span);
            Sgn(x.Span, x.Span);
            Bits.AssertEqual<T>(expected, x.Span);
            x.AssertGuardsIntact();
            y.AssertGuardsIntact();
        });
    }

    [Fact]
    public void SignStep_is_the_plain_definition_at_every_length_and_offset()
    {
        T eta = T.CreateChecked(0.015625);
        ForEveryLengthAndOffset((length, offset) =>
        {
            Guarded<T> g = new(length, offset, SpecialOrRandom);
            Guarded<T> w = new(length, offset / 2, i => Random(i, 5));
            T[] expected = w.Span.ToArray().Zip(g.Span.ToArray(), (a, b) => a - eta * PlainSign(b)).ToArray();
            SignStep(w.Span, eta, g.Span);
            Bits.AssertEqual<T>(expected, w.Span);
            w.AssertGuardsIntact();
            g.AssertGuardsIntact();
        });
    }

    [Fact]
    public void Axpy_rounds_the_product_then_the_sum_at_every_length_and_offset()
    {
        T a = T.CreateChecked(1.1);
        ForEveryLengthAndOffset((length, offset) =>
        {
            Guarded<T> x = new(length, offset, i => Random(i, 1));
            Guarded<T> y = new(length, offset / 2, i => Random(i, 2));
            T[] expected = new T[length];
            for (int i = 0; i < length; i++)
            {
                T product = a * x.Span[i];
                expected[i] = y.Span[i] + product;
            }

            Axpy(a, x.Span, y.Span);
            Bits.AssertEqual<T>(expected, y.Span);
            y.AssertGuardsIntact();
        });
    }

    [Fact]
    public void Sums_keep_the_documented_order_at_every_length_and_offset()
    {
        ForEveryLengthAndOffset((length, offset) =>
        {
            Guarded<T> x = new(length, offset, i => Random(i, 1));
            Guarded<T> y = new(length, offset / 2, i => Random(i, 2));
            T[] xs = x.Span.ToArray(), ys = y.Span.ToArray();
            Assert.Equal(Bits.Of(DocumentedOrder(xs.Zip(ys, (a, b) => a * b))), Bits.Of(Dot(x.Span, y.Span)));
            Assert.Equal(Bits.Of(DocumentedOrder(xs.Select(T.Abs))), Bits.Of(SumAbs(x.Span)));
            Assert.Equal(Bits.Of(DocumentedOrder(xs.Select(a => a * a))), Bits.Of(SumSquares(x.Span)));
        });
    }

    [Fact]
    public void Sums_are_accurate()
    {
        // n terms in 32 or 64 partial sums: at most n/32 + 6 roundings on the way of any term.
        const int Length = 5000;
        double bound = (Length / 32 + 6) * Roundoff;
        T[] x = Enumerable.Range(0, Length).Select(i => Random(i, 3)).ToArray();
        T[] y = Enumerable.Range(0, Length).Select(i => Random(i, 4)).ToArray();
        HighPrecision oracle = HighPrecision.Short;
        BigInteger dot = 0, magnitude = 0;
        for (int i = 0; i < Length; i++)
        {
            BigInteger term = oracle.Multiply(oracle.FromDouble(double.CreateChecked(x[i])), oracle.FromDouble(double.CreateChecked(y[i])));
            dot += term;
            magnitude += BigInteger.Abs(term);
        }

        BigInteger error = BigInteger.Abs(oracle.FromDouble(double.CreateChecked(Dot(x, y))) - dot);
        Assert.True(error < oracle.Multiply(magnitude, oracle.FromDouble(bound)));
    }

    [Fact]
    public void A_NaN_anywhere_makes_the_sum_NaN()
    {
        for (int length = 1; length <= Guarded<T>.LongestSweep; length += 7)
        {
            for (int at = 0; at < length; at++)
            {
                T[] x = new T[length], ones = Enumerable.Repeat(T.One, length).ToArray();
                x[at] = T.NaN;
                Assert.True(T.IsNaN(Dot(x, ones)) && T.IsNaN(SumAbs(x)) && T.IsNaN(SumSquares(x)));
            }
        }
    }

    [Fact]
    public void Lengths_and_overlaps_that_make_no_sense_are_refused()
    {
        T[] x = new T[40];
        Assert.Throws<ArgumentException>(() => Dot(x, x.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Sgn(x, x.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Sgn(x.AsSpan(0, 20), x.AsSpan(1, 20)));
        Assert.Throws<ArgumentException>(() => Axpy(T.One, x.AsSpan(1, 20), x.AsSpan(0, 20)));
        Assert.Throws<ArgumentException>(() => SignStep(x.AsSpan(3, 20), T.One, x.AsSpan(0, 20)));
    }

    private static T PlainSign(T x) => x > T.Zero ? T.One : x < T.Zero ? -T.One : T.IsNaN(x) ? x : T.Zero;

    private static T DocumentedOrder(IEnumerable<T> terms)
    {
        T[] sums = new T[typeof(T) == typeof(double) ? 32 : 64];
        foreach ((int i, T term) in terms.Index())
        {
            sums[i % sums.Length] += term;
        }

        for (int half = sums.Length / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
            {
                sums[j] += sums[j + half];
            }
        }

        return sums[0];
    }

    private static T SpecialOrRandom(int i) => i % 3 == 0 ? Special[(i / 3) % Special.Length] : Random(i, 0);

    private static T Random(int i, uint stream) => T.CreateTruncating(new RandomStream(9, stream).Gaussian((ulong)i));

    private static void ForEveryLengthAndOffset(Action<int, int> check)
    {
        for (int length = 0; length <= Guarded<T>.LongestSweep; length++)
        {
            check(length, length % 9);
            check(length, (length * 5 + 2) % 17);
        }
    }
}

public sealed class DoubleVectorKernelTests : VectorKernelTests<double>
{
    protected override void Sgn(ReadOnlySpan<double> x, Span<double> y) => Sign.Of(x, y);

    protected override void SignStep(Span<double> w, double eta, ReadOnlySpan<double> g) => Sign.SignStep(w, eta, g);

    protected override void Axpy(double a, ReadOnlySpan<double> x, Span<double> y) => VectorOps.Axpy(a, x, y);

    protected override double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => VectorOps.Dot(x, y);

    protected override double SumAbs(ReadOnlySpan<double> x) => VectorOps.SumAbs(x);

    protected override double SumSquares(ReadOnlySpan<double> x) => VectorOps.SumSquares(x);
}

public sealed class SingleVectorKernelTests : VectorKernelTests<float>
{
    protected override void Sgn(ReadOnlySpan<float> x, Span<float> y) => Sign.Of(x, y);

    protected override void SignStep(Span<float> w, float eta, ReadOnlySpan<float> g) => Sign.SignStep(w, eta, g);

    protected override void Axpy(float a, ReadOnlySpan<float> x, Span<float> y) => VectorOps.Axpy(a, x, y);

    protected override float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y) => VectorOps.Dot(x, y);

    protected override float SumAbs(ReadOnlySpan<float> x) => VectorOps.SumAbs(x);

    protected override float SumSquares(ReadOnlySpan<float> x) => VectorOps.SumSquares(x);
}
