using System.CommandLine;
using Workbook.Benchmarks.Results;
using Workbook.Benchmarks.Scale;

namespace Workbook.Benchmarks.Commands;

/// <summary>`scale`: what a run of a sweep costs beside its training, and how the store behaves at a hundred thousand, a million and ten million rows.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var command = new Command("scale", "Measures what sweeps cost.");
        Option<bool> quick = Options.Quick();
        command.Options.Add(quick);
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            foreach (var (asked, plan) in RunCosts.Plans)
            {
                RunCost c = RunCosts.Measure(asked, plan, parsed.GetValue(quick), cancel);
                Console.WriteLine(FormattableString.Invariant($"{asked}: expand {c.Expand.Median * 1e6:F1} hash {c.Hash.Median * 1e6:F1} train {c.Train.Median * 1e6:F0} read {c.Read.Median * 1e6:F1} (min {c.Read.Min * 1e6:F1}) append {c.Append.Median * 1e6:F1} fold {c.Fold.Median * 1e6:F1} us; outside {c.Outside * 1e6:F1}; journal {c.JournalBytes:F0} B, part {c.PartBytes:F0} B, {c.Columns} columns"));
            }
            return 0;
        }, CancellationToken.None));
        return command;
    }
}
