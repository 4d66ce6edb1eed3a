using System.Numerics;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

public abstract class SoftmaxTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // An exponential of 2 ulp, a quotient, the sum's few roundings; x - max is rounded too, which exp turns into |x - max| roundoffs.
    private static readonly double Relative = 16 * (typeof(T) == typeof(double) ? Math.ScaleB(1, -53) : Math.ScaleB(1, -24));

    protected abstract void Rows(int rows, int columns, ReadOnlySpan<T> x, int ldx, Span<T> p, int ldp);

    protected abstract void LogRows(int rows, int columns, ReadOnlySpan<T> x, int ldx, Span<T> y, int ldy);

    protected abstract T LogSumExp(ReadOnlySpan<T> x);

    protected abstract void Exp(ReadOnlySpan<T> x, Span<T> y);

    [Fact]
    public void Every_width_agrees_with_the_definition()
    {
        for (int columns = 1; columns <= Guarded<T>.LongestSweep; columns++)
        {
            int rows = columns < 20 ? 130 : 3, ldx = columns + columns % 3, ldp = columns + columns % 4;
            Guarded<T> x = new((rows - 1) * ldx + columns, columns % 7, i => Score(i));
            Guarded<T> p = new((rows - 1) * ldp + columns, columns % 5, _ => T.CreateChecked(-5));
            Guarded<T> l = new((rows - 1) * ldp + columns, columns % 5, _ => T.CreateChecked(-5));
            Rows(rows, columns, x.Span, ldx, p.Span, ldp);
            LogRows(rows, columns, x.Span, ldx, l.Span, ldp);
            for (int i = 0; i < rows; i++)
            {
                double[] row = x.Span.Slice(i * ldx, columns).ToArray().Select(double.CreateChecked).ToArray();
                double max = row.Max(), sum = row.Sum(v => Math.Exp(v - max));
                for (int j = 0; j < columns; j++)
                {
                    double expected = Math.Exp(row[j] - max) / sum, expectedLog = row[j] - max - Math.Log(sum);
                    double found = double.CreateChecked(p.Span[i * ldp + j]), foundLog = double.CreateChecked(l.Span[i * ldp + j]);
                    Assert.True(Math.Abs(found - expected) <= Relative * (1 + max - row[j]) * expected + double.CreateChecked(T.Epsilon), $"{found} for {expected}");
                    Assert.True(Math.Abs(foundLog - expectedLog) <= Relative * (1 + Math.Abs(expectedLog)), $"{foundLog} for {expectedLog}");
                }

                double logSum = max + Math.Log(sum);
                Assert.True(Math.Abs(double.CreateChecked(LogSumExp(x.Span.Slice(i * ldx, columns))) - logSum) <= Relative * (1 + Math.Abs(logSum)));
                for (int j = columns; j < ldp && i < rows - 1; j++)
                {
                    Assert.Equal(T.CreateChecked(-5), p.Span[i * ldp + j]);
                    Assert.Equal(T.CreateChecked(-5), l.Span[i * ldp + j]);
                }
            }

            x.AssertGuardsIntact();
            p.AssertGuardsIntact();
            l.AssertGuardsIntact();
        }
    }

    [Fact]
    public void Rows_side_by_side_have_the_bits_of_each_alone()
    {
        // Alone, a row takes the path of long rows; many short ones go a row to a lane. Any number of rows: full vectors and the rest.
        for (int columns = 1; columns <= 34; columns++)
        {
            foreach (int rows in (int[])[3, 4, 5, 8, 15, 16, 17, 33, 70])
            {
                int ldx = columns + rows % 3, ldp = columns + rows % 2;
                Guarded<T> x = new((rows - 1) * ldx + columns, columns % 7, Score), together = new((rows - 1) * ldp + columns, columns % 5, _ => T.CreateChecked(-5));
                T[] alone = new T[columns];
                Rows(rows, columns, x.Span, ldx, together.Span, ldp);
                for (int i = 0; i < rows; i++)
                {
                    Rows(1, columns, x.Span.Slice(i * ldx, columns), columns, alone, columns);
                    Bits.AssertEqual<T>(alone, together.Span.Slice(i * ldp, columns));
                    if (i < rows - 1 && ldp > columns) Assert.Equal(T.CreateChecked(-5), together.Span[i * ldp + columns]);
                }

                together.AssertGuardsIntact();
                LogRows(rows, columns, x.Span, ldx, together.Span, ldp);
                for (int i = 0; i < rows; i++)
                {
                    LogRows(1, columns, x.Span.Slice(i * ldx, columns), columns, alone, columns);
                    Bits.AssertEqual<T>(alone, together.Span.Slice(i * ldp, columns));
                }

                together.AssertGuardsIntact();
            }
        }
    }

    // As documented, number by number: exponentials, partial sums and their halves. Across the partial sums, and across the pieces of rows that no buffer holds;
    // with numbers so far apart that a rung's quicker exponential may just and may no longer be taken.
    [Fact]
    public void Terms_are_added_in_the_documented_order()
    {
        foreach (int columns in (int[])[1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 300, 1023, 1024, 1025, 1057, 2047, 2048, 2049, 3100])
        {
            foreach (int rows in columns < 200 ? (int[])[1, 2, 40] : [1, 2])
            {
                foreach (var (largest, smallest) in ((int, int)[])[(0, 0), (354, -354), (355, -355), (300, -500), (1000, -1000)])
                {
                    int ld = columns + rows % 2;
                    Guarded<T> x = new((rows - 1) * ld + columns, columns % 7, i => largest == 0 ? Score(i) : FarApart(i, i % ld, columns, T.CreateChecked(largest), T.CreateChecked(smallest)));
                    Guarded<T> p = new(x.Span.Length, columns % 5, _ => T.CreateChecked(-5)), l = new(x.Span.Length, columns % 3, _ => T.CreateChecked(-5));
                    Rows(rows, columns, x.Span, ld, p.Span, ld);
                    LogRows(rows, columns, x.Span, ld, l.Span, ld);
                    T[] quotients = p.Span.ToArray(), logarithms = l.Span.ToArray();
                    for (int i = 0; i < rows; i++)
                    {
                        T[] row = x.Span.Slice(i * ld, columns).ToArray(), terms = new T[columns];
                        T max = row.Max();
                        Exp(row.Select(v => v - max).ToArray(), terms);
                        T sum = SumInOrder(terms), log = T.CreateTruncating(BoxMuller.Log(double.CreateTruncating(sum)));
                        Bits.AssertEqual<T>(terms.Select(v => v * (T.One / sum)).ToArray(), quotients.AsSpan(i * ld, columns));
                        Bits.AssertEqual<T>(row.Select(v => v - max - log).ToArray(), logarithms.AsSpan(i * ld, columns));
                        if (i < rows - 1 && ld > columns) Assert.Equal(T.CreateChecked(-5), quotients[i * ld + columns]);
                    }

                    p.AssertGuardsIntact();
                    l.AssertGuardsIntact();
                }
            }
        }
    }

    // The largest number within, the smallest last, where a vector may not be full; in one row of many pieces in the first of them too.
    private static T FarApart(int i, int column, int columns, T largest, T smallest) =>
        column == columns - 1 || (column == 0 && columns == 2049) ? smallest : column == columns * 2 / 3 ? largest : Score(i);

    private static T SumInOrder(T[] terms)
    {
        T[] partial = new T[typeof(T) == typeof(double) ? 32 : 64];
        for (int i = 0; i < terms.Length; i++) partial[i % partial.Length] += terms[i];
        for (int half = partial.Length / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++) partial[j] += partial[j + half];
        }

        return partial[0];
    }

    [Fact]
    public void In_place_gives_the_same_bits()
    {
        foreach (int columns in (int[])[1, 2, 5, 16, 17, 40, 100, 1025, 2100])
        {
            T[] x = Enumerable.Range(0, 7 * columns).Select(Score).ToArray();
            T[] apart = new T[x.Length], within = (T[])x.Clone();
            Rows(7, columns, x, columns, apart, columns);
            Rows(7, columns, within, columns, within, columns);
            Bits.AssertEqual<T>(apart, within);
            within = (T[])x.Clone();
            LogRows(7, columns, x, columns, apart, columns);
            LogRows(7, columns, within, columns, within, columns);
            Bits.AssertEqual<T>(apart, within);
        }
    }

    [Fact]
    public void A_row_extended_by_minus_infinity_keeps_its_bits_on_every_path()
    {
        T[] unusual = [T.Zero, T.NegativeZero, T.Epsilon, -T.Epsilon, T.NegativeInfinity, T.CreateChecked(-1e38), T.CreateChecked(-800), T.CreateChecked(800), T.CreateChecked(500), T.CreateChecked(-500), T.CreateChecked(1e38), T.NaN, T.PositiveInfinity];
        for (int columns = 1; columns <= 70; columns++)
        {
            for (int variant = -1; variant < 2 * unusual.Length; variant++)
            {
                // One row takes the path of long rows, five the one of short ones, two numbers the one of pairs; the row that follows must not matter.
                T[] x = Enumerable.Range(0, 5 * columns).Select(i => Score(i + columns)).ToArray();
                if (variant >= 0)
                {
                    x[variant % columns] = unusual[variant / 2];
                    x[(variant + 1) % columns] = unusual[(variant * 3 + 1) % unusual.Length];
                }

                T[] wide = x[..columns].Concat(Enumerable.Repeat(T.NegativeInfinity, 100)).ToArray(), p = new T[5 * columns], q = new T[wide.Length];
                Rows(5, columns, x, columns, p, columns);
                Rows(1, wide.Length, wide, wide.Length, q, wide.Length);
                Bits.AssertEqual<T>(q.AsSpan(0, columns), p.AsSpan(0, columns));
                bool finite = x[..columns].All(v => !T.IsNaN(v) && v != T.PositiveInfinity) && x[..columns].Any(T.IsFinite);
                Assert.All(p[..columns], v => Assert.Equal(!finite, T.IsNaN(v)));
                Assert.All(q[columns..], v => Assert.True(finite ? v == T.Zero : T.IsNaN(v)));
                LogRows(5, columns, x, columns, p, columns);
                LogRows(1, wide.Length, wide, wide.Length, q, wide.Length);
                Bits.AssertEqual<T>(q.AsSpan(0, columns), p.AsSpan(0, columns));
                Assert.All(q[columns..], v => Assert.True(finite ? v == T.NegativeInfinity : T.IsNaN(v)));
            }
        }
    }

    [Fact]
    public void Scores_past_the_range_of_exp_are_harmless()
    {
        T big = T.CreateChecked(1e30), two = T.One + T.One;
        foreach (int columns in (int[])[2, 20])
        {
            T[] x = Enumerable.Range(0, columns).Select(j => j == 0 ? big : j == 1 ? big : -big).ToArray(), p = new T[columns];
            Rows(1, columns, x, columns, p, columns);
            Assert.Equal(T.One / two, p[0]);
            Assert.Equal(T.One / two, p[1]);
            Assert.All(p[2..], v => Assert.Equal(T.Zero, v));
            Assert.Equal(big, LogSumExp(x));
        }
    }

    [Fact]
    public void Rows_without_a_finite_maximum_are_NaN_and_disturb_no_other()
    {
        foreach (int columns in (int[])[2, 5, 20, 45])
        {
            for (int at = 0; at < columns; at++)
            {
                foreach (T bad in (T[])[T.NaN, T.PositiveInfinity])
                {
                    T[] x = Enumerable.Range(0, 3 * columns).Select(Score).ToArray(), clean = new T[x.Length], p = new T[x.Length];
                    Rows(3, columns, x, columns, clean, columns);
                    x[columns + at] = bad;
                    Rows(3, columns, x, columns, p, columns);
                    Assert.All(p[columns..(2 * columns)], v => Assert.True(T.IsNaN(v)));
                    Bits.AssertEqual<T>(clean.AsSpan(0, columns), p.AsSpan(0, columns));
                    Bits.AssertEqual<T>(clean.AsSpan(2 * columns), p.AsSpan(2 * columns));
                    LogRows(3, columns, x, columns, p, columns);
                    Assert.All(p[columns..(2 * columns)], v => Assert.True(T.IsNaN(v)));
                    Assert.Equal(Bits.Of(bad), Bits.Of(LogSumExp(x.AsSpan(columns, columns))));
                }
            }

            T[] none = Enumerable.Repeat(T.NegativeInfinity, columns).ToArray(), q = new T[columns];
            Rows(1, columns, none, columns, q, columns);
            Assert.All(q, v => Assert.True(T.IsNaN(v)));
            Assert.Equal(T.NegativeInfinity, LogSumExp(none));
        }

        Assert.Equal(T.NegativeInfinity, LogSumExp([]));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        T[] x = new T[12], p = new T[12];
        Assert.Throws<ArgumentException>(() => Rows(3, 5, x, 5, p, 5));
        Assert.Throws<ArgumentException>(() => Rows(3, 4, x, 3, p, 4));
        Assert.Throws<ArgumentException>(() => Rows(-1, 4, x, 4, p, 4));
        Assert.Throws<ArgumentException>(() => Rows(2, 4, x, 5, x, 4));
        Assert.Throws<ArgumentException>(() => LogRows(1, 4, x.AsSpan(0, 8), 4, x.AsSpan(1, 8), 4));
        Rows(0, 4, [], 4, [], 4);
        Rows(4, 0, [], 0, [], 0);
    }

    private static T Score(int i) => T.CreateTruncating(3 * new RandomStream(4, 4).Gaussian((ulong)i));
}

