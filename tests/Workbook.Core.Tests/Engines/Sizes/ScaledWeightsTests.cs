using System.Numerics;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Engines.Support;
using Workbook.Core.Tests.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>Coefficients beyond the range of a double: mantissas and exponents against fixed-point arithmetic, and everything that must stay as it was.</summary>
public sealed unsafe class ScaledWeightsTests(ITestOutputHelper output)
{
    /// <summary>
    /// In units of 2^-53, whatever the size of scores and margin: an exponential's mantissa is within 2.1 (<c>ExpKernel</c>), 1 / (1 + e) is made of 7 of them at most (1 + e itself 2, two products
    /// below the line, the quotient, two products), and of these b has sigma (2.1 + 5 + 1), s_a0 (7), s_a1 (7 + 2.1 + 1), two products, and 4 for y / n (u_0 - u_1) and its product: 31. The value's
    /// coefficients have less.
    /// </summary>
    private const double Bound = 32;

    private const double Largest = -LogSize.Unscaled;

    private const int M_V = 3;

    private static readonly double[] Scores = [0, 1e-9, 0.7, 30, 150, 299, 301, 420, 800, 3000, 1e5, 12345678.9, 1e8];

    /// <summary>n samples in memory of their own.</summary>
    private sealed class Memory
    {
        private readonly AlignedBlock<double> _samples, _weights;

        public Memory(int n)
        {
            N = n;
            int padded = Rows.Pad(n);
            (_samples, _weights) = (new AlignedBlock<double>(PairSamples.Arrays * padded), new AlignedBlock<double>(PairWeights.Arrays * padded));
            (At, Into) = (new PairSamples(_samples.Pointer, padded), new PairWeights(_weights.Pointer, padded));
        }

        public int N { get; }

        public PairSamples At { get; }

        public PairWeights Into { get; }

        public void Put(int i, double y, double a0, double a1, double u0, double u1) => (At.Y[i], At.A0[i], At.A1[i], At.U0[i], At.U1[i]) = (y, a0, a1, u0, u1);

        public bool Weigh() => PairDescent.Weigh(At, Into, N, M_V, Largest);

        public bool Rescale() => PairDescent.Rescale(At, Into, N, M_V, Largest);

        public double[] Weights => _weights.Span.ToArray();

        public double[] Weight(int i) => [Into.B0[i], Into.B1[i], Into.C0[i], Into.C1[i], Into.V0[i], Into.V1[i], Into.E0[i], Into.E1[i], Into.F0[i], Into.F1[i]];
    }

    private static Memory Drawn(int n, int seed)
    {
        var random = new Random(seed);
        var memory = new Memory(n);
        for (int i = 0; i < n; i++) memory.Put(i, random.Next(2) * 2 - 1, Score(), Score(), Value(), Value());
        return memory;

        double Score() => Scores[random.Next(Scores.Length)] * (1 + random.NextDouble() / 100) * (random.Next(2) * 2 - 1);

        // Margins of any size and either sign.
        double Value() => Math.Pow(10, random.Next(-3, 6)) * (random.NextDouble() * 2 - 1);
    }

    [Fact]
    public void Mantissas_and_exponents_are_accurate_at_any_size()
    {
        double worst = 0;
        int scaled = 0;
        foreach (int n in (int[])[.. Enumerable.Range(1, 18), 60])
        {
            Memory memory = Drawn(n, n);
            if (memory.Weigh()) continue;
            memory.Rescale();
            for (int i = 0; i < n; i++)
            {
                if (!(memory.Into.Size[i] > Largest)) continue;
                scaled++;
                Exact exact = Exact.Of(memory, i);
                foreach (double error in (double[])[
                    exact.B0.Error(memory.Into.B0[i], memory.Into.E0[i]), exact.B1.Error(memory.Into.B1[i], memory.Into.E1[i]),
                    exact.V0.Error(memory.Into.V0[i], memory.Into.F0[i]), exact.V1.Error(memory.Into.V1[i], memory.Into.F1[i])])
                {
                    worst = Math.Max(worst, error);
                    Assert.True(error <= Bound, FormattableString.Invariant($"n {n}, sample {i}: {error} units of 2^-53, scores {memory.At.A0[i]} and {memory.At.A1[i]}, margin {memory.At.Margin[i]}"));
                }

                // C at the scale of the larger one.
                double top = Math.Max(memory.Into.E0[i], memory.Into.E1[i]);
                Assert.Equal(Beside(memory.Into.B0[i], memory.Into.E0[i] - top), memory.Into.C0[i]);
                Assert.Equal(Beside(memory.Into.B1[i], memory.Into.E1[i] - top), memory.Into.C1[i]);
            }
        }

        output.WriteLine(FormattableString.Invariant($"{scaled} samples, at worst {worst:f2} units of 2^-53"));
        Assert.True(scaled > 80);
    }

