using System.Numerics;

namespace Workbook.Core.Optimizers;

/// <summary>
/// Sign gradient descent (equation 2.1 of the paper): direction(g) = sgn(g) coordinate by coordinate, sgn(0) = 0.
/// </summary>
public sealed record SignGd(LearningRate Eta) : Optimizer(Eta)
{
    /// <inheritdoc/>
    public override string Name => "signgd";

    /// <inheritdoc/>
    public override string Title => "SignGD";

    /// <inheritdoc/>
    public override Closure Closure => Closure.ScaleInvariant;

    /// <inheritdoc/>
    public override OptimizerState<T> CreateState<T>(int coordinates) => new(coordinates, first: false, second: false);

    /// <inheritdoc/>
    public override void Direction<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents, Span<T> direction)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Step++;
        // A binary exponent never changes a sign.
        Signs(gradient, direction);
    }

    internal static void Signs<T>(ReadOnlySpan<T> gradient, Span<T> direction) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (one, zero) = (Vector<T>.One, Vector<T>.Zero);
        int k = 0;
        for (; k <= gradient.Length - Vector<T>.Count; k += Vector<T>.Count)
        {
            var g = new Vector<T>(gradient[k..]);
            var up = Vector.ConditionalSelect(Vector.GreaterThan(g, zero), one, zero);
            Vector.ConditionalSelect(Vector.LessThan(g, zero), -one, up).CopyTo(direction[k..]);
        }
        for (; k < gradient.Length; k++)
            direction[k] = gradient[k] > T.Zero ? T.One : gradient[k] < T.Zero ? -T.One : T.Zero;
    }
}
