using System.Numerics;

namespace Workbook.Core.Optimizers;

/// <summary>
/// A rule whose direction in one coordinate depends on the gradient in others (a norm, the largest entry of a row) or on which samples the
/// gradient is summed over. It is shown the gradient of all weights at once, in the layout of <see cref="GradientLayout"/>.
/// </summary>
/// <remarks>
/// A coordinate that no patch touches has gradient zero: it adds nothing to a norm and is no row's maximum, so the touched columns say all
/// there is to know. Trained by <c>WholeGradientEngine</c>; the other engines hand out coordinates without saying whose they are.
/// </remarks>
public abstract record WholeGradientRule(LearningRate Eta) : Optimizer(Eta)
{
    /// <inheritdoc/>
    public sealed override Closure Closure => Closure.None;

    /// <inheritdoc/>
    public override OptimizerState<T> CreateState<T>(int coordinates) => new(0, first: false, second: false);

    /// <summary>Not defined: the coordinates alone do not say to which row and matrix they belong.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public sealed override void Direction<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents, Span<T> direction) =>
        throw new NotSupportedException($"{Title} needs to see the whole gradient; train it with the whole-gradient engine (engine auto).");

    /// <summary>Takes in the gradient of the current step and writes direction(g).</summary>
    /// <param name="layout">Where which coordinate stands.</param>
    /// <param name="state">Memory made by <see cref="CreateState{T}"/>; it advances by one step.</param>
    /// <param name="gradient">g, one value per coordinate of the layout; padding is zero.</param>
    /// <param name="exponents">Binary exponents per coordinate, or empty where all are 0.</param>
    /// <param name="direction">Receives the direction; may be the same memory as the gradient.</param>
    public abstract void Direction(GradientLayout layout, OptimizerState<double> state, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction);

    /// <summary>The samples that the gradient of a step is summed over: all of them, unless a rule draws some.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="chosen">One entry a sample, true where it takes part.</param>
    public virtual void Choose(int step, Span<bool> chosen) => chosen.Fill(true);

    /// <summary>Throws one sentence where the rule does not fit a number of samples.</summary>
    public virtual void CheckSamples(int n)
    {
    }

    /// <summary>The largest binary exponent of |g| over the coordinates with a gradient, int.MinValue where there is none.</summary>
    private protected static int Top(ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents)
    {
        int top = int.MinValue;
        for (int k = 0; k < gradient.Length; k++)
            if (gradient[k] != 0) top = Math.Max(top, (exponents.IsEmpty ? 0 : exponents[k]) + Math.ILogB(gradient[k]));
        return top;
    }
}

/// <summary>
/// Where the coordinates of a gradient stand: [W_Q by column | W_K by column | W_V], touched columns only. A column of W_Q or W_K is
/// <see cref="Stride"/> places, its neurons first and zeros behind. All rows of W_{V,+1} have one gradient and those of W_{V,-1} its opposite, so W_V has
/// one place a column, which stands for <see cref="ValueCopies"/> weights.
/// </summary>
/// <param name="Columns">Touched columns.</param>
/// <param name="Neurons">Rows m_k of W_Q and W_K.</param>
/// <param name="Stride">Places of a column of W_Q or W_K, at least m_k.</param>
/// <param name="ValueRows">Rows m_v of each W_V.</param>
public sealed record GradientLayout(int Columns, int Neurons, int Stride, int ValueRows)
{
    /// <summary>Where W_K begins.</summary>
    public int KeyAt => Columns * Stride;

    /// <summary>Where W_V begins.</summary>
    public int ValueAt => 2 * Columns * Stride;

    /// <summary>Places in all.</summary>
    public int Size => ValueAt + Columns;

    /// <summary>Weights that a place of W_V stands for: 2 m_v.</summary>
    public int ValueCopies => 2 * ValueRows;

    /// <summary>Weights that a place stands for.</summary>
    public int Copies(int place) => place < ValueAt ? 1 : ValueCopies;
}
