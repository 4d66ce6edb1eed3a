using Workbook.Core.Data;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Notebooks;

namespace Workbook.Report.Writing;

/// <summary>What the report says, in order: every number in it is computed here from the findings.</summary>
internal static class ReportText
{
    internal const string Title = "Two-layer transformers under sign gradient descent: what holds in a finite run";

    internal static IReadOnlyList<Block> Write(Findings findings)
    {
        var blocks = new List<Block>();
        ClaimSummary[] claims = [.. findings.Experiments.SelectMany(e => e.Claims)];
        int holds = claims.Count(c => c.Verdict == Verdict.Holds), fails = claims.Count(c => c.Verdict == Verdict.Fails);
        blocks.Add(new Heading(1, Title));
        blocks.Add(new Prose($"""
            This page is made from stored runs by one command, `workbook report`. It holds the statements of *On the Optimization and Generalization of Two-layer
            Transformers with Sign Gradient Descent* ([arXiv:2410.04870](https://arxiv.org/abs/2410.04870)) against {findings.Runs.Count} finite runs: **{holds} of {claims.Length}
            claims hold, {fails} fail**. A claim over seeds holds where at least nine seeds in ten hold. Each claim shows both sides and the slack between them before its verdict.
            {findings.Size.Digits.Sentence}
            """));
        Failing(blocks, claims);
        if (findings["figure-1"] is { } figure1) FourStages(blocks, findings, figure1);
        if (findings["noise-strength"] is { } strength)
        {
            blocks.Add(new Heading(2, "When does gradient descent learn the signal?"));
            blocks.Add(new Prose("""
                Per step of a sign method value noise grows $\sqrt{2/\pi}\,\sigma_p s$ times as fast as value signal: it counts coordinates. Per step of gradient descent it grows
                $\sigma_p^2 s/n$ times as fast: it counts energy, and the signal adds up over the $n$ samples.
                """));
            blocks.Add(new Picture("noise-strength", ReportFigures.NoiseStrength(strength), Source(strength)));
            blocks.Add(ReportTables.Errors("noise-strength", "Test error after 600 steps against the noise's standard deviation, median [range] over seeds.", "sigma_p", strength.Outcomes,
                o => ((SignalNoiseSource)o.Spec.Data).Distribution.SigmaP));
        }
        if (findings["digits"] is { } digits)
        {
            blocks.Add(new Heading(2, "Noisy digits"));
            blocks.Add(new Picture("digits", ReportFigures.Digits(digits), Source(digits)));
            blocks.Add(ReportTables.Errors("digits", "Test error on noisy digits against the signal-to-noise ratio, median [range] over seeds.", "SNR", digits.Outcomes,
                o => ((NoisyImagesSource)o.Spec.Data).Options.Snr));
        }
        if (findings["scaling"] is { } scaling && ReportFigures.StageTimes(scaling) is { } times)
        {
            blocks.Add(new Heading(2, "Stage times against their closed forms"));
            blocks.Add(new Picture("stage-times", times, Source(scaling)));
        }
        blocks.Add(new Heading(2, "Every claim, both sides"));
        blocks.Add(ReportTables.Claims("claims", "All claims: median [range] over seeds of both sides. '~ (xF)' reads: within a factor F of each other; '= (+-a)': within a.", claims));
        foreach (ExperimentResult experiment in findings.Experiments.Where(e => e.Claims.Count > 0))
            blocks.Add(new Cards(experiment.Experiment.Title, [.. experiment.Claims.Select(c => experiment.Claim(c.Claim.Id))]));
        blocks.Add(new Heading(2, "Settings, machine and runs"));
        blocks.Add(new Prose("""
            Every number above comes from the runs listed here. A run is named by the SHA-256 of its setting's canonical form; its folder holds the setting (`spec.json`), the
            trajectory, the claims, and a manifest with versions, processor, instruction set and checksums. The same setting gives the same bits on the same instruction set.
            """));
        foreach (ExperimentResult experiment in findings.Experiments)
            blocks.Add(new RunList(experiment.Experiment.Title, [.. findings.Runs.Where(r => r.Experiment == experiment.Experiment.Id)]));
        return blocks;
    }

    private static void Failing(List<Block> blocks, ClaimSummary[] claims)
    {
        ClaimSummary[] failing = [.. claims.Where(c => c.Verdict == Verdict.Fails)];
        if (failing.Length == 0) return;
        blocks.Add(new Heading(2, "What does not hold"));
        blocks.Add(ReportTables.Claims("failing", "Claims that fail in these runs: median [range] over seeds of both sides.", failing));
    }

    private static void FourStages(List<Block> blocks, Findings findings, ExperimentResult figure1)
    {
        Stages stages = Stages.Of(findings.Shown.Spec, findings.Shown.Trajectory);
        string At(string id) => stages[id].Step is int step ? $"at step {step}" : "not at all";
        string shown = $"seed {findings.Shown.Spec.Seed} of figure-1, every step";
        blocks.Add(new Heading(2, "Four stages"));
        blocks.Add(new Prose($"""
            In the run shown, mean value noise outgrows the value signal {At("T1")} ($T_1$); query and key noise agree on their signs {At("T2")} ($T_2$); every neuron
            follows its majority {At("T3")} ($T_3$); the attention of the noise patch on the signal has decayed {At("s21")} ($s_{"{21}"}$); the training loss is below
            {Stages.LossThreshold} {At("loss")}.
            """));
        blocks.Add(new Picture("four-stages", findings.Shown.QueryKeyDynamics(), shown));
        blocks.Add(ReportTables.Stages(figure1));
        blocks.Add(new Picture("value-noise", findings.Shown.KeyAndValueNoise(), shown));
        blocks.Add(new Picture("aligned", findings.Shown.AlignedFractions(), shown));
        blocks.Add(new Picture("softmax", findings.Shown.SoftmaxOutputs(), shown));
        blocks.Add(new Heading(2, "SignGD, Adam and gradient descent"));
        if (findings.Losses.Count > 0) blocks.Add(new Picture("losses", Notebooks.PaperFigures.PaperFigure.LossByOptimizer(findings.Losses), Source(figure1)));
        blocks.Add(ReportTables.LastStep(figure1));
    }

    private static string Source(ExperimentResult result) => $"{result.Outcomes.Count} runs of \"{result.Experiment.Title}\"";
}
