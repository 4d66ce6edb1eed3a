using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines.Deep;

/// <summary>The direction of a rule, in place.</summary>
internal static class Directions
{
    /// <summary>gradient &lt;- direction(gradient); exponents as in <see cref="Optimizer.Direction"/>.</summary>
    public static void Write(Optimizer rule, OptimizerState<double> state, Span<double> gradient, ReadOnlySpan<int> exponents)
    {
        if (rule is SignGd)
        {
            // The same signs from a kernel with the longest vectors; but sgn(NaN) is NaN here, so that a run which has diverged shows it.
            state.Step++;
            Sign.Of(gradient, gradient);
        }
        else rule.Direction(state, gradient, exponents, gradient);
    }
}
