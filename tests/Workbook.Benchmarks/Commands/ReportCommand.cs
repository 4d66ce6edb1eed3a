using System.CommandLine;
using Workbook.Benchmarks.Results;

namespace Workbook.Benchmarks.Commands;

/// <summary>`report`: everything, into one page.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var command = new Command("report", "Measures everything (compare, growth, kernels) and writes benchmarks.md.");
        var render = new Option<bool>("--render") { Description = "Measure nothing: write the page again from the JSON files that are there." };
        Option<bool> quick = Options.Quick();
        Option<string> to = Options.Out();
        foreach (Option option in (Option[])[render, quick, to]) command.Options.Add(option);
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            var folder = new ResultFolder(parsed.GetValue(to)!);
            if (!parsed.GetValue(render))
            {
                CompareCommand.Run(folder, null, parsed.GetValue(quick), CompareCommand.DefaultPasses, cancel);
                GrowthCommand.Run(folder, parsed.GetValue(quick), cancel);
                KernelsCommand.Run(folder, null, cancel);
            }
            folder.WritePage();
            Console.WriteLine($"written to {folder.PagePath}");
            return 0;
        }, CancellationToken.None));
        return command;
    }
}
