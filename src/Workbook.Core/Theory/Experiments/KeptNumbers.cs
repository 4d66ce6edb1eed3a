using System.Globalization;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>Many runs of which only named numbers are kept.</summary>
public static class KeptNumbers
{
    /// <summary>One record per spec, in their order; what the store has is not run again.</summary>
    /// <param name="what">What is read off a run; part of the key.</param>
    /// <param name="version">Raised whenever the code's results change; part of the key.</param>
    /// <param name="specs">The runs.</param>
    /// <param name="read">The numbers of a run.</param>
    /// <param name="cache">The store, or null to run everything.</param>
    /// <param name="done">Called once per record, from any thread.</param>
    /// <param name="cancel">Stops; finished records stay in the store.</param>
    public static IReadOnlyList<NumberRecord> Of(string what, int version, IReadOnlyList<RunSpec> specs, Func<Run, NumberRecord> read, NumberCache? cache = null,
        Action? done = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(specs);
        ArgumentNullException.ThrowIfNull(read);
        var records = new NumberRecord[specs.Count];
        Parallel.For(0, records.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel }, k =>
        {
            records[k] = cache is null ? Compute() : cache.GetOrAdd(Key(what, version, specs[k]), Compute);
            done?.Invoke();

            NumberRecord Compute()
            {
                Run run = Training.Run(specs[k], null, null, cancel);
                if (!run.Complete) cancel.ThrowIfCancellationRequested();
                return read(run);
            }
        });
        return records;
    }

    /// <summary>The measures of <see cref="RunOutcome"/>, and <c>slack.ID</c> of every claim that applies.</summary>
    public static NumberRecord Outcome(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        RunOutcome outcome = RunOutcome.Read(run.Spec, run.Engine, run.Trajectory);
        var values = new Dictionary<string, double>(outcome.Measures, StringComparer.Ordinal);
        foreach (ClaimResult claim in outcome.Claims)
            if (claim.Verdict != Verdict.NotApplicable) values["slack." + claim.Id] = claim.Slack;
        SampleFacts facts = run.Trajectory.Facts;
        values["overlap"] = facts.SharedNorm1.Sum() / facts.Norm1.Sum();
        return new NumberRecord(values);
    }

    private static string Key(string what, int version, RunSpec spec) =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"what\":\"{what}\",\"version\":{version},\"spec\":{SpecJson.Write(spec)}}}");
}
