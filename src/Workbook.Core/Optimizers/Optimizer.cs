using System.Numerics;

namespace Workbook.Core.Optimizers;

/// <summary>What a rule makes of a gradient that is a common factor times a fixed vector, g_c = a x_c: whether the reduced dynamics close.</summary>
public enum Closure
{
    /// <summary>direction(a x_c) = x_c direction(a): coefficients move along x (gradient descent).</summary>
    Linear,

    /// <summary>direction(a x_c) = sgn(x_c) direction(a): coefficients move along sgn(x) (SignGD, Adam with eps = 0).</summary>
    ScaleInvariant,

    /// <summary>Neither: the direction depends on |x_c| (Adam with eps &gt; 0).</summary>
    None,
}

/// <summary>
/// An update rule W &lt;- W - eta_t direction(g). The rule is a description; what it remembers of earlier gradients is an
/// <see cref="OptimizerState{T}"/>; the learning rate is kept apart from the direction.
/// </summary>
/// <remarks>
/// Every rule is odd, direction(-g) = -direction(g), and acts on each coordinate alone, except a <see cref="WholeGradientRule"/>. A gradient may come with a
/// binary exponent per coordinate: its true value is g_k 2^(e_k). That is how signs survive where exp(-t^2) underflows.
/// </remarks>
public abstract record Optimizer(LearningRate Eta)
{
    /// <summary>Name on the command line and in files, such as signgd, gd, adam, signum.</summary>
    public abstract string Name { get; }

    /// <summary>Name in tables and figures.</summary>
    public abstract string Title { get; }

    /// <summary>Whether and how the reduced dynamics close under this rule.</summary>
    public abstract Closure Closure { get; }

    /// <summary>Throws one sentence for the first parameter that is out of its range.</summary>
    public virtual Optimizer Validate() => this;

    /// <summary>Memory for a number of coordinates, all zero.</summary>
    public abstract OptimizerState<T> CreateState<T>(int coordinates) where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>
    /// Takes in the gradient of the current step and writes direction(g).
    /// </summary>
    /// <param name="state">Memory made by <see cref="CreateState{T}"/>; it advances by one step.</param>
    /// <param name="gradient">g, one value per coordinate.</param>
    /// <param name="exponents">Binary exponents per coordinate, or empty where all are 0.</param>
    /// <param name="direction">Receives the direction; may be the same memory as the gradient.</param>
    public abstract void Direction<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents, Span<T> direction)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>Refuses a decay rate outside [0, 1).</summary>
    protected static void CheckBeta(string name, double beta)
    {
        if (!(beta >= 0 && beta < 1)) throw new InputException(FormattableString.Invariant($"{name} is {beta}; it has to lie in [0, 1)."));
    }
}

/// <summary>What a rule remembers: up to two moments per coordinate, and the number of steps taken.</summary>
/// <remarks>Once <see cref="Exponent"/> exists, the true moments are First 2^e and Second 2^(2e).</remarks>
public sealed class OptimizerState<T>(int coordinates, bool first, bool second) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>First moment, or empty.</summary>
    public T[] First { get; } = first ? new T[coordinates] : [];

    /// <summary>Second moment, or empty.</summary>
    public T[] Second { get; } = second ? new T[coordinates] : [];

    /// <summary>Steps taken.</summary>
    public int Step { get; set; }

    /// <summary>Binary exponents of the moments, or null while all are 0.</summary>
    public int[]? Exponent { get; private set; }

    /// <summary>Starts to keep exponents.</summary>
    public int[] UseExponents() => Exponent ??= new int[coordinates];
}
