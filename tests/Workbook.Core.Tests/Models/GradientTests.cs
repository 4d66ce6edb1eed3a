using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Tests.Data;
using Workbook.Core.Tests.Engines;
using Xunit;

namespace Workbook.Core.Tests.Models;

/// <summary>The written-out gradient against the loss itself, one block at a time.</summary>
public sealed class GradientTests(ITestOutputHelper output)
{
    // Central differences at h = 1e-4, extrapolated once (h and h / 2): truncation h^4 ~ 1e-16, rounding 1e-16 / h ~ 1e-12 of a loss near 1,
    // against gradient entries whose largest is above 1e-3.
    private const double Step = 1e-4, Tolerance = 1e-8;

    public static TheoryData<WeightMatrix, int> Blocks()
    {
        var blocks = new TheoryData<WeightMatrix, int>();
        foreach (WeightMatrix matrix in Problems.Matrices)
            for (int length = 1; length <= 4; length++) blocks.Add(matrix, length);
        return blocks;
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_of_the_gradient_is_the_slope_of_the_loss(WeightMatrix block, int length)
    {
        double worst = 0, largest = 0;
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Dataset data = Problems.DenseData(4, length, 5, seed);
            TransformerWeights w = InitialWeights.Gaussian(new ModelSpec(3, 2, 0.5), 5, seed).Materialise();
            double[] gradient = TwoLayerTransformer.Gradient(w, data)[block];
            double scale = 0;
            for (int k = 0; k < gradient.Length; k++) scale = Math.Max(scale, Math.Abs(gradient[k]));
            largest = Math.Max(largest, scale);
            for (int k = 0; k < gradient.Length; k++)
            {
                double error = Math.Abs(Slope(w, block, k, data) - gradient[k]);
                worst = Math.Max(worst, scale == 0 ? error : error / scale);
            }
        }
        output.WriteLine(FormattableString.Invariant($"{TransformerWeights.Name(block)}, L = {length}: {worst:e1} of the largest entry {largest:e1}"));
        Assert.InRange(worst, 0, Tolerance);
        // With one patch attention is constant: the gradients of W_Q and W_K vanish, all others must not.
        Assert.Equal(length == 1 && block <= WeightMatrix.Key, largest == 0);
    }

    [Fact]
    public void The_value_rows_have_one_gradient_up_to_the_head()
    {
        TransformerWeights g = TwoLayerTransformer.Gradient(InitialWeights.Gaussian(new ModelSpec(3, 4, 0.5), 5, 1).Materialise(), Problems.DenseData(4, 3, 5, 1));
        for (int r = 0; r < 4; r++)
            for (int c = 0; c < 5; c++)
            {
                Assert.Equal(g.ValuePositive[c], g.ValuePositive[r * 5 + c]);
                Assert.Equal(-g.ValuePositive[c], g.ValueNegative[r * 5 + c]);
            }
    }

    [Fact]
    public void The_output_is_the_formula_written_with_full_matrices()
    {
        // A sum of at most 5 * 3 * 4 products of numbers near 1.
        const double Rounding = 1e-13;
        const int N = 3, L = 4, D = 5, MK = 3, MV = 2;
        Dataset data = Problems.DenseData(N, L, D, 9);
        TransformerWeights w = InitialWeights.Gaussian(new ModelSpec(MK, MV, 0.5), D, 9).Materialise();
        double[] x = data.ToDense(), f = TwoLayerTransformer.Forward(w, data);
        for (int i = 0; i < N; i++)
        {
            double expected = 0;
            for (int head = 1; head >= -1; head -= 2)
                for (int r = 0; r < MV; r++)
                    for (int a = 0; a < L; a++)
                    {
                        double below = 0, above = 0;
                        for (int b = 0; b < L; b++)
                        {
                            double score = 0, value = 0;
                            for (int k = 0; k < MK; k++) score += At(w.Query, k, a) * At(w.Key, k, b);
                            value = At(head == 1 ? w.ValuePositive : w.ValueNegative, r, b);
                            below += Math.Exp(score);
                            above += Math.Exp(score) * value;
                        }
                        expected += head * above / below / MV;
                    }
            Assert.Equal(expected, f[i], Rounding);

            double At(double[] matrix, int row, int patch) => Enumerable.Range(0, D).Sum(c => matrix[row * D + c] * x[(i * L + patch) * D + c]);
        }
    }