public sealed class DoubleSoftmaxTests : SoftmaxTests<double>
{
    protected override void Rows(int rows, int columns, ReadOnlySpan<double> x, int ldx, Span<double> p, int ldp) => Softmax.Rows(rows, columns, x, ldx, p, ldp);

    protected override void LogRows(int rows, int columns, ReadOnlySpan<double> x, int ldx, Span<double> y, int ldy) => Softmax.LogRows(rows, columns, x, ldx, y, ldy);

    protected override double LogSumExp(ReadOnlySpan<double> x) => Softmax.LogSumExp(x);

    protected override void Exp(ReadOnlySpan<double> x, Span<double> y) => Elementary.Exp(x, y);
}

public sealed class SingleSoftmaxTests : SoftmaxTests<float>
{
    protected override void Rows(int rows, int columns, ReadOnlySpan<float> x, int ldx, Span<float> p, int ldp) => Softmax.Rows(rows, columns, x, ldx, p, ldp);

    protected override void LogRows(int rows, int columns, ReadOnlySpan<float> x, int ldx, Span<float> y, int ldy) => Softmax.LogRows(rows, columns, x, ldx, y, ldy);

    protected override float LogSumExp(ReadOnlySpan<float> x) => Softmax.LogSumExp(x);

    protected override void Exp(ReadOnlySpan<float> x, Span<float> y) => Elementary.Exp(x, y);
}
