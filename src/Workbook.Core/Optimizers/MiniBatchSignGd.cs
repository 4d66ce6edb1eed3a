using Workbook.Core.Data;
using Workbook.Core.Numerics;

namespace Workbook.Core.Optimizers;

/// <summary>
/// SignGD on mini-batches: at each step <c>direction(g) = sgn</c> of the gradient of b samples, drawn without replacement and independently of other steps.
/// b = n is SignGD.
/// </summary>
/// <remarks>
/// Step t takes the first b of a Fisher-Yates shuffle of 0 .. n-1 with the words 0 .. b-1 of substream t of <see cref="Streams.MiniBatch"/>, keyed by
/// <paramref name="Seed"/>.
/// </remarks>
/// <param name="Eta">Learning rate.</param>
/// <param name="Batch">b, in 1 .. n.</param>
/// <param name="Seed">Seed of the draws.</param>
public sealed record MiniBatchSignGd(LearningRate Eta, int Batch, ulong Seed) : WholeGradientRule(Eta)
{
    /// <inheritdoc/>
    public override string Name => "minibatch-signgd";

    /// <inheritdoc/>
    public override string Title => FormattableString.Invariant($"Mini-batch SignGD, b = {Batch}");

    /// <inheritdoc/>
    public override Optimizer Validate()
    {
        if (Batch < 1) throw new InputException($"the batch size is {Batch}; it has to lie in 1 .. n.");
        return this;
    }

    /// <inheritdoc/>
    public override void CheckSamples(int n)
    {
        if (Batch > n) throw new InputException($"the batch size is {Batch}; it has to lie in 1 .. n = {n}.");
    }

    /// <inheritdoc/>
    public override void Choose(int step, Span<bool> chosen)
    {
        int n = chosen.Length;
        chosen.Fill(Batch == n);
        if (Batch == n) return;
        var words = new RandomStream(Seed, Streams.MiniBatch, (ulong)step);
        Span<int> order = n <= 256 ? stackalloc int[n] : new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        for (int i = 0; i < Batch; i++)
        {
            int j = i + words.Below((ulong)i, n - i);
            (order[i], order[j]) = (order[j], order[i]);
            chosen[order[i]] = true;
        }
    }

    /// <inheritdoc/>
    public override void Direction(GradientLayout layout, OptimizerState<double> state, ReadOnlySpan<double> gradient, ReadOnlySpan<int> exponents, Span<double> direction)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Step++;
        SignGd.Signs(gradient, direction);
    }
}
