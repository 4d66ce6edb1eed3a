using CsCheck;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Xunit;

namespace Workbook.Core.Tests.Theory;

/// <summary>Shares of aligned signs against their definitions word for word, at widths on both sides of a vector's length; and the questions that stop at the first exception.</summary>
public sealed class StageQuantitiesTests
{
    private static readonly double[] s_values = [1, 2, 0.5, 1e-300, -1, -1e-300, 0, -0.0, double.NaN, double.PositiveInfinity];

    /// <summary>Mostly aligned, so that "all" is true often enough.</summary>
    private static readonly Gen<(int N, int M, int Seed, bool Kind)> s_shapes = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 19], Gen.Int, Gen.Bool);

    [Fact]
    public void Shares_are_what_their_definitions_say()
    {
        s_shapes.Sample(shape =>
        {
            Trajectory run = Draw(shape);
            int n = shape.N, m = shape.M;
            for (int row = 0; row < 2; row++)
            {
                double Sign(double x) => double.IsNaN(x) ? 0 : Math.Sign(x);
                double Q(int i, int r) => run.QueryNoise[(row * n + i) * m + r];
                double K(int i, int r) => run.KeyNoise[(row * n + i) * m + r];
                double Mu(int r) => run.QuerySignal[row * m + r];
                var pairs = from i in Enumerable.Range(0, n) from r in Enumerable.Range(0, m) select (i, r);
                double aligned = pairs.Count(p => Sign(Q(p.i, p.r)) * Sign(K(p.i, p.r)) > 0) / (double)(n * m);
                double key = pairs.Count(p => Sign(K(p.i, p.r)) * Sign(Mu(p.r)) > 0) / (double)(n * m);
                double query = pairs.Count(p => Sign(Q(p.i, p.r)) * Sign(Mu(p.r)) > 0) / (double)(n * m);
                double majority = Enumerable.Range(0, m).Count(r =>
                    Sign(Mu(r)) * Sign(Enumerable.Range(0, n).Aggregate(0.0, (sum, i) => sum + K(i, r))) > 0 && Sign(run.KeySignal[row * m + r]) * Sign(Mu(r)) < 0) / (double)m;
                Assert.Equal(aligned, StageQuantities.AlignedPairs(run, row));
                Assert.Equal(key, StageQuantities.KeyNoiseWithSignal(run, row));
                Assert.Equal(query, StageQuantities.QueryNoiseWithSignal(run, row));
                Assert.Equal(majority, StageQuantities.MajorityNeurons(run, row));
                Assert.Equal(aligned == 1, StageQuantities.AllPairsAligned(run, row));
                Assert.Equal(key == 1, StageQuantities.AllKeyNoiseWithSignal(run, row));
                Assert.Equal(query == 1, StageQuantities.AllQueryNoiseWithSignal(run, row));
                Assert.Equal(majority == 1, StageQuantities.AllNeuronsMajority(run, row));
            }
        });
    }

    [Fact]
    public void A_median_is_below_where_it_is_below()
    {
        Gen.Select(Gen.Double[0, 1].Array[1, 9], Gen.Double[0, 1], Gen.Int[0, 9]).Sample((values, threshold, odd) =>
        {
            // Ties with the threshold, and now and then what is not a number.
            if (odd < values.Length) values[odd] = odd == 3 ? double.NaN : threshold;
            var run = new Trajectory([0], values.Length, 1, SampleFacts.None);
            values.CopyTo(run.S21, 0);
            Assert.Equal(StageQuantities.Median(run, run.S21, 0) < threshold, StageQuantities.MedianBelow(run, run.S21, 0, threshold));
        });
    }

    private static Trajectory Draw((int N, int M, int Seed, bool Mixed) shape)
    {
        var random = new Random(shape.Seed);
        var run = new Trajectory([0, 1], shape.N, shape.M, SampleFacts.None);
        int most = shape.Mixed ? s_values.Length : 4;
        foreach (double[] column in (double[][])[run.QueryNoise, run.KeyNoise, run.QuerySignal])
            for (int k = 0; k < column.Length; k++) column[k] = s_values[random.Next(most)];
        for (int k = 0; k < run.KeySignal.Length; k++) run.KeySignal[k] = -s_values[random.Next(most)];
        return run;
    }
}
