using Workbook.Core.Runs;
using Workbook.Core.Theory.Experiments;
using Workbook.Notebooks;

namespace Workbook.Report.Writing;

/// <summary>A stored run as the report cites it.</summary>
/// <param name="Experiment">Id of the experiment it belongs to.</param>
/// <param name="Spec">Its setting.</param>
/// <param name="Engine">The engine that ran.</param>
/// <param name="Machine">Where it ran; null for a run whose numbers alone were kept.</param>
/// <param name="Folder">Its folder, relative to the report; null where it is not stored.</param>
public sealed record CitedRun(string Experiment, RunSpec Spec, string Engine, Machine? Machine, string? Folder);

/// <summary>Everything that the report says, before it is said: experiments with their outcomes and claims, one run shown whole, and where each number is from.</summary>
/// <param name="Size">How large the reproduction was.</param>
/// <param name="Experiments">Each with outcomes and claims.</param>
/// <param name="Shown">The first seed of figure-1, recorded at every step.</param>
/// <param name="Losses">Train and test loss by optimizer, at the steps where both were taken.</param>
/// <param name="Runs">All runs.</param>
public sealed record Findings(ReproductionSize Size, IReadOnlyList<ExperimentResult> Experiments, Run Shown, IReadOnlyList<Notebooks.PaperFigures.LossCurves> Losses, IReadOnlyList<CitedRun> Runs)
{
    /// <summary>An experiment by its id, or null where the reproduction had none.</summary>
    public ExperimentResult? this[string id] => Experiments.FirstOrDefault(e => e.Experiment.Id == id);
}
