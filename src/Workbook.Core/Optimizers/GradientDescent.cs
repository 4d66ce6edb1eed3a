namespace Workbook.Core.Optimizers;

/// <summary>Gradient descent: direction(g) = g, so W &lt;- W - eta grad L_S(W).</summary>
public sealed record GradientDescent(LearningRate Eta) : Optimizer(Eta)
{
    /// <inheritdoc/>
    public override string Name => "gd";

    /// <inheritdoc/>
    public override string Title => "GD";

    /// <inheritdoc/>
    public override Closure Closure => Closure.Linear;

    /// <inheritdoc/>
    public override OptimizerState<T> CreateState<T>(int coordinates) => new(coordinates, first: false, second: false);

    /// <inheritdoc/>
    public override void Direction<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents, Span<T> direction)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Step++;
        if (exponents.IsEmpty) gradient.CopyTo(direction);
        else
            // What underflows here is smaller than any rounding of the weights.
            for (int k = 0; k < gradient.Length; k++) direction[k] = T.ScaleB(gradient[k], exponents[k]);
    }
}
