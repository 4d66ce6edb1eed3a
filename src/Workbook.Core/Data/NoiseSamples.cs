using Workbook.Core.Numerics;

namespace Workbook.Core.Data;

/// <summary>
/// Samples of <see cref="SignalNoise"/> as evaluation reads them: label, support and noise values. Which patch comes first is left out, since the
/// model does not see it. Room for some samples, filled as often as one likes.
/// </summary>
internal sealed class NoiseSamples
{
    private ulong[]? _words;
    private SupportSampler? _sampler;

    /// <summary>Room for <paramref name="capacity"/> samples with supports of <paramref name="s"/> coordinates.</summary>
    public NoiseSamples(int s, int capacity)
    {
        S = s;
        Pitch = s + (s & 1);
        // Supports are drawn in whole vectors of samples, and written in whole vectors; evaluation looks some coordinates ahead.
        int whole = checked((capacity + SubsetLanes.Lanes - 1) / SubsetLanes.Lanes * SubsetLanes.Lanes);
        Labels = GC.AllocateUninitializedArray<double>(whole);
        Index = GC.AllocateUninitializedArray<int>(checked(whole * Pitch + 8));
        Value = GC.AllocateUninitializedArray<double>(checked(whole * Pitch));
    }

    /// <summary>Coordinates of a support.</summary>
    public int S { get; }

    /// <summary>From sample to sample: s, made even.</summary>
    public int Pitch { get; }

    /// <summary>y, +1 or -1.</summary>
    public double[] Labels { get; }

    /// <summary>Coordinates of sample j in increasing order, from j * <see cref="Pitch"/>.</summary>
    public int[] Index { get; }

    /// <summary>The values at the same places.</summary>
    public double[] Value { get; }

    /// <summary>Random words of the supports, where these are drawn one by one.</summary>
    public ulong[] Words => _words ??= new ulong[Value.Length];

    /// <summary>Draws supports one by one.</summary>
    public SupportSampler Sampler(int size) => _sampler ??= new SupportSampler(size);

    /// <summary>The support of sample j.</summary>
    public Span<int> Support(int j) => Index.AsSpan(j * Pitch, S);

    /// <summary>The noise of sample j on its support.</summary>
    public Span<double> Noise(int j) => Value.AsSpan(j * Pitch, S);
}
