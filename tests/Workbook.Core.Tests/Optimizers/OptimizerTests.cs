using CsCheck;
using Workbook.Core.Optimizers;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Optimizers;

public sealed class OptimizerTests
{
    // Each step of Adam makes some ten roundings of 1.1e-16 relative; moments average them.
    private const double Rounding = 1e-13;

    public static TheoryData<double, double, double> Adams => new()
    {
        { 0.9, 0.999, 1e-8 }, { 0.9, 0.999, 0 }, { 0, 0, 0 }, { 0, 0.5, 0 }, { 0.9, 0.5, 1e-3 }, { 0.5, 0.1, 0 }, { 0.99, 0, 1 }, { 0.9, 0.9999, 1e-15 },
    };

    [Theory]
    [MemberData(nameof(Adams))]
    public void Adam_is_the_textbook_recurrence(double beta1, double beta2, double eps)
    {
        // 11 coordinates: whole vectors and a remainder at every width.
        const int Coordinates = 11, Steps = 60;
        double[][] gradients = Gradients(Coordinates, Steps, 5);
        var adam = new Adam(1.0, beta1, beta2, eps);
        double[][] found = Directions(adam, gradients, null);
        for (int k = 0; k < Coordinates; k++)
        {
            double m = 0, v = 0, power1 = 1, power2 = 1;
            for (int t = 0; t < Steps; t++)
            {
                double g = gradients[t][k];
                m = beta1 * m + (1 - beta1) * g;
                v = beta2 * v + (1 - beta2) * g * g;
                power1 *= beta1;
                power2 *= beta2;
                double root = Math.Sqrt(v / (1 - power2)) + eps, expected = root == 0 ? 0 : m / (1 - power1) / root;
                // 1 - beta^t keeps what rounding leaves of it.
                double tolerance = Rounding + 1e-16 * (t + 1) / (1 - Math.Max(power1, power2));
                Assert.InRange(Math.Abs(found[t][k] - expected), 0, tolerance * Math.Max(1, Math.Abs(expected)));
            }
        }
    }

    [Fact]
    public void Bias_correction_makes_the_first_direction_a_sign_and_eps_stands_outside_the_root()
    {
        const double Eps = 0.25;
        double[][] g = [[4, -4, 1e-3, 0]];
        double[] first = Directions(new Adam(1.0, 0.9, 0.999, Eps), g, null)[0];
        for (int k = 0; k < 4; k++) Assert.Equal(g[0][k] / (Math.Abs(g[0][k]) + Eps), first[k], Rounding);
        Assert.Equal([1, -1, 1, 0], Directions(new Adam(1.0, 0.9, 0.999, 0), g, null)[0].Select(x => Math.Round(x, 12)));
    }

