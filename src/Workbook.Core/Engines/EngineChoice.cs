using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>Which engine is asked for.</summary>
public enum EngineKind
{
    /// <summary>Reduced where it is exact, else support on sparse data, else dense.</summary>
    Auto,

    /// <summary><see cref="DenseEngine{T}"/>.</summary>
    Dense,

    /// <summary><see cref="SupportEngine"/>.</summary>
    Support,

    /// <summary><see cref="ReducedEngine"/>.</summary>
    Reduced,
}

/// <summary>Floating-point precision of a run.</summary>
public enum Precision
{
    /// <summary>Double: signs survive underflow in every engine.</summary>
    F64,

    /// <summary>Single, in the dense engine only, and unprotected on purpose.</summary>
    F32,
}

/// <summary>Turns a wish into an engine, or refuses with the reason.</summary>
public static class EngineChoice
{
    /// <summary>Above this share of non-zero entries matrix products beat sparse loops.</summary>
    private const double DenseShare = 0.25;

    /// <summary>Creates the engine for a problem.</summary>
    /// <exception cref="InputException">The engine asked for is not exact for the problem, or has no such precision.</exception>
    public static TrainingEngine Create(EngineKind kind, Precision precision, TrainingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.Optimizer is WholeGradientRule)
        {
            if (kind != EngineKind.Auto || precision != Precision.F64)
                throw new InputException($"{problem.Optimizer.Name} looks at the whole gradient, which only the whole-gradient engine shows it, in f64; leave the engine and the precision at their defaults.");
            return new WholeGradientEngine(problem);
        }
        if (precision == Precision.F32)
        {
            if (kind is EngineKind.Support or EngineKind.Reduced)
                throw new InputException($"the {(kind == EngineKind.Support ? "support" : "reduced")} engine runs in f64 only; f32 is for the dense engine.");
            return new DenseEngine<float>(problem);
        }
        return Resolve(kind, problem) switch
        {
            EngineKind.Reduced => new ReducedEngine(problem),
            EngineKind.Support => new SupportEngine(problem),
            _ => new DenseEngine<double>(problem),
        };
    }

    /// <summary>What `auto` stands for: reduced where it is exact, else support on sparse data, else dense.</summary>
    public static EngineKind Resolve(EngineKind kind, TrainingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (kind != EngineKind.Auto) return kind;
        if (ReducedEngine.Refusal(problem) is null) return EngineKind.Reduced;
        var data = problem.Data;
        double share = data.Index.Length / ((double)data.Count * data.Length * data.Dimension);
        return share < DenseShare ? EngineKind.Support : EngineKind.Dense;
    }
}
