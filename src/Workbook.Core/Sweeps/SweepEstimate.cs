using System.Diagnostics;
using Workbook.Core.Data;
using Workbook.Core.Numerics;
using Workbook.Core.Runs;

namespace Workbook.Core.Sweeps;

/// <summary>What a plan will take, before anything is run.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Invalid">Share of sampled rows whose spec is out of range as a whole.</param>
/// <param name="SecondsPerRun">Mean time of a run on one thread, reading included.</param>
/// <param name="Sampled">Rows that were timed.</param>
/// <param name="Bytes">Disk, from the width of a row.</param>
public sealed record SweepEstimate(long Rows, double Invalid, double SecondsPerRun, int Sampled, double Bytes)
{
    private const int Timed = 12, Costed = 4096, ShortSteps = 2000;
    private const uint Stream = 65;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    /// <summary>Time with a number of threads, in seconds.</summary>
    public double Seconds(int jobs) => Rows * SecondsPerRun / jobs;

    /// <summary>
    /// Times a dozen rows spread over the plan, long ones by their first 2,000 steps, and carries the time per unit of cost over to the mean cost of 4,096
    /// rows. The cost of a run is n m_k (steps + 10 rows recorded) + s times test samples evaluated + the drawing of its data.
    /// </summary>
    public static SweepEstimate Of(SweepPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var writer = new RowWriter(plan);
        double mean = 0;
        int valid = 0, costed = (int)Math.Min(plan.Rows, Costed);
        for (int k = 0; k < costed; k++)
            if (Cost(writer.Trained(plan[Place(plan, k, costed)])) is double cost)
            {
                mean += cost;
                valid++;
            }
        double seconds = 0, units = 0;
        int timed = 0;
        var budget = Stopwatch.StartNew();
        int asked = (int)Math.Min(plan.Rows, Timed);
        for (int k = 0; k < asked && (timed == 0 || budget.Elapsed < Budget); k++)
        {
            PlanRow row = plan[Place(plan, k, asked)];
            row = row with { Spec = row.Spec with { Steps = Math.Min(row.Spec.Steps, ShortSteps) } };
            RunSpec trained = writer.Trained(row);
            if (Cost(trained) is not double cost) continue;
            // Once for the machine code, once for the clock.
            for (int round = timed == 0 ? 0 : 1; round < 2; round++)
            {
                var clock = Stopwatch.StartNew();
                writer.Write(new TableRows(writer.Columns), row, ManyRuns.Run([trained]).First());
                if (round == 0) continue;
                seconds += clock.Elapsed.TotalSeconds;
                units += cost;
                timed++;
            }
        }
        double perRun = timed == 0 || valid == 0 ? 0 : seconds / units * (mean / valid);
        return new SweepEstimate(plan.Rows, 1 - (double)valid / Math.Max(1, costed), perRun, timed, plan.Rows * (double)RowBytes(writer.Columns));
    }

    /// <summary>Memory of a run's trajectory.</summary>
    internal static double TrajectoryBytes(RunSpec spec)
    {
        double n = ((SignalNoiseSource)spec.Data).Distribution.N, m_k = spec.Model.MK;
        return 8 * spec.Record.Most(spec.Steps) * (2 * n * m_k + 2 * m_k + 6 * n + 7);
    }

    /// <summary>Bytes of a row in a part: hash and measured numbers do not compress, parameters nearly vanish.</summary>
    private static int RowBytes(IReadOnlyList<SweepColumn> columns) => 64 + 40 + 8 * columns.Skip(SweepColumns.Fixed.Count).Count(c => c.Kind == ColumnKind.Real)
        + 2 * columns.Count(c => c.Kind != ColumnKind.Real);

    private static double? Cost(RunSpec spec)
    {
        try
        {
            spec.Validate();
        }
        catch (InputException)
        {
            return null;
        }
        SignalNoise data = ((SignalNoiseSource)spec.Data).Distribution;
        double rows = spec.Record.Most(spec.Steps), tests = spec.TestSize == 0 ? 0 : Math.Min(rows, spec.Test.Most(spec.Steps));
        return (double)data.N * spec.Model.MK * (spec.Steps + 10 * rows) + (double)data.S * spec.TestSize * (10 + tests) + (double)data.N * data.S * spec.Model.MK + data.D;
    }

    /// <summary>Evenly spread places, each at random inside its stretch; the same at every call.</summary>
    private static long Place(SweepPlan plan, int k, int of)
    {
        double u = new RandomStream(0, Stream, (ulong)of).Uniform((ulong)k);
        return Math.Min(plan.Rows - 1, (long)((k + u) * plan.Rows / of));
    }
}
