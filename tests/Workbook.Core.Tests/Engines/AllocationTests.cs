using System.Diagnostics;
using System.Reflection;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines;

/// <summary>A step allocates nothing, before gradients leave the range of a double and after.</summary>
public sealed class AllocationTests
{
    public static TheoryData<string> Rules => ["signgd", "gd", "signum", "adam eps=0"];

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_step_allocates_nothing(string name)
    {
        Assert.SkipWhen(typeof(TrainingEngine).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true }, "built without optimisation: each look-up of a constant table allocates a handle; use -c Release");
        Optimizer rule = name switch { "gd" => new GradientDescent(1), "signum" => new SignMomentum(5e-3, 0.8), "adam eps=0" => new Adam(5e-3, 0.5, 0.8, 0), _ => new SignGd(5e-3) };
        foreach (SupportMode supports in (SupportMode[])[SupportMode.Disjoint, SupportMode.Independent])
        {
            TrainingProblem problem = Problems.SignalNoise(new SignalNoise(40, 4, 6, 2, supports), rule, 2, new ModelSpec(8, 2, 1e-2));
            foreach (string kind in Problems.ApplicableInEveryWay(problem))
            {
                TrainingEngine engine = Problems.Engine(kind, problem);
                long early = Allocated(engine, 30), late = Allocated(engine, 1500);
                Assert.True(early == 0 && late == 0, $"{kind}, {supports}: {early} bytes in ten steps after 30, {late} after 1500");
            }
        }
    }

    private static long Allocated(TrainingEngine engine, int warm)
    {
        Step(engine, warm);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step(engine, 10);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Step(TrainingEngine engine, int steps)
    {
        for (int t = 0; t < steps; t++)
        {
            engine.Forward();
            engine.Update();
        }
    }
}
