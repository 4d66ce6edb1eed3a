namespace Workbook.Core.Optimizers;

/// <summary>
/// eta_t: constant, or one value per step; after the last value given, that value stays.
/// </summary>
public sealed class LearningRate : IEquatable<LearningRate>
{
    private readonly double[] _values;

    /// <summary>A constant rate, or one per step.</summary>
    /// <exception cref="InputException">No value, or one that is not positive and finite.</exception>
    public LearningRate(params double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length == 0) throw new InputException("the learning rate has no value; at least one is needed.");
        foreach (double eta in values)
            if (!(eta > 0) || !double.IsFinite(eta))
                throw new InputException(FormattableString.Invariant($"eta is {eta}; it has to be positive and finite."));
        _values = [.. values];
    }

    /// <summary>The rate where it never changes, else null.</summary>
    public double? Constant => Array.TrueForAll(_values, eta => eta == _values[0]) ? _values[0] : null;

    /// <summary>The values as given.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>eta_t of step t, counted from 0.</summary>
    public double At(int t) => _values[Math.Min(t, _values.Length - 1)];

    /// <summary>A constant rate.</summary>
    public static implicit operator LearningRate(double eta) => new(eta);

    /// <inheritdoc/>
    public bool Equals(LearningRate? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LearningRate);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_values.Length, _values[0], _values[^1]);
}
