using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Workbook.Benchmarks.Measuring;

/// <summary>
/// What a core gives besides multiply-adds: how fast five chains of integers are added up, as wide as a core starts instructions. On a shared machine a neighbour
/// on the same core takes its share of that width, of which <see cref="FmaPeak"/> shows nothing, and a clock that was lowered for a while shows in both.
/// </summary>
internal static class CoreProbe
{
    /// <summary>A core below this share of the best that was seen is disturbed. An idle one keeps nine tenths, one shared with a neighbour two thirds at most.</summary>
    public const double LeastShare = 0.85;

    // Some microseconds each, of which the fastest counts: an interrupt is no neighbour.
    private const int Rounds = 4000, Stretches = 8;

    private static readonly Lock Guard = new();
    private static double _best;

    /// <summary>Rounds a second on this core, or the lowest of all cores at once.</summary>
    public static double Rate(bool allCores)
    {
        if (!allCores) return Rate();
        var rates = new double[Environment.ProcessorCount];
        using var start = new Barrier(rates.Length);
        Thread[] others = [.. Enumerable.Range(1, rates.Length - 1).Select(c => new Thread(() => Run(c)))];
        foreach (Thread thread in others) thread.Start();
        Run(0);
        foreach (Thread thread in others) thread.Join();
        return rates.Min();

        void Run(int core)
        {
            start.SignalAndWait();
            rates[core] = Rate();
        }
    }

    /// <summary>The best rate of any core since this process began.</summary>
    public static double Best
    {
        get { lock (Guard) return _best; }
    }

    private static double Rate()
    {
        double best = 0;
        for (int stretch = 0; stretch < Stretches; stretch++)
        {
            long start = Stopwatch.GetTimestamp();
            Chains(Rounds);
            best = Math.Max(best, Rounds / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        // Cores that are asked at once must not put a lower one in place of a higher.
        lock (Guard) _best = Math.Max(_best, best);
        return best;
    }

    // Additions and exclusive ors by turns, so that no two of them can be made one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static long Chains(int rounds)
    {
        long a = rounds, b = 1, c = 2, d = 3, e = 4;
        do
        {
            a += b; b ^= 7; c += 9; d ^= 5; e += 3;
            a ^= 11; b += 13; c ^= 17; d += 19; e ^= 23;
        }
        while (--rounds > 0);
        return a + b + c + d + e;
    }
}
