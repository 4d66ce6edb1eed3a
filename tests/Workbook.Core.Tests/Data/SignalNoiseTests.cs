using System.Globalization;
using System.Numerics;
using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Numerics;
using Workbook.Core.Tests.Engines;
using Xunit;

namespace Workbook.Core.Tests.Data;

/// <summary>The paper's data distribution. Seeds are fixed: a statistical bound passes always or never.</summary>
public sealed class SignalNoiseTests
{
    // Standard errors allowed to a statistic: beyond five, one in two million by chance.
    private const double Errors = 5;

    [Fact]
    public void A_sample_is_plus_or_minus_mu_and_s_noise_coordinates()
    {
        Gen.Select(Problems.Distributions, Gen.ULong).Sample((distribution, seed) =>
        {
            foreach (Dataset data in (Dataset[])[distribution.DrawTraining(seed), distribution.DrawTest(seed, 3, 7)])
            {
                Assert.Equal((2, distribution.D), (data.Length, data.Dimension));
                Assert.Equal(1, data.Mu![0]);
                Assert.All(data.Mu[1..], x => Assert.Equal(0, x));
                for (int i = 0; i < data.Count; i++)
                {
                    var (signal, noise) = data.Pair(i);
                    Assert.Equal([0], data.Coordinates(signal).ToArray());
                    Assert.Equal([data.Labels[i]], data.Values(signal).ToArray());
                    int[] support = data.Coordinates(noise).ToArray();
                    Assert.Equal(distribution.S, support.Length);
                    Assert.Equal(support.Distinct().Order(), support);
                    Assert.InRange(support[0], 1, distribution.D - 1);
                    Assert.InRange(support[^1], 1, distribution.D - 1);
                }
            }
            Dataset training = distribution.DrawTraining(seed);
            Assert.Equal(distribution.N, training.Count);
            if (distribution.Supports == SupportMode.Disjoint)
                Assert.Equal(distribution.N * distribution.S + 1, training.TouchedCoordinates().Length);
        }, iter: 200);
    }

    [Fact]
    public void The_number_of_shared_coordinates_is_as_expected()
    {
        const int Draws = 400;
        foreach (SignalNoise distribution in (SignalNoise[])[new(101, 8, 10, 1), new(2000, 20, 20, 2), new(31, 5, 25, 1)])
        {
            double sum = 0, squares = 0;
            for (ulong seed = 0; seed < Draws; seed++)
            {
                Dataset data = distribution.DrawTraining(seed);
                int shared = Enumerable.Range(0, data.Count).SelectMany(i => data.Coordinates(data.Pair(i).Noise).ToArray()).GroupBy(c => c).Count(g => g.Count() > 1);
                sum += shared;
                squares += shared * shared;
            }
            double mean = sum / Draws, deviation = Math.Sqrt(squares / Draws - mean * mean);
            Assert.InRange(mean - distribution.ExpectedShared, -Errors * deviation / Math.Sqrt(Draws), Errors * deviation / Math.Sqrt(Draws));
        }
    }

    [Fact]
    public void Labels_and_orders_are_fair_coins_and_independent()
    {
        const int Count = 20000;
        var distribution = new SignalNoise(10, Count, 2, 1);
        foreach (Dataset data in (Dataset[])[distribution.DrawTraining(5), distribution.DrawTest(5, 0, Count)])
        {
            double bound = Errors / Math.Sqrt(Count);
            Assert.InRange(data.Labels.Average(), -bound, bound);
            Assert.InRange(data.SignalPatch!.Average(l => 2.0 * l - 1), -bound, bound);
            Assert.InRange(data.Labels.Zip(data.SignalPatch!, (y, l) => y * (2 * l - 1)).Average(), -bound, bound);
            Assert.InRange(data.Labels.Zip(data.Labels.Skip(1), (y, z) => y * z).Average(), -bound, bound);
        }
    }

