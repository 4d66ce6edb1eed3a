using BenchmarkDotNet.Attributes;
using Workbook.Core.Data;

namespace Workbook.Benchmarks.Kernels;

/// <summary>Test samples of figure-1's distribution: label, order, support and noise of each.</summary>
public class DrawBenchmarks
{
    private readonly SignalNoise _distribution = new(2000, 20, 20, 2);
    private ulong _seed;

    [Params(4096)]
    public int Elements { get; set; }

    [Benchmark]
    public Dataset Samples() => _distribution.DrawTest(_seed++, 0, Elements);
}
