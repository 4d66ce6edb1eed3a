using BenchmarkDotNet.Attributes;
using Workbook.Core.Numerics;

namespace Workbook.Benchmarks.Kernels;

/// <summary>A product C = op(A) op(B), op(A) m x k, op(B) k x n.</summary>
public sealed record Product(int M, int N, int K, bool TransposeA, bool TransposeB)
{
    /// <summary>Floating-point operations.</summary>
    public double Operations => 2.0 * M * N * K;

    /// <inheritdoc/>
    public override string ToString() => $"{M}x{N}x{K} {(TransposeA ? "t" : "n")}{(TransposeB ? "t" : "n")}";
}

/// <summary>The matrix product at the sizes that matter: square in all orientations, and the skinny products of a training step.</summary>
public class MatrixBenchmarks
{
    private NativeBuffer<double> _a = new(0), _b = new(0), _c = new(0);
    private NativeBuffer<float> _a32 = new(0), _b32 = new(0), _c32 = new(0);

    [ParamsSource(nameof(Products))]
    public Product Shape { get; set; } = new(1, 1, 1, false, false);

    public static IEnumerable<Product> Products =>
    [
        .. from size in (int[])[256, 512, 1024] from a in (bool[])[false, true] from b in (bool[])[false, true] select new Product(size, size, size, a, b),
        .. from width in (int[])[20, 128] from patches in (int[])[40, 400] select new Product(width, 2000, patches, true, false),
        .. from width in (int[])[20, 128] from patches in (int[])[40, 400] select new Product(patches, width, 2000, false, true),
    ];

    [GlobalSetup]
    public void Draw()
    {
        (_a, _b, _c) = (new(Shape.M * Shape.K), new(Shape.K * Shape.N), new(Shape.M * Shape.N));
        (_a32, _b32, _c32) = (new(_a.Length), new(_b.Length), new(_c.Length));
        new RandomStream(1, 1).Gaussians(0, _a.Span);
        new RandomStream(1, 2).Gaussians(0, _b.Span);
        for (int k = 0; k < _a.Length; k++) _a32.Span[k] = (float)_a.Span[k];
        for (int k = 0; k < _b.Length; k++) _b32.Span[k] = (float)_b.Span[k];
    }

    [GlobalCleanup]
    public void Free()
    {
        foreach (IDisposable buffer in (IDisposable[])[_a, _b, _c, _a32, _b32, _c32]) buffer.Dispose();
    }

    [Benchmark]
    public void Float64() => MatrixProduct.Multiply(Shape.TransposeA, Shape.TransposeB, Shape.M, Shape.N, Shape.K,
        1.0, _a.Span, Shape.TransposeA ? Shape.M : Shape.K, _b.Span, Shape.TransposeB ? Shape.K : Shape.N, 0.0, _c.Span, Shape.N);

    [Benchmark]
    public void Float32() => MatrixProduct.Multiply(Shape.TransposeA, Shape.TransposeB, Shape.M, Shape.N, Shape.K,
        1f, _a32.Span, Shape.TransposeA ? Shape.M : Shape.K, _b32.Span, Shape.TransposeB ? Shape.K : Shape.N, 0f, _c32.Span, Shape.N);
}
