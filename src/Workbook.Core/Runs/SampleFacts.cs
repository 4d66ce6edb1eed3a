using Workbook.Core.Data;

namespace Workbook.Core.Runs;

/// <summary>
/// Norms of the training noises that predictions and claims need, so that a stored trajectory can be judged without its data. All [n];
/// empty where the data has no signal and noise patches.
/// </summary>
/// <param name="Norm1">||xi_i||_1, written ell_i.</param>
/// <param name="Norm2Squared">||xi_i||_2^2.</param>
/// <param name="SharedNorm1">The part of ||xi_i||_1 on coordinates that another sample's noise touches too.</param>
public sealed record SampleFacts(double[] Norm1, double[] Norm2Squared, double[] SharedNorm1)
{
    /// <summary>No facts: the data has no noise patches to speak of.</summary>
    public static SampleFacts None { get; } = new([], [], []);

    /// <summary>Reads the norms off the data.</summary>
    public static SampleFacts Of(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.FamiliesRefused is not null) return None;
        var count = new int[data.Dimension];
        for (int i = 0; i < data.Count; i++)
            foreach (int c in data.Coordinates(data.Pair(i).Noise)) count[c]++;
        var facts = new SampleFacts(new double[data.Count], new double[data.Count], new double[data.Count]);
        for (int i = 0; i < data.Count; i++)
        {
            int noise = data.Pair(i).Noise;
            facts.Norm1[i] = data.Norm1(noise);
            facts.Norm2Squared[i] = data.Norm2Squared(noise);
            var at = data.Coordinates(noise);
            for (int e = 0; e < at.Length; e++)
                if (count[at[e]] > 1) facts.SharedNorm1[i] += Math.Abs(data.Values(noise)[e]);
        }
        return facts;
    }
}