    [Fact]
    public void Noise_is_normal_with_standard_deviation_sigma_p()
    {
        const int Count = 4000, S = 10;
        const double SigmaP = 2.5;
        var distribution = new SignalNoise(50, Count, S, SigmaP);
        foreach (Dataset data in (Dataset[])[distribution.DrawTraining(6), distribution.DrawTest(6, 0, Count)])
        {
            double[] z = [.. Enumerable.Range(0, Count).SelectMany(i => data.Values(data.Pair(i).Noise).ToArray()).Select(x => x / SigmaP)];
            double root = Math.Sqrt(z.Length);
            Assert.Equal(Count * S, z.Length);
            // Moments of N(0, 1): 0, 1, 0, 3 with variances 1, 2, 15, 96.
            Assert.InRange(z.Average(), -Errors / root, Errors / root);
            Assert.InRange(z.Average(x => x * x) - 1, -Errors * Math.Sqrt(2) / root, Errors * Math.Sqrt(2) / root);
            Assert.InRange(z.Average(x => x * x * x), -Errors * Math.Sqrt(15) / root, Errors * Math.Sqrt(15) / root);
            Assert.InRange(z.Average(x => x * x * x * x) - 3, -Errors * Math.Sqrt(96) / root, Errors * Math.Sqrt(96) / root);
            // The noise has nothing to do with the label.
            double withLabel = Enumerable.Range(0, Count).Average(i => data.Labels[i] * data.Values(data.Pair(i).Noise)[0] / SigmaP);
            Assert.InRange(withLabel, -Errors / Math.Sqrt(Count), Errors / Math.Sqrt(Count));
            double norm1 = Enumerable.Range(0, Count).Average(i => data.Norm1(data.Pair(i).Noise));
            Assert.InRange(norm1 / distribution.MeanNorm1 - 1, -Errors / root, Errors / root);
        }
        Assert.Equal(1 / (SigmaP * Math.Sqrt(S)), distribution.SignalToNoise, 1e-15);
    }

    [Theory]
    [InlineData("training")]
    [InlineData("test")]
    [InlineData("disjoint")]
    public void Every_coordinate_is_as_likely_as_any_other(string which)
    {
        const int D = 31, S = 7, Count = 6000;
        var counts = new int[D];
        void Take(Dataset data)
        {
            for (int i = 0; i < data.Count; i++)
                foreach (int c in data.Coordinates(data.Pair(i).Noise)) counts[c]++;
        }
        int supports = Count;
        double perSupport = S;
        if (which == "training") Take(new SignalNoise(D, Count, S, 1).DrawTraining(7));
        else if (which == "test") Take(new SignalNoise(D, 1, S, 1).DrawTest(7, 0, Count));
        else
        {
            (supports, perSupport) = (2000, 3 * S);
            for (ulong seed = 0; seed < 2000; seed++) Take(new SignalNoise(D, 3, S, 1, SupportMode.Disjoint).DrawTraining(seed));
        }
        Assert.Equal(0, counts[0]);
        // Subsets without replacement: sum (O - E)^2 / (N p (1 - p)) times (d - 2) / (d - 1) is chi-square with d - 2 degrees of freedom.
        double p = perSupport / (D - 1), expected = supports * p;
        double chi2 = counts[1..].Sum(o => (o - expected) * (o - expected)) / (expected * (1 - p)) * (D - 2) / (D - 1);
        Assert.InRange(chi2, 5, D - 2 + Errors * Math.Sqrt(2 * (D - 2)));
    }

    [Fact]
    public void Pairs_of_coordinates_are_uniform_too()
    {
        // Floyd's method must not prefer neighbours: every pair of 6 coordinates is as likely to be the support of size 2.
        const int Count = 15000;
        Dataset data = new SignalNoise(7, Count, 2, 1).DrawTraining(8);
        int[] counts = [.. Enumerable.Range(0, Count).Select(i => data.Coordinates(data.Pair(i).Noise).ToArray()).Select(c => c[0] * 10 + c[1]).GroupBy(x => x).Select(g => g.Count())];
        Assert.Equal(15, counts.Length);
        double chi2 = counts.Sum(o => (o - Count / 15.0) * (o - Count / 15.0)) / (Count / 15.0);
        Assert.InRange(chi2, 1, 14 + Errors * Math.Sqrt(28));
    }

    [Fact]
    public void One_seed_gives_one_data_set()
    {
        Gen.Select(Problems.Distributions, Gen.ULong).Sample((distribution, seed) =>
        {
            Same(distribution.DrawTraining(seed), distribution.DrawTraining(seed));
            Assert.NotEqual(Digest(distribution.DrawTraining(seed)), Digest(distribution.DrawTraining(seed + 1)));
            Assert.NotEqual(Digest(distribution.DrawTraining(seed)), Digest((distribution with { Supports = SupportMode.Independent }).DrawTest(seed, 0, distribution.N)));
        }, iter: 100);
    }

