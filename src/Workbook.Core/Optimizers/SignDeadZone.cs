namespace Workbook.Core.Optimizers;

/// <summary>
/// SignGD that leaves small gradients alone:
/// <code>
/// direction(g)_c = sgn(g_c)  where |g_c| > theta max |g| over the row of c in its matrix,  else 0
/// </code>
/// theta = 0 is SignGD.
/// </summary>
/// <param name="Eta">Learning rate.</param>
/// <param name="Threshold">theta in [0, 1).</param>
public sealed record SignDeadZone(LearningRate Eta, double Threshold) : WholeGradientRule(Eta)
{
    /// <inheritdoc/>
    public override string Name => "sign-dead-zone";

    /// <inheritdoc/>
    public override string Title => FormattableString.Invariant($"SignGD, dead zone {Threshold}");

    /// <inheritdoc/>
    public override Optimizer Validate()
    {
        if (!(Threshold >= 0 && Threshold < 1)) throw new InputException(FormattableString.Invariant($"the dead zone is {Threshold}; it has to lie in [0, 1) (0 is SignGD)."));
        return this;
    }

    /// <inheritdoc/>
    public override void Direction(GradientLayout layout, OptimizerState<double> state, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(state);
        state.Step++;
        for (int r = 0; r < layout.Neurons; r++)
        {
            Row(r, layout.Stride, layout.Columns, gradient, exponents, direction);
            Row(layout.KeyAt + r, layout.Stride, layout.Columns, gradient, exponents, direction);
        }
        for (int c = 0; c < layout.Columns; c++)
            for (int k = layout.Neurons; k < layout.Stride; k++) direction[c * layout.Stride + k] = direction[layout.KeyAt + c * layout.Stride + k] = 0;
        Row(layout.ValueAt, 1, layout.Columns, gradient, exponents, direction);
    }

    private void Row(int first, int stride, int columns, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction)
    {
        double largest = 0;
        int top = 0;
        for (int c = 0; c < columns; c++)
        {
            int k = first + c * stride, e = exponents.IsEmpty ? 0 : exponents[k];
            double size = Math.Abs(gradient[k]);
            if (size == 0 || largest != 0 && !(Math.ScaleB(size, e - top) > largest)) continue;
            (largest, top) = (size, e);
        }
        double bound = Threshold * largest;
        for (int c = 0; c < columns; c++)
        {
            int k = first + c * stride, e = exponents.IsEmpty ? 0 : exponents[k];
            double g = gradient[k];
            // Without a zone every sign counts, however far below the row's maximum it lies.
            bool moves = Threshold == 0 ? g != 0 : Math.ScaleB(Math.Abs(g), e - top) > bound;
            direction[k] = moves ? Math.Sign(g) : 0;
        }
    }
}
