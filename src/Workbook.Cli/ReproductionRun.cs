using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Core;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Workbook.Notebooks;

namespace Workbook.Cli;

/// <summary>
/// Runs the experiments on all cores, keeps their runs in the store (of a sweep the outcomes only), and writes what came out. A second call finds the
/// stored runs there and only judges them.
/// </summary>
internal sealed class ReproductionRun(string folder, bool force)
{
    private const string Picture = "four-stages.png";

    private readonly RunStore _store = new(folder);
    private readonly List<(Experiment Experiment, IReadOnlyList<RunOutcome> Outcomes, IReadOnlyList<ClaimSummary> Claims)> _done = [];

    /// <summary>What was run and judged, in order.</summary>
    public IReadOnlyList<(Experiment Experiment, IReadOnlyList<RunOutcome> Outcomes, IReadOnlyList<ClaimSummary> Claims)> Done => _done;

    /// <summary>Where the runs are.</summary>
    public RunStore Store => _store;

    /// <summary>Runs everything; true where no claim fails.</summary>
    public bool Run(ReproductionSize size, CancellationToken cancel)
    {
        CheckFolder();
        Machine machine = Machine.Current;
        Console.WriteLine($"{machine.Cpu}, {machine.Cores} cores, {machine.InstructionSet}; {machine.Runtime}");
        Console.WriteLine(size.Digits.Sentence);
        var clock = Stopwatch.StartNew();
        Compute(size, Console.WriteLine, cancel);
        var report = new ReproductionReport(_done);
        WriteText("claims.json", report.ToJson(size));
        WriteText("claims.md", report.ToMarkdown(size));
        WritePicture();
        report.Print();
        Console.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s in all; {Path.Combine(folder, "claims.md")} has the tables, {Path.Combine(folder, Picture)} the stages in one picture, {Path.Combine(folder, "runs")} the runs (of a sweep only the outcomes are kept, in {Path.Combine(folder, "scaling.json")})");
        return report.AllHold;
    }

    /// <summary>Runs what the store does not have, reads the rest, and judges all of it.</summary>
    public void Compute(ReproductionSize size, Action<string>? say, CancellationToken cancel)
    {
        CheckFolder();
        foreach (Experiment experiment in Reproduction.Experiments(size))
        {
            var own = Stopwatch.StartNew();
            IReadOnlyList<RunOutcome> outcomes = Terminal.WithProgress(experiment.Title, experiment.Runs.Count, progress => Outcomes(experiment, progress, cancel));
            _done.Add((experiment, outcomes, experiment.Judge(outcomes)));
            WriteOutcomes(experiment, outcomes);
            say?.Invoke($"{experiment.Title}: {experiment.Runs.Count} runs in {own.Elapsed.TotalSeconds:F1} s");
        }
    }

    private IReadOnlyList<RunOutcome> Outcomes(Experiment experiment, IProgress<int>? progress, CancellationToken cancel)
    {
        int done = 0;
        object gate = new();
        return experiment.RunAll(_store, force, RunDocuments.Of, sentence => Console.Error.WriteLine(sentence), () =>
        {
            lock (gate) progress?.Report(++done);
        }, cancel);
    }

    private void CheckFolder()
    {
        try
        {
            Directory.CreateDirectory(folder);
            string probe = Path.Combine(folder, $".probe-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"results cannot be written to {folder}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>The first seed of figure-1, every step of it.</summary>
    private void WritePicture() => Training.Run(Presets.Figure1 with { Seed = 1, TestSize = 0 }).QueryKeyDynamics().Save(Path.Combine(folder, Picture));

    private void WriteOutcomes(Experiment experiment, IReadOnlyList<RunOutcome> outcomes)
    {
        var rows = outcomes.Select(o => new { Run = o.Spec.Hash(), o.Engine, Spec = JsonDocument.Parse(SpecJson.Write(o.Spec)).RootElement, o.Measures });
        WriteText($"{experiment.Id}.json", JsonSerializer.Serialize(rows, Json.Options) + "\n");
    }

    private void WriteText(string name, string text)
    {
        string path = Path.Combine(folder, name), partial = $"{path}.partial-{Path.GetRandomFileName()}";
        File.WriteAllText(partial, text, new UTF8Encoding(false));
        File.Move(partial, path, overwrite: true);
    }
}
