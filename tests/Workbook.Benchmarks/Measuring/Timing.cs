using System.Diagnostics;

namespace Workbook.Benchmarks.Measuring;

/// <summary>Seconds per call of something, and parties that take turns at it.</summary>
internal static class Timing
{
    /// <summary>Stretches of a turn, of which the fastest counts.</summary>
    public const int Stretches = 5;

    /// <summary>
    /// Warms <paramref name="action"/> up for at least <paramref name="seconds"/> after its first call, which may take longer than that because it is
    /// compiled (tier-0 code is an order of magnitude slower and is replaced in the background), and returns the number of calls that fill a turn
    /// of <paramref name="turn"/> seconds.
    /// </summary>
    public static int Calibrate(Action action, double seconds, double turn)
    {
        action();
        var clock = Stopwatch.StartNew();
        double fastest = double.PositiveInfinity;
        do
        {
            double before = clock.Elapsed.TotalSeconds;
            action();
            fastest = Math.Min(fastest, clock.Elapsed.TotalSeconds - before);
        }
        while (clock.Elapsed.TotalSeconds < seconds);
        return (int)Math.Clamp(Math.Ceiling(turn / Math.Max(fastest, 1e-9)), 1, 1 << 24);
    }

    /// <summary>
    /// Seconds per call: <paramref name="calls"/> calls in up to five stretches, of which the fastest counts, since an interruption within a turn
    /// says nothing of what is measured. The peers do the same.
    /// </summary>
    public static double PerCall(Action action, int calls)
    {
        int stretch = (calls + Stretches - 1) / Stretches;
        double best = double.PositiveInfinity;
        for (int done = 0; done < calls; done += stretch)
        {
            long start = Stopwatch.GetTimestamp();
            for (int k = 0; k < stretch; k++) action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / stretch);
        }
        return best;
    }

    /// <summary>A B A B ..: what each party gave in each turn, <c>[party][turn]</c>.</summary>
    public static double[][] TakeTurns(int turns, CancellationToken cancel, params IReadOnlyList<Func<double>> parties)
    {
        double[][] seen = [.. parties.Select(_ => new double[turns])];
        for (int t = 0; t < turns; t++)
            for (int p = 0; p < parties.Count; p++)
            {
                cancel.ThrowIfCancellationRequested();
                seen[p][t] = parties[p]();
            }
        return seen;
    }
}
