using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using Workbook.Benchmarks.Results;
using Workbook.Core;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Kernels;

/// <summary>Runs BenchmarkDotNet over the kernels, in this process: it has the instruction set that it was started with.</summary>
internal static class KernelRun
{
    private static readonly Type[] Classes = [typeof(MatrixBenchmarks), typeof(ElementBenchmarks), typeof(DrawBenchmarks)];

    public static KernelResults Run(string? filter, string artifacts, string command, bool show)
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(2).WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(15));
        IConfig config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance)
            .AddLogger(show ? ConsoleLogger.Default : NullLogger.Instance).WithArtifactsPath(artifacts).WithOptions(ConfigOptions.DisableLogFile | ConfigOptions.JoinSummary);
        if (!string.IsNullOrEmpty(filter)) config = config.AddFilterOrNothing(filter);
        Summary[] summaries = [.. BenchmarkRunner.Run(Classes, config)];
        KernelResult[] results = [.. summaries.SelectMany(summary => summary.Reports).Select(Result).OfType<KernelResult>()];
        if (results.Length == 0) throw new InputException($"no kernel's name contains '{filter}'; there is {string.Join(", ", Classes.SelectMany(Names))}.");
        return new KernelResults(Machine.Current, command, DateTime.UtcNow, typeof(Job).Assembly.GetName().Version?.ToString(3) ?? "", results);
    }

    private static IConfig AddFilterOrNothing(this IConfig config, string filter) =>
        ManualConfig.Create(config).AddFilter(new BenchmarkDotNet.Filters.SimpleFilter(benchmark => Name(benchmark).Contains(filter, StringComparison.OrdinalIgnoreCase)));

    private static string Name(BenchmarkCase benchmark) => $"{benchmark.Descriptor.Type.Name.Replace("Benchmarks", "", StringComparison.Ordinal)}.{benchmark.Descriptor.WorkloadMethod.Name}";

    private static IEnumerable<string> Names(Type type) =>
        type.GetMethods().Where(method => method.IsDefined(typeof(BenchmarkDotNet.Attributes.BenchmarkAttribute), false))
            .Select(method => $"{type.Name.Replace("Benchmarks", "", StringComparison.Ordinal)}.{method.Name}");

    private static KernelResult? Result(BenchmarkReport report)
    {
        if (report.ResultStatistics is not { } statistics) return null;
        object? parameter = report.BenchmarkCase.Parameters.Items.Select(item => item.Value).FirstOrDefault();
        // BenchmarkDotNet counts in nanoseconds.
        double nanoseconds = statistics.Mean;
        string perUnit = parameter switch
        {
            Product product => FormattableString.Invariant($"{product.Operations / nanoseconds:F1} GFLOP/s"),
            int elements => FormattableString.Invariant($"{nanoseconds / elements:F3} ns"),
            _ => "",
        };
        return new KernelResult(Name(report.BenchmarkCase), $"{parameter}", nanoseconds / 1e9, statistics.StandardDeviation / 1e9, perUnit,
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0);
    }
}
