using System.Numerics;
using System.Runtime.InteropServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Optimizers;

/// <summary>
/// Sign gradient descent (equation 2.1 of the paper): direction(g) = sgn(g) coordinate by coordinate, sgn(0) = 0, sgn(NaN) = NaN.
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

    /// <summary><see cref="Sign"/> in the precision T: where the gradient is NaN so is the direction, and a run that diverged does not look converged.</summary>
    internal static void Signs<T>(ReadOnlySpan<T> gradient, Span<T> direction) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(double)) Sign.Of(MemoryMarshal.Cast<T, double>(gradient), MemoryMarshal.Cast<T, double>(direction));
        else if (typeof(T) == typeof(float)) Sign.Of(MemoryMarshal.Cast<T, float>(gradient), MemoryMarshal.Cast<T, float>(direction));
        else
            for (int k = 0; k < gradient.Length; k++) direction[k] = gradient[k] > T.Zero ? T.One : gradient[k] < T.Zero ? -T.One : gradient[k] == T.Zero ? T.Zero : gradient[k];
    }
}
