namespace Workbook.Benchmarks.Measuring;

/// <summary>
/// Turns that parties take, A B A B .., chosen by what <see cref="CoreProbe"/> said before, between and after them and never by what the parties gave: a turn in which a
/// core was shared or slowed down is taken again, as a whole.
/// </summary>
/// <param name="Seen">What each party gave in each turn that is kept, <c>[party][turn]</c>.</param>
/// <param name="Taken">How many turns were taken.</param>
/// <param name="Disturbed">How many of those that are kept were disturbed, because quiet ones were not to be had.</param>
internal sealed record QuietTurns(double[][] Seen, int Taken, int Disturbed)
{
    /// <summary>A machine that is never quiet is measured as it is, after this many times the turns asked for.</summary>
    public const int MostTries = 4;

    // A neighbour works for half a second or so; waiting for its end costs less than a turn beside it. All turns together wait this long at most.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>What a party gave in each turn.</summary>
    public double[] this[int party] => Seen[party];

    /// <summary>Takes turns.</summary>
    /// <param name="turns">How many are wanted.</param>
    /// <param name="allCores">Whether parties use every core, and all have to be quiet. Else the thread is held on one, and peers with it.</param>
    /// <param name="cancel">Asked before each party.</param>
    /// <param name="parties">Each returns what it measured.</param>
    public static QuietTurns Take(int turns, bool allCores, CancellationToken cancel, params IReadOnlyList<Func<double>> parties)
    {
        using OneCore? held = allCores ? null : OneCore.Hold();
        return Take(turns, () => CoreProbe.Rate(allCores), () => CoreProbe.Best, Pass, cancel, parties);

        void Pass()
        {
            // The other core may be quiet already.
            Thread.Sleep(Pause);
            held?.Next();
        }
    }

    /// <summary>The same with any probe: its rate now, the best rate so far, and what is done before asking again.</summary>
    internal static QuietTurns Take(int turns, Func<double> rate, Func<double> best, Action pause, CancellationToken cancel, params IReadOnlyList<Func<double>> parties)
    {
        var taken = new List<(double Rate, double[] Seen)>();
        bool Quiet((double Rate, double[] Seen) turn) => turn.Rate >= CoreProbe.LeastShare * best();
        int pauses = 0;
        while (taken.Count < MostTries * turns && taken.Count(Quiet) < turns)
        {
            double lowest = rate();
            for (; pauses < Patience / Pause && lowest < CoreProbe.LeastShare * best(); pauses++)
            {
                cancel.ThrowIfCancellationRequested();
                pause();
                lowest = rate();
            }
            var seen = new double[parties.Count];
            for (int p = 0; p < parties.Count; p++)
            {
                cancel.ThrowIfCancellationRequested();
                seen[p] = parties[p]();
                lowest = Math.Min(lowest, rate());
            }
            taken.Add((lowest, seen));
        }
        // The quiet ones, of which there are no more than were wanted, and then those that were disturbed least.
        var kept = taken.OrderByDescending(turn => turn.Rate).Take(turns).ToArray();
        return new QuietTurns([.. parties.Select((_, p) => kept.Select(turn => turn.Seen[p]).ToArray())], taken.Count, kept.Count(turn => !Quiet(turn)));
    }
}
