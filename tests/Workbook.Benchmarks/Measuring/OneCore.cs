using System.Runtime.InteropServices;

namespace Workbook.Benchmarks.Measuring;

/// <summary>
/// Holds the calling thread, and the peers that it asks something, on one core at a time, so that both sides have the same neighbour and <see cref="CoreProbe"/> speaks of
/// both. Linux only; elsewhere the system puts them where it likes.
/// </summary>
internal sealed partial class OneCore : IDisposable
{
    // As many bits as Linux has processors at most in its usual build.
    private const int Words = 8192 / 64, Bytes = 8 * Words;

    [ThreadStatic]
    private static int? _current;

    private readonly ulong[]? _before;

    private OneCore(ulong[]? before) => _before = before;

    /// <summary>The core that this thread is held on, or null.</summary>
    public static int? Current => _current;

    /// <summary>Holds the thread where it is, until this is disposed.</summary>
    public static OneCore Hold()
    {
        var before = new ulong[Words];
        var held = new OneCore(OperatingSystem.IsLinux() && Affinity(0, Bytes, before) == 0 ? before : null);
        held.Move(Thread.GetCurrentProcessorId());
        return held;
    }

    /// <summary>Moves to the next core that the process may use.</summary>
    public void Next() => Move((Current ?? -1) + 1);

    public void Dispose()
    {
        if (_before is not null) _ = SetAffinity(0, Bytes, _before);
        _current = null;
    }

    private void Move(int from)
    {
        if (_before is null) return;
        int core = Enumerable.Range(0, 64 * Words).Select(k => (from + k) % (64 * Words)).First(k => (_before[k / 64] >> k % 64 & 1) != 0);
        var one = new ulong[Words];
        one[core / 64] = 1UL << core % 64;
        _current = SetAffinity(0, Bytes, one) == 0 ? core : null;
    }

    // Thread 0 is the one that asks.
    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int Affinity(int thread, nuint bytes, [Out] ulong[] mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong[] mask);
}
