using System.Runtime.InteropServices;
using Workbook.Benchmarks.Peers;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Benchmarks.Rows;

/// <summary>
/// One training problem for both sides: data and W(0) in memory here, and the same numbers, raw, in a folder that the PyTorch peer reads.
/// Drawing and loading are timed on neither side.
/// </summary>
internal sealed class PeerProblem : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("workbook-benchmark-").FullName;
    private readonly Dictionary<Peer, string> _loaded = [];

    public PeerProblem(Dataset data, TransformerWeights weights, double eta)
    {
        (Eta, Weights) = (eta, weights);
        Problem = new TrainingProblem(data, InitialWeights.From(weights), new SignGd(eta));
        Write("X", data.ToDense());
        Write("y", data.Labels);
        foreach (WeightMatrix matrix in Enum.GetValues<WeightMatrix>()) Write(TransformerWeights.Name(matrix), weights[matrix]);
    }

    public double Eta { get; }

    public TrainingProblem Problem { get; }

    private TransformerWeights Weights { get; }

    /// <summary>Trains at the peer from W(0): seconds of the whole training, seconds of its steps alone, and the loss after them.</summary>
    public (double Seconds, double Stepping, double Loss) Train(Peer peer, int steps, string type = "float64")
    {
        // A peer holds one problem at a time, in one precision.
        if (_loaded.GetValueOrDefault(peer) != type)
        {
            var data = Problem.Data;
            peer.Ask(new { @do = "load", folder = _folder, type, n = data.Count, L = data.Length, d = data.Dimension, mk = Weights.MK, mv = Weights.MV });
            _loaded[peer] = type;
        }
        var answer = peer.Ask(new { @do = "train", eta = Eta, steps });
        return (answer["seconds"]!.GetValue<double>(), answer["stepping"]!.GetValue<double>(), answer["loss"]!.GetValue<double>());
    }

    /// <summary>Trains here from W(0) and returns the loss after the steps.</summary>
    public double Loss(EngineKind kind, Precision precision, int steps)
    {
        TrainingEngine engine = EngineChoice.Create(kind, precision, Problem);
        Steps(engine, steps);
        var seen = new Observation(Problem.Data.Count, Weights.MK);
        engine.Observe(seen);
        (engine as IDisposable)?.Dispose();
        return seen.TrainLoss;
    }

    /// <summary>Updates up to a step as a run makes them, and a last forward pass.</summary>
    public static void Steps(TrainingEngine engine, int steps)
    {
        while (engine.Step < steps)
        {
            engine.Forward();
            engine.UpdateTowards(steps);
        }
        engine.Forward();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string name, double[] numbers)
    {
        using FileStream file = File.Create(Path.Combine(_folder, name + ".f64"));
        file.Write(MemoryMarshal.AsBytes(numbers.AsSpan()));
    }
}
