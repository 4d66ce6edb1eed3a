using Workbook.Core;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Explorer;

/// <summary>What one side of the page is set to: a run, bounded so that it is done while a slider is held.</summary>
public sealed record Setting
{
    /// <summary>Names of the optimizers offered; Adam has eps = 0, with which the reduced engine is exact.</summary>
    public static IReadOnlyList<string> Optimizers { get; } = ["signgd", "gd", "adam", "signum"];

    /// <summary>Largest estimate of <see cref="Work"/> that is trained: a few seconds.</summary>
    public const double MostWork = 4e8;

    /// <summary>Test samples, where a test set is asked for.</summary>
    public const int TestSamples = 1000;

    private const int DenseSteps = 100, LateRows = 200, TestRows = 20;

    /// <summary>n.</summary>
    public int N { get; init; } = 20;

    /// <summary>s.</summary>
    public int S { get; init; } = 20;

    /// <summary>sigma_p.</summary>
    public double SigmaP { get; init; } = 2;

    /// <summary>m_k.</summary>
    public int MK { get; init; } = 20;

    /// <summary>eta.</summary>
    public double Eta { get; init; } = 1e-4;

    /// <summary>sigma_0.</summary>
    public double Sigma0 { get; init; } = 1e-3;

    /// <summary>The seed, below 2^53.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>One of <see cref="Optimizers"/>.</summary>
    public string Optimizer { get; init; } = "signgd";

    /// <summary>beta_1 of Adam, beta of sign with momentum.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>beta_2 of Adam.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>d.</summary>
    public int D { get; init; } = 2000;

    /// <summary>m_v.</summary>
    public int MV { get; init; } = 20;

    /// <summary>T.</summary>
    public int Steps { get; init; } = 900;

    /// <summary>Whether test loss and error are evaluated on <see cref="TestSamples"/> samples.</summary>
    public bool Test { get; init; }

    /// <summary>
    /// Multiply-adds of training, roughly: T m_k (n + entries of xi that share their coordinate with another sample, in expectation, which the reduced engine carries one by one),
    /// and n s m_k for the projections of W(0).
    /// </summary>
    public double Work
    {
        get
        {
            double alone = Math.Pow(1 - Math.Min(1, (double)S / (D - 1)), N - 1), shared = (double)N * S * (1 - alone);
            return (double)Steps * MK * (N + 2 * shared) + 10.0 * N * S * MK;
        }
    }

    /// <summary>Reads a setting; what is not named keeps the value of preset figure-1, with seed 1.</summary>
    /// <exception cref="InputException">An unknown name, or a value out of its range.</exception>
    public static Setting Read(IEnumerable<KeyValuePair<string, string>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var setting = new Setting();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, text) in values)
        {
            if (!seen.Add(name)) throw new InputException($"{Parameter.Shown(name)} is given twice.");
            double Number() => Parameter.Of(name).Read(text);
            setting = name switch
            {
                "n" => setting with { N = (int)Number() },
                "s" => setting with { S = (int)Number() },
                "sigma_p" => setting with { SigmaP = Number() },
                "m_k" => setting with { MK = (int)Number() },
                "eta" => setting with { Eta = Number() },
                "sigma_0" => setting with { Sigma0 = Number() },
                "seed" => setting with { Seed = (ulong)Number() },
                "beta1" => setting with { Beta1 = Number() },
                "beta2" => setting with { Beta2 = Number() },
                "d" => setting with { D = (int)Number() },
                "m_v" => setting with { MV = (int)Number() },
                "steps" => setting with { Steps = (int)Number() },
                "optimizer" => Optimizers.Contains(text) ? setting with { Optimizer = text } : throw new InputException($"optimizer is '{Parameter.Shown(text)}'; it has to be one of {string.Join(", ", Optimizers)}."),
                "test" => text is "0" or "1" ? setting with { Test = text == "1" } : throw new InputException($"test is '{Parameter.Shown(text)}'; it has to be 0 or 1."),
                _ => throw new InputException($"there is no parameter '{Parameter.Shown(name)}'."),
            };
        }
        return setting.Validate();
    }

    /// <summary>The setting as a query, every value written out: <see cref="Read"/> gives the same setting back.</summary>
    public string ToQuery() => string.Join('&', Values().Select(v => $"{v.Key}={Uri.EscapeDataString(v.Value)}"));

    /// <summary>Every value by its name.</summary>
    public IEnumerable<KeyValuePair<string, string>> Values()
    {
        static KeyValuePair<string, string> Pair(string name, double value) => new(name, Parameter.Write(value));
        yield return Pair("n", N);
        yield return Pair("s", S);
        yield return Pair("sigma_p", SigmaP);
        yield return Pair("m_k", MK);
        yield return Pair("eta", Eta);
        yield return Pair("sigma_0", Sigma0);
        yield return new("seed", Seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
        yield return new("optimizer", Optimizer);
        yield return Pair("beta1", Beta1);
        yield return Pair("beta2", Beta2);
        yield return Pair("d", D);
        yield return Pair("m_v", MV);
        yield return Pair("steps", Steps);
        yield return new("test", Test ? "1" : "0");
    }

    /// <summary>The run of this setting: what the page shows, what `save run` stores and what the notebook trains.</summary>
    public RunSpec ToSpec()
    {
        int every = RecordEvery(Steps);
        return new RunSpec
        {
            Data = new SignalNoiseSource(new SignalNoise(D, N, S, SigmaP)),
            Model = new ModelSpec(MK, MV, Sigma0),
            Optimizer = Optimizer switch
            {
                "gd" => new GradientDescent(Eta),
                "adam" => new Adam(Eta, Beta1, Beta2, 0),
                "signum" => new SignMomentum(Eta, Beta1),
                _ => new SignGd(Eta),
            },
            Steps = Steps,
            Seed = Seed,
            Record = Schedule.Dense(DenseSteps, every),
            TestSize = Test ? TestSamples : 0,
            Test = Schedule.Every(TestEvery(Steps, every)),
        };
    }

    /// <summary>Every step up to 100, where stages I to III are; then so rarely that about 200 rows follow. Divides 100, so that test steps can be multiples of it.</summary>
    private static int RecordEvery(int steps) => Array.Find([1, 2, 5, 10, 20, 50], k => steps - DenseSteps <= k * LateRows) is var k and > 0 ? k : 100;

    private static int TestEvery(int steps, int every) => Array.Find([1, 2, 5, 10, 20, 50, 100, 200, 500], k => k % every == 0 && steps <= k * TestRows) is var k and > 0 ? k : 1000;

    private Setting Validate()
    {
        if (S > D - 1) throw new InputException($"s is {S}; it has to lie in 1 .. d - 1 = {D - 1}.");
        if (Work > MostWork)
            throw new InputException(FormattableString.Invariant($"this setting needs about {Work:G2} operations; the explorer stops at {MostWork:G2}: take fewer steps, samples or neurons, or `workbook train`."));
        return this;
    }
}
