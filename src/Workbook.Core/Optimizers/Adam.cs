using System.Numerics;
using System.Runtime.InteropServices;

namespace Workbook.Core.Optimizers;

/// <summary>
/// Adam with bias correction, no weight decay:
/// <code>
/// m &lt;- beta1 m + (1 - beta1) g          m_hat = m / (1 - beta1^t)
/// v &lt;- beta2 v + (1 - beta2) g^2        v_hat = v / (1 - beta2^t)
/// direction = m_hat / (sqrt(v_hat) + eps)
/// </code>
/// eps stands outside the root and is not scaled by the bias correction (as in PyTorch). With eps = 0 a coordinate whose
/// gradients were all zero has direction 0; beta1 = beta2 = eps = 0 is SignGD.
/// </summary>
/// <param name="Eta">Learning rate.</param>
/// <param name="Beta1">beta1 in [0, 1).</param>
/// <param name="Beta2">beta2 in [0, 1).</param>
/// <param name="Epsilon">eps, at least 0.</param>
public sealed record Adam(LearningRate Eta, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8) : Optimizer(Eta)
{
    /// <inheritdoc/>
    public override string Name => "adam";

    /// <inheritdoc/>
    public override string Title => "Adam";

    /// <inheritdoc/>
    public override Closure Closure => Epsilon == 0 ? Closure.ScaleInvariant : Closure.None;

    /// <inheritdoc/>
    public override Optimizer Validate()
    {
        CheckBeta("beta1", Beta1);
        CheckBeta("beta2", Beta2);
        if (!(Epsilon >= 0) || !double.IsFinite(Epsilon))
            throw new InputException(FormattableString.Invariant($"eps is {Epsilon}; it has to be at least 0 and finite."));
        return this;
    }

    /// <inheritdoc/>
    public override OptimizerState<T> CreateState<T>(int coordinates) => new(coordinates, first: true, second: true);

    /// <inheritdoc/>
    public override void Direction<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents, Span<T> direction)
    {
        ArgumentNullException.ThrowIfNull(state);
        int t = ++state.Step;
        // Divisions are what a step costs: the corrections are divided by once, here.
        T correction1 = T.CreateChecked(1 / (1 - Math.Pow(Beta1, t))), correction2 = T.CreateChecked(1 / (1 - Math.Pow(Beta2, t)));
        if (exponents.IsEmpty && state.Exponent is null)
            Plain(state, gradient, direction, correction1, correction2);
        else
            Scaled(state, gradient, exponents, direction, correction1, correction2);
    }

    private void Plain<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, Span<T> direction, T correction1, T correction2)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T b1 = T.CreateChecked(Beta1), b2 = T.CreateChecked(Beta2), eps = T.CreateChecked(Epsilon);
        T r1 = T.One - b1, r2 = T.One - b2;
        T[] m = state.First, v = state.Second;
        int k = 0;
        for (; k <= m.Length - Vector<T>.Count; k += Vector<T>.Count)
        {
            var g = new Vector<T>(gradient[k..]);
            var mk = new Vector<T>(m, k) * b1 + g * r1;
            var vk = new Vector<T>(v, k) * b2 + g * g * r2;
            mk.CopyTo(m, k);
            vk.CopyTo(v, k);
            var root = Vector.SquareRoot(vk * new Vector<T>(correction2)) + new Vector<T>(eps);
            // 0 / 0 is 0 here: nothing was ever seen in this coordinate.
            Vector.ConditionalSelect(Vector.Equals(root, Vector<T>.Zero), Vector<T>.Zero, mk * new Vector<T>(correction1) / root).CopyTo(direction[k..]);
        }
        for (; k < m.Length; k++)
        {
            T g = gradient[k];
            m[k] = m[k] * b1 + g * r1;
            v[k] = v[k] * b2 + g * g * r2;
            T root = T.Sqrt(v[k] * correction2) + eps;
            direction[k] = T.IsZero(root) ? T.Zero : m[k] * correction1 / root;
        }
    }

    /// <summary>The same with moments m 2^e, v 2^(2e): the largest of the three terms is brought to about 1 first.</summary>
    private void Scaled<T>(OptimizerState<T> state, ReadOnlySpan<T> gradient, ReadOnlySpan<int> exponents, Span<T> direction, T correction1, T correction2)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T b1 = T.CreateChecked(Beta1), b2 = T.CreateChecked(Beta2), eps = T.CreateChecked(Epsilon);
        T[] m = state.First, v = state.Second;
        int[] e = state.UseExponents();
        int done = 0;
        if (typeof(T) == typeof(double))
        {
            var rates = new ScaledMoments.AdamRates(Beta1, Beta2, double.CreateChecked(correction1), double.CreateChecked(correction2), Epsilon);
            done = ScaledMoments.Adam(rates, MemoryMarshal.Cast<T, double>(m.AsSpan()), MemoryMarshal.Cast<T, double>(v.AsSpan()), e, MemoryMarshal.Cast<T, double>(gradient), exponents, MemoryMarshal.Cast<T, double>(direction));
        }
        for (int k = done; k < m.Length; k++)
        {
            T g = gradient[k], oldM = m[k] * b1, rootV = T.Sqrt(v[k] * b2);
            int ge = exponents.IsEmpty ? 0 : exponents[k];
            int now = ScaledNumber.Top((g, ge), (T.Max(T.Abs(oldM), rootV), e[k]));
            T gn = T.ScaleB(g, ge - now), root = T.ScaleB(rootV, e[k] - now);
            m[k] = T.ScaleB(oldM, e[k] - now) + (T.One - b1) * gn;
            v[k] = root * root + (T.One - b2) * gn * gn;
            e[k] = now;
            // eps is absolute: it comes to this coordinate's scale, or swamps it.
            T below = T.Sqrt(v[k] * correction2) + (T.IsZero(eps) ? eps : T.ScaleB(eps, -now));
            direction[k] = T.IsZero(below) || T.IsInfinity(below) ? T.Zero : m[k] * correction1 / below;
        }
    }
}
