using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Kernels;

/// <summary>One kernel at one size.</summary>
/// <param name="Name">Class and method.</param>
/// <param name="Parameters">Size and orientation.</param>
/// <param name="MeanSeconds">Mean over the iterations.</param>
/// <param name="DeviationSeconds">Standard deviation over the iterations.</param>
/// <param name="PerUnit">The same as GFLOP/s or nanoseconds per element.</param>
/// <param name="AllocatedBytes">Managed bytes per call.</param>
public sealed record KernelResult(string Name, string Parameters, double MeanSeconds, double DeviationSeconds, string PerUnit, double AllocatedBytes);

/// <summary>What BenchmarkDotNet measured.</summary>
/// <param name="Machine">Where.</param>
/// <param name="Command">What makes it again.</param>
/// <param name="Measured">When, UTC.</param>
/// <param name="BenchmarkDotNet">Its version.</param>
/// <param name="Kernels">All of them.</param>
public sealed record KernelResults(Machine Machine, string Command, DateTime Measured, string BenchmarkDotNet, IReadOnlyList<KernelResult> Kernels);
