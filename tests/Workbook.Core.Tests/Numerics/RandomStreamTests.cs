using System.Globalization;
using System.Numerics;
using System.Runtime.Intrinsics;
using CsCheck;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

public sealed class RandomStreamTests
{
    // The documented accuracy of the transform's own functions.
    private const double FunctionUlps = 2.0;

    // The three vectors that Random123 publishes for philox4x32, 10 rounds: counter, key, block (32-bit words, low first).
    [Theory]
    [InlineData(0x0000000000000000UL, 0x0000000000000000UL, 0x0000000000000000UL, 0xe169c58d6627e8d5UL, 0x9b00dbd8bc57ac4cUL)]
    [InlineData(0xffffffffffffffffUL, 0xffffffffffffffffUL, 0xffffffffffffffffUL, 0x41c83b0e408f276dUL, 0x6d5451fda20bc7c6UL)]
    [InlineData(0x85a308d3243f6a88UL, 0x0370734413198a2eUL, 0x299f31d0a4093822UL, 0x94fdccebd16cfe09UL, 0x24126ea15001e420UL)]
    public void Philox_gives_the_published_answers(ulong counterLow, ulong counterHigh, ulong key, ulong word0, ulong word1)
    {
        Assert.Equal((word0, word1), Philox.Block(key, counterLow, counterHigh));
    }

    [Fact]
    public void Words_sit_at_the_documented_counter()
    {
        Gen.Select(Gen.ULong, Gen.UShort, Gen.ULong[0, (1UL << 48) - 1], Gen.ULong).Sample((seed, stream, substream, index) =>
        {
            (ulong word0, ulong word1) = Philox.Block(seed, index / 2, ((ulong)stream << 48) + substream);
            return new RandomStream(seed, stream, substream).UInt64(index) == (index % 2 == 0 ? word0 : word1);
        });
    }

