using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Xunit;

namespace Workbook.Core.Tests.Theory;

public class DivergedRunTests
{
    [Fact]
    public void A_run_that_ends_in_NaN_still_has_stages_and_claims()
    {
        // beta1^2 > beta2: the first moment outlives the second, and the ratio overflows.
        RunSpec spec = Presets.Figure1 with { Optimizer = new Adam(1e-4, 0.99, 0.5, 0), Steps = 1500, Record = Schedule.Every(50), TestSize = 0 };
        Trajectory run = Training.Run(spec, cancel: TestContext.Current.CancellationToken).Trajectory;
        Assert.True(double.IsNaN(run.QueryNoise[^1]), "the run no longer diverges: this test needs another one");
        Stages stages = Stages.Of(spec, run);
        Assert.NotNull(stages["T1"].Step);
        Assert.Null(stages["T4"].Step);
        Assert.All(RunClaim.All, claim => claim.Evaluate(new RunView(spec, run)));
    }
}
