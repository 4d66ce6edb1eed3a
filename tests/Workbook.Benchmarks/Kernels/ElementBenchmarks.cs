using BenchmarkDotNet.Attributes;
using Workbook.Core.Numerics;

namespace Workbook.Benchmarks.Kernels;

/// <summary>Kernels of one pass over their elements: in the first-level cache, in the second, and in memory.</summary>
public class ElementBenchmarks
{
    private NativeBuffer<double> _x = new(0), _y = new(0);
    private NativeBuffer<float> _x32 = new(0), _y32 = new(0);

    [Params(2048, 32_768, 4_194_304)]
    public int Elements { get; set; }

    [GlobalSetup]
    public void Draw()
    {
        (_x, _y, _x32, _y32) = (new(Elements), new(Elements), new(Elements), new(Elements));
        new RandomStream(1, 1).Gaussians(0, _x.Span);
        for (int k = 0; k < Elements; k++) _x32.Span[k] = (float)_x.Span[k];
    }

    [GlobalCleanup]
    public void Free()
    {
        foreach (IDisposable buffer in (IDisposable[])[_x, _y, _x32, _y32]) buffer.Dispose();
    }

    [Benchmark]
    public void Softmax2() => Softmax.Rows(Elements / 2, 2, _x.Span, 2, _y.Span, 2);

    [Benchmark]
    public void Softmax64() => Softmax.Rows(Elements / 64, 64, _x.Span, 64, _y.Span, 64);

    [Benchmark]
    public void Softmax64Float32() => Softmax.Rows(Elements / 64, 64, _x32.Span, 64, _y32.Span, 64);

    [Benchmark]
    public void LogSoftmax64() => Softmax.LogRows(Elements / 64, 64, _x.Span, 64, _y.Span, 64);

    [Benchmark]
    public void LogSigmoid() => Elementary.LogSigmoid(_x.Span, _y.Span);

    [Benchmark]
    public void LogSigmoidFloat32() => Elementary.LogSigmoid(_x32.Span, _y32.Span);

    [Benchmark]
    public void Exp() => Elementary.Exp(_x.Span, _y.Span);

    [Benchmark]
    public void ExpFloat32() => Elementary.Exp(_x32.Span, _y32.Span);

    [Benchmark]
    public void SignOf() => Sign.Of(_x.Span, _y.Span);

    [Benchmark]
    public void SignStep() => Sign.SignStep(_y.Span, 1e-4, _x.Span);

    [Benchmark]
    public double Dot() => VectorOps.Dot(_x.Span, _y.Span);

    [Benchmark]
    public void Gaussians() => new RandomStream(1, 1).Gaussians(0, _y.Span);
}