    [Fact]
    public void Names_that_do_not_fit_the_counter_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(1, 1 << 16));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(1, 1, 1UL << 48));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(1, 1).Below(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(1, 1).Gaussians(ulong.MaxValue - 3, new double[4]));
    }

    [Fact]
    public void Uniform_and_Below_are_the_documented_functions_of_the_word()
    {
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[1, int.MaxValue]).Sample((seed, index, bound) =>
        {
            RandomStream stream = new(seed, 7, 11);
            UInt128 word = stream.UInt64(index);
            double uniform = stream.Uniform(index);
            return uniform == Math.ScaleB((double)(ulong)(word >> 11), -53) && uniform is >= 0 and < 1
                && stream.Below(index, bound) == (int)((word * (UInt128)bound) >> 64);
        });
    }

    [Fact]
    public void Log_is_accurate()
    {
        double worst = 0;
        foreach (double x in UnitArguments())
        {
            worst = Math.Max(worst, HighPrecision.Short.UlpsDouble(BoxMuller.Log(x), HighPrecision.Short.Log(HighPrecision.Short.FromDouble(x))));
        }

        TestContext.Current.SendDiagnosticMessage($"log: {worst} ulp");
        Assert.InRange(worst, 0, FunctionUlps);
        Assert.Equal(0.0, BoxMuller.Log(1.0));
    }

    [Fact]
    public void Cosine_and_sine_of_turns_are_accurate()
    {
        HighPrecision oracle = HighPrecision.Short;
        double worst = 0;
        // At quarter turns one of the two is zero, and exactly so: the next test.
        foreach (double u in UnitArguments().Where(u => u < 1 && u * 4 != Math.Floor(u * 4)))
        {
            (double cosine, double sine) = BoxMuller.CosSinOfTurns(u);
            worst = Math.Max(worst, oracle.UlpsDouble(cosine, oracle.CosOfTurns(oracle.FromDouble(u))));
            worst = Math.Max(worst, oracle.UlpsDouble(sine, oracle.SinOfTurns(oracle.FromDouble(u))));
        }

        TestContext.Current.SendDiagnosticMessage($"cos, sin: {worst} ulp");
        Assert.InRange(worst, 0, FunctionUlps);
    }

    [Theory]
    [InlineData(0.0, 1.0, 0.0)]
    [InlineData(0.25, 0.0, 1.0)]
    [InlineData(0.5, -1.0, 0.0)]
    [InlineData(0.75, 0.0, -1.0)]
    public void Quarter_turns_are_exact(double u, double cosine, double sine)
    {
        (double c, double s) = BoxMuller.CosSinOfTurns(u);
        Assert.Equal((cosine, sine), (c + 0.0, s + 0.0));
    }

    [Fact]
    public void Pair_is_the_Box_Muller_transform()
    {
        // Half the logarithm's error, the error of the root, of the cosine and of the product.
        const double PairUlps = 2 * FunctionUlps;
        HighPrecision oracle = HighPrecision.Short;
        double worst = 0;
        Gen.Select(Gen.ULong, Gen.ULong).Sample((word0, word1) =>
        {
            double u1 = Math.ScaleB((double)((word0 >> 11) + 1), -53), u2 = Math.ScaleB((double)(word1 >> 11), -53);
            if (u1 == 1 || u2 * 4 == Math.Floor(u2 * 4))
            {
                return true; // An exact zero: no unit in the last place to count in.
            }

            BigInteger radius = oracle.Sqrt(-2 * oracle.Log(oracle.FromDouble(u1)));
            (double cosine, double sine) = BoxMuller.Pair(word0, word1);
            worst = Math.Max(worst, oracle.UlpsDouble(cosine, oracle.Multiply(radius, oracle.CosOfTurns(oracle.FromDouble(u2)))));
            worst = Math.Max(worst, oracle.UlpsDouble(sine, oracle.Multiply(radius, oracle.SinOfTurns(oracle.FromDouble(u2)))));
            return worst <= PairUlps;
        }, iter: 300, threads: 1);
        TestContext.Current.SendDiagnosticMessage($"pair: {worst} ulp");
    }

    // Written down once, from the scalar code; every width, platform and version has to give them again.
    [Fact]
    public void Gaussians_keep_their_golden_bits()
    {
        RandomStream stream = new(0x0123456789ABCDEF, 5, 77);
        double[] x = new double[10007];
        stream.Gaussians(3, x);
        ulong digest = 14695981039346656037;
        foreach (double v in x)
        {
            digest = (digest ^ (ulong)BitConverter.DoubleToInt64Bits(v)) * 1099511628211;
        }

        string found = string.Join(' ', x.Take(4).Select(v => BitConverter.DoubleToInt64Bits(v).ToString("X16", CultureInfo.InvariantCulture)))
            + " " + digest.ToString("X16", CultureInfo.InvariantCulture);
        Assert.Equal("BFD4E43F1366EC8D 3FE2B9203F6734A3 3FF5A74E07387C10 3FD2DB68D060D74D 25FA498A6B5CC75A", found);
    }

    [Fact]
    public void The_extreme_words_give_finite_normals()
    {
        foreach (ulong word0 in (ulong[])[0, 1UL << 11, ulong.MaxValue, 1UL << 63])
        {
            foreach (ulong word1 in (ulong[])[0, 1UL << 11, ulong.MaxValue, 1UL << 63])
            {
                (double cosine, double sine) = BoxMuller.Pair(word0, word1);
                Assert.InRange(Math.Sqrt(cosine * cosine + sine * sine), 0, 8.58);
            }
        }
    }

    [Fact]
    public void Gaussians_are_the_single_draws_bit_for_bit_from_any_start_and_of_any_length()
    {
        const double Guard = 12345.0;
        RandomStream stream = new(0xC0FFEE, 3, 99);
        foreach (ulong first in (ulong[])[0, 1, 2, 3, 17, (1UL << 33) - 5, (1UL << 33) - 8, ulong.MaxValue - 200])
        {
            for (int length = 0; length <= 70; length++)
            {
                double[] buffer = Enumerable.Repeat(Guard, length + 20).ToArray();
                stream.Gaussians(first, buffer.AsSpan(5, length));
                for (int i = 0; i < buffer.Length; i++)
                {
                    double expected = i >= 5 && i < 5 + length ? stream.Gaussian(first + (ulong)(i - 5)) : Guard;
                    Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(buffer[i]));
                }
            }
        }
    }

    [Fact]
    public void Many_words_are_the_single_words_from_any_start_and_of_any_length()
    {
        RandomStream stream = new(0xC0FFEE, 3, 99);
        foreach (ulong first in (ulong[])[0, 1, 7, (1UL << 33) - 5, ulong.MaxValue - 80])
        {
            for (int length = 0; length <= 70; length++)
            {
                ulong[] buffer = [.. Enumerable.Repeat(17UL, length + 20)];
                stream.Words(first, buffer.AsSpan(5, length));
                for (int i = 0; i < buffer.Length; i++)
                {
                    Assert.Equal(i >= 5 && i < 5 + length ? stream.UInt64(first + (ulong)(i - 5)) : 17UL, buffer[i]);
                }
            }
        }
    }

    [Fact]
    public void Numbers_of_many_substreams_are_those_of_each_alone()
    {
        const uint Stream = 3;
        foreach (ulong first in (ulong[])[0, 5, (1UL << 32) - 3, (1UL << 48) - 40])
        {
            // Fewer, as many and more blocks than a vector has lanes, and than are shared in the first rounds.
            foreach (int blocks in (int[])[1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 33, 64, 65])
            {
                foreach (int substreams in (int[])[1, 2, 3, 19])
                {
                    ulong[] words = [.. Enumerable.Repeat(17UL, 2 * blocks * substreams + 9)];
                    double[] normals = [.. Enumerable.Repeat(17.0, words.Length)];
                    new RandomStream(11, Stream, first).WordsOfEach(blocks, words.AsSpan(4, 2 * blocks * substreams));
                    new RandomStream(11, Stream, first).GaussiansOfEach(blocks, normals.AsSpan(4, 2 * blocks * substreams));
                    for (int at = 0; at < words.Length; at++)
                    {
                        var (i, j) = Math.DivRem(at - 4, 2 * blocks);
                        bool inside = at >= 4 && i < substreams;
                        RandomStream alone = new(11, Stream, first + (ulong)(inside ? i : 0));
                        Assert.Equal(inside ? alone.UInt64((ulong)j) : 17UL, words[at]);
                        Assert.Equal(BitConverter.DoubleToInt64Bits(inside ? alone.Gaussian((ulong)j) : 17.0), BitConverter.DoubleToInt64Bits(normals[at]));
                    }
                }
            }
        }
    }

    [Fact]
    public unsafe void Normals_in_lanes_are_those_of_each_pair_of_words_at_the_ends_too()
    {
        ulong[] ends = [0, 1, (1UL << 11) - 1, 1UL << 11, (1UL << 32) - 1, 1UL << 32, (1UL << 53) - 1, 1UL << 53, 1UL << 61, (1UL << 62) - 1, 1UL << 63, ulong.MaxValue << 11, ulong.MaxValue];
        (ulong First, ulong Second)[] pairs = [.. ends.SelectMany(a => ends.Select(b => (a, b)))];
        // Whole vectors are read.
        double[] low = new double[pairs.Length + 8], high = new double[pairs.Length + 8], found = new double[2 * pairs.Length];
        for (int i = 0; i < pairs.Length; i++) (low[i], high[i]) = (BitConverter.UInt64BitsToDouble(pairs[i].First), BitConverter.UInt64BitsToDouble(pairs[i].Second));
        fixed (double* words0 = low, words1 = high, to = found)
        {
            if (System.Runtime.Intrinsics.X86.Avx2.IsSupported)
            {
                BoxMullerKernel.Finish<Vector256<ulong>, WordLanes256, Vector256<double>, Lanes256<double>>(words0, words1, 0.75, to, found.Length);
                Check();
            }
            if (System.Runtime.Intrinsics.X86.Avx512F.IsSupported)
            {
                BoxMullerKernel.Finish<Vector512<ulong>, WordLanes512, Vector512<double>, Lanes512<double>>(words0, words1, 0.75, to, found.Length);
                Check();
            }
        }

        void Check()
        {
            for (int i = 0; i < pairs.Length; i++)
            {
                (double cosine, double sine) = BoxMuller.Pair(pairs[i].First, pairs[i].Second);
                Assert.Equal(BitConverter.DoubleToInt64Bits(0.75 * cosine), BitConverter.DoubleToInt64Bits(found[2 * i]));
                Assert.Equal(BitConverter.DoubleToInt64Bits(0.75 * sine), BitConverter.DoubleToInt64Bits(found[2 * i + 1]));
            }
            Array.Clear(found);
        }
    }

    [Fact]
    public void Columns_are_the_single_draws_times_their_scale_for_any_number_of_them()
    {
        const double Guard = 12345.0, Scale = 1e-3;
        foreach (ulong seed in (ulong[])[3, ulong.MaxValue])
            foreach (int rows in (int[])[1, 2, 4, 6, 8, 20, 34, 1030])
                // Up to and past what is drawn at a time, and a last vector filled to every degree.
                foreach (int count in (int[])[.. Enumerable.Range(0, rows < 1000 ? 40 : 3), 51, 52, 103, 600 / rows + 1, 1300 / rows + 1])
                {
                    var stream = new RandomStream(seed, 9, 4);
                    int[] columns = [.. Enumerable.Range(0, count).Select(k => k * 7919 % 100_003 + (k == 5 ? 2_000_000_000 : 0))];
                    double[] buffer = [.. Enumerable.Repeat(Guard, count * rows + 20)];
                    bool served = stream.GaussianColumns(columns, rows, Scale, buffer.AsSpan(7, count * rows));
                    if (!served) Assert.True(rows % 2 == 1 || !System.Runtime.Intrinsics.X86.Avx2.IsSupported);
                    for (int at = 0; at < buffer.Length; at++)
                    {
                        bool inside = served && at >= 7 && at < 7 + count * rows;
                        double expected = inside ? stream.Gaussian((ulong)columns[(at - 7) / rows] * (ulong)rows + (ulong)((at - 7) % rows)) * Scale : Guard;
                        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(buffer[at]));
                    }
                }
    }

    [Fact]
    public void A_scale_multiplies_each_normal_and_signs_are_the_highest_bits()
    {
        for (int substreams = 1; substreams <= 40; substreams++)
            foreach (int blocks in (int[])[1, 3, 10])
            {
                double[] plain = new double[2 * blocks * substreams], scaled = new double[plain.Length];
                new RandomStream(21, 7, 2).GaussiansOfEach(blocks, plain);
                new RandomStream(21, 7, 2).GaussiansOfEach(blocks, 1.75, scaled);
                Assert.Equal(plain.Select(x => 1.75 * x), scaled);
            }
        var coins = new RandomStream(4, 8);
        foreach (int length in (int[])[0, 1, 2, 7, 127, 128, 129, 300])
            foreach (ulong first in (ulong[])[0, 3])
            {
                double[] signs = new double[length];
                coins.Signs(first, signs);
                Assert.Equal(Enumerable.Range(0, length).Select(i => (long)coins.UInt64(first + (ulong)i) < 0 ? -1.0 : 1.0), signs);
            }
    }

    // One chunk of raw words holds 1,024 numbers.
    [Fact]
    public void Long_stretches_are_the_single_draws_across_what_is_drawn_at_a_time()
    {
        var stream = new RandomStream(31, 2, 6);
        foreach (int length in (int[])[1023, 1024, 1025, 1026, 2047, 2049, 2080])
        {
            double[] normals = new double[length];
            ulong[] words = new ulong[length];
            stream.Gaussians(10, normals);
            stream.Words(10, words);
            Assert.Equal(Enumerable.Range(0, length).Select(i => stream.Gaussian(10 + (ulong)i)), normals);
            Assert.Equal(Enumerable.Range(0, length).Select(i => stream.UInt64(10 + (ulong)i)), words);
        }
    }

    [Fact]
    public void Substreams_that_do_not_exist_or_do_not_come_out_even_are_refused()
    {
        RandomStream last = new(1, 1, (1UL << 48) - 1);
        last.WordsOfEach(1, new ulong[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => last.WordsOfEach(1, new ulong[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => last.GaussiansOfEach(1, new double[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => last.WordsOfEach(0, []));
        Assert.Throws<ArgumentException>(() => new RandomStream(1, 1).GaussiansOfEach(2, new double[6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => last.Words(ulong.MaxValue, new ulong[1]));
    }

    [Fact]
    public void Many_Gaussians_have_the_moments_and_tails_of_the_normal_law()
    {
        // 2^20 draws: the standard error of the mean is 2^-10, of the variance sqrt(2) 2^-10, of the fourth moment sqrt(96) 2^-10.
        const int Count = 1 << 20;
        const double Error = 1.0 / 1024;
        double[] x = new double[Count];
        new RandomStream(2025, 1).Gaussians(0, x);
        Assert.InRange(x.Average(), -4 * Error, 4 * Error);
        Assert.InRange(x.Average(v => v * v), 1 - 6 * Error, 1 + 6 * Error);
        Assert.InRange(x.Average(v => v * v * v * v), 3 - 40 * Error, 3 + 40 * Error);
        Assert.InRange(x.Zip(x.Skip(1), (a, b) => a * b).Average(), -4 * Error, 4 * Error);

        // P(|x| > 3) = 0.0026998: 2831 of 2^20 expected, standard deviation 53.
        Assert.InRange(x.Count(v => Math.Abs(v) > 3), 2831 - 4 * 53, 2831 + 4 * 53);
    }

    private static IEnumerable<double> UnitArguments()
    {
        const int Random = 3000;
        RandomStream stream = new(20, 4);
        for (int k = 1; k <= 60; k++)
        {
            yield return k * Math.ScaleB(1, -53);
            yield return 1 - (k - 1) * Math.ScaleB(1, -53);
            foreach (double centre in (double[])[0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, Math.Sqrt(0.5)])
            {
                yield return Math.Round((centre + (k - 30) * Math.ScaleB(1, -53)) * Math.ScaleB(1, 53)) * Math.ScaleB(1, -53);
            }
        }

        for (ulong i = 0; i < Random; i++)
        {
            double u = stream.Uniform(i) + Math.ScaleB(1, -53);
            yield return u;
            yield return (Math.Floor(Math.ScaleB(u, 53 - (int)(i % 50))) + 1) * Math.ScaleB(1, -53);
        }
    }
}