    private static double Beside(double x, double k) => Math.ScaleB(x, (int)Math.Max(k, -900));

    [Fact]
    public void Samples_within_the_range_keep_their_bits()
    {
        foreach (int n in (int[])[.. Enumerable.Range(1, 18), 60])
        {
            Memory memory = Drawn(n, 100 + n);
            bool ordinary = memory.Weigh();
            double[][] before = [.. Enumerable.Range(0, n).Select(memory.Weight)];
            Assert.Equal(!ordinary, memory.Rescale());
            for (int i = 0; i < n; i++)
            {
                Assert.Equal(memory.Into.Size[i] > Largest, memory.Into.E0[i] != 0 || memory.Into.E1[i] != 0);
                if (memory.Into.Size[i] > Largest) continue;
                Bits.AssertEqual<double>(before[i], memory.Weight(i));
            }

            // Once more it is the same.
            double[] once = memory.Weights;
            memory.Rescale();
            Bits.AssertEqual<double>(once, memory.Weights);
        }
    }

    [Fact]
    public void A_sample_does_not_hang_on_its_neighbours()
    {
        Memory many = Drawn(60, 7);
        many.Weigh();
        many.Rescale();
        for (int i = 0; i < many.N; i++)
        {
            // Each of 60 takes 1 / n of its share.
            Memory alone = new(many.N);
            alone.Put(59 - i, many.At.Y[i], many.At.A0[i], many.At.A1[i], many.At.U0[i], many.At.U1[i]);
            alone.Weigh();
            alone.Rescale();
            Bits.AssertEqual<double>(many.Weight(i), alone.Weight(59 - i));
        }
    }

    [Theory]
    [InlineData(double.MaxValue)]
    [InlineData(1e20)]
    [InlineData(1e13)]
    public void No_sign_is_lost_however_large_scores_and_margins_are(double huge)
    {
        // Query 0 and 1 on key 0, on key 1, on one each; then a margin of either sign.
        foreach (var (a0, a1, margin) in ((double, double, double)[])[(huge, huge, 1), (-huge, -huge, 1), (huge, -huge, 1), (0.5, huge, 1), (1, -2, huge), (1, -2, -huge), (huge, -huge, huge), (huge, huge, -huge)])
        {
            var memory = new Memory(1);
            memory.Put(0, -1, a0, a1, 0.25, 0.5);
            (memory.At.Margin[0], memory.Into.Size[0]) = (margin, double.PositiveInfinity);
            Assert.True(memory.Rescale());
            double[] w = memory.Weight(0);
            Assert.All(w, x => Assert.True(double.IsFinite(x)));
            // y (u_0 - u_1) is positive, y negative: no sign is lost.
            Assert.All(w[..4], x => Assert.True(x > 0));
            Assert.All(w[4..6], x => Assert.True(x < 0));
            double loss = margin == huge ? 1 : 0;
            Size(loss + (Math.Abs(a0) == huge ? 1 : 0), w[6]);
            Size(loss + (Math.Abs(a1) == huge ? 1 : 0), w[7]);
            Size(loss + (a0 == -huge && a1 == -huge ? 1 : 0), w[8]);
            Size(loss + (a0 == huge && a1 == huge ? 1 : 0), w[9]);

            static void Size(double factors, double exponent) => Assert.InRange(exponent, factors * -1.5e13 - 500, factors * -1.4e13);
        }
    }

