using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines;

public class SaturatedAttentionTests
{
    /// <summary>One exponential and one quotient: a few rounding errors.</summary>
    private const double Tolerance = 1e-14;

    [Theory]
    [InlineData(EngineKind.Dense)]
    [InlineData(EngineKind.Support)]
    [InlineData(EngineKind.Reduced)]
    public void The_logarithm_of_attention_near_one_is_not_rounded_to_zero(EngineKind kind)
    {
        // <q_mu, k_mu> = 50 and nothing else: s_11 = 1 / (1 + exp(-50)).
        double[] x = [1, 0, 0, 0, 1, 0];
        var data = Dataset.FromDense(x, 1, 2, 3, [1.0]);
        var weights = new TransformerWeights(1, 1, 3, [5, 0, 0], [10, 0, 0], [0, 0, 0], [0, 0, 0]);
        TrainingEngine engine = EngineChoice.Create(kind, Precision.F64, new TrainingProblem(data, InitialWeights.From(weights), new SignGd(1e-3)));
        var seen = new Observation(1, 1);
        engine.Forward();
        engine.Observe(seen);
        Assert.Equal(1, seen.LogS11[0] / -Math.Exp(-50), Tolerance);
    }
}
