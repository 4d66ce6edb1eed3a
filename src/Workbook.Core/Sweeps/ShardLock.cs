using System.Text.Json;

namespace Workbook.Core.Sweeps;

/// <summary>
/// Keeps a shard to one process. The system's file lock decides: it goes with the process, however that ends. Where the lock does not reach other machines
/// (some network file systems), the owner's count does: the owner adds one every few seconds, and who finds the count of another machine watches
/// whether it moves. No clock is compared with another.
/// </summary>
internal sealed class ShardLock : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    private readonly FileStream _lock;
    private readonly string _owner;
    private readonly Timer _timer;
    private readonly Lock _gate = new();
    private long _count;
    private bool _released;

    private sealed record Owner(string Host, int Process, long Count);

    private ShardLock(FileStream held, string owner, TimeSpan beat)
    {
        (_lock, _owner) = (held, owner);
        Write();
        _timer = new Timer(_ => Write(), null, beat, beat);
    }

    /// <summary>Takes a shard.</summary>
    /// <param name="folder">Folder of the plan's rows.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="beat">Time between two counts; null for 2 s.</param>
    /// <exception cref="InputException">Another process has it, or has a shard of another division of the same plan.</exception>
    public static ShardLock Take(string folder, Shard shard, TimeSpan? beat = null)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "lock-*"))
            if (Shard.FromName(Path.GetFileName(path)["lock-".Length..]) is Shard other && other.Of != shard.Of && TryLock(path) is var free)
            {
                if (free is null) throw new InputException($"shard {other.Number}/{other.Of} of this plan is being run{By(OwnerFile(folder, other))}; divide the plan in one way at a time.");
                free.Dispose();
            }
        string owner = OwnerFile(folder, shard);
        FileStream? held = TryLock(Path.Combine(folder, "lock-" + shard.Name));
        if (held is null || IsAlive(owner, beat ?? Beat))
        {
            held?.Dispose();
            throw new InputException($"shard {shard.Number}/{shard.Of} of this plan is being run already{By(owner)}; nothing was done here.");
        }
        return new ShardLock(held, owner, beat ?? Beat);
    }

    /// <summary>Whether some process of this machine holds the shard.</summary>
    public static bool IsHeld(string folder, Shard shard)
    {
        string path = Path.Combine(folder, "lock-" + shard.Name);
        if (!File.Exists(path)) return false;
        using FileStream? free = TryLock(path);
        return free is null;
    }

    /// <summary>
    /// The shards that are being run, and by whom. No lock is touched, so that looking never turns away a process that is about to start: an owner on
    /// this machine runs as long as its process does, one on another as long as its count moves.
    /// </summary>
    public static IReadOnlyList<(Shard Shard, string By)> Running(string folder, TimeSpan? beat = null)
    {
        if (!Directory.Exists(folder)) return [];
        var found = new List<(Shard Shard, string By)>();
        var others = new List<(Shard Shard, string Path, Owner Owner)>();
        foreach (string path in Directory.GetFiles(folder, "owner-*.json").Order(StringComparer.Ordinal))
        {
            if (Shard.FromName(Path.GetFileNameWithoutExtension(path)["owner-".Length..]) is not Shard shard || ReadOwner(path) is not Owner owner) continue;
            if (owner.Host != Environment.MachineName) others.Add((shard, path, owner));
            else if (Exists(owner.Process)) found.Add((shard, $"process {owner.Process} on {owner.Host}"));
        }
        if (others.Count > 0) Thread.Sleep(3 * (beat ?? Beat));
        found.AddRange(others.Where(o => ReadOwner(o.Path) is Owner now && now != o.Owner).Select(o => (o.Shard, $"process {o.Owner.Process} on {o.Owner.Host}")));
        return found;
    }

    private static bool Exists(int process)
    {
        try
        {
            using var there = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        lock (_gate) _released = true;
        _timer.Dispose();
        Durable.Delete(_owner);
        _lock.Dispose();
    }

    private static string OwnerFile(string folder, Shard shard) => Path.Combine(folder, $"owner-{shard.Name}.json");

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>A count of this machine is no sign of life: here the lock decides.</summary>
    private static bool IsAlive(string owner, TimeSpan beat)
    {
        if (ReadOwner(owner) is not Owner first || first.Host == Environment.MachineName) return false;
        Thread.Sleep(3 * beat);
        return ReadOwner(owner) is Owner second && second != first;
    }

    private static string By(string owner) => ReadOwner(owner) is Owner o ? $" (process {o.Process} on {o.Host})" : "";

    private static Owner? ReadOwner(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Owner>(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private void Write()
    {
        lock (_gate)
        {
            if (_released) return;
            string partial = Durable.Partial(_owner);
            try
            {
                File.WriteAllText(partial, JsonSerializer.Serialize(new Owner(Environment.MachineName, Environment.ProcessId, _count++)));
                File.Move(partial, _owner, overwrite: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A missed beat is no reason to stop; on this machine the lock holds anyway.
                Durable.Delete(partial);
            }
        }
    }
}
