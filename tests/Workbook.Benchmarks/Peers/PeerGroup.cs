using Workbook.Benchmarks.Measuring;

namespace Workbook.Benchmarks.Peers;

/// <summary>
/// The same Python program several times, once for each OpenBLAS core type that could be the best here: OpenBLAS chooses by the
/// processor's model number and errs on new ones. Whoever compares takes the fastest for the task at hand.
/// </summary>
internal sealed class PeerGroup : IDisposable
{
    private const string CoreType = "OPENBLAS_CORETYPE";

    private PeerGroup(IReadOnlyList<Peer> members) => Members = members;

    public IReadOnlyList<Peer> Members { get; }

    /// <summary>
    /// Starts a script for every core type that an instruction set allows, or only for the one that is usually best; null where no Python here can run it.
    /// </summary>
    public static PeerGroup? Start(string script, string module, string instructions, bool one = false)
    {
        // With AVX-512 off on our side, the peers do without it too.
        (string Name, Dictionary<string, string> Environment)[] candidates = instructions == Instructions.Avx512
            ? [("SkylakeX", new() { [CoreType] = "SkylakeX" }), ("as detected", []), ("Haswell", new() { [CoreType] = "Haswell" })]
            : [("Haswell", new() { [CoreType] = "Haswell", ["ATEN_CPU_CAPABILITY"] = "avx2" })];
        if (Peer.Python(module) is not string python) return null;
        // All at once: most of their start is reading libraries.
        Peer[] started = [.. candidates.Take(one ? 1 : candidates.Length).Select(c => Peer.Start(python, script, c.Name, c.Environment))];
        Peer[] members = [.. started.Where(peer => peer.Greets())];
        foreach (Peer silent in started.Except(members)) silent.Dispose();
        return members.Length == 0 ? null : new PeerGroup(members);
    }

    /// <summary>The member that needs the fewest seconds, each tried twice in turns; a single one too, since trying prepares it.</summary>
    public Peer Fastest(Func<Peer, double> seconds)
    {
        double[] best = [.. Members.Select(_ => double.PositiveInfinity)];
        for (int turn = 0; turn < (Members.Count == 1 ? 1 : 2); turn++)
            for (int p = 0; p < best.Length; p++) best[p] = Math.Min(best[p], seconds(Members[p]));
        return Members[Array.IndexOf(best, best.Min())];
    }

    public void Dispose()
    {
        foreach (Peer peer in Members) peer.Dispose();
    }
}
