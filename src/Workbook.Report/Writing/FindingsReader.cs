using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Workbook.Notebooks;
using Workbook.Notebooks.PaperFigures;

namespace Workbook.Report.Writing;

/// <summary>Gathers the findings of a reproduction from its store; what is missing there has to be run by the caller before.</summary>
public static class FindingsReader
{
    /// <summary>Findings of experiments whose outcomes are at hand.</summary>
    /// <param name="size">How large the reproduction was.</param>
    /// <param name="done">Experiments, outcomes and claims.</param>
    /// <param name="store">Where their runs are.</param>
    /// <param name="relativeTo">Folder of the report: run folders are cited relative to it.</param>
    public static Findings Read(ReproductionSize size, IReadOnlyList<(Experiment Experiment, IReadOnlyList<RunOutcome> Outcomes, IReadOnlyList<ClaimSummary> Claims)> done, RunStore store, string relativeTo)
    {
        ArgumentNullException.ThrowIfNull(done);
        ArgumentNullException.ThrowIfNull(store);
        ExperimentResult[] results = [.. done.Select(d => new ExperimentResult(d.Experiment, d.Outcomes, d.Claims))];
        Run shown = Training.Run(Presets.Figure1 with { Seed = 1, TestSize = 0 });
        return new Findings(size, results, shown, Losses(results, store), [.. results.SelectMany(r => r.Outcomes.Select(o => Cite(r.Experiment, o, store, relativeTo)))]);
    }

    private static CitedRun Cite(Experiment experiment, RunOutcome outcome, RunStore store, string relativeTo)
    {
        string folder = store.FolderOf(outcome.Spec);
        if (!experiment.Stored || !RunFolder.Exists(folder)) return new CitedRun(experiment.Id, outcome.Spec, outcome.Engine, null, null);
        Manifest manifest = RunFolder.Verify(folder);
        return new CitedRun(experiment.Id, outcome.Spec, outcome.Engine, manifest.Machine, Path.GetRelativePath(relativeTo, folder).Replace('\\', '/'));
    }

    /// <summary>Losses of figure-1 by optimizer at the steps where test loss was taken.</summary>
    private static List<LossCurves> Losses(ExperimentResult[] results, RunStore store)
    {
        var curves = new List<LossCurves>();
        foreach (var group in results.Where(r => r.Experiment.Id == "figure-1").SelectMany(r => r.Outcomes).GroupBy(o => o.Spec.Optimizer.Title))
        {
            Trajectory[] runs = [.. group.Where(o => RunFolder.Exists(store.FolderOf(o.Spec))).Select(o => RunFolder.Read(store.FolderOf(o.Spec)).Trajectory)];
            if (runs.Length == 0) continue;
            int[] rows = [.. Enumerable.Range(0, runs[0].Rows).Where(row => !double.IsNaN(runs[0].TestLoss[row]))];
            double[,] At(Func<Trajectory, double[]> column)
            {
                var values = new double[runs.Length, rows.Length];
                for (int k = 0; k < runs.Length; k++)
                    for (int j = 0; j < rows.Length; j++) values[k, j] = column(runs[k])[rows[j]];
                return values;
            }
            curves.Add(new LossCurves(group.Key, [.. rows.Select(row => (double)runs[0].Steps[row])], At(t => t.TrainLoss), At(t => t.TestLoss)));
        }
        return curves;
    }
}
