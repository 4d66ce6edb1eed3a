namespace Workbook.Core.Optimizers;

/// <summary>
/// The length of SignGD's step in the direction of GD's:
/// <code>
/// direction(g) = sqrt(N) g / ||g||_2
/// </code>
/// over all weights, N the number of those with a gradient at this step. SignGD's step has l2 norm eta sqrt(N) whatever the gradient is; this rule keeps that
/// and takes the signs away.
/// </summary>
public sealed record NormalizedGradientDescent(LearningRate Eta) : WholeGradientRule(Eta)
{
    /// <inheritdoc/>
    public override string Name => "normalized-gd";

    /// <inheritdoc/>
    public override string Title => "Normalised GD";

    /// <inheritdoc/>
    public override void Direction(GradientLayout layout, OptimizerState<double> state, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(state);
        state.Step++;
        // In units of the largest entry, so that neither squares nor a tiny gradient underflow.
        int top = Top(gradient, exponents);
        double squares = 0, count = 0;
        for (int k = 0; k < gradient.Length; k++)
        {
            if (gradient[k] == 0) continue;
            double g = Math.ScaleB(gradient[k], (exponents.IsEmpty ? 0 : exponents[k]) - top);
            squares += layout.Copies(k) * g * g;
            count += layout.Copies(k);
        }
        double scale = count == 0 ? 0 : Math.Sqrt(count / squares);
        for (int k = 0; k < gradient.Length; k++)
            direction[k] = gradient[k] == 0 ? 0 : scale * Math.ScaleB(gradient[k], (exponents.IsEmpty ? 0 : exponents[k]) - top);
    }
}
