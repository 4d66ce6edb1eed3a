using Workbook.Core.Data;

namespace Workbook.Core.Engines;

/// <summary>
/// From the projections of all patches (q, k: rows of a padded stride; u: one number) to losses and descent coefficients along
/// each patch, laid out as the projections. Where some coefficients are <see cref="Scaled"/>, a true value is its entry times 2^exponent.
/// </summary>
internal unsafe interface IAttentionPass<T>
{
    Span<T> QueryCoefficient { get; }

    Span<T> KeyCoefficient { get; }

    Span<T> ValueCoefficient { get; }

    bool Scaled { get; }

    void Forward(ReadOnlySpan<T> q, ReadOnlySpan<T> k, ReadOnlySpan<T> u);

    void Backward(ReadOnlySpan<T> q, ReadOnlySpan<T> k, ReadOnlySpan<T> u);

    /// <summary>The exponents of the coefficients of each patch: of W_Q, W_K, W_V and a place that is left out (<see cref="Support.ScaledEntries"/>).</summary>
    void TakeExponents(double* into);

    void Observe(Dataset data, Observation into);
}
