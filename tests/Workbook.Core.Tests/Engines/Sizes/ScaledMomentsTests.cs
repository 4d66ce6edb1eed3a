using Workbook.Core.Optimizers;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>Rules that remember, with exponents: coordinates side by side are each as alone, where a coordinate goes the scalar way, to the last bit.</summary>
public sealed class ScaledMomentsTests
{
    private const int Steps = 40;

    private static readonly double[] Special = [0, -0.0, double.Epsilon, -1e-310, double.MaxValue, 1e-300, -1];

    private static readonly int[] Far = [0, 0, -1, -1000, -1100, -5000, 900, -1_000_000_000];

    public static TheoryData<int> Coordinates => [.. Enumerable.Range(1, 18), 33];

    [Theory]
    [MemberData(nameof(Coordinates))]
    public void Coordinates_side_by_side_are_each_as_alone(int coordinates)
    {
        var random = new Random(coordinates);
        double[][] gradients = [.. Enumerable.Range(0, Steps).Select(_ => Enumerable.Range(0, coordinates).Select(_ => random.Next(3) == 0 ? Special[random.Next(Special.Length)] : random.NextDouble() - 0.5).ToArray())];
        int[][] exponents = [.. Enumerable.Range(0, Steps).Select(t => t < 3 || t % 7 == 6 ? [] : Enumerable.Range(0, coordinates).Select(_ => Far[random.Next(Far.Length)]).ToArray())];
        // In the end one of them is no number.
        gradients[^1][^1] = double.NaN;
        foreach (Optimizer rule in (Optimizer[])[new SignMomentum(1.0, 0), new SignMomentum(1.0, 0.9), new Adam(1.0, 0.9, 0.999, 0), new Adam(1.0, 0.9, 0.99, 1e-8), new Adam(1.0, 0, 0.5, 0)])
        {
            double[][] together = Directions(rule, gradients, exponents);
            for (int k = 0; k < coordinates; k++)
            {
                double[][] alone = Directions(rule, [.. gradients.Select(g => g[k..(k + 1)])], [.. exponents.Select(e => e.Length == 0 ? e : e[k..(k + 1)])]);
                for (int t = 0; t < Steps; t++) Assert.Equal(alone[t][0], together[t][k]);
            }
            Assert.True(double.IsNaN(together[^1][^1]));
        }
    }

    private static double[][] Directions(Optimizer rule, double[][] gradients, int[][] exponents)
    {
        OptimizerState<double> state = rule.CreateState<double>(gradients[0].Length);
        return [.. gradients.Zip(exponents, (g, e) =>
        {
            var direction = new double[g.Length];
            rule.Direction<double>(state, g, e, direction);
            return direction;
        })];
    }
}