    [Fact]
    public void A_sample_depends_on_its_own_number_only()
    {
        Gen.Select(Problems.Distributions, Gen.ULong, Gen.Int[0, 40], Gen.Int[1, 20]).Sample((distribution, seed, first, count) =>
        {
            Dataset whole = distribution.DrawTest(seed, 0, first + count), part = distribution.DrawTest(seed, first, count);
            for (int j = 0; j < count; j++) SameSample(whole, first + j, part, j);
            // The same test samples whatever the training set is.
            Dataset other = (distribution with { N = 1, Supports = SupportMode.Independent }).DrawTest(seed, first, count);
            Same(part, other);
            if (distribution.Supports == SupportMode.Independent)
            {
                Dataset more = (distribution with { N = distribution.N + 3 }).DrawTraining(seed), fewer = distribution.DrawTraining(seed);
                for (int i = 0; i < distribution.N; i++) SameSample(more, i, fewer, i);
            }
        }, iter: 100);
    }

    [Fact]
    public void Noise_scales_with_sigma_p_and_nothing_else_changes()
    {
        Dataset one = new SignalNoise(40, 5, 6, 1).DrawTraining(3), three = new SignalNoise(40, 5, 6, 3).DrawTraining(3);
        Assert.Equal(one.Index, three.Index);
        for (int i = 0; i < 5; i++) Assert.Equal(one.Values(one.Pair(i).Noise).ToArray().Select(x => 3 * x), three.Values(three.Pair(i).Noise).ToArray());
    }

    [Fact]
    public void Test_sets_come_in_batches_of_the_same_samples_each_time()
    {
        // 5,000 samples of 300 + 1 entries: past what is kept, and more than one batch.
        foreach (int s in (int[])[3, 300])
        {
            var distribution = new SignalNoise(400, 1, s, 1);
            TestSet test = TestSet.Draw(distribution, 4, 5000);
            Assert.Equal(5000, test.Count);
            Dataset[] batches = [.. test.Batches()], again = [.. test.Batches()];
            Assert.Equal(5000, batches.Sum(b => b.Count));
            Assert.True(batches.Length > 1);
            foreach (var (a, b) in batches.Zip(again)) Same(a, b);
            SameSample(batches[1], 7, distribution.DrawTest(4, batches[0].Count + 7, 1), 0);
        }
        Complaint.Of(() => TestSet.Draw(new SignalNoise(10, 1, 1, 1), 1, 0), "the test size is 0; it has to be at least 1");
    }

    // Written down once: every platform, instruction set and version has to give these again.
    internal const string GoldenIndependent = "9CDBA223949EDC29", GoldenDisjoint = "F5EF65C89D8FB468";

    [Theory]
    [InlineData(SupportMode.Independent, GoldenIndependent)]
    [InlineData(SupportMode.Disjoint, GoldenDisjoint)]
    public void A_seed_keeps_its_data(SupportMode supports, string golden)
    {
        var distribution = new SignalNoise(2000, 20, 20, 2, supports);
        string found = (Digest(distribution.DrawTraining(4870)) ^ Digest(distribution.DrawTest(4870, 100, 50))).ToString("X16", CultureInfo.InvariantCulture);
        Assert.Equal(golden, found);
    }

    // The documented streams one number at a time: Floyd's method with a set, single words, single normals.
    [Fact]
    public void Test_samples_are_what_their_streams_say()
    {
        // Short and long supports, odd and even, all coordinates, from odd and even samples on, within and across what is drawn at a time.
        foreach (var (d, s) in ((int, int)[])[(2, 1), (9, 8), (2000, 20), (31, 7), (300, 64), (300, 65), (300, 299), (5000, 1500)])
        foreach (int first in (int[])[0, 3])
        {
            const double SigmaP = 1.75;
            int count = s < 100 ? 120 : 5;
            Dataset data = new SignalNoise(d, 1, s, SigmaP).DrawTest(77, first, count);
            for (int i = 0; i < count; i++)
            {
                ulong id = (ulong)(first + i);
                Assert.Equal((long)new RandomStream(77, Streams.TestLabel).UInt64(id) < 0 ? -1 : 1, data.Labels[i]);
                Assert.Equal((long)new RandomStream(77, Streams.TestOrder).UInt64(id) < 0 ? 1 : 0, data.SignalPatch![i]);
                RandomStream words = new(77, Streams.TestSupport, id), noise = new(77, Streams.TestNoise, id);
                var drawn = new SortedSet<int>();
                for (int k = 0; k < s; k++)
                {
                    int top = d - 1 - s + k;
                    if (!drawn.Add(1 + words.Below((ulong)k, top + 1))) drawn.Add(1 + top);
                }
                Assert.Equal(drawn, data.Coordinates(data.Pair(i).Noise).ToArray());
                Assert.Equal(Enumerable.Range(0, s).Select(k => noise.Gaussian((ulong)k) * SigmaP), data.Values(data.Pair(i).Noise).ToArray());
            }
        }
    }

