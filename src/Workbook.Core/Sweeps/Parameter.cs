using System.Globalization;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Sweeps;

/// <summary>What a value of a parameter is.</summary>
public enum ParameterKind
{
    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A real number.</summary>
    Real,

    /// <summary>A word.</summary>
    Word,
}

/// <summary>A value of a parameter: a number, or a word.</summary>
/// <param name="Number">The number; unused for a word.</param>
/// <param name="Word">The word, or null for a number.</param>
public readonly record struct ParameterValue(double Number, string? Word = null)
{
    /// <summary>As it is written in a plan.</summary>
    public override string ToString() => Word ?? Number.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>
/// A part of a spec that a plan may vary. Parameters are applied in the order of <see cref="All"/>, whatever the order in the file: the rule before its
/// rates, and <c>horizon</c>, which is measured in the units that all others give, last.
/// </summary>
/// <param name="Name">Name in plans and tables.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="Accepts">Whether a value alone is in range; whether it fits the others is known only when a row is run.</param>
/// <param name="Range">The range in words.</param>
/// <param name="Apply">The spec with that value.</param>
public sealed record Parameter(string Name, ParameterKind Kind, Func<ParameterValue, bool> Accepts, string Range, Func<RunSpec, ParameterValue, RunSpec> Apply)
{
    /// <summary>More steps than this are not run, whatever a horizon asks for.</summary>
    private const int MostSteps = 1_000_000_000;

    private static readonly string[] Optimizers = ["signgd", "adam", "gd", "signum", "sign-power", "normalized-gd", "sign-dead-zone", "minibatch-signgd"];

    /// <summary>All parameters.</summary>
    public static IReadOnlyList<Parameter> All { get; } =
    [
        Whole("d", 2, (spec, v) => Noise(spec, x => x with { D = v })),
        Whole("n", 1, (spec, v) => Noise(spec, x => x with { N = v })),
        Whole("s", 1, (spec, v) => Noise(spec, x => x with { S = v })),
        Positive("sigma_p", (spec, v) => Noise(spec, x => x with { SigmaP = v })),
        Word("supports", Names<SupportMode>(), (spec, v) => Noise(spec, x => x with { Supports = Enum.Parse<SupportMode>(v, ignoreCase: true) })),
        Whole("m_k", 1, (spec, v) => spec with { Model = spec.Model with { MK = v } }),
        Whole("m_v", 1, (spec, v) => spec with { Model = spec.Model with { MV = v } }),
        Positive("sigma_0", (spec, v) => spec with { Model = spec.Model with { Sigma0 = v } }),
        Word("optimizer", Optimizers, (spec, v) => spec.Optimizer.Name == v ? spec : spec with { Optimizer = Rule(v, spec.Optimizer.Eta, spec.Seed) }),
        Positive("eta", (spec, v) => spec with { Optimizer = spec.Optimizer with { Eta = v } }),
        Decay("beta1", (spec, v) => spec with { Optimizer = spec.Optimizer switch { Adam a => a with { Beta1 = v }, SignMomentum m => m with { Beta = v }, var other => other } }),
        Decay("beta2", (spec, v) => spec with { Optimizer = spec.Optimizer is Adam a ? a with { Beta2 = v } : spec.Optimizer }),
        new("eps", ParameterKind.Real, v => v.Number >= 0 && double.IsFinite(v.Number), "at least 0 and finite",
            (spec, v) => spec with { Optimizer = spec.Optimizer is Adam a ? a with { Epsilon = v.Number } : spec.Optimizer }),
        new("power", ParameterKind.Real, v => v.Number is >= 0 and <= 1, "in [0, 1]", (spec, v) => spec with { Optimizer = spec.Optimizer is SignPower p ? p with { Power = v.Number } : spec.Optimizer }),
        Decay("threshold", (spec, v) => spec with { Optimizer = spec.Optimizer is SignDeadZone z ? z with { Threshold = v } : spec.Optimizer }),
        Whole("batch", 1, (spec, v) => spec with { Optimizer = spec.Optimizer is MiniBatchSignGd b ? b with { Batch = v } : spec.Optimizer }),
        Whole("steps", 1, (spec, v) => spec with { Steps = v }),
        Schedules("record", (spec, v) => spec with { Record = v }),
        Schedules("test", (spec, v) => spec with { Test = v }),
        Whole("test_size", 0, (spec, v) => spec with { TestSize = v }),
        Word("engine", Names<EngineKind>(), (spec, v) => spec with { Engine = Enum.Parse<EngineKind>(v, ignoreCase: true) }),
        Word("precision", Names<Precision>(), (spec, v) => spec with { Precision = Enum.Parse<Precision>(v, ignoreCase: true) }),
        // T = horizon / (eta ell), ell = sqrt(2 / pi) sigma_p s: the unit in which every stage of sign descent has a fixed time up to slow factors.
        Positive("horizon", (spec, v) => spec with { Steps = Horizon(spec, v) }),
    ];

    /// <summary>Place of a parameter in <see cref="All"/>, -1 where there is none of that name.</summary>
    public static int IndexOf(string name)
    {
        for (int k = 0; k < All.Count; k++)
            if (All[k].Name == name) return k;
        return -1;
    }

    private static Parameter Whole(string name, int from, Func<RunSpec, int, RunSpec> apply) => new(name, ParameterKind.Whole,
        v => v.Number >= from && v.Number <= int.MaxValue && v.Number == Math.Floor(v.Number), $"a whole number in {from} .. {int.MaxValue}", (spec, v) => apply(spec, (int)v.Number));

    private static Parameter Positive(string name, Func<RunSpec, double, RunSpec> apply) =>
        new(name, ParameterKind.Real, v => v.Number > 0 && double.IsFinite(v.Number), "positive and finite", (spec, v) => apply(spec, v.Number));

    private static Parameter Decay(string name, Func<RunSpec, double, RunSpec> apply) =>
        new(name, ParameterKind.Real, v => v.Number is >= 0 and < 1, "in [0, 1)", (spec, v) => apply(spec, v.Number));

    private static Parameter Word(string name, string[] words, Func<RunSpec, string, RunSpec> apply) =>
        new(name, ParameterKind.Word, v => v.Word is string word && words.Contains(word), "one of " + string.Join(", ", words), (spec, v) => apply(spec, v.Word!));

    private static Parameter Schedules(string name, Func<RunSpec, Schedule, RunSpec> apply) =>
        new(name, ParameterKind.Word, v => v.Word is string word && IsSchedule(word), "every:K, dense:A,K or log:P with whole numbers", (spec, v) => apply(spec, Schedule.Parse(v.Word!)));

    private static bool IsSchedule(string word)
    {
        try
        {
            Schedule.Parse(word);
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static string[] Names<T>() where T : struct, Enum => [.. Enum.GetNames<T>().Select(n => n.ToLowerInvariant())];

    private static RunSpec Noise(RunSpec spec, Func<SignalNoise, SignalNoise> change) =>
        spec with { Data = new SignalNoiseSource(change(((SignalNoiseSource)spec.Data).Distribution)) };

    private static Optimizer Rule(string name, LearningRate eta, ulong seed) => name switch
    {
        "sign-power" => new SignPower(eta, 0.5),
        "normalized-gd" => new NormalizedGradientDescent(eta),
        "sign-dead-zone" => new SignDeadZone(eta, 0.1),
        "minibatch-signgd" => new MiniBatchSignGd(eta, 1, seed),
        "gd" => new GradientDescent(eta),
        "adam" => new Adam(eta),
        "signum" => new SignMomentum(eta, 0.9),
        _ => new SignGd(eta),
    };

    private static int Horizon(RunSpec spec, double horizon)
    {
        double steps = Math.Ceiling(horizon / (spec.Optimizer.Eta.At(0) * ((SignalNoiseSource)spec.Data).Distribution.MeanNorm1));
        return (int)Math.Clamp(steps, 1, MostSteps);
    }
}
