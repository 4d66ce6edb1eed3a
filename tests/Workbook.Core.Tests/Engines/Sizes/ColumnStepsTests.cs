using Workbook.Core.Engines.Support;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>A step of SignGD column by column is, to the last bit, a gradient, a step and a projection one after the other.</summary>
public sealed unsafe class ColumnStepsTests
{
    // Up to 13 vectors of 512 bits: two strips and a remainder.
    public static TheoryData<int> Pitches => [.. Enumerable.Range(1, 13).Select(vectors => 8 * vectors)];

    [Theory]
    [MemberData(nameof(Pitches))]
    public void One_pass_over_the_columns_has_the_bits_of_three(int pitch)
    {
        var random = new Random(pitch);
        // Columns of one, two, three and any number of patches, in runs and alone; patches of no column too.
        int[] entries = [2, 2, 1, 3, 3, 3, 7, 0, 1, 1, 4, 2];
        const int Patches = 9;
        var start = new int[entries.Length + 1];
        for (int k = 0; k < entries.Length; k++) start[k + 1] = start[k] + entries[k];
        int[] index = [.. entries.SelectMany(n => Enumerable.Range(0, Patches - 1).OrderBy(_ => random.Next()).Take(n).Order())];
        double[] x = Draw(index.Length), scaled = [.. x.Select(v => v / 64)];
        (int End, int Entries)[] runs = [(2, 2), (3, 1), (6, 3), (8, 0), (10, 1), (11, 0), (12, 2)];
        foreach (double[] g in (double[][])[x, scaled])
        {
            double[] c = Draw(Patches * pitch), w = Draw(entries.Length * pitch), y = new double[Patches * pitch];
            // Signs of everything: zeros of both kinds, infinities, NaN, the smallest number.
            (c[0], c[pitch - 1], c[pitch], c[2 * pitch]) = (double.NaN, -0.0, double.PositiveInfinity, double.Epsilon);
            double[] expectedW = [.. w], gradient = new double[w.Length], expectedY = new double[y.Length];
            for (int k = 0; k < entries.Length; k++)
                for (int e = start[k]; e < start[k + 1]; e++)
                    for (int r = 0; r < pitch; r++) gradient[k * pitch + r] = Math.FusedMultiplyAdd(g[e], c[index[e] * pitch + r], gradient[k * pitch + r]);
            Sign.SignStep(expectedW, -0.125, gradient);
            for (int k = 0; k < entries.Length; k++)
                for (int e = start[k]; e < start[k + 1]; e++)
                    for (int r = 0; r < pitch; r++)
                        expectedY[index[e] * pitch + r] = Math.FusedMultiplyAdd(x[e], expectedW[k * pitch + r], expectedY[index[e] * pitch + r]);
            fixed (double* pc = c, pw = w, py = y) ColumnSteps.Run(new SparseMatrix(start, index, x), runs, g, pc, pw, py, pitch, 0.125);
            // Where no multiply-add is fused, a sum rounds twice.
            double rounding = System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? 0 : 1e-14;
            Near(expectedW, w, rounding);
            Near(expectedY, y, rounding);
        }

        double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() * 2 - 1)];
    }

    private static void Near(double[] expected, double[] actual, double rounding)
    {
        for (int k = 0; k < expected.Length; k++)
            if (!expected[k].Equals(actual[k])) Assert.InRange(Math.Abs(expected[k] - actual[k]), 0, rounding);
    }
}
