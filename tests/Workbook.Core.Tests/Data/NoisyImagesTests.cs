using CsCheck;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class NoisyImagesTests
{
    private static readonly DigitImages Digits = DigitDrawing.Draw(40, 5);

    [Theory]
    [InlineData(NoisePlacement.FullPatch, 784)]
    [InlineData(NoisePlacement.AroundDigit, 1600)]
    public void One_patch_is_a_scaled_image_and_the_other_is_noise(NoisePlacement placement, int d)
    {
        NoisyImages made = Make(new NoisyImagesOptions { Snr = 0.3, TrainingCount = 20, Placement = placement });
        int noisyPixels = placement == NoisePlacement.FullPatch ? 784 : 816;
        Assert.Equal(d, made.D);
        Assert.Equal(0.3 * NoisyImages.MeanGaussianNorm(noisyPixels), made.SignalNorm, 12);
        double noise = 0;
        foreach (NoisySamples samples in new[] { made.Training, made.Test })
        {
            for (int i = 0; i < samples.Count; i++)
            {
                double[] signal = Patch(samples, i, samples.SignalPatch[i], d), other = Patch(samples, i, 1 - samples.SignalPatch[i], d);
                Assert.Equal(made.SignalNorm, Norm(signal), 9);
                Assert.Equal(Digits.Labels[samples.ImageIndex[i]] == 3 ? 1.0 : -1.0, samples.Y[i]);
                Assert.Equal(Digits.Image(samples.ImageIndex[i]).ToArray().Count(p => p > 0), signal.Count(v => v > 0));
                Assert.Equal(noisyPixels, other.Count(v => v != 0));
                noise += Norm(other) / 80;
                if (placement == NoisePlacement.AroundDigit)
                {
                    Assert.Equal(0, signal.Zip(other, (a, b) => a * b).Sum()); // exactly orthogonal: disjoint pixels
                    Assert.Equal(0, signal[0]);
                    Assert.True(signal[6 * 40 + 6] >= 0 && other[6 * 40 + 6] == 0 && other[5 * 40 + 6] != 0);
                }
            }
        }

        Assert.Equal(0.3, made.SignalNorm / noise, 0.01); // the ratio is what it says it is
    }

    [Fact]
    public void Training_and_test_images_are_disjoint_and_all_of_the_two_classes()
    {
        Gen.Select(Gen.Int[1, 80], Gen.Int[0, 100], Gen.ULong).Sample((n, cap, seed) =>
        {
            NoisyImages made = Make(new NoisyImagesOptions { TrainingCount = n, MaxTestCount = cap }, seed);
            Assert.Equal((n, Math.Min(cap, 80 - n)), (made.Training.Count, made.Test.Count));
            int[] all = [.. made.Training.ImageIndex, .. made.Test.ImageIndex];
            Assert.Equal(all.Length, all.Distinct().Count());
        }, iter: 30);
    }

    [Fact]
    public void The_cap_on_the_test_set_changes_nothing_else()
    {
        NoisyImages all = Make(new NoisyImagesOptions { TrainingCount = 20 }), few = Make(new NoisyImagesOptions { TrainingCount = 20, MaxTestCount = 7 });
        Assert.Equal(all.Training.X, few.Training.X);
        Assert.Equal(all.Test.X[..few.Test.X.Length], few.Test.X);
        Assert.NotEqual(all.Training.X, Make(new NoisyImagesOptions { TrainingCount = 20 }, seed: 2).Training.X);
    }

    [Fact]
    public void Both_orders_of_the_patches_and_both_classes_come_up()
    {
        NoisyImages made = Make(new NoisyImagesOptions { TrainingCount = 80 });
        Assert.InRange(made.Training.SignalPatch.Sum(), 25, 55);
        Assert.Equal(0, made.Training.Y.Sum());
        Assert.NotEqual(Enumerable.Range(0, 80), made.Training.ImageIndex);
    }

    [Fact]
    public void Every_image_is_drawn_equally_often()
    {
        var drawn = new int[80];
        for (ulong seed = 0; seed < 4000; seed++)
        {
            drawn[Make(new NoisyImagesOptions { TrainingCount = 1, MaxTestCount = 0 }, seed).Training.ImageIndex[0]]++;
        }

        Assert.All(drawn, count => Assert.InRange(count, 15, 85)); // 50 expected, five standard deviations either way
    }

    [Theory]
    [InlineData(1, 0.79788456080286541)]
    [InlineData(2, 1.2533141373155001)]
    [InlineData(3, 1.5957691216057308)]
    [InlineData(784, 27.991073)]
    public void The_mean_norm_of_a_Gaussian_is_known(int k, double expected) => Assert.Equal(expected, NoisyImages.MeanGaussianNorm(k), 1e-6);

    [Fact]
    public void The_mean_norm_stays_between_its_bounds() =>
        Gen.Int[1, 100_000].Sample(k => NoisyImages.MeanGaussianNorm(k) is var m && m * m < k && m * m > k - 0.5);

    [Fact]
    public void A_bad_option_is_refused_in_words()
    {
        foreach (double snr in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            Complaint.Of(() => Make(new NoisyImagesOptions { Snr = snr, TrainingCount = 1 }), "a positive finite number is expected");
        }

        Complaint.Of(() => Make(new NoisyImagesOptions { TrainingCount = 81 }), "81 training images are asked for; 1 to 80 are allowed");
        Complaint.Of(() => Make(new NoisyImagesOptions { TrainingCount = 0 }), "1 to 80");
        Complaint.Of(() => Make(new NoisyImagesOptions { TrainingCount = 1, MaxTestCount = -1 }), "At most -1 test images");
        Complaint.Of(() => Make(new NoisyImagesOptions { TrainingCount = 1, PositiveLabel = 7 }), "Both classes are the digit 7");
        Complaint.Of(() => Make(new NoisyImagesOptions { TrainingCount = 1, PositiveLabel = 1, NegativeLabel = 2 }), "0 usable images of 1 and 2");
        Complaint.Of(() => Make(new NoisyImagesOptions { TrainingCount = 1, Placement = NoisePlacement.AroundDigit, Border = 0 }), "1 to 1000");
    }

    // Any fixed scramble will do for the tests: numbers by their index, two streams.
    private static NoisyImages Make(NoisyImagesOptions options, ulong seed = 1)
    {
        ulong Word(ulong k) => Scramble(seed ^ Scramble(k));
        double Unit(ulong k) => (Scramble(seed + 77 ^ Scramble(k + 0xABCDEF0123)) >> 11) * (1.0 / (1UL << 53));
        double Gaussian(ulong k) => Math.Sqrt(-2 * Math.Log(1 - Unit(2 * k))) * Math.Cos(2 * Math.PI * Unit(2 * k + 1));
        return NoisyImages.Draw(Digits, options, Gaussian, Word);
    }

    private static ulong Scramble(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static double[] Patch(NoisySamples samples, int sample, int patch, int d) => samples.X[((2 * sample + patch) * d)..((2 * sample + patch + 1) * d)];

    private static double Norm(double[] v) => Math.Sqrt(v.Sum(x => x * x));
}
