using System.CommandLine;
using Workbook.Benchmarks.Kernels;
using Workbook.Benchmarks.Results;

namespace Workbook.Benchmarks.Commands;

/// <summary>`kernels`: BenchmarkDotNet over the kernels.</summary>
internal static class KernelsCommand
{
    public static Command Create()
    {
        var command = new Command("kernels", "Runs BenchmarkDotNet over the kernels and writes kernels.json.");
        var filter = new Argument<string?>("filter") { Description = "Part of a kernel's name, for instance Matrix or Exp.", Arity = ArgumentArity.ZeroOrOne };
        Option<string> to = Options.Out();
        command.Arguments.Add(filter);
        command.Options.Add(to);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(new ResultFolder(parsed.GetValue(to)!), parsed.GetValue(filter), cancel), CancellationToken.None));
        return command;
    }

    /// <summary>Kernels that the filter leaves out keep what they had.</summary>
    public static int Run(ResultFolder folder, string? filter, CancellationToken cancel)
    {
        // BenchmarkDotNet does not listen to anything once it runs.
        using CancellationTokenRegistration stop = cancel.Register(() =>
        {
            Console.Error.WriteLine("interrupted: kernels.json is what it was before.");
            Environment.Exit(Program.Interrupted);
        });
        KernelResults run = KernelRun.Run(filter, Path.Combine(folder.Path, "benchmarkdotnet"), Program.CommandLine("kernels"), Output.Interactive);
        var measured = run.Kernels.Select(kernel => (kernel.Name, kernel.Parameters)).ToHashSet();
        IReadOnlyList<KernelResult> before = string.IsNullOrEmpty(filter) ? [] : Json.Read<KernelResults>(folder.KernelsPath)?.Kernels ?? [];
        Json.Write(folder.KernelsPath, run with { Kernels = [.. before.Where(kernel => !measured.Contains((kernel.Name, kernel.Parameters))), .. run.Kernels] });
        folder.WritePage();
        foreach (KernelResult kernel in run.Kernels) Console.WriteLine($"{kernel.Name,-28} {kernel.Parameters,-18} {Words.Seconds(kernel.MeanSeconds),10}   {kernel.PerUnit}");
        return 0;
    }
}
