using System.Runtime.InteropServices;

namespace Workbook.Core.Optimizers;

/// <summary>
/// Sign with momentum ("signum"): m &lt;- beta m + (1 - beta) g, direction = sgn(m). With beta = 0 this is SignGD.
/// </summary>
/// <param name="Eta">Learning rate.</param>
/// <param name="Beta">beta in [0, 1).</param>
public sealed record SignMomentum(LearningRate Eta, double Beta = 0.9) : Optimizer(Eta)
{
    /// <inheritdoc/>
    public override string Name => "signum";

    /// <inheritdoc/>
    public override string Title => "Sign with momentum";

    /// <inheritdoc/>
    public override Closure Closure => Closure.ScaleInvariant;

    /// <inheritdoc/>
    public override Optimizer Validate()
    {
        CheckBeta("beta1", Beta);
        return this;
    }

    /// <inheritdoc/>
    public override OptimizerState<T> CreateState<T>(int coordinates) => new(coordinates, first: true, second: false);

    /// <inheritdoc/>
    public override void Direction<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents, Span<T> direction)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Step++;
        T beta = T.CreateChecked(Beta), rest = T.One - beta;
        T[] m = state.First;
        if (exponents.IsEmpty && state.Exponent is null)
            for (int k = 0; k < m.Length; k++) m[k] = beta * m[k] + rest * gradient[k];
        else
            Scaled(state, beta, rest, gradient, exponents);
        SignGd.Signs<T>(m, direction);
    }

    private static void Scaled<T>(OptimizerState<T> state, T beta, T rest, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        int[] e = state.UseExponents();
        T[] m = state.First;
        int done = typeof(T) != typeof(double) ? 0
            : ScaledMoments.Momentum(double.CreateChecked(beta), double.CreateChecked(rest), MemoryMarshal.Cast<T, double>(m.AsSpan()), e, MemoryMarshal.Cast<T, double>(gradient), exponents);
        for (int k = done; k < m.Length; k++)
        {
            T old = beta * m[k], g = rest * gradient[k];
            int ge = exponents.IsEmpty ? 0 : exponents[k];
            int now = ScaledNumber.Top((old, e[k]), (g, ge));
            m[k] = T.ScaleB(old, e[k] - now) + T.ScaleB(g, ge - now);
            e[k] = now;
        }
    }
}
