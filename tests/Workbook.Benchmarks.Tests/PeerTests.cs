using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Workbook.Benchmarks.Growth;
using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Peers;
using Workbook.Benchmarks.Rows;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Benchmarks.Tests;

/// <summary>
/// The peers do the work that they are compared for. They need PyTorch and NumPy: set WORKBOOK_REQUIRE_ORACLE=1 where these have to be there.
/// </summary>
public sealed class PeerTests
{
    private const int Steps = 150;

    [Fact]
    public void PyTorch_trains_to_our_losses()
    {
        using PeerGroup torch = Needed("pytorch.py", "torch");
        Sparse(torch.Members[0]);
        Images(torch.Members[0]);
    }

    /// <summary>Figure-1: supports overlap.</summary>
    private static void Sparse(Peer torch)
    {
        using PeerProblem both = TrainingRows.Figure1Problem();
        double theirs = both.Train(torch, Steps).Loss;
        foreach (EngineKind kind in (EngineKind[])[EngineKind.Support, EngineKind.Reduced])
        {
            var (agrees, note) = TrainingRows.Agreement(both.Loss(kind, Precision.F64, Steps), theirs, Steps, TrainingRows.LossTolerance64);
            Assert.True(agrees, $"{kind}: {note}");
        }
        Assert.False(TrainingRows.Agreement(both.Loss(EngineKind.Support, Precision.F64, Steps + 1), theirs, Steps, TrainingRows.LossTolerance64).Agrees);
    }

    /// <summary>Dense patches, in both precisions, which the peer holds one after the other.</summary>
    private static void Images(Peer torch)
    {
        using PeerProblem both = TrainingRows.ImageProblem(n: 40, d: 60, m: 12);
        foreach (var (precision, type, tolerance) in ((Precision, string, double)[])
            [(Precision.F64, "float64", TrainingRows.LossTolerance64), (Precision.F32, "float32", TrainingRows.LossTolerance32)])
        {
            double theirs = both.Train(torch, 20, type).Loss;
            var (agrees, note) = TrainingRows.Agreement(both.Loss(EngineKind.Dense, precision, 20), theirs, 20, tolerance);
            Assert.True(agrees, note);
        }
    }

    [Fact]
    public void PyTorch_without_an_optimised_BLAS_is_not_compared_with()
    {
        Assert.Contains("no python3 with torch", RowContext.Refusal(null), StringComparison.Ordinal);
        Assert.Contains("no optimised BLAS (install libopenblas0-pthread)", RowContext.Refusal(new JsonObject { ["torch"] = "1.13", ["blas"] = null }), StringComparison.Ordinal);
        Assert.Null(RowContext.Refusal(new JsonObject { ["blas"] = "openblas" }));

        // Debian keeps the reference BLAS in a folder of its own, for whoever asks for it.
        string reference = $"/usr/lib/{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu/blas";
        using PeerGroup torch = Needed("pytorch.py", "torch");
        Assert.SkipUnless(File.Exists(Path.Combine(reference, "libblas.so.3")), "The reference BLAS is not installed here.");
        using Peer slow = Peer.Start(Peer.Python("torch")!, "pytorch.py", "reference", new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = reference });
        Assert.True(slow.Greets());
        // A PyTorch that carries its own BLAS does not look at the system's.
        if (torch.Members[0].Hello["blas"]?.GetValue<string>() != "MKL") Assert.NotNull(RowContext.Refusal(slow.Hello));
    }

    [Fact]
    public void NumPy_says_which_library_multiplies()
    {
        using PeerGroup numpy = Needed("openblas.py", "numpy");
        foreach (Peer peer in numpy.Members)
        {
            peer.Ask(new { @do = "prepare", type = "float32", ta = 1, tb = 0, m = 5, n = 6, k = 7 });
            Assert.True(peer.Ask(new { @do = "time", calls = 3 })["seconds"]!.GetValue<double>() > 0);
        }
        Assert.NotEqual("", numpy.Members[0].Hello["core"]!.GetValue<string>());
    }

    [Fact]
    public void A_peer_that_ends_says_why()
    {
        using PeerGroup numpy = Needed("openblas.py", "numpy");
        PeerEndedException ended = Assert.Throws<PeerEndedException>(() => numpy.Members[0].Ask(new { @do = "prepare", type = "float13", ta = 0, tb = 0, m = 1, n = 1, k = 1 }));
        Assert.Contains("float13", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_with_another_instruction_set_measures_nothing()
    {
        using Process child = Process.Start(new ProcessStartInfo("dotnet", [typeof(Peer).Assembly.Location, "measure", "--instructions", Instructions.Avx512, "--only", "rows"])
        {
            Environment = { [Instructions.Switch] = "0" },
            RedirectStandardOutput = true,
        })!;
        string said = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Instructions.NotInForce, child.ExitCode);
        Assert.StartsWith("avx512 was to be measured, but this process has ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("{", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_state_of_the_dense_engine_holds_all_weights_and_not_the_problem()
    {
        const int D = 500, M = 7;
        Dataset data = new SignalNoise(D, 6, 5, 2).DrawTraining(1);
        var given = InitialWeights.Gaussian(new ModelSpec(M, M, 1e-3), D, 1).Materialise();
        long drawn = Bytes(InitialWeights.Gaussian(new ModelSpec(M, M, 1e-3), D, 1)), stored = Bytes(InitialWeights.From(given));
        // Weights, a gradient beside them, the dense data; W(0) itself is the problem's.
        Assert.InRange(drawn, 8 * 4 * M * D, 4 * 8 * 4 * M * D);
        Assert.Equal(drawn, stored);

        long Bytes(InitialWeights weights) => StateSize.Of(EngineChoice.Create(EngineKind.Dense, Precision.F64, new TrainingProblem(data, weights, new SignGd(1e-4))));
    }

    private static PeerGroup Needed(string script, string module)
    {
        // With AVX2 there is one core type to try, so one process to start.
        PeerGroup? group = PeerGroup.Start(script, module, Instructions.Avx2);
        string missing = $"python3 with {module} is not installed here; the comparison with it was not made.";
        if (group is null && Environment.GetEnvironmentVariable("WORKBOOK_REQUIRE_ORACLE") == "1") Assert.Fail("WORKBOOK_REQUIRE_ORACLE=1, but " + missing);
        if (group is null) Assert.Skip(missing);
        return group;
    }
}
