using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Runs;

namespace Workbook.Core.Theory.Experiments;

/// <summary>
/// The same SignGD run in double with exact signs and in plain float32: once softmax gradients underflow in single precision their sign is 0 and
/// query and key noise stand still.
/// </summary>
public static class Float32
{
    private const int Horizon = 1800;

    /// <summary>The experiment.</summary>
    public static Experiment Create(ReproductionSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        // As figure-1 in everything that sets the pace, with a smaller d, since the dense engine pays for it.
        var spec = Presets.Figure1 with
        {
            Data = new SignalNoiseSource(new SignalNoise(500, 20, 20, 2, SupportMode.Disjoint)),
            Model = new ModelSpec(20, 4, 1e-3),
            Steps = Horizon,
            Record = Schedule.Dense(1, 100),
            TestSize = 0,
        };
        var seeds = ReproductionSize.Range(size.Limit(3, 1)).ToArray();
        return new Experiment
        {
            Id = "float32",
            Title = "the late stage in single precision",
            Runs = [.. seeds.Select(seed => spec with { Seed = seed }), .. seeds.Select(seed => spec with { Seed = seed, Engine = EngineKind.Dense, Precision = Precision.F32 })],
            Judge = Judge,
        };
    }

    private static IReadOnlyList<ClaimSummary> Judge(IReadOnlyList<RunOutcome> runs)
    {
        ClaimSummary Share(Precision precision, string id, string statement, Relation relation, double right)
        {
            var claim = new Claim
            {
                Id = id,
                Statement = statement,
                Source = "THEORY section 5",
                LeftLabel = "query noise's movement over the last 100 steps / (100 eta ||xi||_1), mean over samples and neurons",
                RightLabel = "share",
                Relation = relation,
            };
            return new ClaimSummary(claim, [.. runs.Where(r => r.Spec.Precision == precision).Select(r => claim.Judge(r["late_movement"], right))]);
        }
        return
        [
            Share(Precision.F64, "exact.keeps-moving", "In double, late query noise still moves at its full rate.", Relation.AtLeast, 0.99),
            Share(Precision.F32, "float32.freezes", "In plain float32 late query noise has stopped moving.", Relation.AtMost, 0.5),
        ];
    }
}
