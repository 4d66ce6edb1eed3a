using BenchmarkDotNet.Attributes;
using Workbook.Core.Data;
using Workbook.Core.Models;

namespace Workbook.Benchmarks.Kernels;

/// <summary>What is drawn for figure-1: test samples (label, order, support and noise of each), the training set, and W(0) in the columns that it touches.</summary>
public class DrawBenchmarks
{
    private readonly SignalNoise _distribution = new(2000, 20, 20, 2);
    private readonly ModelSpec _model = new(20, 20, 1e-3);
    private readonly int[] _touched;
    private readonly double[] _columns;
    private ulong _seed;

    public DrawBenchmarks()
    {
        _touched = _distribution.DrawTraining(0).TouchedCoordinates();
        _columns = new double[_touched.Length * _model.MK];
    }

    [Params(4096)]
    public int Elements { get; set; }

    [Benchmark]
    public Dataset Samples() => _distribution.DrawTest(_seed++, 0, Elements);

    [Benchmark]
    public Dataset Training() => _distribution.DrawTraining(_seed++);

    [Benchmark]
    public void Weights()
    {
        var weights = InitialWeights.Gaussian(_model, _distribution.D, _seed++);
        foreach (WeightMatrix matrix in Enum.GetValues<WeightMatrix>()) weights.Columns(matrix, _touched, _columns);
    }
}