    // Computed by hand from the documented streams: Philox words, Floyd's subsets, Box-Muller.
    [Fact]
    public void The_first_numbers_of_a_seed_are_these()
    {
        Dataset data = new SignalNoise(12, 2, 3, 1).DrawTraining(1);
        Assert.Equal([-1, 1], data.Labels);
        Assert.Equal([1, 0], data.SignalPatch!);
        Assert.Equal([2, 4, 5, 0, 0, 1, 2, 5], data.Index);
        double[] expected = [-2.978654453328717, -0.745348827131182, 0.1256723865074334, -1, 1, -0.4153085716736744, 0.008432301636332453, 0.5309372881391184];
        // Another library's logarithm and cosine: a few units in the last place.
        Assert.All(expected.Zip(data.Value), pair => Assert.Equal(pair.First, pair.Second, 2e-15));
    }

    [Fact]
    public void Parameters_out_of_range_are_refused_in_one_sentence()
    {
        var good = new SignalNoise(10, 3, 3, 1, SupportMode.Disjoint);
        good.Validate();
        Refused(good with { D = 1 }, "d is 1; it has to be at least 2");
        Refused(good with { D = -5 }, "d is -5; it has to be at least 2");
        Refused(good with { N = 0 }, "n is 0; it has to be at least 1");
        Refused(good with { S = 0 }, "s is 0; it has to lie in 1 .. d - 1 = 9");
        Refused(good with { N = 1, S = 10 }, "s is 10; it has to lie in 1 .. d - 1 = 9");
        Refused(good with { N = 4 }, "n * s is 12; disjoint supports need n * s at most d - 1 = 9");
        Refused(good with { N = int.MaxValue }, "n * s is 6442450941; disjoint supports");
        Refused(good with { N = int.MaxValue, Supports = SupportMode.Independent }, "n * (s + 1) is 8589934588; at most");
        foreach (double sigma in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            Refused(good with { SigmaP = sigma }, FormattableString.Invariant($"sigma_p is {sigma}; it has to be positive and finite"));
        Complaint.Of(() => good.DrawTest(1, -1, 2), "test samples -1 .. 0 were asked for");
        Complaint.Of(() => good.DrawTest(1, 0, 0), "the count at least 1");

        static void Refused(SignalNoise distribution, string why)
        {
            Complaint.Of(() => distribution.Validate(), why);
            Complaint.Of(() => distribution.DrawTraining(1), why);
            Complaint.Of(() => distribution.DrawTest(1, 0, 1), why);
        }
    }

    private static void Same(Dataset a, Dataset b)
    {
        Assert.Equal(a.Count, b.Count);
        for (int i = 0; i < a.Count; i++) SameSample(a, i, b, i);
    }

    private static void SameSample(Dataset a, int i, Dataset b, int j)
    {
        Assert.Equal((a.Labels[i], a.SignalPatch![i]), (b.Labels[j], b.SignalPatch![j]));
        for (int l = 0; l < 2; l++)
        {
            Assert.Equal(a.Coordinates(2 * i + l).ToArray(), b.Coordinates(2 * j + l).ToArray());
            Assert.Equal(a.Values(2 * i + l).ToArray(), b.Values(2 * j + l).ToArray());
        }
    }

    private static ulong Digest(Dataset data)
    {
        ulong digest = 14695981039346656037;
        foreach (double v in data.Labels.Concat(data.SignalPatch!.Select(x => (double)x)).Concat(data.Index.Select(x => (double)x)).Concat(data.Value))
            digest = (BitOperations.RotateLeft(digest, 29) ^ (ulong)BitConverter.DoubleToInt64Bits(v)) * 1099511628211;
        return digest;
    }
}
