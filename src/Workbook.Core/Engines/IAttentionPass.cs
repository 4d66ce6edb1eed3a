using Workbook.Core.Data;

namespace Workbook.Core.Engines;

/// <summary>
/// From the projections of all patches (q, k: rows of a padded stride; u: one number) to losses and descent coefficients along
/// each patch, laid out as the projections. A coefficient's true value is its entry times 2^exponent.
/// </summary>
internal interface IAttentionPass<T>
{
    Span<T> QueryCoefficient { get; }

    Span<T> KeyCoefficient { get; }

    Span<T> ValueCoefficient { get; }

    int[] QueryExponent { get; }

    int[] KeyExponent { get; }

    int[] ValueExponent { get; }

    bool Scaled { get; }

    void Forward(ReadOnlySpan<T> q, ReadOnlySpan<T> k, ReadOnlySpan<T> u);

    void Backward(ReadOnlySpan<T> q, ReadOnlySpan<T> k, ReadOnlySpan<T> u);

    void Observe(Dataset data, Observation into);
}
