namespace Workbook.Core.Optimizers;

/// <summary>
/// Between GD and SignGD:
/// <code>
/// direction(g)_c = C |g_c|^p sgn(g_c)          C = N / sum_c |g_c(0)|^p
/// </code>
/// N is the number of weights with a gradient at the first step, so that the first step has the l1 norm N of SignGD's. p = 0 is SignGD (C = 1); p = 1 is
/// gradient descent with the rate eta C.
/// </summary>
/// <remarks>
/// One C for all weights, not one per matrix: with two factors p = 1 would be gradient descent with two rates, and what p does to the relative
/// pace of attention and value would be hidden. C is set by the first step with a gradient and never changed.
/// <para>
/// A gradient m 2^e gives |m|^p 2^(p e): for small p that is an ordinary number long after the gradient itself has left the double range; where it has
/// not, what underflows is smaller than any rounding of the weights.
/// </para>
/// </remarks>
/// <param name="Eta">Learning rate.</param>
/// <param name="Power">p in [0, 1].</param>
public sealed record SignPower(LearningRate Eta, double Power) : WholeGradientRule(Eta)
{
    /// <inheritdoc/>
    public override string Name => "sign-power";

    /// <inheritdoc/>
    public override string Title => FormattableString.Invariant($"|g|^p sgn(g), p = {Power}");

    /// <inheritdoc/>
    public override Optimizer Validate()
    {
        if (!(Power >= 0 && Power <= 1)) throw new InputException(FormattableString.Invariant($"the power p is {Power}; it has to lie in [0, 1] (0 is SignGD, 1 is GD)."));
        return this;
    }

    /// <summary>First holds log2 C, Second a 1 once it is set.</summary>
    public override OptimizerState<T> CreateState<T>(int coordinates) => new(1, first: true, second: true);

    /// <inheritdoc/>
    public override void Direction(GradientLayout layout, OptimizerState<double> state, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(state);
        state.Step++;
        if (state.Second[0] == 0) SetScale(layout, state, gradient, exponents);
        double log = state.First[0], scale = double.Exp2(log);
        for (int k = 0; k < gradient.Length; k++)
        {
            double g = gradient[k];
            int e = exponents.IsEmpty ? 0 : exponents[k];
            direction[k] = g == 0 ? 0 : Math.CopySign((e == 0 ? scale : double.Exp2(log + Power * e)) * Magnitude(g), g);
        }
    }

    private double Magnitude(double g) => Power switch { 0 => 1, 0.5 => Math.Sqrt(Math.Abs(g)), 1 => Math.Abs(g), _ => Math.Pow(Math.Abs(g), Power) };

    private void SetScale(GradientLayout layout, OptimizerState<double> state, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents)
    {
        int top = Top(gradient, exponents);
        if (top == int.MinValue) return;
        double sum = 0, count = 0;
        for (int k = 0; k < gradient.Length; k++)
        {
            if (gradient[k] == 0) continue;
            double e = (exponents.IsEmpty ? 0 : exponents[k]) - top;
            sum += layout.Copies(k) * Magnitude(gradient[k]) * double.Exp2(Power * e);
            count += layout.Copies(k);
        }
        state.First[0] = Power == 0 ? 0 : Math.Log2(count / sum) - Power * top;
        state.Second[0] = 1;
    }
}
