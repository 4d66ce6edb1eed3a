namespace Workbook.Core.Numerics;

/// <summary>
/// The matrix product <c>C = alpha op(A) op(B) + beta C</c> of row-major matrices, <c>op(X) = X</c> or its transpose.
/// </summary>
/// <remarks>
/// <para><b>Shapes.</b> op(A) is m x k, op(B) is k x n, C is m x n. So A is stored m x k, or k x m if transposed; B is
/// stored k x n, or n x k. Element (i, j) of X sits at <c>i * ldx + j</c>.</para>
/// <para><b>BLAS rules.</b> With beta = 0, C is written and never read (a NaN in it vanishes); with alpha = 0 or k = 0, A
/// and B are not read and C = beta C. Otherwise NaN and infinities spread as in the sum. C must not overlap A or B.</para>
/// <para><b>Order of summation.</b> Fixed by sizes, transposes and instruction set alone: the same call gives the same bits,
/// wherever the operands lie in memory. Between instruction sets the last bits may differ.</para>
/// </remarks>
public static class MatrixProduct
{
    /// <summary><c>C = alpha op(A) op(B) + beta C</c>, blocked for the caches and tiled for the registers.</summary>
    /// <param name="transposeA">Whether op(A) is the transpose of A.</param>
    /// <param name="transposeB">Whether op(B) is the transpose of B.</param>
    /// <param name="m">Rows of op(A) and C.</param>
    /// <param name="n">Columns of op(B) and C.</param>
    /// <param name="k">Columns of op(A), rows of op(B).</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">The matrix A.</param>
    /// <param name="lda">Elements from row to row of A.</param>
    /// <param name="b">The matrix B.</param>
    /// <param name="ldb">Elements from row to row of B.</param>
    /// <param name="beta">Factor of what C holds.</param>
    /// <param name="c">The matrix C; elements between its rows are not touched.</param>
    /// <param name="ldc">Elements from row to row of C.</param>
    /// <exception cref="ArgumentException">A size is negative, a stride shorter than a row, a span shorter than its matrix, or C overlaps an operand.</exception>
    public static void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k,
        double alpha, ReadOnlySpan<double> a, int lda, ReadOnlySpan<double> b, int ldb,
        double beta, Span<double> c, int ldc) =>
        MatrixDriver.Multiply(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    /// <inheritdoc cref="Multiply(bool, bool, int, int, int, double, ReadOnlySpan{double}, int, ReadOnlySpan{double}, int, double, Span{double}, int)"/>
    public static void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k,
        float alpha, ReadOnlySpan<float> a, int lda, ReadOnlySpan<float> b, int ldb,
        float beta, Span<float> c, int ldc) =>
        MatrixDriver.Multiply(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    /// <summary>
    /// The same product as three plain loops, each sum compensated (Neumaier) with exact products: an oracle, slow and
    /// within an ulp or so of the rounded exact value.
    /// </summary>
    /// <inheritdoc cref="Multiply(bool, bool, int, int, int, double, ReadOnlySpan{double}, int, ReadOnlySpan{double}, int, double, Span{double}, int)"/>
    public static void Reference(
        bool transposeA, bool transposeB, int m, int n, int k,
        double alpha, ReadOnlySpan<double> a, int lda, ReadOnlySpan<double> b, int ldb,
        double beta, Span<double> c, int ldc) =>
        MatrixReference.Multiply(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    /// <summary>The same product as three plain loops, summed in double precision and rounded once: an oracle.</summary>
    /// <inheritdoc cref="Multiply(bool, bool, int, int, int, double, ReadOnlySpan{double}, int, ReadOnlySpan{double}, int, double, Span{double}, int)"/>
    public static void Reference(
        bool transposeA, bool transposeB, int m, int n, int k,
        float alpha, ReadOnlySpan<float> a, int lda, ReadOnlySpan<float> b, int ldb,
        float beta, Span<float> c, int ldc) =>
        MatrixReference.Multiply(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
