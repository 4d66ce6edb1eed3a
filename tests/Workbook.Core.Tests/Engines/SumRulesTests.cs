using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Xunit;

namespace Workbook.Core.Tests.Engines;

/// <summary>What holds at every step whatever the numbers are.</summary>
public sealed class SumRulesTests
{
    // A sum of two numbers near 1/2, each with an error of an ulp or two.
    private const double SumToOne = 1e-14;

    // Sums over the coordinates of a patch, and over up to a hundred steps, of roundings of 1.1e-16.
    private const double Accumulated = 1e-12;

    [Fact]
    public void Softmax_rows_sum_to_one()
    {
        // s_12 is s_11 with the two patches' roles exchanged: the same data, seen with the noise as signal patch.
        Gen.Select(Problems.Distributions, Gen.ULong, Problems.OneOf("dense", "support")).Sample((distribution, seed, name) =>
        {
            TrainingProblem problem = Problems.SignalNoise(distribution, new SignGd(0.02), seed, new ModelSpec(4, 2, 0.3));
            Dataset data = problem.Data;
            var swapped = problem with { Data = new Dataset(2, data.Dimension, data.Labels, data.RowStart, data.Index, data.Value, data.Mu, [.. data.SignalPatch!.Select(l => 1 - l)]) };
            var mine = Problems.Train(Problems.Engine(name, problem), 20);
            var other = Problems.Train(Problems.Engine(name, swapped), 20);
            foreach (var ((_, a), (_, b)) in mine.Zip(other))
                for (int i = 0; i < data.Count; i++)
                {
                    // b.S11 is s_22, b.S21 is s_12 of the same sample.
                    Assert.Equal(1, Math.Exp(a.LogS11[i]) + Math.Exp(b.LogS21[i]), SumToOne);
                    Assert.Equal(1, Math.Exp(a.LogS21[i]) + Math.Exp(b.LogS11[i]), SumToOne);
                    Assert.True(a.LogS11[i] <= 0 && a.LogS21[i] <= 0);
                }
        }, iter: 40);
    }

    [Fact]
    public void Under_SignGD_the_value_moves_by_exactly_2_eta_and_2_eta_ell()
    {
        const double Eta = 3e-3;
        Gen.Select(Problems.Distributions.Where(g => g.Supports == SupportMode.Disjoint), Gen.ULong, Problems.OneOf(Problems.EngineNames)).Sample((distribution, seed, name) =>
        {
            TrainingProblem problem = Problems.SignalNoise(distribution, new SignGd(Eta), seed);
            double[] ell = SampleFacts.Of(problem.Data).Norm1;
            var rows = Problems.Train(Problems.Engine(name, problem), 50);
            foreach (var ((_, before), (_, after)) in rows.Zip(rows.Skip(1)))
            {
                Assert.Equal(2 * Eta, after.ValueSignal - before.ValueSignal, Accumulated);
                for (int i = 0; i < ell.Length; i++) Assert.Equal(2 * Eta * ell[i], after.ValueNoise[i] - before.ValueNoise[i], Accumulated * Math.Max(1, ell[i]));
            }
        }, iter: 60);
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("support")]
    [InlineData("reduced")]
    public void Columns_that_no_patch_touches_keep_every_bit_and_value_rows_move_together(string name)
    {
        foreach (Optimizer rule in (Optimizer[])[new SignGd(1e-2), new GradientDescent(0.5), new SignMomentum(1e-2), new Adam(1e-2, Epsilon: 0), .. name == "reduced" ? (Optimizer[])[] : [new Adam(1e-2)]])
        {
            TrainingProblem problem = Problems.SignalNoise(new SignalNoise(50, 5, 4, 2), rule, 2, new ModelSpec(5, 3, 0.1));
            TransformerWeights start = problem.Weights.Materialise();
            TrainingEngine engine = Problems.Engine(name, problem);
            Problems.Train(engine, 60);
            TransformerWeights now = engine.CurrentWeights();
            int[] touched = problem.Data.TouchedCoordinates();
            Assert.InRange(touched.Length, 10, 40);
            for (int c = 0; c < 50; c++)
            {
                foreach (WeightMatrix matrix in Problems.Matrices)
                    for (int r = 0; r < now.Rows(matrix); r++)
                        if (!touched.Contains(c))
                            Assert.Equal(BitConverter.DoubleToInt64Bits(start[matrix][r * 50 + c]), BitConverter.DoubleToInt64Bits(now[matrix][r * 50 + c]));
                        else
                            Assert.NotEqual(start[matrix][r * 50 + c], now[matrix][r * 50 + c]);
                double moved = now.ValuePositive[c] - start.ValuePositive[c];
                for (int r = 0; r < 3; r++)
                {
                    Assert.Equal(moved, now.ValuePositive[r * 50 + c] - start.ValuePositive[r * 50 + c], Accumulated);
                    Assert.Equal(-moved, now.ValueNegative[r * 50 + c] - start.ValueNegative[r * 50 + c], Accumulated);
                }
            }
        }
    }

    [Fact]
    public void One_step_of_SignGD_moves_every_touched_entry_by_eta()
    {
        const double Eta = 1e-2;
        foreach (string name in Problems.EngineNames)
        {
            TrainingProblem problem = Problems.SignalNoise(new SignalNoise(50, 5, 4, 2), new SignGd(Eta), 2, new ModelSpec(5, 3, 0.1));
            TransformerWeights start = problem.Weights.Materialise();
            TrainingEngine engine = Problems.Engine(name, problem);
            engine.Forward();
            engine.Update();
            Assert.Equal(1, engine.Step);
            TransformerWeights now = engine.CurrentWeights();
            foreach (WeightMatrix matrix in Problems.Matrices)
                foreach (int c in problem.Data.TouchedCoordinates())
                    for (int r = 0; r < now.Rows(matrix); r++)
                        Assert.Equal(Eta, Math.Abs(now[matrix][r * 50 + c] - start[matrix][r * 50 + c]), Accumulated);
        }
    }

    [Fact]
    public void Weights_that_overflow_end_in_numbers_that_are_not_finite_and_nothing_else()
    {
        // eta so large that inner products leave the double range within a few steps: no exception, no endless loop, and the loss says so.
        foreach (Optimizer rule in (Optimizer[])[new SignGd(1e200), new GradientDescent(1e300), new SignMomentum(1e200), new Adam(1e200, Epsilon: 0)])
            foreach (string name in Problems.EngineNames)
            {
                var rows = Problems.Train(Problems.Engine(name, Problems.SignalNoise(new SignalNoise(30, 3, 4, 2), rule, 1)), 20);
                Assert.Equal(21, rows.Count);
                Assert.True(double.IsFinite(rows[0].Seen.TrainLoss));
                Assert.False(double.IsFinite(rows[^1].Seen.Margin.Sum() + rows[^1].Seen.LogS11.Sum() + rows[^1].Seen.LogS21.Sum()), $"{rule.Name} {name}");
                Assert.Equal(Math.Round(rows[^1].Seen.TrainError * 3), rows[^1].Seen.TrainError * 3, 1e-12);
            }
    }
}
