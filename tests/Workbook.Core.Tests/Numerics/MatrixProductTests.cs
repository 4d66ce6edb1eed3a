using System.Numerics;
using CsCheck;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

public abstract class MatrixProductTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly double Roundoff = typeof(T) == typeof(double) ? Math.ScaleB(1, -53) : Math.ScaleB(1, -24);

    // Blocks are cut by bytes.
    private static readonly int Scale = typeof(T) == typeof(double) ? 1 : 2;

    // Every place in the longest vector, and one more.
    private const int Beyond = 17;

    private static readonly bool[] Both = [false, true];

    protected abstract void Multiply(bool transposeA, bool transposeB, int m, int n, int k, T alpha, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b, int ldb, T beta, Span<T> c, int ldc);

    protected abstract void Reference(bool transposeA, bool transposeB, int m, int n, int k, T alpha, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b, int ldb, T beta, Span<T> c, int ldc);

    [Fact]
    public void Reference_is_the_definition()
    {
        // Small integers: every product and sum is exact, so the definition holds to the bit.
        T[] a = [.. Integers(1, 2, 3, 4, 5, 6)], b = [.. Integers(7, 8, 9, 10, 11, 12)], c = [.. Integers(1, 1, 1, 1)];
        Reference(false, false, 2, 2, 3, T.One, a, 3, b, 2, T.CreateChecked(2), c, 2);
        Assert.Equal(Integers(60, 66, 141, 156), c);
        Reference(true, true, 2, 2, 3, T.One, a, 2, b, 3, T.Zero, c, 2);
        Assert.Equal(Integers(76, 103, 100, 136), c);
    }

    [Fact]
    public void Small_sizes_agree_in_every_orientation()
    {
        for (int m = 1; m <= 10; m++)
        {
            foreach (int n in (int[])[1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15, 16, 17, 23, 24, 25, 31, 33, 48, 49])
            {
                Compare(m, n, 1 + (m * 7 + n) % 19, m, n);
            }
        }
    }

    [Fact]
    public void Sizes_across_the_cache_blocks_agree_in_every_orientation()
    {
        // The last two stand on both sides of the size up to which a double A is read in place.
        foreach ((int m, int n, int k) in ((int, int, int)[])[(193, 26, 50), (20, 50, 400), (65, 100, 193), (66, 31, 577), (3, 7, 1300), (130, 5, 200), (40, 40, 520), (97, 145, 3), (140, 26, 512), (270, 13, 640), (129, 29, 503), (129, 29, 513)])
        {
            Compare(m, n, k, 1, 2);
        }
    }

    [Fact]
    public void Rows_that_lie_alike_agree_in_every_orientation()
    {
        // Strides are multiples of the longest vector: inner products begin between the rows' first numbers, or before them.
        foreach ((int m, int n, int k) in ((int, int, int)[])[(20, 50, 400), (5, 7, 64), (33, 12, 1104)])
        {
            Compare(m, n, k, 16, 32);
        }
    }

    [Fact]
    public void Blocks_of_rows_columns_and_depths_meet_without_a_seam()
    {
        // Each row of op(A) picks one row of op(B): every element is known without summing. 512 KB of packed A and 4 MB of packed B are passed.
        PickedRows(135 * Scale, 1050 * Scale, 512);
    }

    [Fact]
    public void Few_columns_meet_an_A_that_is_read_in_place_past_the_size_of_a_block() => PickedRows(220 * Scale, 60, 520);

    [Fact]
    public void Few_rows_meet_a_B_in_place_that_fills_more_than_a_cache() => PickedRows(20, 1000 * Scale, 160);

    [Fact]
    public void A_transposed_A_of_many_pages_is_packed_before_it_is_used() => PickedRows(550 * Scale, 30, 512);

    [Fact]
    public void Few_rows_on_both_sides_meet_over_a_long_sum_that_fills_more_than_a_cache() => PickedRows(60, 70, 1200 * Scale);

    private void PickedRows(int m, int n, int k)
    {
        foreach (bool transposeA in Both)
        {
            foreach (bool transposeB in Both)
            {
                T[] a = new T[m * k], b = new T[k * n], c = new T[m * n];
                for (int i = 0; i < m; i++)
                {
                    a[transposeA ? Picked(i) * m + i : i * k + Picked(i)] = T.One;
                }

                for (int i = 0; i < b.Length; i++)
                {
                    b[i] = T.CreateTruncating(i % 8191);
                }

                Multiply(transposeA, transposeB, m, n, k, T.One, a, transposeA ? m : k, b, transposeB ? k : n, T.Zero, c, n);
                for (int i = 0; i < m; i++)
                {
                    for (int j = 0; j < n; j++)
                    {
                        T expected = b[transposeB ? j * k + Picked(i) : Picked(i) * n + j];
                        if (expected != c[i * n + j])
                        {
                            Assert.Fail($"Transposes {transposeA} {transposeB}, row {i}, column {j}: {expected} and {c[i * n + j]} differ.");
                        }
                    }
                }
            }
        }

        int Picked(int row) => row * 37 % k;
    }

    [Fact]
    public void Wide_products_cross_the_column_blocks()
    {
        Compare(2, 9000, 3, 1, 0);
    }

    [Fact]
    public void Random_shapes_agree()
    {
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 70], Gen.Int[1, 90], Gen.Int[0, 5], Gen.Int[0, 5])
            .Sample((m, n, k, x, y) => Compare(m, n, k, x, y), iter: 30, threads: 1);
    }

    [Fact]
    public void With_beta_zero_C_is_not_read()
    {
        foreach ((int m, int n, int k) in ((int, int, int)[])[(5, 7, 3), (9, 49, 300), (70, 30, 10), (40, 30, 600), (4, 4, 0)])
        {
            foreach (bool transposeA in Both)
            {
                foreach (bool transposeB in Both)
                {
                    T[] a = Values(m * k, 1), b = Values(k * n, 2), c = new T[m * n];
                    Array.Fill(c, T.NaN);
                    Multiply(transposeA, transposeB, m, n, k, T.One, a, transposeA ? m : k, b, transposeB ? k : n, T.Zero, c, n);
                    Assert.DoesNotContain(c, T.IsNaN);
                }
            }
        }
    }

    [Fact]
    public void With_alpha_zero_A_and_B_are_not_read_and_C_is_scaled()
    {
        T[] nan = Enumerable.Repeat(T.NaN, 6).ToArray(), c = [.. Integers(1, 2, 3, 4, 99)];
        Multiply(false, false, 2, 2, 3, T.Zero, nan, 3, nan, 2, T.CreateChecked(3), c, 2);
        Assert.Equal(Integers(3, 6, 9, 12, 99), c);
    }

    [Fact]
    public void A_NaN_reaches_its_row_or_column_and_nothing_else()
    {
        // Sums that end with a vector and sums that do not.
        ANaNIsLocal(70);
        ANaNIsLocal(80);
    }

    private void ANaNIsLocal(int K)
    {
        const int M = 21, N = 55;
        foreach (bool transposeA in Both)
        {
            foreach (bool transposeB in Both)
            {
                // Places in the first and last vectors along the sum, where a kernel may load an element twice.
                foreach (int p in (int[])[0, 3, 54, 62, 66, 69, K - 1])
                {
                    T[] a = Values(M * K, 1), b = Values(K * N, 2), c = new T[M * N];
                    a[transposeA ? p * M + 20 : 20 * K + p] = T.NaN;
                    b[transposeB ? 54 * K + p : p * N + 54] = T.PositiveInfinity;
                    Multiply(transposeA, transposeB, M, N, K, T.One, a, transposeA ? M : K, b, transposeB ? K : N, T.Zero, c, N);
                    for (int i = 0; i < M; i++)
                    {
                        for (int j = 0; j < N; j++)
                        {
                            Assert.Equal(i == 20, T.IsNaN(c[i * N + j]));
                            Assert.Equal(i != 20 && j == 54, T.IsInfinity(c[i * N + j]));
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void The_bits_do_not_depend_on_where_the_operands_lie()
    {
        // The last two are long and divisible enough for inner products to begin their vectors elsewhere.
        foreach ((int m, int n, int k) in ((int, int, int)[])[(20, 61, 45), (130, 49, 33), (33, 21, 513), (33, 21, 528), (5, 30, 1104)])
        {
            TheBitsStay(m, n, k, T.One, i => Value(i, 1), i => Value(i, 2));
        }
    }

    [Fact]
    public void Products_that_underflow_sum_to_the_same_zero_wherever_the_operands_lie()
    {
        T tiny = typeof(T) == typeof(double) ? T.CreateChecked(1e-200) : T.CreateChecked(1e-30);
        TheBitsStay(9, 8, 96, T.Zero, _ => tiny, _ => -tiny);
        TheBitsStay(9, 8, 97, T.Zero, _ => tiny, _ => -tiny);
    }

    private void TheBitsStay(int m, int n, int k, T beta, Func<int, T> valueOfA, Func<int, T> valueOfB)
    {
        T[] x = [.. Enumerable.Range(0, m * k).Select(valueOfA)], y = [.. Enumerable.Range(0, k * n).Select(valueOfB)];
        using NativeBuffer<T> a = new(x.Length + 2 * Beyond), b = new(y.Length + 2 * Beyond);
        foreach (bool transposeA in Both)
        {
            foreach (bool transposeB in Both)
            {
                T[]? first = null;
                for (int offset = 0; offset < Beyond; offset++)
                {
                    // B moves with A, and against it.
                    foreach (int offsetOfB in (int[])[offset, offset * 3 % 8])
                    {
                        Place(x, a, offset);
                        Place(y, b, offsetOfB);
                        Guarded<T> c = new(m * n, (offset * 5) % 8, i => Value(i, 3));
                        Multiply(
                            transposeA, transposeB, m, n, k, T.One, a.Span.Slice(offset, x.Length), transposeA ? m : k, b.Span.Slice(offsetOfB, y.Length), transposeB ? k : n, beta, c.Span, n);
                        first ??= c.Span.ToArray();
                        Bits.AssertEqual<T>(first, c.Span);
                        c.AssertGuardsIntact();
                    }
                }
            }
        }
    }

    // NaN on both sides of what is to be read.
    private static void Place(T[] values, NativeBuffer<T> buffer, int offset)
    {
        buffer.Span.Fill(T.NaN);
        values.CopyTo(buffer.Span[offset..]);
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_refused_with_a_sentence()
    {
        T[] a = new T[12], b = new T[12], c = new T[16];
        Refused("Matrix A has a negative size", () => Multiply(false, false, -1, 4, 3, T.One, a, 3, b, 4, T.Zero, c, 4));
        Refused("Matrix A has 3 columns but only 2", () => Multiply(false, false, 4, 4, 3, T.One, a, 2, b, 4, T.Zero, c, 4));
        Refused("Matrix B of 3 x 4 with stride 5", () => Multiply(false, false, 4, 4, 3, T.One, a, 3, b, 5, T.Zero, c, 4));
        Refused("Matrix B of 4 x 3 with stride 4", () => Multiply(false, true, 4, 4, 3, T.One, a, 3, b, 4, T.Zero, c, 4));
        Refused("Matrix C of 4 x 4 with stride 5", () => Multiply(false, false, 4, 4, 3, T.One, a, 3, b, 4, T.Zero, c, 5));
        Refused("Matrix C overlaps", () => Multiply(false, false, 2, 2, 3, T.One, a, 3, b, 2, T.Zero, a.AsSpan(8), 2));
        Multiply(false, false, 0, 4, 3, T.One, a, 3, b, 4, T.Zero, c, 4);
    }

    private static void Refused(string sentence, Action call) =>
        Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal);

    private void Compare(int m, int n, int k, int padA, int padC)
    {
        foreach (bool transposeA in Both)
        {
            foreach (bool transposeB in Both)
            {
                int lda = (transposeA ? m : k) + padA, ldb = (transposeB ? k : n) + padC, ldc = n + padA;
                Guarded<T> a = new(((transposeA ? k : m) - 1) * lda + lda - padA, 1, i => Value(i, 1));
                Guarded<T> b = new(((transposeB ? n : k) - 1) * ldb + ldb - padC, 3, i => Value(i, 2));
                Guarded<T> c = new((m - 1) * ldc + n, 2, i => Value(i, 3));
                T alpha = T.CreateChecked(padA == 1 ? 1 : -0.75), beta = T.CreateChecked(padC == 0 ? 0 : padC == 1 ? 1 : 0.5);
                T[] expected = c.Span.ToArray();
                Reference(transposeA, transposeB, m, n, k, alpha, a.Span, lda, b.Span, ldb, beta, expected, ldc);
                Multiply(transposeA, transposeB, m, n, k, alpha, a.Span, lda, b.Span, ldb, beta, c.Span, ldc);

                // Entries of size 1: k products and sums, each wrong by a roundoff of at most the running sum, plus alpha and beta.
                double bound = (2 * k + 8) * Roundoff * Math.Sqrt(k + 1) * 2;
                for (int i = 0; i < expected.Length; i++)
                {
                    double error = Math.Abs(double.CreateChecked(expected[i]) - double.CreateChecked(c.Span[i]));
                    if (i % ldc < n ? !(error <= bound) : error != 0)
                    {
                        Assert.Fail($"{m} x {n} x {k}, transposes {transposeA} {transposeB}, row {i / ldc}, column {i % ldc}: {expected[i]} and {c.Span[i]} differ.");
                    }
                }

                c.AssertGuardsIntact();
            }
        }
    }

    private static T[] Values(int count, uint stream) => Enumerable.Range(0, count).Select(i => Value(i, stream)).ToArray();

    private static T Value(int i, uint stream) => T.CreateTruncating(2 * new RandomStream(6, stream).Uniform((ulong)i) - 1);

    private static IEnumerable<T> Integers(params int[] values) => values.Select(T.CreateChecked);
}

public sealed class DoubleMatrixProductTests : MatrixProductTests<double>
{
    protected override void Multiply(bool transposeA, bool transposeB, int m, int n, int k, double alpha, ReadOnlySpan<double> a, int lda, ReadOnlySpan<double> b, int ldb, double beta, Span<double> c, int ldc) =>
        MatrixProduct.Multiply(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    protected override void Reference(bool transposeA, bool transposeB, int m, int n, int k, double alpha, ReadOnlySpan<double> a, int lda, ReadOnlySpan<double> b, int ldb, double beta, Span<double> c, int ldc) =>
        MatrixProduct.Reference(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

public sealed class SingleMatrixProductTests : MatrixProductTests<float>
{
    protected override void Multiply(bool transposeA, bool transposeB, int m, int n, int k, float alpha, ReadOnlySpan<float> a, int lda, ReadOnlySpan<float> b, int ldb, float beta, Span<float> c, int ldc) =>
        MatrixProduct.Multiply(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    protected override void Reference(bool transposeA, bool transposeB, int m, int n, int k, float alpha, ReadOnlySpan<float> a, int lda, ReadOnlySpan<float> b, int ldb, float beta, Span<float> c, int ldc) =>
        MatrixProduct.Reference(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
