using Workbook.Core.Numerics;

namespace Workbook.Core.Sweeps;

/// <summary>Draws Latin hypercubes.</summary>
internal static class Hypercube
{
    /// <summary>Stream of the design: apart from those of runs.</summary>
    private const uint Stream = 64;

    /// <summary>Points [N, k] in [0, 1): in every column exactly one point in each of the N strata.</summary>
    public static double[,] Draw(int points, int dimensions, ulong seed)
    {
        var design = new double[points, dimensions];
        var order = new int[points];
        for (int k = 0; k < dimensions; k++)
        {
            var words = new RandomStream(seed, Stream, (ulong)k);
            for (int i = 0; i < points; i++) order[i] = i;
            for (int i = points - 1; i > 0; i--)
            {
                int j = words.Below((ulong)i, i + 1);
                (order[i], order[j]) = (order[j], order[i]);
            }
            for (int i = 0; i < points; i++) design[i, k] = (order[i] + (words.UInt64((ulong)(points + i)) >> 11) * (1.0 / (1UL << 53))) / points;
        }
        return design;
    }
}