    [Fact]
    public void Adam_without_memory_is_SignGD_to_the_last_bit()
    {
        // m / sqrt(m^2) need not be exactly 1 in floating point; its sign is exact and its size within an ulp.
        double[][] gradients = Gradients(33, 20, 2);
        int[][] exponents = Exponents(33, 20, 2);
        foreach (int[][]? e in (int[][]?[])[null, exponents])
        {
            double[][] adam = Directions(new Adam(1.0, 0, 0, 0), gradients, e), sign = Directions(new SignGd(1.0), gradients, e);
            for (int t = 0; t < 20; t++)
                for (int k = 0; k < 33; k++)
                {
                    Assert.Equal(sign[t][k], Math.Sign(adam[t][k]));
                    Assert.Equal(sign[t][k], adam[t][k], 4e-16);
                }
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public void Signum_is_the_sign_of_the_running_mean(double beta)
    {
        double[][] gradients = Gradients(11, 40, 3), found = Directions(new SignMomentum(1.0, beta), gradients, null);
        for (int k = 0; k < 11; k++)
        {
            double m = 0;
            for (int t = 0; t < 40; t++)
            {
                m = beta * m + (1 - beta) * gradients[t][k];
                Assert.Equal(Math.Sign(m), found[t][k]);
            }
        }
    }

    [Fact]
    public void Signs_are_plus_one_minus_one_and_zero()
    {
        double[] g = [0, -0.0, 1, -1, double.Epsilon, -double.Epsilon, 1e308, -1e308, double.PositiveInfinity, double.NegativeInfinity, 2];
        Assert.Equal([0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1], Directions(new SignGd(1.0), [g], null)[0]);
        float[] h = [0, -0f, 1, -1, float.Epsilon, -float.Epsilon, 1e38f, -1e38f, 3, -3, 5, 6, 7, 8, 9, 10, -1];
        var state = new SignGd(1.0).CreateState<float>(h.Length);
        var direction = new float[h.Length];
        new SignGd(1.0).Direction<float>(state, h, default, direction);
        Assert.Equal(h.Select(x => (float)Math.Sign(x)), direction);
    }

    [Fact]
    public void A_gradient_that_is_no_number_gives_a_direction_that_is_none()
    {
        // A sign of 0 there would make a run that diverged look like one that converged.
        double[] g = [1, double.NaN, -1];
        foreach (Optimizer rule in (Optimizer[])[new SignGd(1.0), new SignMomentum(1.0, 0), new SignMomentum(1.0, 0.9), new Adam(1.0, 0.9, 0.999, 0), new GradientDescent(1.0)])
            Assert.Equal([false, true, false], Directions(rule, [g], null)[0].Select(double.IsNaN));
        var single = new float[17];
        single[16] = float.NaN;
        new SignGd(1.0).Direction<float>(new SignGd(1.0).CreateState<float>(17), single, default, single);
        Assert.True(float.IsNaN(single[16]));
    }

    [Fact]
    public void Gradient_descent_follows_the_gradient_and_applies_exponents()
    {
        double[] g = [1.5, -2, 0, 3];
        Assert.Equal(g, Directions(new GradientDescent(1.0), [g], null)[0]);
        Assert.Equal([1.5, -1, 0, 0], Directions(new GradientDescent(1.0), [g], [[0, -1, 7, -100000]])[0]);
    }

    public static TheoryData<string> ScaleInvariant => ["signgd", "signum", "adam (0.9, 0.999)", "adam (0, 0.5)", "adam (0.9, 0.5)", "adam (0.5, 0.1)"];

    private static Optimizer Rule(string name) => name switch
    {
        "signgd" => new SignGd(1.0),
        "signum" => new SignMomentum(1.0, 0.9),
        "adam (0.9, 0.999)" => new Adam(1.0, 0.9, 0.999, 0),
        "adam (0, 0.5)" => new Adam(1.0, 0, 0.5, 0),
        "adam (0.9, 0.5)" => new Adam(1.0, 0.9, 0.5, 0),
        _ => new Adam(1.0, 0.5, 0.1, 0),
    };

    [Theory]
    [MemberData(nameof(ScaleInvariant))]
    public void Exponents_that_are_all_equal_change_nothing(string name)
    {
        double[][] gradients = Gradients(13, 50, 4), plain = Directions(Rule(name), gradients, null);
        foreach (int shift in (int[])[0, 1, -1, -700, -1000000, 500000])
            Close(plain, Directions(Rule(name), gradients, [.. gradients.Select(g => Enumerable.Repeat(shift, g.Length).ToArray())]));
    }

    [Theory]
    [MemberData(nameof(ScaleInvariant))]
    public void An_exponent_is_a_power_of_two(string name)
    {
        // Gradients that still fit in a double, given once whole and once as mantissa and exponent; steps without exponents in between.
        double[][] mantissas = Gradients(13, 50, 6);
        int[][] exponents = [.. Exponents(13, 50, 6).Select((e, t) => t % 5 == 4 ? new int[13] : Array.ConvertAll(e, x => x / 40))];
        double[][] whole = [.. mantissas.Zip(exponents, (g, e) => g.Zip(e, Math.ScaleB).ToArray())];
        int[][] given = [.. exponents.Select((e, t) => t % 5 == 4 ? [] : e)];
        Close(Directions(Rule(name), whole, null), Directions(Rule(name), mantissas, given));
    }

    [Theory]
    [MemberData(nameof(ScaleInvariant))]
    public void Far_below_the_double_range_a_rule_does_what_its_formula_says(string name)
    {
        // One coordinate whose gradient falls by 2^-30 a step, over 200 steps: 2^-6000 at the end. Written in units of the current gradient.
        const int Fall = 30, Steps = 200;
        var rule = Rule(name);
        var state = rule.CreateState<double>(1);
        var found = new double[1];
        double m = 0, v = 0;
        for (int t = 1; t <= Steps; t++)
        {
            rule.Direction<double>(state, [-1.25], [-Fall * t], found);
            double up = Math.ScaleB(1, Fall);
            double expected;
            if (rule is Adam { Beta1: var b1, Beta2: var b2 })
            {
                m = b1 * m * up + (1 - b1) * -1.25;
                v = b2 * v * up * up + (1 - b2) * 1.5625;
                expected = m / (1 - Math.Pow(b1, t)) / Math.Sqrt(v / (1 - Math.Pow(b2, t)));
                // Past this the oracle itself overflows: what is remembered is beyond comparison with the present gradient.
                if (double.IsInfinity(v)) break;
            }
            else expected = -1;
            Assert.InRange(Math.Abs(found[0] / expected - 1), 0, Rounding * t);
        }
        Assert.True(state.Step > 4);
    }

    [Fact]
    public void An_absolute_eps_swamps_what_lies_far_below_it()
    {
        var adam = new Adam(1.0, 0.9, 0.999, 1e-8);
        Assert.Equal(0, Directions(adam, [[1.0]], [[-20000]])[0][0]);
        double[] close = Directions(adam, [[1.0, 1.0]], [[-20, -30]])[0];
        for (int k = 0; k < 2; k++)
        {
            double g = Math.ScaleB(1, -20 - 10 * k);
            Assert.Equal(g / (g + 1e-8), close[k], Rounding);
        }
    }

    [Fact]
    public void Every_rule_is_odd_and_acts_on_each_coordinate_alone()
    {
        double[][] gradients = Gradients(9, 30, 7), minus = [.. gradients.Select(g => g.Select(x => -x).ToArray())];
        double[][] first = [.. gradients.Select(g => g[..1])];
        foreach (Optimizer rule in (Optimizer[])[new GradientDescent(1.0), new SignGd(1.0), new SignMomentum(1.0), new Adam(1.0), new Adam(1.0, Epsilon: 0)])
        {
            double[][] a = Directions(rule, gradients, null), b = Directions(rule, minus, null), alone = Directions(rule, first, null);
            for (int t = 0; t < 30; t++)
            {
                for (int k = 0; k < 9; k++) Assert.Equal(-a[t][k], b[t][k]);
                Assert.Equal(a[t][0], alone[t][0], Rounding);
            }
        }
    }

    [Fact]
    public void The_direction_may_be_written_over_the_gradient()
    {
        double[][] gradients = Gradients(13, 20, 8);
        foreach (string name in ScaleInvariant.Select(row => row.Data))
        {
            double[][] apart = Directions(Rule(name), gradients, null);
            var state = Rule(name).CreateState<double>(13);
            for (int t = 0; t < 20; t++)
            {
                double[] both = [.. gradients[t]];
                Rule(name).Direction<double>(state, both, default, both);
                Assert.Equal(apart[t], both);
            }
        }
    }

    [Fact]
    public void A_gradient_that_was_always_zero_moves_nothing()
    {
        foreach (Optimizer rule in (Optimizer[])[new SignGd(1.0), new SignMomentum(1.0), new Adam(1.0), new Adam(1.0, Epsilon: 0), new GradientDescent(1.0)])
            foreach (int[]? exponents in (int[]?[])[null, new int[9], [1, 2, 3, 4, 5, 6, 7, 8, -9]])
                Assert.All(Directions(rule, [new double[9], new double[9]], exponents is null ? null : [exponents, exponents]), d => Assert.All(d, x => Assert.Equal(0, x)));
    }

    [Fact]
    public void Parameters_out_of_range_are_refused()
    {
        foreach (double beta in (double[])[1, -0.1, 1.5, double.NaN])
        {
            string value = FormattableString.Invariant($"{beta}; it has to lie in [0, 1)");
            Complaint.Of(() => new Adam(1.0, Beta1: beta).Validate(), "beta1 is " + value);
            Complaint.Of(() => new Adam(1.0, Beta2: beta).Validate(), "beta2 is " + value);
            Complaint.Of(() => new SignMomentum(1.0, beta).Validate(), "beta1 is " + value);
        }
        foreach (double eps in (double[])[-1e-9, double.NaN, double.PositiveInfinity])
            Complaint.Of(() => new Adam(1.0, Epsilon: eps).Validate(), FormattableString.Invariant($"eps is {eps}; it has to be at least 0 and finite"));
        foreach (double eta in (double[])[0, -1, double.NaN, double.PositiveInfinity])
        {
            Complaint.Of(() => _ = new LearningRate(eta), FormattableString.Invariant($"eta is {eta}; it has to be positive and finite"));
            Complaint.Of(() => _ = new LearningRate(1, eta, 1), FormattableString.Invariant($"eta is {eta}"));
        }
        Complaint.Of(() => _ = new LearningRate(), "the learning rate has no value");
        new Adam(1.0, 0, 0, 0).Validate();
    }

    [Fact]
    public void A_learning_rate_keeps_its_last_value()
    {
        Gen.Double[1e-9, 10].Array[1, 6].Sample(values =>
        {
            var rate = new LearningRate(values);
            for (int t = 0; t < 20; t++)
                if (rate.At(t) != values[Math.Min(t, values.Length - 1)]) return false;
            return rate.Constant == (values.Distinct().Count() == 1 ? values[0] : null)
                && rate.Equals(new LearningRate([.. values])) && rate.GetHashCode() == new LearningRate([.. values]).GetHashCode()
                && !rate.Equals(new LearningRate([.. values, 1.0]));
        });
        double[] mine = [1, 2];
        var kept = new LearningRate(mine);
        mine[0] = 5;
        Assert.Equal(1, kept.At(0));
    }

    private static void Close(double[][] expected, double[][] found)
    {
        for (int t = 0; t < expected.Length; t++)
            for (int k = 0; k < expected[t].Length; k++)
                Assert.InRange(Math.Abs(expected[t][k] - found[t][k]), 0, Rounding * Math.Max(1, Math.Abs(expected[t][k])));
    }

    private static double[][] Directions(Optimizer rule, double[][] gradients, int[][]? exponents)
    {
        var state = rule.CreateState<double>(gradients[0].Length);
        return [.. gradients.Select((g, t) =>
        {
            var direction = new double[g.Length];
            rule.Direction<double>(state, g, exponents is null ? default : exponents[t], direction);
            Assert.Equal(t + 1, state.Step);
            return direction;
        })];
    }

    private static double[][] Gradients(int coordinates, int steps, ulong seed) =>
        [.. Enumerable.Range(0, steps).Select(t =>
        {
            var g = new double[coordinates];
            new Core.Numerics.RandomStream(seed, 60002, (ulong)t).Gaussians(0, g);
            if (t % 7 == 3) g[0] = 0;
            return g;
        })];

    private static int[][] Exponents(int coordinates, int steps, ulong seed) =>
        [.. Enumerable.Range(0, steps).Select(t => Enumerable.Range(0, coordinates).Select(k =>
            new Core.Numerics.RandomStream(seed, 60003, (ulong)t).Below((ulong)k, 4000) - 2000).ToArray())];
}
