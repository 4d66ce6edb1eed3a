using System.Text.Json.Nodes;
using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Peers;
using Workbook.Benchmarks.Results;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Rows;

/// <summary>What everything that measures rows needs: how much, which rows, the peers, and where rows go.</summary>
internal sealed class RowContext(string instructions, bool quick, Selection only, Action<Row> emit, Action<string> progress, CancellationToken cancel) : IDisposable
{
    private PeerGroup? _numpy, _torch;
    private bool _askedNumpy, _askedTorch;

    public string Instructions { get; } = instructions;

    public bool Quick { get; } = quick;

    public CancellationToken Cancel { get; } = cancel;

    /// <summary>Turns of a comparison.</summary>
    public int Turns { get; } = quick ? 3 : 7;

    /// <summary>Seconds that a kernel is warmed up, and that one turn of it takes.</summary>
    public (double WarmUp, double Turn) Kernel { get; } = quick ? (0.02, 0.004) : (0.2, 0.012);

    /// <summary>Seconds that an engine is warmed up.</summary>
    public double EngineWarmUp { get; } = quick ? 0.25 : 0.6;

    /// <summary>NumPy, where it is installed and uses OpenBLAS.</summary>
    public PeerGroup? OpenBlas
    {
        get
        {
            if (!_askedNumpy) (_askedNumpy, _numpy) = (true, PeerGroup.Start("openblas.py", "numpy", Instructions));
            return _numpy?.Members[0].Hello["library"] is null ? null : _numpy;
        }
    }

    /// <summary>PyTorch, where it is installed and multiplies matrices by an optimised BLAS.</summary>
    public PeerGroup? Torch => TorchRefused is null ? _torch : null;

    /// <summary>Why PyTorch is not compared with, or null.</summary>
    public string? TorchRefused
    {
        get
        {
            if (!_askedTorch) (_askedTorch, _torch) = (true, PeerGroup.Start("pytorch.py", "torch", Instructions, one: Quick));
            return Refusal(_torch?.Members[0].Hello);
        }
    }

    /// <summary>Why a PyTorch that says this of itself is not compared with, or null: on the reference BLAS it is several times slower than it need be, and every ratio flatters us.</summary>
    public static string? Refusal(JsonNode? hello) =>
        hello is null ? "not compared: there is no python3 with torch here."
        : hello["blas"] is null ? "not compared: PyTorch here has no optimised BLAS (install libopenblas0-pthread)."
        : null;

    /// <summary>Whether a goal is to be measured in this run; says so where it is.</summary>
    public bool Wants(string goal)
    {
        Cancel.ThrowIfCancellationRequested();
        return only.Takes(goal);
    }

    /// <summary>Tells whoever watches what is being measured.</summary>
    public void Say(string what) => progress($"{Measuring.Instructions.Title(Instructions)}: {what}");

    /// <summary>Goals of which a row has been handed over.</summary>
    public HashSet<string> Emitted { get; } = [];

    /// <summary>Hands a row over.</summary>
    public void Emit(string id, string what, Spread? value, Spread? ours = null, Spread? theirs = null, string? peer = null, string? choice = null, string? note = null, QuietTurns? turns = null)
    {
        Row row = Made(id, what, value, ours, theirs, peer, choice, note, turns);
        Emitted.Add(row.GoalId);
        emit(row);
    }

    private Row Made(string id, string what, Spread? value, Spread? ours, Spread? theirs, string? peer, string? choice, string? note, QuietTurns? turns) => new()
    {
        Id = id,
        Instructions = Instructions,
        What = what,
        Value = value,
        OurSeconds = ours,
        PeerSeconds = theirs,
        Peer = peer,
        PeerChoice = choice,
        Note = note,
        Taken = turns?.Taken ?? 0,
        Disturbed = turns?.Disturbed ?? 0,
        Quick = Quick,
        Measured = DateTime.UtcNow,
        Commit = Machine.Current.Commit,
    };

    public void Dispose()
    {
        _numpy?.Dispose();
        _torch?.Dispose();
    }
}
