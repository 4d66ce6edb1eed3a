using System.Globalization;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Engines;

/// <summary>
/// The engines against tests/oracle/oracle.py: the model written down once more, in another language, differentiated by PyTorch.
/// Set WORKBOOK_REQUIRE_ORACLE=1 where PyTorch has to be there: the live comparison then fails instead of skipping.
/// </summary>
public sealed class OracleTests(ITestOutputHelper output)
{
    // Two float64 programs that sum in different orders differ by 3e-15 of a loss and 6e-16 of the largest member of a family (tests/oracle/README.md);
    // this leaves room for more steps and other sizes, and is far below the 2 eta that a wrong sign makes.
    private const double SignGdAndGd = 1e-10;

    // Adam divides by the root of its second moment, which enlarges the rounding of small gradients.
    private const double AdamTolerance = 1e-8;

    // A gradient entry is a sum of products; where it is this small beside them, its sign is a matter of rounding.
    private const double SignIsCertain = 1e-12;

    private static readonly string Oracle = Path.Combine(DataFolder.ProjectRoot()!, "tests", "oracle");

    public static TheoryData<string> Goldens => ["signgd", "gd", "adam", "adam-eps0"];

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Every_engine_follows_the_golden_file(string name) => Hold(Path.Combine(Oracle, "golden", name + ".npz"), name);

    public static TheoryData<string, int> Fresh()
    {
        var all = new TheoryData<string, int>();
        foreach (string name in Goldens.Select(row => row.Data))
            for (int seed = 1; seed <= 2; seed++) all.Add(name, seed);
        return all;
    }

    [Theory]
    [MemberData(nameof(Fresh))]
    public void Every_engine_follows_a_fresh_run_of_PyTorch(string name, int seed)
    {
        using var folder = new TemporaryFolder();
        var distribution = seed == 1 ? new SignalNoise(40, 5, 7, 1.5) : new SignalNoise(80, 6, 9, 0.8, SupportMode.Disjoint);
        Dataset data = distribution.DrawTraining((ulong)seed);
        TransformerWeights weights = InitialWeights.Gaussian(new ModelSpec(4, 3, 2e-2), data.Dimension, (ulong)seed).Materialise();
        NpzWriter.Write(folder.File("in.npz"), [.. NpzFormats.Data(data), .. NpzFormats.Weights(weights)]);
        string rule = name switch { "gd" => "'gd', '--eta', '0.3'", "adam" => "'adam', '--eta', '3e-3'", "adam-eps0" => "'adam', '--eps', '0', '--eta', '3e-3'", _ => "'signgd', '--eta', '3e-3'" };
        try
        {
            PythonScript.Run(folder.Path, "torch", $"""
                import runpy, sys
                sys.argv = ['oracle.py', 'run', '--input', 'in.npz', '--steps', '150', '--record-every', '10', '--out', 'out.npz', '--optimizer', {rule}]
                sys.dont_write_bytecode = True
                runpy.run_path(r'{Path.Combine(Oracle, "oracle.py")}', run_name='__main__')
                """);
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("WORKBOOK_REQUIRE_ORACLE") == "1" && e.Message.Contains("is not installed here", StringComparison.Ordinal))
        {
            Assert.Fail("WORKBOOK_REQUIRE_ORACLE=1, but " + e.Message[e.Message.IndexOf("python3", StringComparison.Ordinal)..]);
        }
        Hold(folder.File("out.npz"), name);
    }

    private void Hold(string path, string name)
    {
        using NpzReader file = NpzReader.Open(path);
        double eta = Number("eta");
        Optimizer rule = name switch
        {
            "signgd" => new SignGd(eta),
            "gd" => new GradientDescent(eta),
            _ => new Adam(eta, Number("beta1"), Number("beta2"), Number("eps")),
        };
        Dataset data = NpzFormats.ReadData(path);
        var problem = new TrainingProblem(data, InitialWeights.From(NpzFormats.ReadWeights(path)), rule);
        int[] steps = [.. file.ReadAnyShape("t").Data.Select(t => (int)t)];
        double[] margins = file.ReadAnyShape("min_abs_sign_margin").Data;
        // Past the first uncertain sign the two programs may part.
        int certain = Array.FindIndex(margins, m => m < SignIsCertain) is var first && first >= 0 ? first : steps.Length;
        Assert.True(certain > 10, "the oracle's signs are uncertain from the start");
        double tolerance = rule is Adam ? AdamTolerance : SignGdAndGd;
        var expected = new[] { "train_loss", "query_signal", "key_signal", "query_noise", "key_noise", "value_signal", "value_noise", "s11", "s21", "log_s11", "log_s21" }
            .ToDictionary(column => column, column => file.ReadAnyShape(column).Data);
        string[] engines = [.. Problems.Applicable(problem)];
        Assert.Equal(name == "adam" ? 2 : 3, engines.Length);
        foreach (string engineName in Problems.ApplicableInEveryWay(problem))
        {
            TrainingEngine engine = Problems.Engine(engineName, problem);
            var rows = Problems.Train(engine, steps[^1], t => Array.BinarySearch(steps, t) >= 0);
            Assert.Equal(steps, rows.Select(row => row.Step));
            var difference = new Difference();
            for (int k = 0; k < certain; k++)
            {
                Observation seen = rows[k].Seen;
                var (n, m) = (seen.Samples, seen.Neurons);
                difference.Note("train_loss", steps[k], Math.Abs(seen.TrainLoss / expected["train_loss"][k] - 1));
                Family("query_signal", m, seen.QuerySignal);
                Family("key_signal", m, seen.KeySignal);
                Family("query_noise", n * m, seen.QueryNoise);
                Family("key_noise", n * m, seen.KeyNoise);
                Family("value_signal", 1, [seen.ValueSignal]);
                Family("value_noise", n, seen.ValueNoise);
                Family("log_s11", n, seen.LogS11);
                Family("log_s21", n, seen.LogS21);
                Family("s11", n, [.. seen.LogS11.Select(Math.Exp)]);
                Family("s21", n, [.. seen.LogS21.Select(Math.Exp)]);

                void Family(string column, int width, double[] found) =>
                    difference.Note(column, steps[k], Difference.Relative(expected[column].AsSpan(k * width, width), found));
            }
            output.WriteLine(FormattableString.Invariant($"{name}, {engineName}: {difference} over {certain} of {steps.Length} rows"));
            Assert.True(difference.Worst <= tolerance, engineName + " " + difference);
            if (certain < steps.Length) continue;
            TransformerWeights final = engine.CurrentWeights();
            double apart = Problems.Matrices.Max(matrix => Difference.Relative(file.ReadAnyShape("final_" + TransformerWeights.Name(matrix)).Data, final[matrix]));
            output.WriteLine(FormattableString.Invariant($"{name}, {engineName}: final weights {apart:e1}"));
            Assert.InRange(apart, 0, tolerance);
        }

        double Number(string array) => file.ReadAnyShape(array).Data[0];
    }
}