    [Fact]
    public void The_loss_is_accurate_at_any_margin()
    {
        // A few roundings of 1e-16 each.
        const double Rounding = 4e-15;
        foreach (double margin in (double[])[0, 1e-8, -1e-8, 0.5, -0.5, 3, -3, 20, -20, 36, -36, 100, -100, 700, -700])
        {
            // log(1 + e^-m) = -m + log(1 + e^m), each where it does not cancel; series for tiny exponentials.
            double e = Math.Exp(-Math.Abs(margin)), log = e < 1e-5 ? e - e * e / 2 + e * e * e / 3 : Math.Log(1 + e);
            double expected = margin >= 0 ? log : -margin + log;
            Assert.InRange(Math.Abs(LogisticLoss.Value(margin) - expected), 0, Rounding * Math.Max(expected, e > 1e-5 ? 1e-1 : 0));
            Assert.Equal(-e / (1 + e) * (margin >= 0 ? 1 : 1 / e), LogisticLoss.Derivative(margin), 1e-15);
            Assert.InRange(Math.Abs(LogisticLoss.LogValue(margin) - Math.Log(expected)), 0, 1e-13 * Math.Max(1, Math.Abs(Math.Log(expected))));
        }
        Assert.Equal(-5000, LogisticLoss.LogValue(5000));
        Assert.Equal(5000, LogisticLoss.Value(-5000));
        Assert.Equal(0, LogisticLoss.Value(5000));
        Assert.True(double.IsNaN(LogisticLoss.Value(double.NaN)));
    }

    [Fact]
    public void Weights_are_independent_of_each_other_and_drawn_column_by_column()
    {
        var model = new ModelSpec(5, 4, 0.1);
        TransformerWeights all = InitialWeights.Gaussian(model, 30, 3).Materialise();
        InitialWeights few = InitialWeights.Gaussian(model, 7, 3);
        foreach (WeightMatrix matrix in Problems.Matrices)
        {
            var column = new double[all.Rows(matrix)];
            few.Column(matrix, 6, column);
            Assert.Equal(column, Enumerable.Range(0, column.Length).Select(r => all[matrix][r * 30 + 6]));
        }
        Assert.Equal(4, Problems.Matrices.Select(m => all[m][0]).Distinct().Count());
        double[] v = all.MeanValue();
        var scratch = new double[4];
        // Two sums of four numbers near 0.1 in different orders.
        for (int c = 0; c < 7; c++) Assert.Equal(v[c], few.MeanValue(c, scratch), 1e-16);
    }

    [Fact]
    public void Initial_weights_are_normal_with_standard_deviation_sigma_0()
    {
        const int Rows = 50, D = 400;
        TransformerWeights w = InitialWeights.Gaussian(new ModelSpec(Rows, Rows, 1e-3), D, 8).Materialise();
        foreach (WeightMatrix matrix in Problems.Matrices)
        {
            double mean = w[matrix].Average() / 1e-3, second = w[matrix].Average(x => x * x) / 1e-6;
            // Five standard errors of 20,000 draws; the seed is fixed, so this passes always or never.
            Assert.InRange(Math.Abs(mean), 0, 5 / Math.Sqrt(Rows * D));
            Assert.InRange(Math.Abs(second - 1), 0, 5 * Math.Sqrt(2.0 / (Rows * D)));
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Complaint.Of(() => new ModelSpec(0, 1, 1).Validate(), "m_k is 0; it has to lie in 1 .. 1048576");
        Complaint.Of(() => new ModelSpec(1, -3, 1).Validate(), "m_v is -3");
        foreach (double sigma in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            Complaint.Of(() => new ModelSpec(1, 1, sigma).Validate(), FormattableString.Invariant($"sigma_0 is {sigma}; it has to be positive and finite"));
        Complaint.Of(() => _ = new TransformerWeights(2, 1, 3, new double[6], new double[5], new double[3], new double[3]), "W_K has 5 entries; [2, 3] needs 6");
        Complaint.Of(() => _ = new TransformerWeights(1, 1, 1, [1], [1], [double.NaN], [1]), "an entry of W_V_pos is not finite");
        Complaint.Of(() => TwoLayerTransformer.Loss(new TransformerWeights(1, 1, 4), Problems.DenseData(1, 2, 5, 1)), "the weights have 4 columns; the data has dimension 5");
    }

    private static double Slope(TransformerWeights w, WeightMatrix block, int k, Dataset data)
    {
        double coarse = Central(Step), fine = Central(Step / 2);
        return (4 * fine - coarse) / 3;

        double Central(double h)
        {
            double at = w[block][k];
            w[block][k] = at + h;
            double up = TwoLayerTransformer.Loss(w, data);
            w[block][k] = at - h;
            double down = TwoLayerTransformer.Loss(w, data);
            w[block][k] = at;
            return (up - down) / (2 * h);
        }
    }
}