    [Fact]
    public void Infinite_scores_and_margins_give_no_numbers()
    {
        foreach (double infinite in (double[])[double.PositiveInfinity, double.NegativeInfinity])
            for (int which = 0; which < 3; which++)
            {
                var memory = new Memory(2);
                memory.Put(0, 1, which == 0 ? infinite : 500, which == 1 ? infinite : 400, 0.25, 0.5);
                memory.Put(1, 1, 500, 400, 0.25, 0.5);
                memory.Weigh();
                if (which == 2) (memory.At.Margin[0], memory.Into.Size[0]) = (infinite, double.PositiveInfinity);
                Assert.True(memory.Rescale());
                Assert.All(memory.Weight(0)[..6], x => Assert.True(double.IsNaN(x)));
                Assert.All([.. memory.Weight(0)[6..], .. memory.Weight(1)], x => Assert.True(double.IsFinite(x)));
            }
    }

    [Fact]
    public void What_is_not_a_number_stays_so_and_stays_alone()
    {
        foreach (int n in (int[])[1, 3, 8, 13])
            for (int place = 0; place < n; place++)
                for (int which = 0; which < 4; which++)
                {
                    Memory memory = new(n), other = new(n);
                    for (int i = 0; i < n; i++)
                    {
                        memory.Put(i, 1, 500 + i, -700, 0.5, 0.25);
                        other.Put(i, 1, 500 + i, -700, 0.5, 0.25);
                    }
                    (which switch { 0 => memory.At.A0, 1 => memory.At.A1, 2 => memory.At.U0, _ => memory.At.U1 })[place] = double.NaN;
                    Assert.False(memory.Weigh());
                    Assert.Equal(n > 1, memory.Rescale());
                    other.Weigh();
                    Assert.True(other.Rescale());
                    for (int i = 0; i < n; i++)
                        if (i != place) Bits.AssertEqual<double>(other.Weight(i), memory.Weight(i));
                    Assert.All(memory.Weight(place)[..6], x => Assert.True(double.IsNaN(x)));
                    Assert.All(memory.Weight(place)[6..], x => Assert.Equal(0, x));
                }
    }

    [Fact]
    public void Equal_values_have_no_gradient_on_scores()
    {
        var memory = new Memory(2);
        memory.Put(0, 1, 1000, -2000, 0.5, 0.5);
        memory.Put(1, -1, 1e8, 1e8, -3, -3);
        memory.Weigh();
        Assert.True(memory.Rescale());
        for (int i = 0; i < 2; i++)
        {
            Assert.All(memory.Weight(i)[..4], x => Assert.Equal(0, x));
            Assert.All(memory.Weight(i)[4..6], x => Assert.True(x * memory.At.Y[i] > 0));
        }
    }

    [Fact]
    public void Back_within_the_range_nothing_is_left_of_exponents()
    {
        // Two neurons, six samples: scores in the thousands, then of the size of 1.
        const int N = 6, M_k = 2, Stride = 8;
        Dataset data = Problems.DenseData(N, 2, 4, 3);
        PairAttention used = new(data, new RowPanels(2 * N, Stride, Stride), M_V), fresh = new(data, new RowPanels(2 * N, Stride, Stride), M_V);
        var random = new Random(5);
        double[] q = new double[2 * N * Stride], k = [.. q], u = [.. Enumerable.Range(0, 2 * N).Select(_ => random.NextDouble())];
        for (int p = 0; p < 2 * N; p++)
            for (int r = 0; r < M_k; r++) (q[p * Stride + r], k[p * Stride + r]) = (random.NextDouble() - 0.5, random.NextDouble() - 0.5);
        double[] large = [.. q.Select(x => 1e4 * x)];
        used.Forward(large, k, u);
        used.Backward(large, k, u);
        Assert.True(used.Scaled);
        foreach (PairAttention attention in (PairAttention[])[used, fresh])
        {
            attention.Forward(q, k, u);
            attention.Backward(q, k, u);
            Assert.False(attention.Scaled);
        }
        Bits.AssertEqual<double>(fresh.QueryCoefficient, used.QueryCoefficient);
        Bits.AssertEqual<double>(fresh.KeyCoefficient, used.KeyCoefficient);
        Bits.AssertEqual<double>(fresh.ValueCoefficient, used.ValueCoefficient);
        double[] exponents = [.. Enumerable.Repeat(1.0, ScaledEntries.Size * 2 * N)];
        fixed (double* at = exponents) used.TakeExponents(at);
        for (int e = 0; e < exponents.Length; e++) Assert.Equal(e % ScaledEntries.Size == ScaledEntries.Size - 1 ? 1 : 0, exponents[e]);
    }

    /// <summary>The four coefficients of a sample from its scores and its margin, as fixed-point mantissas with exponents.</summary>
    private sealed record Exact(Exact.Number B0, Exact.Number B1, Exact.Number V0, Exact.Number V1)
    {
        private const int FixedBits = 256;

        private static readonly BigInteger One = BigInteger.One << FixedBits, Ln2 = HighPrecision.Short.Log(2 * One);

        public static Exact Of(Memory memory, int i)
        {
            PairSamples at = memory.At;
            Number sigma = Sigmoid(-at.Margin[i]), perSample = Whole(at.Y[i]).Over(memory.N).Times(sigma), perRow = perSample.Over(M_V);
            Number onScores = perSample.Times(new(HighPrecision.Short.FromDouble(at.U0[i]) - HighPrecision.Short.FromDouble(at.U1[i]), 0));
            Number s00 = Sigmoid(at.A0[i]), s01 = Sigmoid(-at.A0[i]), s10 = Sigmoid(at.A1[i]), s11 = Sigmoid(-at.A1[i]);
            return new(onScores.Times(s00).Times(s01), onScores.Times(s10).Times(s11), perRow.Times(s00.Plus(s10)), perRow.Times(s01.Plus(s11)));
        }

        private static Number Whole(double x) => new(HighPrecision.Short.FromDouble(x), 0);

        private static Number Sigmoid(double x)
        {
            // e^-|x| = e^-r 2^-k.
            long k = (long)Math.Round(Math.Abs(x) / Math.Log(2));
            Number e = new(HighPrecision.Short.Exp(k * Ln2 - HighPrecision.Short.FromDouble(Math.Abs(x))), -k);
            BigInteger below = new Number(One, 0).Plus(e).Mantissa;
            return x < 0 ? new(e.Mantissa * One / below, e.Exponent) : new(One * One / below, 0);
        }

        public readonly record struct Number(BigInteger Mantissa, long Exponent)
        {
            public Number Times(Number x) => new(Mantissa * x.Mantissa / One, Exponent + x.Exponent);

            public Number Over(int n) => this with { Mantissa = Mantissa / n };

            /// <summary>At the larger of the two exponents.</summary>
            public Number Plus(Number x) => x.Exponent > Exponent ? x.Plus(this) : this with { Mantissa = Mantissa + (x.Mantissa >> (int)Math.Min(Exponent - x.Exponent, 10000)) };

            /// <summary>|x 2^exponent / this - 1| in units of 2^-53.</summary>
            public double Error(double x, double exponent)
            {
                if (Mantissa.IsZero) return x == 0 ? 0 : double.PositiveInfinity;
                double apart = exponent - Exponent;
                if (!double.IsFinite(x) || !(Math.Abs(apart) < 1000)) return double.PositiveInfinity;
                BigInteger actual = HighPrecision.Short.FromDouble(x);
                actual = apart < 0 ? actual >> (int)-apart : actual << (int)apart;
                return (double)((BigInteger.Abs(actual - Mantissa) << (53 + 20)) / BigInteger.Abs(Mantissa)) / (1 << 20);
            }
        }
    }
}
